import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { lockDataDir, openDataDir } from '../../src/cluster/data-dir.ts';
import { forgetNode, noteNode, otherNodes } from '../../src/cluster/host-nodes.ts';

describe('nodes in one machine’s network', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'host-nodes-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  const cluster = (name: string) => openDataDir(join(folder, name), () => name);
  const notes = () => join(folder, 'notes');

  it('are those of other clusters that run', () => {
    const [one, two] = [cluster('one'), cluster('two')];
    expect(otherNodes(one, notes())).to.deep.equal([]);
    for (const each of [one, two]) noteNode(each, notes());
    expect(otherNodes(one, notes()), 'two does not run').to.deep.equal([]);
    const stop = lockDataDir(two);
    expect(otherNodes(one, notes())).to.deep.equal([two.path]);
    expect(otherNodes(two, notes())).to.deep.equal([]);
    stop();
    expect(otherNodes(one, notes())).to.deep.equal([]);
  });

  it('are forgotten', () => {
    const [one, two] = [cluster('one'), cluster('two')];
    noteNode(two, notes());
    const stop = lockDataDir(two);
    forgetNode(two, notes());
    forgetNode(two, notes());
    expect(otherNodes(one, notes())).to.deep.equal([]);
    stop();
  });
});
