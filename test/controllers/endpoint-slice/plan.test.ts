import { expect } from 'chai';
import type { EndpointSlice } from '../../../src/api/discovery-v1/endpoint-slice.ts';
import type { New } from '../../../src/apimachinery/object.ts';
import { desiredGroups } from '../../../src/controllers/endpoint-slice/desired.ts';
import { planSlices } from '../../../src/controllers/endpoint-slice/plan.ts';
import type { Pod } from '../../../src/api/core-v1/pod.ts';
import { aNode, aPod, aService, metadata, type PodOptions } from '../objects.ts';

const pods = (count: number, from = 1) =>
  Array.from({ length: count }, (_, i) => aPod({ ip: `10.1.0.${from + i}`, ready: 5, node: 'n1' }));
const groups = (all: Pod[], service = aService()) => desiredGroups(service, all, () => undefined);
const ips = (slice: New<EndpointSlice>) => (slice.endpoints ?? []).map((endpoint) => endpoint.addresses[0]);

/** A slice as it is stored after `planSlices` asked for it. */
function stored(slice: New<EndpointSlice>): EndpointSlice {
  return {
    ...slice,
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: metadata('web-x', slice.metadata),
  };
}

describe('endpoint slices: endpoints of pods', () => {
  const cases: [string, PodOptions, object, object][] = [
    ['ready', { ready: 5 }, {}, { ready: true, serving: true, terminating: false }],
    ['not ready', {}, {}, { ready: false, serving: false, terminating: false }],
    ['terminating', { ready: 5, deleting: true }, {}, { ready: false, serving: true, terminating: true }],
    [
      'not ready but published',
      {},
      { publishNotReadyAddresses: true },
      { ready: true, serving: false, terminating: false },
    ],
  ];
  for (const [name, options, spec, conditions] of cases) {
    it(`says of a pod that is ${name}: ${JSON.stringify(conditions)}`, () => {
      const [group] = groups([aPod({ ip: '10.1.0.1', ...options })], aService(spec));
      expect(group!.endpoints[0]!.conditions).to.deep.equal(conditions);
    });
  }

  it('names the pod, its node and its zone', () => {
    const pod = aPod({ name: 'a', ip: '10.1.0.1', node: 'n1' });
    const node = aNode('n1');
    node.metadata.labels = { 'topology.kubernetes.io/zone': 'z1' };
    const [group] = desiredGroups(aService(), [pod], () => node);
    expect(group!.endpoints[0]).to.deep.include({
      addresses: ['10.1.0.1'],
      nodeName: 'n1',
      zone: 'z1',
      targetRef: { kind: 'Pod', namespace: 'default', name: 'a', uid: pod.metadata.uid },
    });
  });

  it('publishes the host name of pods whose subdomain is the service', () => {
    const spec = (subdomain: string) => ({ hostname: 'db-0', subdomain });
    const hostname = (subdomain: string) =>
      groups([aPod({ ip: '10.1.0.1', spec: spec(subdomain) })])[0]!.endpoints[0]!.hostname;
    expect([hostname('web'), hostname('other')]).to.deep.equal(['db-0', undefined]);
  });

  it('resolves named ports pod by pod, and groups by what they are', () => {
    const serving = (port: number, ip: string) =>
      aPod({ ip, spec: { containers: [{ name: 'c', ports: [{ name: 'http', containerPort: port }] }] } });
    const service = aService({ ports: [{ name: 'web', port: 80, targetPort: 'http' }] });
    const found = groups(
      [serving(8080, '10.1.0.1'), serving(9090, '10.1.0.2'), serving(8080, '10.1.0.3'), aPod({ ip: '10.1.0.4' })],
      service,
    );
    expect(found.map((group) => [group.ports[0]!.port, group.endpoints.length])).to.deep.equal([
      [8080, 2],
      [9090, 1],
    ]);
  });

  it('uses the addresses of each family', () => {
    const pod = aPod({ ip: '10.1.0.1' });
    pod.status!.podIPs = [{ ip: '10.1.0.1' }, { ip: 'fd00::1' }];
    const found = groups([pod], aService({ ipFamilies: ['IPv4', 'IPv6'] }));
    expect(found.map((group) => [group.addressType, group.endpoints[0]!.addresses])).to.deep.equal([
      ['IPv4', ['10.1.0.1']],
      ['IPv6', ['fd00::1']],
    ]);
  });

  it('takes pods without ports for a headless service without ports', () => {
    const [group] = groups(pods(1), aService({ clusterIP: 'None', ports: undefined }));
    expect(group).to.deep.include({ ports: [] });
  });
});

