import { expect } from 'chai';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import type { EventName, Wake } from '../../src/scheduler/cluster-event.ts';
import type { Plugin } from '../../src/scheduler/plugin.ts';
import { schedulingGates } from '../../src/scheduler/plugins/scheduling-gates.ts';
import { podInfo } from '../../src/scheduler/pod-info.ts';
import { SchedulingQueue } from '../../src/scheduler/queue.ts';
import { aNode, aPod } from './objects.ts';

/** Those who rejected a pod: one plugin that waits for these. */
const waitsFor = (...wakesOn: Wake[]): Set<Plugin> => new Set([{ name: 'X', wakesOn }]);
const events = (...on: EventName[]) => waitsFor({ on });

describe('scheduling queue', () => {
  let clock: VirtualClock;
  let queue: SchedulingQueue;
  let calls: number;
  beforeEach(() => {
    clock = new VirtualClock();
    calls = 0;
    queue = new SchedulingQueue({
      clock,
      compare: (a, b) => b.priority - a.priority,
      gate: (info) => (schedulingGates.preEnqueue!(info) ? schedulingGates : undefined),
      onActive: () => calls++,
    });
  });
  const info = (name: string, priority = 0, uid = name) => podInfo(aPod(name, {}, { priority }, { uid }));
  const taken = () => queue.take()?.info.pod.metadata.name;

  it('gives pods by priority, then in the order they came', () => {
    for (const [name, priority] of [
      ['a', 0],
      ['b', 5],
      ['c', 0],
      ['d', 10],
      ['e', 5],
    ] as const)
      queue.put(info(name, priority));
    expect([1, 2, 3, 4, 5, 6].map(taken)).to.deep.equal(['d', 'b', 'e', 'a', 'c', undefined]);
    expect(calls).to.equal(5);
  });

  it('forgets deleted pods, wherever they are', () => {
    queue.put(info('a'));
    queue.delete('a');
    expect(taken()).to.equal(undefined);
    queue.put(info('b'));
    const pod = queue.take()!;
    queue.delete('b');
    queue.failed(pod, events());
    queue.retry(pod);
    expect(queue.size).to.equal(0);
  });

  it('tries an unschedulable pod again when something happens that can help', async () => {
    queue.put(info('a'));
    queue.failed(queue.take()!, events('AssignedPodDelete'));
    queue.happened({ name: 'NodeUpdateNodeLabel' });
    await clock.advance(5000);
    expect(taken()).to.equal(undefined);
    queue.happened({ name: 'AssignedPodDelete' });
    expect(taken()).to.equal('a');
  });

  it('lets woken pods wait for the end of their back-off only when there is more to do', async () => {
    const names = [...Array(102).keys()].map((i) => `p${i}`);
    for (const name of names) queue.put(info(name));
    for (let pod = queue.take(); pod; pod = queue.take()) queue.failed(pod, events('AssignedPodDelete'));
    queue.happened({ name: 'AssignedPodDelete' });
    expect(taken()).to.equal(undefined);
    queue.put(info('new'));
    expect([taken(), taken()]).to.deep.equal(['new', undefined]);
    for (const name of ['p7', 'p8']) queue.delete(name);
    await clock.advance(1000);
    expect(names.map(taken).filter(Boolean)).to.have.length(100);
  });

  it('tries a woken pod at once when there is nothing else to do', () => {
    queue.put(info('a'));
    queue.failed(queue.take()!, events('AssignedPodDelete'));
    const before = calls;
    queue.happened({ name: 'AssignedPodDelete' });
    expect([calls - before, taken()]).to.deep.equal([1, 'a']);
  });

  it('retries with a back-off that doubles up to ten seconds', async () => {
    queue.put(info('a'));
    const delays: number[] = [];
    for (let i = 0; i < 6; i++) {
      queue.retry(queue.take()!);
      const from = clock.monotonic();
      while (queue.get('a')!.state !== 'active') await clock.advance(500);
      delays.push(clock.monotonic() - from);
    }
    expect(delays).to.deep.equal([1000, 2000, 4000, 8000, 10_000, 10_000]);
  });

  it('holds gated pods until the gates are gone', async () => {
    queue.put(podInfo(aPod('g', {}, { schedulingGates: [{ name: 'x' }] }, { uid: 'g' })));
    queue.happened({ name: 'NodeAdd' });
    await clock.advance(10 * 60_000);
    expect(taken()).to.equal(undefined);
    queue.put(info('g'));
    expect(taken()).to.equal('g');
  });

  it('tries a pod that was changed, and one that nothing woke for five minutes', async () => {
    queue.put(info('a'));
    queue.failed(queue.take()!, events());
    await clock.advance(1000);
    queue.put(info('a'));
    expect(taken()).to.equal('a');
    queue.failed(queue.get('a')!, events());
    await clock.advance(4 * 60_000);
    expect(taken()).to.equal(undefined);
    await clock.advance(2 * 60_000);
    expect(taken()).to.equal('a');
  });

  it('does not wake a pod that is being tried', () => {
    queue.put(info('a'));
    const pod = queue.take()!;
    queue.happened({ name: 'NodeAdd' });
    queue.put(info('a'));
    expect([queue.get('a')!.state, taken()]).to.deep.equal(['taken', undefined]);
    expect(queue.get('a')).to.equal(pod);
  });

  it('asks the plugin whether what happened helps this pod', async () => {
    const rack1 = waitsFor({ on: ['NodeAdd'], helps: (_, { object }) => object!.metadata.name === 'rack1' });
    queue.put(info('a'));
    queue.failed(queue.take()!, rack1);
    await clock.advance(2000);
    const nodeAdd = (name: string) => queue.happened({ name: 'NodeAdd', object: aNode(name) });
    nodeAdd('rack2');
    expect(taken()).to.equal(undefined);
    nodeAdd('rack1');
    expect(taken()).to.equal('a');
  });

  it('tries again rather than never when a plugin cannot tell', () => {
    queue.put(info('a'));
    const broken = waitsFor({
      on: ['NodeAdd'],
      helps: () => {
        throw new Error('no idea');
      },
    });
    queue.failed(queue.take()!, broken);
    queue.happened({ name: 'NodeAdd' });
    expect(taken()).to.equal('a');
  });

  it('does not lose what happens while a pod is being tried', () => {
    for (const name of ['a', 'b', 'c']) queue.put(info(name));
    const [a, b] = [queue.take()!, queue.take()!];
    queue.happened({ name: 'NodeAdd' });
    const c = queue.take()!;
    queue.failed(b, events('NodeAdd'));
    queue.failed(a, events('AssignedPodDelete'));
    queue.failed(c, events('NodeAdd'));
    expect([a.state, b.state, c.state]).to.deep.equal(['unschedulable', 'backoff', 'unschedulable']);
  });

  it('tries a pod again that fails after it was decided on', () => {
    queue.put(info('a'));
    const a = queue.take()!;
    queue.decided(a);
    queue.failed(a, events('NodeAdd'));
    expect(a.state).to.equal('backoff');
  });

  it('keeps what happens for so many pods only that take long', () => {
    for (const name of ['a', 'b']) queue.put(info(name));
    const a = queue.take()!;
    for (let i = 0; i < 6000; i++) queue.happened({ name: 'NodeAdd' });
    const b = queue.take()!;
    for (let i = 0; i < 6000; i++) queue.happened({ name: 'NodeAdd' });
    queue.failed(a, events('AssignedPodDelete'));
    queue.failed(b, events('AssignedPodDelete'));
    expect([a.state, b.state]).to.deep.equal(['backoff', 'unschedulable']);
  });

  it('forgets what a pod waited for when a plugin holds it', () => {
    queue.put(info('a'));
    queue.failed(queue.take()!, events('NodeAdd'));
    const gated = podInfo(aPod('a', {}, { schedulingGates: [{ name: 'g' }] }, { uid: 'a' }));
    queue.put(gated);
    queue.happened({ name: 'NodeAdd' });
    expect([queue.get('a')!.state, taken()]).to.deep.equal(['gated', undefined]);
  });

  it('tries a pod again that was changed while it was being tried', () => {
    queue.put(info('a'));
    const a = queue.take()!;
    queue.put(info('a'));
    queue.failed(a, events());
    expect(taken()).to.equal('a');
  });

  it('takes what becomes of the pod itself for no news', () => {
    queue.put(info('a'));
    queue.failed(queue.take()!, events('AssignedPodDelete'));
    queue.happened({ name: 'AssignedPodDelete', object: info('a').pod });
    expect(taken()).to.equal(undefined);
  });

  it('tries a pod that no plugin rejected whatever happens', () => {
    queue.put(info('a'));
    queue.failed(queue.take()!, new Set());
    expect(taken()).to.equal(undefined);
    queue.happened({ name: 'NamespaceAdd' });
    expect(taken()).to.equal('a');
  });

  it('lets a plugin hold pods until something happens', () => {
    let open = false;
    const gate: Plugin = { name: 'Gate', wakesOn: [{ on: ['NamespaceAdd'] }] };
    queue.close();
    queue = new SchedulingQueue({ clock, compare: () => 0, gate: () => (open ? undefined : gate), onActive: () => {} });
    queue.put(info('a'));
    expect([queue.counts(), taken()]).to.deep.equal([{ active: 0, backoff: 0, unschedulable: 0, gated: 1 }, undefined]);
    queue.happened({ name: 'NamespaceAdd' });
    expect(queue.get('a')!.state).to.equal('gated');
    open = true;
    queue.happened({ name: 'NamespaceAdd' });
    expect(taken()).to.equal('a');
  });

  it('tries a pod at once when told to', () => {
    queue.put(info('a'));
    queue.retry(queue.take()!);
    expect(taken()).to.equal(undefined);
    queue.activate('a');
    expect(taken()).to.equal('a');
  });
});
