import { expect } from 'chai';
import type { Kind } from '../../../src/apimachinery/kind.ts';
import type { ObjectName } from '../../../src/apimachinery/object.ts';
import { realClock } from '../../../src/base/clock.ts';
import { noLog } from '../../../src/base/log.ts';
import type { Client } from '../../../src/client/client.ts';
import { Scheduler } from '../../../src/scheduler/scheduler.ts';
import { pod } from '../../../src/api/core-v1/pod.ts';
import { priorityClass } from '../../../src/api/scheduling-v1/priority-class.ts';
import { BareCluster } from '../bare-cluster.ts';

const at = (name: string) => ({ namespace: 'default', name });

describe('preemption, against the API server', () => {
  let world: BareCluster;
  beforeEach(async () => {
    world = await BareCluster.start();
    await world.addPriorities({ low: 1, middle: 50, high: 100 });
    await world.addNode('n1');
  });
  afterEach(() => world.stop());

  const add = (name: string, priorityClassName: string, spec: object = {}, cpu = '4') =>
    world.addPod(name, { cpu }, { priorityClassName, ...spec });

  it('removes the less important pod gracefully, waits for its end, and takes the node', async () => {
    await add('victim', 'low');
    await world.nodeOf('victim');
    const { metadata } = await add('vip', 'high');
    const victim = await world.podWhen('victim', (one) => Boolean(one.metadata.deletionTimestamp));
    expect(victim.metadata.deletionGracePeriodSeconds).to.equal(30);
    expect(victim.status?.conditions?.find(({ type }) => type === 'DisruptionTarget')).to.include({
      status: 'True',
      reason: 'PreemptionByScheduler',
      message: 'default-scheduler: preempting to accommodate a higher priority pod',
    });
    await world.podWhen('vip', ({ status }) => status?.nominatedNodeName === 'n1');
    await world.eventually(async () =>
      expect(await world.events('victim', 'Preempted')).to.deep.equal([
        `Normal Preempted by pod ${metadata.uid} on node n1`,
      ]),
    );
    // A change makes the scheduler try again: it must not look for further victims.
    await world.client.patch(pod, at('vip'), 'merge', { metadata: { labels: { again: 'yes' } } });
    await world.unschedulable(
      'vip',
      '0/1 nodes are available: 1 Insufficient cpu. preemption: not eligible due to a terminating pod on the nominated node.',
    );
    await world.removePod('victim');
    expect(await world.nodeOf('vip')).to.equal('n1');
  });

  it('leaves others their nodes when the pod would rather wait', async () => {
    await add('victim', 'low');
    await world.nodeOf('victim');
    await world.client.create(priorityClass, { metadata: { name: 'polite' }, value: 100, preemptionPolicy: 'Never' });
    await add('polite', 'polite');
    await world.unschedulable(
      'polite',
      '0/1 nodes are available: 1 Insufficient cpu. preemption: not eligible due to preemptionPolicy=Never.',
    );
    expect((await world.client.get(pod, at('victim'))).metadata.deletionTimestamp).to.equal(undefined);
  });

  it('takes a promised node from a less important pod, which then finds another', async () => {
    await add('victim', 'low');
    await world.nodeOf('victim');
    await add('middling', 'middle');
    await world.podWhen('middling', ({ status }) => status?.nominatedNodeName === 'n1');
    await add('vip', 'high');
    await world.podWhen('vip', ({ status }) => status?.nominatedNodeName === 'n1');
    await world.podWhen('middling', ({ status }) => !status?.nominatedNodeName);
    await world.removePod('victim');
    expect(await world.nodeOf('vip')).to.equal('n1');
    await world.addNode('n2');
    expect(await world.nodeOf('middling')).to.equal('n2');
  });

  it('keeps the room on a promised node for whom it is promised', async () => {
    await add('victim', 'low');
    await world.nodeOf('victim');
    await add('vip', 'high', {}, '3');
    await world.podWhen('vip', ({ status }) => status?.nominatedNodeName === 'n1');
    await add('small', 'low', {}, '2');
    await world.unschedulable('small', /^0\/1 nodes are available: 1 Insufficient cpu/);
    await world.removePod('victim');
    expect(await world.nodeOf('vip')).to.equal('n1');
    await world.unschedulable('small', /1 Insufficient cpu/);
  });

  it('goes on where a scheduler that died left off', async () => {
    await world.stop();
    world = await BareCluster.start({ scheduler: false });
    await world.addPriorities({ low: 1, high: 100 });
    for (const name of ['n1', 'n2']) await world.addNode(name);
    let lives = 0;
    const client = world.cluster.clientAs('system:kube-scheduler');
    /** Dies with the first write after that to which `last` says yes. */
    const mortal = (last: (path: string) => boolean) => {
      let dead = false;
      const write = (method: 'patch' | 'delete', args: [Kind<any>, ObjectName, ...any[]]) => {
        if (dead) return new Promise(() => {});
        dead = last(`${method} ${args[1].name}`);
        return (client[method] as (...rest: any[]) => Promise<unknown>).apply(client, args);
      };
      const dying = new Proxy(client, {
        get: (_, name: keyof Client) => {
          if (name === 'patch' || name === 'delete') return (...args: any) => write(name, args);
          const own: unknown = client[name];
          return typeof own === 'function' ? own.bind(client) : own;
        },
      });
      // Each begins its search at another node.
      const first = lives++ % 2 === 0 ? 0 : 0.9;
      return new Scheduler({ client: dying, clock: realClock, random: () => first, log: noLog });
    };
    let running = mortal(() => false);
    await running.start();
    for (const name of ['a', 'b']) await add(name, 'low');
    for (const name of ['a', 'b']) await world.nodeOf(name);
    await running.stop();
    const deaths = [/^patch [ab]$/, /^delete [ab]$/];
    for (const death of deaths) {
      const died = Promise.withResolvers<void>();
      running = mortal((write) => death.test(write) && (died.resolve(), true));
      await running.start();
      if (death === deaths[0]) await add('vip', 'high');
      await Promise.race([died.promise, world.podWhen('vip', ({ status }) => Boolean(status?.nominatedNodeName))]);
      void running.stop(); // it hangs in its last write, as the dead do
    }
    running = mortal(() => false);
    await running.start();
    await world.podWhen('vip', ({ status }) => Boolean(status?.nominatedNodeName));
    const { items } = await world.client.list(pod, { namespace: 'default' });
    const victims = items.filter(({ metadata }) => metadata.deletionTimestamp).map(({ metadata }) => metadata.name);
    expect(victims).to.have.length(1);
    await world.removePod(victims[0]!);
    await world.nodeOf('vip');
    await running.stop();
  });
});
