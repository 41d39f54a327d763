import { expect } from 'chai';
import { node, type Node } from '../../../src/api/core-v1/node.ts';
import { pod } from '../../../src/api/core-v1/pod.ts';
import { service } from '../../../src/api/core-v1/service.ts';
import { endpointSlice, type EndpointSlice } from '../../../src/api/discovery-v1/endpoint-slice.ts';
import type { Endpoint, EndpointGroup } from '../../../src/controllers/endpoint-slice/desired.ts';
import { withHints } from '../../../src/controllers/endpoint-slice/hints.ts';
import { planTopology } from '../../../src/controllers/endpoint-slice/topology.ts';
import { zoneSharesOf } from '../../../src/controllers/endpoint-slice/zones.ts';
import { TriggerTimes } from '../../../src/controllers/trigger-times.ts';
import { aNode, aPod, aService, template } from '../objects.ts';
import { World } from '../world.ts';

const inZone = (name: string, zone: string | undefined, cpu = '2', ready = 'True', labels: object = {}): Node => {
  const one = aNode(name, { Ready: ready });
  one.metadata.labels = { ...(zone && { 'topology.kubernetes.io/zone': zone }), ...labels };
  one.status!.allocatable = { cpu };
  return one;
};

/** So many ready endpoints in each zone. */
const groups = (counts: Record<string, number>): EndpointGroup[] => {
  let i = 0;
  const endpoints = Object.entries(counts).flatMap(([zone, count]) =>
    Array.from({ length: count }, (): Endpoint => {
      const addresses = [`10.0.0.${10 + i++}`];
      return { addresses, nodeName: `${zone}-node`, conditions: { ready: true }, ...(zone !== '-' && { zone }) };
    }),
  );
  return [{ addressType: 'IPv4', ports: [], endpoints }];
};
const count = (all: readonly EndpointGroup[]) => {
  const zones = all.flatMap(({ endpoints }) => endpoints.map(({ hints }) => hints?.forZones?.[0]?.name ?? 'none'));
  return Object.fromEntries(
    Object.entries(Object.groupBy(zones, (zone) => zone)).map(([zone, list]) => [zone, list!.length]),
  );
};
const equal = zoneSharesOf([inZone('a', 'za'), inZone('b', 'zb')])!;
const thirds = zoneSharesOf([inZone('a', 'za'), inZone('b', 'zb'), inZone('c', 'zc')])!;

describe('zones', () => {
  it('have the share of their processors', () => {
    const shares = zoneSharesOf([
      inZone('a', 'za', '3'),
      inZone('b', 'zb', '500m'),
      inZone('c', 'zb', '500m'),
      inZone('d', 'zd', '8', 'False'),
      inZone('e', undefined, '8', 'True', { 'node-role.kubernetes.io/control-plane': '' }),
    ]);
    expect(Object.fromEntries(shares!)).to.deep.equal({ za: 0.75, zb: 0.25 });
  });
  it('are unknown when a node does not tell', () => {
    expect(zoneSharesOf([inZone('a', 'za'), inZone('b', undefined)])).to.equal(undefined);
    expect(zoneSharesOf([inZone('a', 'za'), inZone('b', 'zb', '0')])).to.equal(undefined);
    expect(zoneSharesOf([])).to.equal(undefined);
  });
});

describe('topology hints', () => {
  for (const [what, counts, shares, hinted] of [
    ['leave everybody at home', { za: 3, zb: 3 }, equal, { za: 3, zb: 3 }],
    ['bear a little overload', { za: 6, zb: 5 }, equal, { za: 6, zb: 5 }],
    ['send some to where there are too few', { za: 9, zb: 1 }, equal, { za: 5, zb: 5 }],
    ['serve zones without any', { za: 6 }, equal, { za: 3, zb: 3 }],
    ['take in those of zones without nodes', { za: 3, zx: 3 }, equal, { za: 3, zb: 3 }],
  ] as const) {
    it(what, () => {
      const plan = planTopology(groups(counts), shares);
      expect('groups' in plan && count(plan.groups)).to.deep.equal(hinted);
    });
  }

  const overload = 'Unable to allocate minimum required endpoints to each zone without exceeding overload threshold';
  for (const [counts, shares, problem] of [
    [{ za: 1 }, undefined, 'Insufficient Node information: allocatable CPU or zone not specified on one or more nodes'],
    [{ za: 1 }, zoneSharesOf([inZone('a', 'za')]), 'Nodes only ready in one zone'],
    [{ za: 1 }, equal, 'Insufficient number of endpoints (1 endpoints, 2 zones)'],
    [{ za: 4, zb: 4, zc: 3 }, thirds, `${overload} (11 endpoints, 3 zones)`],
    [{ za: 2, '-': 2 }, equal, 'One or more endpoints do not have a zone specified'],
  ] as const) {
    it(`are not given: ${problem}`, () => expect(planTopology(groups(counts), shares)).to.deep.equal({ problem }));
  }

  it('do not depend on the order of endpoints', () => {
    const [group] = groups({ za: 9, zb: 1 });
    const hintsOf = (endpoints: readonly Endpoint[]) => {
      const plan = planTopology([{ ...group!, endpoints }], equal);
      const all = 'groups' in plan ? plan.groups[0]!.endpoints : [];
      return new Set(all.map(({ addresses, hints }) => `${addresses.join()} ${hints!.forZones![0]!.name}`));
    };
    expect(hintsOf(group!.endpoints)).to.deep.equal(hintsOf(group!.endpoints.toReversed()));
  });
});

