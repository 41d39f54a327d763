import { expect } from 'chai';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import type { ClusterEvent } from '../../src/scheduler/plugin.ts';
import { podInfo } from '../../src/scheduler/pod-info.ts';
import { SchedulingQueue } from '../../src/scheduler/queue.ts';
import { aPod } from './objects.ts';

const events = (...list: ClusterEvent[]) => new Set(list);

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
      admits: (info) => !info.spec.schedulingGates?.length,
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
    queue.failed(queue.take()!, events('pod-freed'));
    queue.happened('node-labels');
    await clock.advance(5000);
    expect(taken()).to.equal(undefined);
    queue.happened('pod-freed');
    expect(taken()).to.equal('a');
  });

  it('lets woken pods wait for the end of their back-off only when there is more to do', async () => {
    const names = [...Array(102).keys()].map((i) => `p${i}`);
    for (const name of names) queue.put(info(name));
    for (let pod = queue.take(); pod; pod = queue.take()) queue.failed(pod, events('pod-freed'));
    queue.happened('pod-freed');
    expect(taken()).to.equal(undefined);
    queue.put(info('new'));
    expect([taken(), taken()]).to.deep.equal(['new', undefined]);
    for (const name of ['p7', 'p8']) queue.delete(name);
    await clock.advance(1000);
    expect(names.map(taken).filter(Boolean)).to.have.length(100);
  });

  it('tries a woken pod at once when there is nothing else to do', () => {
    queue.put(info('a'));
    queue.failed(queue.take()!, events('pod-freed'));
    const before = calls;
    queue.happened('pod-freed');
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
    queue.happened('node-added');
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
    queue.happened('node-added');
    queue.put(info('a'));
    expect([queue.get('a')!.state, taken()]).to.deep.equal(['taken', undefined]);
    expect(queue.get('a')).to.equal(pod);
  });
});
