import { expect } from 'chai';
import { MetricRegistry } from '../../src/base/metrics.ts';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { WorkQueueMetrics } from '../../src/client/work-queue-metrics.ts';
import { WorkQueue } from '../../src/client/work-queue.ts';

describe('metrics of work queues', () => {
  it('tell how many keys wait, how long, and how long they were worked on', async () => {
    const clock = new VirtualClock();
    const registry = new MetricRegistry();
    const queue = new WorkQueue(clock, undefined, new WorkQueueMetrics(registry, clock).of('q'));
    const value = (name: string) =>
      Number(new RegExp(`^${name}\\{name="q"\\} (.*)$`, 'm').exec(registry.render())?.[1]);
    queue.add('a');
    queue.add('a');
    queue.add('b');
    expect([value('workqueue_depth'), value('workqueue_adds_total')]).to.deep.equal([2, 2]);
    await clock.advance(2000);
    const key = (await queue.take())!;
    expect(value('workqueue_depth')).to.equal(1);
    expect(value('workqueue_queue_duration_seconds_sum')).to.equal(2);
    await clock.advance(500);
    expect(value('workqueue_unfinished_work_seconds')).to.equal(0.5);
    expect(value('workqueue_longest_running_processor_seconds')).to.equal(0.5);
    queue.done(key);
    expect(value('workqueue_work_duration_seconds_sum')).to.equal(0.5);
    expect(value('workqueue_unfinished_work_seconds')).to.equal(0);
    expect(value('workqueue_longest_running_processor_seconds')).to.equal(0);
    queue.retry(key);
    await clock.advance(1000);
    expect([value('workqueue_retries_total'), value('workqueue_adds_total')]).to.deep.equal([1, 3]);
    queue.close();
  });

  it('count queues of one name together', async () => {
    const clock = new VirtualClock();
    const registry = new MetricRegistry();
    const metrics = new WorkQueueMetrics(registry, clock);
    const queues = [1, 2].map(() => new WorkQueue(clock, undefined, metrics.of('q')));
    for (const queue of queues) for (const key of ['a', 'b']) queue.add(key);
    await queues[0]!.take();
    await clock.advance(1000);
    await queues[1]!.take();
    await clock.advance(1000);
    for (const [name, value] of Object.entries({
      depth: 2,
      unfinished_work_seconds: 3,
      longest_running_processor_seconds: 2,
    })) {
      expect(registry.render()).to.include(`workqueue_${name}{name="q"} ${value}\n`);
    }
    for (const queue of queues) queue.close();
  });
});
