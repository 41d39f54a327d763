import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  freeIndex,
  furtherNode,
  furtherNodes,
  podRangeOf,
  recordNode,
} from '../../../src/cluster/further-nodes/record.ts';

describe('further nodes of a machine', () => {
  const cidr = '10.244.0.0/16';
  let path: string;
  beforeEach(() => (path = mkdtempSync(join(tmpdir(), 'cox-nodes-'))));
  afterEach(() => rmSync(path, { recursive: true, force: true }));

  it('have a /24 of the pod addresses each, while there are some', () => {
    expect(podRangeOf(cidr, 1)).to.equal('10.244.1.0/24');
    expect(podRangeOf('10.0.0.0/8', 300)).to.equal('10.1.44.0/24');
    expect(() => podRangeOf('10.244.0.0/24', 1)).to.throw('has no room for another node');
  });

  it('have addresses and a namespace that follow from their number', () => {
    const { ip, podCidr, namespace } = furtherNode('b', 2, '/x', cidr);
    expect({ ip, podCidr }).to.deep.equal({ ip: '172.30.251.3', podCidr: '10.244.2.0/24' });
    expect(namespace).to.deep.equal({
      name: 'cox-node-2',
      cable: 'coxnode2',
      address: '172.30.251.3/24',
      gateway: '172.30.251.1',
      podCidr: '10.244.2.0/24',
    });
  });

  it('take the smallest number that is free', () => {
    expect(freeIndex([])).to.equal(1);
    expect(freeIndex([1, 3])).to.equal(2);
    expect(() => freeIndex(Array.from({ length: 200 }, (_, i) => i + 1))).to.throw('200 further nodes');
  });

  it('are remembered, each name once', () => {
    expect(furtherNodes({ path }, cidr)).to.deep.equal([]);
    recordNode({ path }, 'b', cidr);
    recordNode({ path }, 'a', cidr);
    expect(furtherNodes({ path }, cidr).map(({ name, index }) => [name, index])).to.deep.equal([
      ['a', 2],
      ['b', 1],
    ]);
    expect(() => recordNode({ path }, 'a', cidr)).to.throw('There is a node a on this machine already');
    rmSync(join(path, 'nodes/b'), { recursive: true });
    expect(recordNode({ path }, 'c', cidr).index).to.equal(1);
  });
});