describe('endpoint slices: plan', () => {
  it('labels slices and makes the service their owner', () => {
    const service = aService({ clusterIP: 'None' }, { labels: { app: 'web' } });
    const [slice] = planSlices(service, groups(pods(1), service), []).create;
    expect(slice!.metadata).to.deep.include({
      generateName: 'web-',
      labels: {
        app: 'web',
        'kubernetes.io/service-name': 'web',
        'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
        'service.kubernetes.io/headless': '',
      },
    });
    expect(slice!.metadata.ownerReferences![0]).to.include({
      kind: 'Service',
      uid: service.metadata.uid,
      controller: true,
    });
    expect(slice).to.deep.include({ addressType: 'IPv4', ports: [{ name: '', protocol: 'TCP', port: 8080 }] });
  });

  it('splits what does not fit into one slice', () => {
    const plan = planSlices(aService(), groups(pods(250)), []);
    expect(plan.create.map((slice) => slice.endpoints!.length)).to.deep.equal([100, 100, 50]);
  });

  it('keeps one empty slice for a service without pods', () => {
    const plan = planSlices(aService(), [], []);
    expect(plan.create).to.have.length(1);
    expect(plan.create[0]).to.deep.include({ endpoints: [], ports: [], addressType: 'IPv4' });
    expect(
      planSlices(
        aService({}, { uid: plan.create[0]!.metadata.ownerReferences![0]!.uid }),
        [],
        [stored(plan.create[0]!)],
      ),
    ).to.deep.equal({
      create: [],
      update: [],
      remove: [],
    });
  });

  const service = aService();
  const slicesOf = (all: Pod[], max: number) => planSlices(service, groups(all, service), [], max).create.map(stored);

  it('writes nothing when all is as it should be', () => {
    const all = pods(5);
    expect(planSlices(service, groups(all, service), slicesOf(all, 2), 2)).to.deep.equal({
      create: [],
      update: [],
      remove: [],
    });
  });

  it('changes only the slice that a change concerns', () => {
    const all = pods(4);
    const existing = slicesOf(all, 2);
    const changed = all.map((pod, i) => (i === 3 ? aPod({ ip: '10.1.0.99', ready: 5 }) : pod));
    const plan = planSlices(service, groups(changed, service), existing, 2);
    expect(plan.create).to.have.length(0);
    expect(plan.remove).to.have.length(0);
    expect(plan.update.map(ips)).to.deep.equal([['10.1.0.3', '10.1.0.99']]);
  });

  it('fills a slice that has room before it makes another', () => {
    const all = pods(3);
    const plan = planSlices(service, groups([...all, ...pods(1, 50)], service), slicesOf(all, 2), 2);
    expect(plan.create).to.have.length(0);
    expect(plan.update.map(ips)).to.deep.equal([['10.1.0.3', '10.1.0.50']]);
  });

  it('removes slices that become empty', () => {
    const all = pods(3);
    const plan = planSlices(service, groups(all.slice(0, 2), service), slicesOf(all, 2), 2);
    expect(plan.remove.map(ips)).to.deep.equal([['10.1.0.3']]);
    expect(plan.update).to.have.length(0);
  });

  it('keeps the last slice, empty, when all pods go', () => {
    const plan = planSlices(service, [], slicesOf(pods(3), 2), 2);
    expect([plan.create.length, plan.update.length, plan.remove.length]).to.deep.equal([0, 1, 1]);
    expect(plan.update[0]!.endpoints).to.deep.equal([]);
  });

  it('puts right what somebody changed', () => {
    const all = pods(1);
    const [slice] = slicesOf(all, 2);
    const tampered = { ...slice!, metadata: { ...slice!.metadata, labels: { ...slice!.metadata.labels, x: 'y' } } };
    expect(planSlices(service, groups(all, service), [tampered], 2).update).to.deep.equal([slice]);
  });

  it('turns slices that would go into those that would be made', () => {
    const all = pods(3);
    const placeholder = slicesOf([], 2)[0]!;
    const old = { ...placeholder, ports: [{ name: '', protocol: 'TCP', port: 1 }] };
    const { create, update, remove } = planSlices(service, groups(all, service), [old], 2);
    expect(remove).to.deep.equal([]);
    expect(update.map(({ metadata }) => metadata.uid)).to.deep.equal([old.metadata.uid]);
    expect([...create, ...update].map(({ endpoints }) => endpoints?.length)).to.have.members([2, 1]);
    expect(update[0]!.ports).to.deep.equal(create[0]!.ports);
    const other = { ...old, addressType: 'IPv6' };
    expect(planSlices(service, groups(all, service), [other], 2).remove).to.deep.equal([other]);
  });

  it('removes slices of a family or of ports that the service does not have any more', () => {
    const all = pods(1);
    const [slice] = slicesOf(all, 2);
    const other = { ...slice!, addressType: 'IPv6' };
    expect(planSlices(service, groups(all, service), [slice!, other], 2).remove).to.deep.equal([other]);
  });
});
