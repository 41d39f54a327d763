import { expect } from 'chai';
import { endpoints } from '../../../src/api/core-v1/endpoints.ts';
import { pod } from '../../../src/api/core-v1/pod.ts';
import { service } from '../../../src/api/core-v1/service.ts';
import { endpointSlice } from '../../../src/api/discovery-v1/endpoint-slice.ts';
import { ApiError } from '../../../src/apimachinery/api-error.ts';
import { desiredEndpoints } from '../../../src/controllers/endpoints/desired.ts';
import { aPod, aService } from '../objects.ts';
import { crashTest } from '../crash-test.ts';
import { World } from '../world.ts';

describe('endpoints: plan', () => {
  it('sorts ready and other addresses into subsets by port', () => {
    const pods = [
      aPod({ ip: '10.1.0.2', ready: 5, node: 'n1' }),
      aPod({ ip: '10.1.0.3' }),
      aPod({ ip: '10.1.0.1', ready: 5 }),
    ];
    const { subsets } = desiredEndpoints(aService(), pods, undefined);
    expect(subsets).to.have.length(1);
    expect(subsets![0]!.addresses!.map((a) => a.ip)).to.deep.equal(['10.1.0.1', '10.1.0.2']);
    expect(subsets![0]!.notReadyAddresses!.map((a) => a.ip)).to.deep.equal(['10.1.0.3']);
    expect(subsets![0]!.ports).to.deep.equal([{ port: 8080, protocol: 'TCP' }]);
  });

  it('leaves terminating pods out, unless unready ones are wanted', () => {
    const pods = [aPod({ ip: '10.1.0.1', ready: 5, deleting: true })];
    expect(desiredEndpoints(aService(), pods, undefined).subsets).to.deep.equal([]);
    expect(desiredEndpoints(aService({ publishNotReadyAddresses: true }), pods, undefined).subsets).to.have.length(1);
  });

  it('says when it holds more than it may, and keeps the ready ones', () => {
    const pods = [aPod({ ip: '10.1.0.1' }), aPod({ ip: '10.1.0.2', ready: 5 }), aPod({ ip: '10.1.0.3', ready: 5 })];
    const { metadata, subsets } = desiredEndpoints(aService(), pods, undefined, 2);
    expect(metadata.annotations).to.deep.equal({ 'endpoints.kubernetes.io/over-capacity': 'truncated' });
    expect(subsets![0]!.addresses).to.have.length(2);
    expect(subsets![0]).not.to.have.property('notReadyAddresses');
  });

  it('marks what it manages and headless services', () => {
    const labels = desiredEndpoints(aService({ clusterIP: 'None' }, { labels: { a: 'b' } }), [], undefined).metadata
      .labels;
    expect(labels).to.deep.equal({
      a: 'b',
      'service.kubernetes.io/headless': '',
      'endpoints.kubernetes.io/managed-by': 'endpoint-controller',
    });
  });
});

