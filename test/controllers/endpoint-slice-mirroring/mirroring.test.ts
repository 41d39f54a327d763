import { expect } from 'chai';
import { endpoints, type Endpoints } from '../../../src/api/core-v1/endpoints.ts';
import { service } from '../../../src/api/core-v1/service.ts';
import { endpointSlice } from '../../../src/api/discovery-v1/endpoint-slice.ts';
import { mirror } from '../../../src/controllers/endpoint-slice-mirroring/mirrored.ts';
import { crashTest } from '../crash-test.ts';
import { metadata } from '../objects.ts';
import { World } from '../world.ts';

const web = { namespace: 'default', name: 'web' };
const subset = (...ips: string[]) => ({
  addresses: ips.map((ip) => ({ ip })),
  ports: [{ name: 'http', port: 80, protocol: 'TCP' }],
});
const custom = (subsets: object[]): Endpoints => ({
  apiVersion: 'v1',
  kind: 'Endpoints',
  metadata: metadata('web'),
  subsets,
});

describe('mirrored endpoints', () => {
  it('are grouped by family and ports', () => {
    const { groups } = mirror(
      custom([subset('10.0.0.1', 'fd00::1'), { ...subset(), notReadyAddresses: [{ ip: '10.0.0.2', hostname: 'b' }] }]),
    );
    expect(groups.map(({ addressType, endpoints: list }) => [addressType, list])).to.deep.equal([
      [
        'IPv4',
        [
          { addresses: ['10.0.0.1'], conditions: { ready: true } },
          { addresses: ['10.0.0.2'], conditions: { ready: false }, hostname: 'b' },
        ],
      ],
      ['IPv6', [{ addresses: ['fd00::1'], conditions: { ready: true } }]],
    ]);
  });

  it('are as many as fit, in each subset', () => {
    const two = mirror(custom([subset('10.0.0.1', '10.0.0.2', 'x', '10.0.0.3'), subset('10.0.0.4')]), 2);
    expect(two).to.include({ skipped: 1, invalid: 1 });
    expect(two.groups[0]!.endpoints).to.have.length(3);
  });
});

describe('endpoint slice mirroring controller', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.start({ only: ['endpointslice-mirroring-controller'] });
  });
  afterEach(() => world.stop());

  const createService = (spec: object = {}) =>
    world.client.create(service, { metadata: web, spec: { ports: [{ name: 'http', port: 80 }], ...spec } });
  const createEndpoints = (meta: object = {}) =>
    world.client.create(endpoints, { metadata: { ...web, ...meta }, subsets: [subset('10.9.0.1')] });
  const slices = async () =>
    (await world.client.list(endpointSlice, { namespace: 'default' })).items.filter(
      ({ metadata: { labels } }) => labels?.['kubernetes.io/service-name'] === 'web',
    );
  const shown = (ips: string[]) =>
    world.eventually(async () => {
      const all = await slices();
      expect(all.flatMap((slice) => slice.endpoints!.flatMap(({ addresses }) => addresses))).to.deep.equal(ips);
      return all;
    });

  it('follows what is created, changed and deleted', async () => {
    await createService();
    const made = await createEndpoints({ labels: { a: 'b' }, annotations: { c: 'd' } });
    const [slice] = await shown(['10.9.0.1']);
    expect(slice!.metadata.labels).to.deep.equal({
      a: 'b',
      'endpointslice.kubernetes.io/managed-by': 'endpointslicemirroring-controller.k8s.io',
      'kubernetes.io/service-name': 'web',
    });
    expect(slice!.metadata.annotations).to.deep.equal({ c: 'd' });
    expect(slice!.metadata.ownerReferences![0]).to.include({ kind: 'Endpoints', uid: made.metadata.uid });
    await world.client.patch(endpoints, web, 'merge', { subsets: [subset('10.9.0.2', '10.9.0.3')] });
    const [changed] = await shown(['10.9.0.2', '10.9.0.3']);
    expect(changed!.metadata.uid).to.equal(slice!.metadata.uid);
    await world.client.delete(endpoints, web);
    await world.eventually(async () => expect(await slices()).to.deep.equal([]));
  });

  for (const [what, meta, spec] of [
    ['that ask for it', { labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } }, {}],
    ['of a leader election', { annotations: { 'control-plane.alpha.kubernetes.io/leader': '{}' } }, {}],
    ['of a service with a selector', {}, { selector: { app: 'web' } }],
  ] as const) {
    it(`leaves Endpoints alone ${what}`, async () => {
      await createService(spec);
      await createEndpoints(meta);
      await world.settle();
      expect(await slices()).to.deep.equal([]);
    });
  }

  it('removes its slices when the service gets a selector, or goes', async () => {
    await createEndpoints();
    await world.settle();
    expect(await slices()).to.deep.equal([]);
    await createService();
    await shown(['10.9.0.1']);
    await world.client.patch(service, web, 'merge', { spec: { selector: { app: 'web' } } });
    await world.eventually(async () => expect(await slices()).to.deep.equal([]));
  });

  it('survives a crash after every write', () =>
    crashTest({
      name: 'mirroring',
      controllers: ['endpointslice-mirroring-controller'],
      kinds: [endpointSlice, endpoints],
      quiet: 1000,
      setUp: async (client) => {
        await client.create(service, { metadata: web, spec: { ports: [{ name: 'http', port: 80 }] } });
        await client.create(endpoints, { metadata: web, subsets: [subset('10.9.0.1', 'fd00::1')] });
      },
      act: [(client) => client.patch(endpoints, web, 'merge', { subsets: [subset('10.9.0.2')] })],
      check: ([found]) => expect(found!.flatMap((one) => one.endpoints)).to.have.length(1),
    }).then(() => {}));
});
