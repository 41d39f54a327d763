import { expect } from 'chai';
import { announcedAddresses, ANNOUNCES } from '../../src/proxy/announced-addresses.ts';

const excluded = { 'node.kubernetes.io/exclude-from-external-load-balancers': '' };

interface Options {
  ready?: string;
  labels?: Record<string, string>;
}

function aNode(name: string, { ready = 'True', labels = { [ANNOUNCES]: '' } }: Options = {}): any {
  const addresses = [{ type: 'InternalIP', address: `10.0.0.${name.charCodeAt(0)}` }];
  return { metadata: { name, labels }, status: { conditions: [{ type: 'Ready', status: ready }], addresses } };
}

function aService(name: string, ip: string, spec: object = {}): any {
  const status = { loadBalancer: { ingress: [{ ip, ipMode: 'VIP' }] } };
  return { metadata: { namespace: 'default', name }, spec: { type: 'LoadBalancer', ...spec }, status };
}

const many = Array.from({ length: 60 }, (_, i) => aService(`s${i}`, `10.9.0.${i}`));
const of = (name: string, nodes: any[], services = many, slices: any[] = []) =>
  announcedAddresses(name, services, slices, nodes);

describe('announced addresses', () => {
  const [a, b, c] = ['a', 'b', 'c'].map((name) => aNode(name));

  it('have one node each, and are shared among the nodes', () => {
    const shares = ['a', 'b', 'c'].map((name) => of(name, [a, b, c]));
    expect(shares.flat().sort()).to.deep.equal(many.map((one) => one.status.loadBalancer.ingress[0].ip).sort());
    for (const share of shares) expect(share.length).to.be.greaterThan(5);
  });

  it('stay where they are when another node goes', () => {
    const before = of('a', [a, b, c]);
    expect(of('a', [a, c])).to.include.members(before);
  });

  for (const [what, node] of [
    ['is not ready', aNode('a', { ready: 'False' })],
    ['does not take part', aNode('a', { labels: {} })],
    ['is excluded', aNode('a', { labels: { [ANNOUNCES]: '', ...excluded } })],
  ] as const) {
    it(`are not those of a node that ${what}`, () => {
      expect(of('a', [node, b])).to.deep.equal([]);
      expect(of('b', [node, b])).to.have.length(60);
    });
  }

  it('follow the endpoints of services that keep traffic local', () => {
    const local = aService('web', '10.9.0.1', { externalTrafficPolicy: 'Local' });
    const slice = (nodeName: string, ready: boolean) => ({
      metadata: { namespace: 'default', labels: { 'kubernetes.io/service-name': 'web' } },
      endpoints: [{ nodeName, conditions: { ready } }],
    });
    expect(of('b', [a, b], [local], [slice('b', true)])).to.deep.equal(['10.9.0.1']);
    expect(of('a', [a, b], [local], [slice('b', true)])).to.deep.equal([]);
    expect(of('b', [a, b], [local], [slice('b', false)])).to.deep.equal([]);
  });

  it('are not those of nodes, of other types, or behind another proxy', () => {
    const proxied = {
      ...aService('p', '10.9.0.1'),
      status: { loadBalancer: { ingress: [{ ip: '10.9.0.1', ipMode: 'Proxy' }] } },
    };
    const services = [aService('n', '10.0.0.97'), aService('c', '10.9.0.2', { type: 'ClusterIP' }), proxied];
    expect(of('a', [a], services)).to.deep.equal([]);
  });
});
