import { expect } from 'chai';
import { noLog } from '../../src/base/log.ts';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { Client } from '../../src/client/client.ts';
import type { Controller } from '../../src/client/controller.ts';
import {
  controllerNames,
  ControllerManager,
  controllers,
  namesOf,
  selectedControllers,
} from '../../src/controllers/index.ts';

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
    expect(await started({ selection: ['*', '-b'] })).to.deep.equal(['start a', 'start c', 'stop a', 'stop c']);
    expect(await started({ selection: ['b'] })).to.deep.equal(['start b', 'stop b']);
  });

  it('knows every controller by a name of its own', () => {
    const names = controllers.map(({ name }) => name);
    expect(new Set(names).size).to.equal(names.length);
    for (const name of names) expect(name).to.match(/^[a-z-]+-controller$/);
  });

  const lists: [string, string[], string[]][] = [
    ['* is all that are on by default', ['*'], ['deployment-controller', 'job-controller']],
    ['a name is one', ['job-controller'], ['job-controller']],
    ['a former name is as good', ['job'], ['job-controller']],
    ['a minus takes one away', ['*', '-deployment-controller'], ['job-controller']],
    ['a minus with a former name, too', ['-deployment', '*'], ['job-controller']],
    ['a minus alone leaves nothing', ['-deployment'], []],
    ['the first that names it counts', ['job', '-job'], ['job-controller']],
    ['what is off can be switched on', ['tokencleaner', 'job'], ['job-controller', 'token-cleaner-controller']],
    ['what is off stays so when others are not', ['*', '-job', '-deployment'], []],
    ['nothing is nothing', [], []],
    [
      'what runs elsewhere can be left out',
      ['*', '-route', '-node-ipam-controller', '-job'],
      ['deployment-controller'],
    ],
  ];
  for (const [what, selection, expected] of lists) {
    it(`a list of controllers: ${what}`, () => {
      const offered = ['deployment-controller', 'job-controller', 'token-cleaner-controller'];
      expect([...selectedControllers(selection, offered)]).to.deep.equal(expected);
    });
  }

  it('refuses names that nobody knows, and controllers that there are not', () => {
    const refused = (...list: string[]) =>
      expect(() => selectedControllers(list, ['job-controller'])).to.throw(
        `"${list.at(-1)!.replace('-', '')}" is not in the list of known controllers: use job-controller`,
      );
    refused('*', 'foo');
    refused('-foo');
    refused('route');
  });

  it('knows all of its controllers by the names of upstream, and one that upstream does not have', () => {
    const withoutAlias = [
      'taint-eviction-controller',
      'device-taint-eviction-controller',
      'service-cidr-controller',
      'local-path-provisioner-controller',
    ];
    for (const name of controllerNames()) {
      const { alias } = namesOf(name);
      if (alias) expect([...selectedControllers([alias], controllerNames())]).to.deep.equal([name]);
      else expect(withoutAlias).to.include(name);
    }
  });

  it('tells queues and events apart as upstream does', async () => {
    const given: unknown[] = [];
    const fake: Controller = {
      name: 'node-lifecycle-controller',
      start: ({ queue, component }) => (given.push(queue, component), { stop: async () => {} }),
    };
    const manager = new ControllerManager({ ...base, controllers: [fake] });
    await manager.start();
    await manager.stop();
    expect(given).to.deep.equal(['node_lifecycle_controller', 'node-controller']);
  });

  it('stops while no server answers', async () => {
    const manager = new ControllerManager(base);
    await manager.start();
    await manager.stop();
  });
});
