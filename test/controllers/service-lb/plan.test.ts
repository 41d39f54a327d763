import { expect } from 'chai';
import type { Node } from '../../../src/api/core-v1/node.ts';
import type { Service } from '../../../src/api/core-v1/service.ts';
import type { EndpointSlice } from '../../../src/api/discovery-v1/endpoint-slice.ts';
import { changes } from '../../../src/controllers/service-lb/changes.ts';
import { isForeign, plan, wantsLoadBalancer, type Surroundings } from '../../../src/controllers/service-lb/plan.ts';
import { AddressPool } from '../../../src/controllers/service-lb/pool.ts';
import { TakenPorts, takenPorts } from '../../../src/controllers/service-lb/taken-ports.ts';
import { metadata } from '../objects.ts';

function aService(spec: object = {}, ips: readonly string[] = []): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadata('web'),
    spec: { type: 'LoadBalancer', ports: [{ port: 80, protocol: 'TCP' }], ipFamilies: ['IPv4'], ...spec },
    status: { loadBalancer: { ingress: ips.map((ip) => ({ ip })) } },
  };
}

function aNode(name: string, addresses: Record<string, string>, { ready = 'True', labels = {} } = {}): Node {
  const list = Object.entries(addresses).map(([address, type]) => ({ type, address }));
  const status = {
    addresses: list,
    conditions: [{ type: 'Ready', status: ready }],
    daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
  };
  return { apiVersion: 'v1', kind: 'Node', metadata: { ...metadata(name), labels }, status };
}

const n1 = aNode('n1', { '10.0.0.1': 'InternalIP', n1: 'Hostname' });
const n2 = aNode('n2', { '10.0.0.2': 'InternalIP', '192.0.2.2': 'ExternalIP', 'fd00::2': 'InternalIP' });

function around(rest: Partial<Surroundings> = {}): Surroundings {
  return { nodes: [n2, n1], slices: [], pool: undefined, givenAway: new Set(), taken: new TakenPorts(), ...rest };
}

describe('plan of a load balancer', () => {
  const pool = new AddressPool(['10.9.0.0/30', 'fd09::/126']);
  const local = { externalTrafficPolicy: 'Local' };
  const slice = (ready: boolean) =>
    ({ endpoints: [{ addresses: ['10.244.0.5'], nodeName: 'n1', conditions: { ready } }] }) as EndpointSlice;
  const excluded = { 'node.kubernetes.io/exclude-from-external-load-balancers': '' };
  const on80 = new TakenPorts();
  on80.add('10.0.0.1', 80, 'TCP', 'the Service default/other');
  const onBoth = new TakenPorts();
  for (const ip of ['10.0.0.1', '192.0.2.2']) onBoth.add(ip, 80, 'TCP', 'the Service default/other');
  const told = 'port 80/TCP of 10.0.0.1 is taken by the Service default/other';

  for (const [what, service, surroundings, addresses, problem] of [
    ['nodes give their addresses, external ones first', aService(), around(), ['10.0.0.1', '192.0.2.2'], undefined],
    ['of the families of the service', aService({ ipFamilies: ['IPv6'] }), around(), ['fd00::2'], undefined],
    [
      'nodes that are not ready or excluded do not take part',
      aService(),
      around({
        nodes: [
          aNode('a', { '10.0.0.8': 'InternalIP' }, { ready: 'False' }),
          aNode('b', { '10.0.0.9': 'InternalIP' }, { labels: excluded }),
          n1,
        ],
      }),
      ['10.0.0.1'],
      undefined,
    ],
    [
      'with the policy Local only nodes with endpoints',
      aService(local),
      around({ slices: [slice(true)] }),
      ['10.0.0.1'],
      undefined,
    ],
    ['ready ones', aService(local), around({ slices: [slice(false)] }), [], undefined],
    ['a node whose port is taken gives none', aService(), around({ taken: on80 }), ['192.0.2.2'], told],
    ['nor when all are', aService(), around({ taken: onBoth }), [], told],
    [
      'ports of another protocol do not matter',
      aService({ ports: [{ port: 80, protocol: 'UDP' }] }),
      around({ taken: onBoth }),
      ['10.0.0.1', '192.0.2.2'],
      undefined,
    ],
    ['one node is asked for', aService({ loadBalancerIP: '10.0.0.1' }), around(), ['10.0.0.1'], undefined],
    ['a pool gives its lowest', aService(), around({ pool }), ['10.9.0.1'], undefined],
    ['that is free', aService(), around({ pool, givenAway: new Set(['10.9.0.1']) }), ['10.9.0.2'], undefined],
    ['what a service has it keeps', aService({}, ['10.9.0.2']), around({ pool }), ['10.9.0.2'], undefined],
    ['unless it is not in the pool', aService({}, ['10.8.0.2']), around({ pool }), ['10.9.0.1'], undefined],
    [
      'one is asked for',
      aService({ loadBalancerIP: '10.9.0.2' }, ['10.9.0.1']),
      around({ pool }),
      ['10.9.0.2'],
      undefined,
    ],
    [
      'that is not there',
      aService({ loadBalancerIP: '10.8.0.2' }),
      around({ pool }),
      [],
      'the address 10.8.0.2 of spec.loadBalancerIP is not in the load balancer pool',
    ],
    [
      'that is taken',
      aService({ loadBalancerIP: '10.9.0.2' }),
      around({ pool, givenAway: new Set(['10.9.0.2']) }),
      [],
      'the address 10.9.0.2 of spec.loadBalancerIP is in use by another service',
    ],
    [
      'two families get two',
      aService({ ipFamilies: ['IPv6', 'IPv4'] }),
      around({ pool }),
      ['fd09::1', '10.9.0.1'],
      undefined,
    ],
    [
      'a pool can be empty',
      aService({ ipFamilies: ['IPv6', 'IPv4'] }),
      around({ pool, givenAway: new Set(['10.9.0.1', '10.9.0.2']) }),
      ['fd09::1'],
      'no IPv4 address of the load balancer pool is free',
    ],
  ] as const) {
    it(what, () => {
      const result = plan(service, surroundings);
      expect(result.addresses).to.deep.equal(addresses);
      expect(result.problem?.message).to.equal(problem);
    });
  }

  it('says when no node takes part', () => {
    expect(plan(aService(), around({ nodes: [] }))).to.deep.equal({ addresses: [], noNodes: true });
  });

  it('is for services without a class, and with ours', () => {
    expect(wantsLoadBalancer(aService())).to.equal(true);
    expect(wantsLoadBalancer(aService({ loadBalancerClass: 'coxswain.io/service-lb' }))).to.equal(true);
    const foreign = aService({ loadBalancerClass: 'example.com/lb' });
    expect([wantsLoadBalancer(foreign), isForeign(foreign)]).to.deep.equal([false, true]);
    expect(wantsLoadBalancer(aService({ type: 'NodePort' }))).to.equal(false);
  });
});