describe('endpoints and endpoint slice controllers', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.start({
      only: ['endpoints-controller', 'endpointslice-controller', 'garbage-collector-controller'],
    });
  });
  afterEach(() => world.stop());

  const web = { namespace: 'default', name: 'web' };
  const createPod = (name: string, labels: Record<string, string> = { app: 'web' }) =>
    world.client.create(pod, {
      metadata: { namespace: 'default', name, labels },
      spec: { containers: [{ name: 'c', image: 'i' }] },
    });
  const createService = (spec: object = {}) =>
    world.client.create(service, {
      metadata: web,
      spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }], ...spec },
    });
  const slices = async () => {
    const labelSelector = 'kubernetes.io/service-name=web';
    return (await world.client.list(endpointSlice, { namespace: 'default', labelSelector })).items;
  };
  const addresses = async () =>
    (await world.client.get(endpoints, web)).subsets?.flatMap((s) => s.addresses ?? []) ?? [];

  it('follow pods as they come, become ready and go', async () => {
    await createService();
    await world.eventually(async () => {
      expect((await slices())[0]).to.deep.include({ addressType: 'IPv4' });
      expect(await addresses()).to.deep.equal([]);
    });
    const [a] = [await createPod('a'), await createPod('b'), await createPod('c', { app: 'other' })];
    await world.eventually(async () => {
      const ready = (await slices()).flatMap((slice) => slice.endpoints ?? []).filter((e) => e.conditions?.ready);
      expect(ready.map((e) => e.targetRef!.name)).to.have.members(['a', 'b']);
      expect((await addresses()).map((one) => one.targetRef!.name)).to.have.members(['a', 'b']);
    });
    await world.ready(await world.client.get(pod, a.metadata), false);
    await world.eventually(async () =>
      expect((await addresses()).map((one) => one.targetRef!.name)).to.deep.equal(['b']),
    );
    await world.client.delete(pod, { namespace: 'default', name: 'b' });
    await world.eventually(async () => {
      const left = (await slices()).flatMap((slice) => slice.endpoints ?? []);
      expect(left.map((e) => [e.targetRef!.name, e.conditions!.ready])).to.deep.equal([['a', false]]);
      expect(await addresses()).to.deep.equal([]);
    });
    expect(await slices()).to.have.length(1);
  });

  it('do not double slices under a burst of changes', async () => {
    await createService();
    for (let i = 0; i < 30; i++) await createPod(`p${i}`);
    await world.eventually(async () => {
      const all = (await slices()).flatMap((slice) => slice.endpoints ?? []);
      expect(all.filter((e) => e.conditions!.ready)).to.have.length(30);
      expect(await addresses()).to.have.length(30);
    });
    expect(await slices()).to.have.length(1);
  });

  it('leave services without a selector alone', async () => {
    await world.client.create(endpoints, {
      metadata: web,
      subsets: [{ addresses: [{ ip: '192.0.2.1' }], ports: [{ port: 1 }] }],
    });
    await createService({ selector: undefined });
    await world.settle(1000);
    expect(await addresses()).to.have.length(1);
    expect(await slices()).to.deep.equal([]);
  });

  it('remove what belongs to a service that is deleted', async () => {
    await createService();
    await world.eventually(async () => expect(await slices()).to.have.length(1));
    await world.eventually(addresses);
    await world.client.delete(service, web);
    await world.eventually(async () => {
      expect(await slices()).to.deep.equal([]);
      expect(await world.client.find(endpoints, web)).to.equal(undefined);
    });
  });

  it('say what keeps them from writing', async () => {
    world.answer = (method, url) =>
      method === 'POST' && url.endsWith('/endpoints') ? new ApiError(403, 'Forbidden', 'not today') : undefined;
    await createService();
    await world.eventually(async () =>
      expect(await world.events('web')).to.include(
        'FailedToCreateEndpoint: Failed to create endpoint for service default/web: not today',
      ),
    );
    world.answer = undefined;
    await world.eventually(addresses);
  });

  it('tell when that happened to which they answer', async () => {
    const trigger = 'endpoints.kubernetes.io/last-change-trigger-time';
    await createService();
    await createPod('a');
    await world.eventually(async () => expect(await addresses()).to.have.length(1));
    const time = async () => (await world.client.get(endpoints, web)).metadata.annotations?.[trigger];
    const since = Date.parse((await time())!);
    await world.settle(30_000);
    await world.ready(await world.client.get(pod, { namespace: 'default', name: 'a' }), false);
    await world.eventually(async () => expect(Date.parse((await time())!)).to.be.at.least(since + 30_000));
  });

  it('put right what somebody else changed', async () => {
    await createService();
    await createPod('a');
    await world.eventually(async () => expect(await addresses()).to.have.length(1));
    await world.client.patch(endpoints, web, 'merge', { subsets: [] });
    const [slice] = await world.eventually(slices);
    await world.client.patch(endpointSlice, slice!.metadata, 'merge', { endpoints: [] });
    await world.eventually(async () => {
      expect(await addresses()).to.have.length(1);
      expect((await slices())[0]!.endpoints).to.have.length(1);
    });
  });
});

describe('endpoints and endpoint slice controllers, killed after every single write', function () {
  this.timeout(60_000);
  const web = { namespace: 'default', name: 'web' };

  it('end with the same endpoints', () =>
    crashTest({
      name: 'endpoints',
      controllers: ['endpoints-controller', 'endpointslice-controller'],
      kinds: [endpoints, endpointSlice, service, pod],
      quiet: 2000,
      setUp: async (client) => {
        await client.create(service, { metadata: web, spec: { selector: { app: 'web' }, ports: [{ port: 80 }] } });
        for (const name of ['a', 'b']) {
          await client.create(pod, {
            metadata: { namespace: 'default', name, labels: { app: 'web' } },
            spec: { containers: [{ name: 'c', image: 'i' }] },
          });
        }
      },
      act: [
        (client) => client.delete(pod, { namespace: 'default', name: 'a' }),
        (client) => client.patch(service, web, 'merge', { spec: { ports: [{ port: 81 }] } }),
      ],
      // The annotation tells what a controller saw for the first time, which is all after a start.
      ignore: [
        'metadata.annotations',
        'endpoints.addresses',
        'subsets.addresses.ip',
        'spec.clusterIP',
        'spec.clusterIPs',
      ],
      check: ([all, slices]) => {
        expect(all!.map((one) => one.metadata.name)).to.include('web');
        expect(slices!.flatMap((one) => one.endpoints)).to.have.length(1);
      },
    }).then(() => {}));
});
