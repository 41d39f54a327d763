import { expect } from 'chai';
import { networkPolicy } from '../../src/api/networking-v1/network-policy.ts';
import { readPolicy, selectionsOf } from '../../src/network-policy/policy.ts';
import { policyOf } from './objects.ts';

const ways = (spec: any) => {
  const { ingress, egress } = readPolicy(policyOf(spec));
  return [ingress && 'ingress', egress && 'egress'].filter(Boolean).join();
};
const rule = (one: any) => readPolicy(policyOf({ policyTypes: ['Ingress'], ingress: [one] })).ingress![0]!;
const peers = (...from: any[]) =>
  rule({ from }).peers!.map((peer) => ('block' in peer ? peer.block : peer.selection.id));

describe('reading a network policy', () => {
  it('takes the ways that it names, and otherwise those that it has rules for', () => {
    expect(ways({ policyTypes: ['Ingress'], egress: [{}] })).to.equal('ingress');
    expect(ways({ policyTypes: ['Egress'], ingress: [{}] })).to.equal('egress');
    expect(ways({ policyTypes: ['Ingress', 'Egress'] })).to.equal('ingress,egress');
    expect(ways({ policyTypes: undefined })).to.equal('ingress');
    expect(ways({ policyTypes: undefined, egress: [{}] })).to.equal('ingress,egress');
  });

  it('agrees with the defaults of the API', () => {
    for (const spec of [{}, { egress: [] }, { egress: [{}] }, { ingress: [{}] }]) {
      const stored = structuredClone(policyOf(spec as any));
      networkPolicy.setDefaults!(stored);
      expect(readPolicy(policyOf(spec))).to.deep.equal(readPolicy(stored));
    }
  });

  it('tells no rule from an empty one', () => {
    expect(readPolicy(policyOf({ policyTypes: ['Ingress'] })).ingress).to.deep.equal([]);
    expect(rule({})).to.deep.equal({});
    expect(rule({ from: [], ports: [] })).to.deep.equal({});
  });

  it('reads peers', () => {
    expect(peers({ podSelector: {} })).to.deep.equal(['{"namespace":"x","pods":""}']);
    expect(peers({ podSelector: { matchLabels: { pod: 'a' } } })).to.deep.equal(['{"namespace":"x","pods":"pod=a"}']);
    expect(peers({ namespaceSelector: {} })).to.deep.equal(['pods of all namespaces']);
    expect(
      peers({ namespaceSelector: { matchLabels: { ns: 'y' } }, podSelector: { matchLabels: { pod: 'a' } } }),
    ).to.deep.equal(['["ns=y","pod=a"]']);
    expect(peers({ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } })).to.deep.equal([
      { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] },
    ]);
    expect(peers({})).to.deep.equal([]); // and not: everybody
  });

  it('reads ports', () => {
    const ports = [
      { port: 80 },
      { protocol: 'UDP' },
      { port: 'web' },
      { port: 1, endPort: 5 },
      { port: 7, endPort: 7 },
    ];
    expect(rule({ ports }).ports).to.deep.equal([
      { protocol: 'TCP', port: 80 },
      { protocol: 'UDP' },
      { protocol: 'TCP', name: 'web' },
      { protocol: 'TCP', port: 1, endPort: 5 },
      { protocol: 'TCP', port: 7 },
    ]);
  });

  it('knows whose addresses and ports it asks for', () => {
    const ids = (way: 'ingress' | 'egress', one: any) =>
      selectionsOf(readPolicy(policyOf({ policyTypes: ['Ingress', 'Egress'], [way]: [one] })), way).map(({ id }) => id);
    expect(ids('ingress', { from: [{ podSelector: {} }] })).to.have.length(1);
    expect(ids('ingress', { ports: [{ port: 'web' }] })).to.deep.equal(['{"namespace":"x","pods":""}']); // its own pods'
    expect(ids('egress', { ports: [{ port: 'web' }] })).to.deep.equal(['pods of all namespaces']);
    expect(ids('egress', { ports: [{ port: 80 }] })).to.deep.equal([]);
  });
});