describe('hints of a service', () => {
  const hinted = (spec: object, annotations: object = {}, existing: EndpointSlice[] = []) =>
    withHints(aService(spec, { annotations }), groups({ za: 1, zb: 1 }), existing, () => equal);
  const first = (spec: object) => hinted(spec).groups[0]!.endpoints[0]!.hints;

  it('follow its traffic distribution', () => {
    expect(first({})).to.equal(undefined);
    for (const trafficDistribution of ['PreferClose', 'PreferSameZone']) {
      expect(first({ trafficDistribution })).to.deep.equal({ forZones: [{ name: 'za' }] });
    }
    expect(first({ trafficDistribution: 'PreferSameNode' })).to.deep.equal({
      forZones: [{ name: 'za' }],
      forNodes: [{ name: 'za-node' }],
    });
  });
  it('are not given to endpoints that are not ready', () => {
    const [group] = groups({ za: 1 });
    const endpoints = [{ ...group!.endpoints[0]!, conditions: { ready: false } }];
    const all = withHints(
      aService({ trafficDistribution: 'PreferClose' }),
      [{ ...group!, endpoints }],
      [],
      () => equal,
    );
    expect(all.groups[0]!.endpoints).to.deep.equal(endpoints);
  });
  it('follow its topology mode first', () => {
    const { notes, groups: all } = hinted(
      { trafficDistribution: 'PreferSameNode' },
      { 'service.kubernetes.io/topology-mode': 'Auto' },
    );
    expect(all[0]!.endpoints[0]!.hints).to.deep.equal({ forZones: [{ name: 'za' }] });
    expect(notes).to.deep.equal([
      {
        type: 'Normal',
        reason: 'TopologyAwareHintsEnabled',
        message: 'Topology Aware Hints has been enabled, addressType: IPv4',
      },
    ]);
  });
});

describe('trigger times', () => {
  it('are those of what is new', () => {
    const times = new TriggerTimes();
    const one = aService({}, { creationTimestamp: '2026-01-01T00:00:00Z' });
    const at = (time: string) => {
      const made = aPod();
      made.status!.conditions![0]!.lastTransitionTime = time;
      return made;
    };
    const [a, b] = [at('2026-01-01T00:00:05Z'), at('2026-01-01T00:00:07Z')];
    expect(times.newest('web', one, [a])).to.equal('2026-01-01T00:00:00Z');
    expect(times.newest('web', one, [a])).to.equal(undefined);
    expect(times.newest('web', one, [a, b])).to.equal('2026-01-01T00:00:07Z');
    expect(times.newest('web', one, [a])).to.equal(undefined);
    times.forget('web');
    expect(times.newest('web', one, [a])).to.equal('2026-01-01T00:00:00Z');
  });
});

describe('endpoint slice controller', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.start({ only: ['endpointslice-controller'] });
  });
  afterEach(() => world.stop());

  it('gives hints as soon as nodes tell their zones, and takes them back', async () => {
    const web = { namespace: 'default', name: 'web' };
    const addNode = async (name: string, zone: string) => {
      const { metadata, spec, status } = inZone(name, zone);
      const made = await world.client.create(node, { metadata: { name, labels: metadata.labels! }, spec });
      await world.client.updateStatus(node, { ...made, status });
    };
    await addNode('n1', 'za');
    await world.client.create(service, {
      metadata: { ...web, annotations: { 'service.kubernetes.io/topology-mode': 'Auto' } },
      spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
    });
    for (const name of ['a', 'b']) {
      await world.client.create(pod, { metadata: { ...web, name, labels: { app: 'web' } }, spec: template().spec });
    }
    const hints = (zones: (string | undefined)[]) =>
      world.eventually(async () => {
        const [slice] = (await world.client.list(endpointSlice, { namespace: 'default' })).items.filter(
          ({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === 'web',
        );
        expect(slice!.endpoints!.map((one) => one.hints?.forZones?.[0]?.name).sort()).to.deep.equal(zones);
        return slice!;
      });
    const slice = await hints([undefined, undefined]);
    expect(slice.metadata.annotations).to.have.property('endpoints.kubernetes.io/last-change-trigger-time');
    await addNode('n2', 'zb');
    await hints(['za', 'zb']);
    await world.client.patch(service, web, 'merge', { metadata: { annotations: null } });
    await hints([undefined, undefined]);
    await world.settle();
    const events = await world.events('web');
    expect(events).to.include('TopologyAwareHintsDisabled: Nodes only ready in one zone, addressType: IPv4');
    expect(events.slice(-2)).to.deep.equal([
      'TopologyAwareHintsEnabled: Topology Aware Hints has been enabled, addressType: IPv4',
      'TopologyAwareHintsDisabled: Topology Aware Hints has been disabled',
    ]);
  });
});
