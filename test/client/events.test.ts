import { expect } from 'chai';
import type { KubeObject } from '../../src/apimachinery/object.ts';
import { noLog } from '../../src/base/log.ts';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { Client } from '../../src/client/client.ts';
import { createEventRecorder, type FlushableRecorder } from '../../src/client/events.ts';
import { MemoryApi } from './memory-api.ts';

const web: KubeObject = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', namespace: 'shop', uid: 'u1', resourceVersion: '7', creationTimestamp: '' },
};

describe('event recorder', () => {
  let api: MemoryApi;
  let clock: VirtualClock;
  let recorder: FlushableRecorder;
  beforeEach(() => {
    api = new MemoryApi();
    clock = new VirtualClock(Date.UTC(2026, 4, 6, 7, 8, 9, 123));
    recorder = createEventRecorder({
      client: new Client(api.exchange),
      clock,
      component: 'kubelet',
      host: 'n1',
      log: noLog,
    });
  });
  const events = () => api.objects('/api/v1/events');

  it('writes series with times in full for who reports so', async () => {
    const modern = { instance: 'default-scheduler-n1', actionOf: () => 'Scheduling' };
    const scheduler = createEventRecorder({
      ...{ client: new Client(api.exchange), clock, component: 'default-scheduler', log: noLog, modern },
    });
    for (let i = 0; i < 3; i++) {
      scheduler.event(web, 'Warning', 'FailedScheduling', '0/1 nodes are available');
      await clock.advance(1000);
    }
    await scheduler.flush();
    const [{ metadata: _, involvedObject: __, ...rest }, ...more] = events();
    expect(more).to.deep.equal([]);
    expect(rest).to.deep.equal({
      ...{ apiVersion: 'v1', kind: 'Event', type: 'Warning', reason: 'FailedScheduling' },
      ...{ message: '0/1 nodes are available', action: 'Scheduling', eventTime: '2026-05-06T07:08:09.123000Z' },
      ...{ reportingComponent: 'default-scheduler', reportingInstance: 'default-scheduler-n1' },
      series: { count: 3, lastObservedTime: '2026-05-06T07:08:11.123000Z' },
    });
  });

  it('writes what kubectl describe shows', async () => {
    recorder.event(web, 'Normal', 'Pulled', 'Image is there');
    await recorder.flush();
    expect(events()).to.have.length(1);
    const { metadata, ...rest } = events()[0];
    expect(metadata.name).to.match(/^web\.[0-9a-f]{16}$/);
    expect(metadata.namespace).to.equal('shop');
    expect(rest).to.deep.equal({
      apiVersion: 'v1',
      kind: 'Event',
      involvedObject: {
        apiVersion: 'v1',
        kind: 'Pod',
        namespace: 'shop',
        name: 'web',
        uid: 'u1',
        resourceVersion: '7',
      },
      type: 'Normal',
      reason: 'Pulled',
      message: 'Image is there',
      source: { component: 'kubelet', host: 'n1' },
      reportingComponent: 'kubelet',
      reportingInstance: 'n1',
      firstTimestamp: '2026-05-06T07:08:09Z',
      lastTimestamp: '2026-05-06T07:08:09Z',
      count: 1,
    });
  });

  it('counts the same event within ten minutes, and writes it anew after that', async () => {
    for (let i = 0; i < 3; i++) {
      recorder.event(web, 'Warning', 'BackOff', 'waiting');
      await clock.advance(60_000);
    }
    await recorder.flush();
    expect(events().map((e) => [e.count, e.firstTimestamp, e.lastTimestamp])).to.deep.equal([
      [3, '2026-05-06T07:08:09Z', '2026-05-06T07:10:09Z'],
    ]);
    await clock.advance(11 * 60_000);
    recorder.event(web, 'Warning', 'BackOff', 'waiting');
    await recorder.flush();
    expect(events().map((e) => e.count)).to.deep.equal([3, 1]);
  });

  it('writes anew what has gone from the server', async () => {
    recorder.event(web, 'Normal', 'A', 'a');
    await recorder.flush();
    api.drop(`/api/v1/namespaces/shop/events/${events()[0].metadata.name}`);
    recorder.event(web, 'Normal', 'A', 'a');
    await recorder.flush();
    expect(events().map((e) => e.count)).to.deep.equal([1]);
  });

  it('puts events of cluster-scoped objects into default', async () => {
    const { namespace: _, ...metadata } = web.metadata;
    const n1 = { ...web, kind: 'Node', metadata: { ...metadata, name: 'n1' } };
    recorder.event(n1, 'Normal', 'Starting', 'x');
    await recorder.flush();
    expect(events()[0].metadata.namespace).to.equal('default');
    expect(events()[0].involvedObject).not.to.have.property('namespace');
  });

  it('lets through a burst per object and then a trickle', async () => {
    for (let i = 0; i < 100; i++) recorder.event(web, 'Normal', 'Same', 'x');
    recorder.event({ ...web, metadata: { ...web.metadata, name: 'other', uid: 'u2' } }, 'Normal', 'Same', 'x');
    await recorder.flush();
    expect(events().map((e) => e.count)).to.deep.equal([25, 1]);
    await clock.advance(5 * 60_000);
    for (let i = 0; i < 10; i++) recorder.event(web, 'Normal', 'Same', 'x');
    await recorder.flush();
    expect(events()[0].count).to.equal(26);
  });

  it('combines many different messages of one reason', async () => {
    for (let i = 0; i < 15; i++) recorder.event(web, 'Normal', 'R', `m${i}`);
    recorder.event(web, 'Normal', 'R', 'm8');
    await recorder.flush();
    const told = events().map(({ message, count }) => [message, count]);
    const apart = Array.from({ length: 9 }, (_, i) => [`m${i}`, i === 8 ? 2 : 1]);
    expect(told).to.have.deep.members([...apart, ['(combined from similar events): m14', 6]]);
  });

  it('tries again when the server is away, and gives up quietly when it refuses', async () => {
    let refusals = 2;
    api.intercept = () => {
      if (refusals-- > 0) throw new Error('refused');
      return undefined;
    };
    recorder.event(web, 'Normal', 'A', 'a');
    await clock.advance(10_000);
    await recorder.flush();
    expect(events()).to.have.length(1);
    api.intercept = () => ({ status: 403, body: { kind: 'Status', code: 403, reason: 'Forbidden' } });
    recorder.event(web, 'Normal', 'B', 'b');
    await recorder.flush();
    expect(events()).to.have.length(1);
  });

  it('puts writing off as long as it is told to', async () => {
    const urgent = Promise.withResolvers<void>();
    const waiting: number[] = [];
    const hold = (count: number) => (waiting.push(count), waiting.length === 1 ? urgent.promise : undefined);
    recorder = createEventRecorder({ client: new Client(api.exchange), clock, component: 'x', log: noLog, hold });
    for (const reason of ['A', 'B']) recorder.event(web, 'Normal', reason, 'done');
    for (let i = 0; i < 10; i++) await new Promise(setImmediate);
    expect(events()).to.have.length(0);
    urgent.resolve();
    await recorder.flush();
    expect([events().length, waiting]).to.deep.equal([2, [2, 1, 0]]);
  });

  it('drops what comes when too many wait', async () => {
    recorder = createEventRecorder({ client: new Client(api.exchange), clock, component: 'x', log: noLog, backlog: 2 });
    for (const reason of ['A', 'B', 'C']) recorder.event(web, 'Normal', reason, 'done');
    await recorder.flush();
    expect(events().map((e) => e.reason)).to.deep.equal(['A', 'B']);
  });
});