describe('ports of nodes that are taken', () => {
  const other = { ...aService({}, ['10.0.0.2']), metadata: { ...metadata('other') } };
  const young = { ...aService({}), metadata: { ...metadata('young') } };
  const ingress = {
    metadata: metadata('i'),
    status: {
      loadBalancer: { ingress: [{ ip: '10.0.0.1', ports: [{ port: 443, protocol: 'TCP' }] }, { ip: '10.0.0.2' }] },
    },
  } as any;
  const api = { endpoints: [{ addresses: ['10.0.0.1'] }], ports: [{ port: 6443 }] } as EndpointSlice;
  const taken = takenPorts(aService(), {
    services: [other, young],
    granted: new Map([[young.metadata.uid, ['10.0.0.1']]]),
    ingresses: [ingress],
    nodes: [n1],
    apiServers: [api],
  });

  for (const [ip, port, holder] of [
    ['10.0.0.2', 80, 'the Service default/other'],
    ['10.0.0.1', 80, 'the Service default/young'],
    ['10.0.0.1', 443, 'the ingress controller that serves the Ingress default/i'],
    ['10.0.0.2', 443, undefined],
    ['10.0.0.1', 6443, 'the API server'],
    ['10.0.0.1', 10250, 'the kubelet of the node n1'],
    ['10.0.0.1', 81, undefined],
  ] as const) {
    it(`${port} of ${ip}: ${holder ?? 'free'}`, () => expect(taken.holder(ip, port, 'TCP')).to.equal(holder));
  }
});

describe('changes of a balanced service', () => {
  it('are told in upstream’s words', () => {
    const before = aService({ externalIPs: ['1.1.1.1'] });
    const now = aService({ type: 'ClusterIP', loadBalancerSourceRanges: ['10.0.0.0/8'], externalIPs: ['2.2.2.2'] });
    expect(changes(now, before)).to.deep.equal([
      ['Type', 'LoadBalancer -> ClusterIP'],
      ['LoadBalancerSourceRanges', '[] -> [10.0.0.0/8]'],
      ['ExternalIP', 'Added: 2.2.2.2'],
    ]);
  });
});
