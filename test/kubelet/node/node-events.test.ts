import { expect } from 'chai';
import type { Node } from '../../../src/api/core-v1/node.ts';
import { conditionReasons, isGivenUp, schedulableReason } from '../../../src/kubelet/node/node-events.ts';

const status = (values: Record<string, string>) => ({
  conditions: Object.entries(values).map(([type, value]) => ({ type, status: value })),
});

describe('kubelet: events of the node', () => {
  const well = { MemoryPressure: 'False', DiskPressure: 'False', PIDPressure: 'False', Ready: 'True' };
  const all = ['NodeHasSufficientMemory', 'NodeHasNoDiskPressure', 'NodeHasSufficientPID', 'NodeReady'];
  const cases: [string, Record<string, string> | undefined, Record<string, string>, string[]][] = [
    ['a new node', undefined, well, all],
    ['nothing new', well, well, []],
    ['a node that was given up', Object.fromEntries(Object.keys(well).map((type) => [type, 'Unknown'])), well, all],
    ['a node that is not ready', well, { ...well, Ready: 'False' }, ['NodeNotReady']],
    ['too little memory', well, { ...well, MemoryPressure: 'True' }, ['NodeHasInsufficientMemory']],
    ['too little disk', well, { ...well, DiskPressure: 'True' }, ['NodeHasDiskPressure']],
    ['too many processes', well, { ...well, PIDPressure: 'True' }, ['NodeHasInsufficientPID']],
    ['a condition of others', well, { ...well, NetworkUnavailable: 'True' }, []],
  ];
  for (const [what, before, now, expected] of cases) {
    it(`tell of ${what}`, () =>
      expect(conditionReasons(before && status(before), status(now))).to.deep.equal(expected));
  }

  it('tell of a cordon', () => {
    const [free, cordoned] = [{ spec: {} }, { spec: { unschedulable: true } }] as unknown as [Node, Node];
    expect(schedulableReason(free, cordoned)).to.equal('NodeNotSchedulable');
    expect(schedulableReason(cordoned, free)).to.equal('NodeSchedulable');
    expect(schedulableReason(free, free)).to.equal(undefined);
  });

  it('know when somebody takes silence for death', () => {
    expect(isGivenUp({ status: status({ Ready: 'Unknown' }) } as Node)).to.equal(true);
    expect(isGivenUp({ status: status(well) } as Node)).to.equal(false);
    expect(isGivenUp({} as Node)).to.equal(false);
  });
});
