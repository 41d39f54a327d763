import { expect } from 'chai';
import { shutdownGraces, shutdownPlan, type ShutdownGrace } from '../../../src/kubelet/node/shutdown.ts';
import { somePod } from '../pods.ts';

const pod = (name: string, priority?: number) => somePod({ ...(priority !== undefined && { priority }) }, {}, { name });

describe('shutdownPlan', () => {
  const pods = [pod('system', 2_000_001_000), pod('web', 0), pod('db', 1000), pod('plain'), pod('least', -5)];
  const names = (graces: ShutdownGrace[]) =>
    shutdownPlan(pods, graces).map((step) => [step.seconds, ...step.pods.map(({ metadata }) => metadata.name)]);

  it('ends critical pods last', () => {
    expect(names(shutdownGraces(30, 10))).to.deep.equal([
      [20, 'web', 'db', 'plain', 'least'],
      [10, 'system'],
    ]);
  });

  it('goes by priority, whatever the order of the list', () => {
    const graces = [
      { priority: 1000, seconds: 5 },
      { priority: 0, seconds: 7 },
      { priority: 100_000, seconds: 3 },
    ];
    expect(names(graces)).to.deep.equal([
      [7, 'web', 'plain', 'least'],
      [5, 'db'],
      [3, 'system'],
    ]);
  });
});
