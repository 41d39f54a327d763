import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { freeIndex, furtherNode, furtherNodes, recordNode } from '../../../src/cluster/further-nodes/record.ts';

describe('further nodes of a machine', () => {
  let path: string;
  beforeEach(() => (path = mkdtempSync(join(tmpdir(), 'cox-nodes-'))));
  afterEach(() => rmSync(path, { recursive: true, force: true }));

  it('have addresses and a namespace that follow from their number', () => {
    const { ip, namespace } = furtherNode('b', 2, '/x');
    expect(ip).to.equal('172.30.251.3');
    expect(namespace).to.deep.equal({
      name: 'cox-node-2',
      cable: 'coxnode2',
      address: '172.30.251.3/24',
      gateway: '172.30.251.1',
    });
  });

  it('take the smallest number that is free', () => {
    expect(freeIndex([])).to.equal(1);
    expect(freeIndex([1, 3])).to.equal(2);
    expect(() => freeIndex(Array.from({ length: 200 }, (_, i) => i + 1))).to.throw('200 further nodes');
  });

  it('are remembered, each name once', () => {
    expect(furtherNodes({ path })).to.deep.equal([]);
    recordNode({ path }, 'b');
    recordNode({ path }, 'a');
    expect(furtherNodes({ path }).map(({ name, index }) => [name, index])).to.deep.equal([
      ['a', 2],
      ['b', 1],
    ]);
    expect(() => recordNode({ path }, 'a')).to.throw('There is a node a on this machine already');
    rmSync(join(path, 'nodes/b'), { recursive: true });
    expect(recordNode({ path }, 'c').index).to.equal(1);
  });
});
