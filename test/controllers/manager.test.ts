import { expect } from 'chai';
import { noLog } from '../../src/base/log.ts';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { Client } from '../../src/client/client.ts';
import type { Controller } from '../../src/client/controller.ts';
import { ControllerManager, controllers } from '../../src/controllers/index.ts';

describe('controller manager', () => {
  const client = new Client(() => Promise.reject(new Error('nobody answers')));
  const base = { client, clock: new VirtualClock(), random: () => 0, log: noLog };

  async function started(options: object, names = ['a', 'b', 'c']): Promise<string[]> {
    const calls: string[] = [];
    const fakes = names.map((name): Controller => ({
      name,
      start: () => (calls.push(`start ${name}`), { stop: async () => void calls.push(`stop ${name}`) }),
    }));
    const manager = new ControllerManager({ ...base, controllers: fakes, ...options });
    await manager.start();
    await manager.start();
    await manager.stop();
    await manager.stop();
    return calls;
  }

  it('starts all controllers in order, once, and stops them', async () => {
    expect(await started({})).to.deep.equal(['start a', 'start b', 'start c', 'stop a', 'stop b', 'stop c']);
  });

  it('leaves out what is switched off', async () => {
    expect(await started({ disabled: ['b'] })).to.deep.equal(['start a', 'start c', 'stop a', 'stop c']);
    expect(await started({ only: ['b'] })).to.deep.equal(['start b', 'stop b']);
  });

  it('knows every controller by a name of its own', () => {
    const names = controllers.map(({ name }) => name);
    expect(new Set(names).size).to.equal(names.length);
    for (const name of names) expect(name).to.match(/^[a-z-]+-controller$/);
  });

  it('stops while no server answers', async () => {
    const manager = new ControllerManager(base);
    await manager.start();
    await manager.stop();
  });
});
