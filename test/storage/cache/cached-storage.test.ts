import { expect } from 'chai';
import { expired, isApiError } from '../../../src/apimachinery/api-error.ts';
import type { AnyObject } from '../../../src/apimachinery/object.ts';
import { noLog } from '../../../src/base/log.ts';
import { VirtualClock } from '../../../src/base/virtual-clock.ts';
import { CachedStorage } from '../../../src/storage/cache/index.ts';
import { MemoryStorage } from '../../../src/storage/memory.ts';
import { failure, key, object, PREFIX, range, valueOf, watch } from '../../suites/storage.ts';
import { LossyStorage } from './lossy-storage.ts';

describe('CachedStorage', () => {
  let clock: VirtualClock;
  let memory: MemoryStorage;
  let inner: LossyStorage;
  let cached: CachedStorage;

  beforeEach(async () => {
    clock = new VirtualClock();
    memory = new MemoryStorage({ clock });
    inner = new LossyStorage(memory);
    await memory.create(key('first'), object('first'));
    cached = await open({});
  });
  afterEach(() => cached.close());

  async function open(options: Partial<ConstructorParameters<typeof CachedStorage>[1]>): Promise<CachedStorage> {
    const storage = new CachedStorage(inner, { clock, log: noLog, ...options });
    await storage.open();
    return storage;
  }

  async function contents(): Promise<[string, number][]> {
    return (await cached.list(PREFIX)).entries.map((e) => [e.key.slice(PREFIX.length), valueOf(e)]);
  }

  it('answers nothing before it is open', async () => {
    const closed = new CachedStorage(inner, { clock, log: noLog });
    const error = await failure(closed.get(key('first')));
    expect(isApiError(error, 'ServiceUnavailable')).to.equal(true);
    expect(await watch(closed, PREFIX).closed).to.be.instanceOf(Error);
  });

  it('reads what was there in pages', async () => {
    for (const n of range(2500)) await memory.create(key(`p${n}`), object('p'));
    inner.calls.list = 0;
    const other = await open({});
    expect(inner.calls.list).to.equal(3);
    expect(await other.count(PREFIX)).to.equal(2501);
  });

  it('notices a lost event and takes it up again, before the watchers see what came after it', async () => {
    const start = await memory.currentRevision();
    const seen = watch(cached, PREFIX, start);
    inner.lose.set(start + 2, 1);
    for (const n of range(5)) await memory.create(key(`k${n}`), object('k', n));
    const events = await seen.atLeast(5);
    expect(events.map((e) => e.revision)).to.deep.equal(range(5).map((n) => start + n + 1));
    expect(inner.calls.watch).to.equal(2);
    expect(inner.calls.list).to.equal(1);
  });

  it('lists anew when the same event is lost again', async () => {
    await memory.create(key('changed'), object('changed'));
    await memory.create(key('removed'), object('removed'));
    const start = await memory.currentRevision();
    await cached.get(key('removed'));
    const seen = watch(cached, PREFIX, start);
    inner.lose.set(start + 1, 1000);
    await memory.update(key('removed'), () => 'delete');
    await memory.update(key('changed'), () => ({ store: object('changed', 5) }));
    await memory.create(key('new'), object('new', 7));
    const events = await seen.atLeast(3);
    expect(events.map((e) => [e.type, e.entry.key.slice(PREFIX.length), e.revision - start])).to.deep.equal([
      ['update', 'changed', 2],
      ['create', 'new', 3],
      ['delete', 'removed', 3],
    ]);
    expect(await contents()).to.deep.equal([
      ['changed', 5],
      ['first', 0],
      ['new', 7],
    ]);
    inner.lose.clear();
    await memory.create(key('later'), object('later'));
    expect((await seen.atLeast(4)).map((e) => e.revision).at(-1)).to.equal(start + 4);
    const past = await watch(cached, PREFIX, start).closed;
    expect(isApiError(past, 'Expired')).to.equal(true);
  });

  it('lists anew when the store has forgotten the past, and its watchers go on', async () => {
    const start = await memory.currentRevision();
    const seen = watch(cached, PREFIX, start);
    inner.stalled = true;
    for (const n of range(3)) await memory.create(key(`k${n}`), object('k', n));
    inner.stalled = false;
    inner.break(expired('compacted'));
    expect((await seen.atLeast(3)).map((e) => e.revision)).to.deep.equal(range(3).map((n) => start + n + 1));
    await memory.create(key('k3'), object('k'));
    await seen.atLeast(4);
    expect(seen.events).to.have.length(4);
  });

  it('goes on behind its last event when the watch ends for another reason', async () => {
    const seen = watch(cached, PREFIX, await memory.currentRevision());
    inner.break(new Error('the member stopped'));
    await memory.create(key('k'), object('k'));
    await clock.advance(1000);
    expect(seen.events).to.have.length(1);
    expect(inner.calls.list).to.equal(1);
  });

  it('shares one question for the revision among reads that come together', async () => {
    inner.calls.currentRevision = 0;
    await Promise.all(range(100).map((n) => (n % 2 ? cached.get(key('first')) : cached.list(PREFIX))));
    expect(inner.calls.currentRevision).to.equal(1);
    expect(inner.calls.get).to.equal(0);
    expect(inner.calls.list).to.equal(1);
  });

  it('never answers a read from a question that began before it', async () => {
    const answers: PromiseWithResolvers<number>[] = [];
    inner.currentRevision = () => {
      answers.push(Promise.withResolvers<number>());
      return answers.at(-1)!.promise;
    };
    const early = cached.get(key('late'));
    while (answers.length < 1) await Promise.resolve();
    const atTheTime = await memory.currentRevision();
    inner.stalled = true;
    const { revision } = await memory.create(key('late'), object('late'));
    const late = cached.get(key('late'));
    answers[0]!.resolve(atTheTime);
    expect(await early).to.equal(undefined);
    while (answers.length < 2) await Promise.resolve();
    answers[1]!.resolve(revision);
    await clock.advance(5000);
    expect((await late)?.revision).to.equal(revision);
  });

  it('asks the store itself when the cache falls behind', async () => {
    inner.stalled = true;
    const { revision } = await cached.create(key('k'), object('k', 3));
    const reads = Promise.all([cached.get(key('k')), cached.list(PREFIX), cached.count(PREFIX)]);
    await clock.advance(5000);
    const [entry, list, count] = await reads;
    expect(entry?.revision).to.equal(revision);
    expect(list.entries.map((e) => e.key)).to.deep.equal([key('first'), key('k')]);
    expect(count).to.equal(2);
    expect(await cached.get(key('k'), { atLeast: 0 })).to.equal(undefined);
  });

  it('tries an update first on what it wrote itself, though the feed has not brought it', async () => {
    inner.stalled = true;
    const created = await cached.create(key('k'), object('k'));
    let guess: number | undefined;
    inner.update = (k, change, first?: { revision: number }) => {
      guess = first?.revision;
      return memory.update(k, change);
    };
    await cached.update(key('k'), () => 'keep');
    expect(guess).to.equal(created.revision);
  });

  it("takes in a sole writer's own writes at once, and the feed's news of them no second time", async () => {
    const release = inner.hold();
    const only = await open({ soleWriter: true });
    const seen = watch(only, PREFIX, await only.currentRevision());
    await only.create(key('a'), object('a', 1));
    await only.update(key('a'), () => ({ store: object('a', 2) }));
    await only.update(key('a'), () => 'delete');
    await only.create(key('a'), object('a', 3));
    const events = await seen.atLeast(4);
    expect(valueOf(await only.get(key('a'), { atLeast: 0 }))).to.equal(3);
    release();
    await only.create(key('b'), object('b'));
    expect((await seen.atLeast(5)).map((e) => e.type)).to.deep.equal([
      'create',
      'update',
      'delete',
      'create',
      'create',
    ]);
    expect(events.map((e) => e.revision)).to.deep.equal(range(4).map((n) => events[0]!.revision + n));
    expect(valueOf(await only.get(key('a')))).to.equal(3);
  });

  it('asks the store for pages and states that its window has lost', async () => {
    cached = await open({ historyLimit: 5 });
    for (const n of range(4)) await memory.create(key(`k${n}`), object('k', n));
    const page = await cached.list(PREFIX, { limit: 2 });
    const exactly = page.revision;
    for (const n of range(20)) await memory.update(key('k3'), () => ({ store: object('k', 100 + n) }));
    inner.calls.list = 0;
    const next = await cached.list(PREFIX, { limit: 9, continue: page.continue! });
    expect(next.entries.map(valueOf)).to.deep.equal([1, 2, 3]);
    expect(valueOf(await cached.get(key('k3'), { exactly }))).to.equal(3);
    expect([inner.calls.list, inner.calls.get]).to.deep.equal([1, 1]);
  });

  it('narrows a list by an index, now and in the past', async () => {
    const value = (o: AnyObject) => (Number(o['data'].n) < 0 ? undefined : String(Number(o['data'].n) % 10));
    cached = await open({ indexes: [{ prefix: '/registry/configmaps/', name: 'digit', value }] });
    for (const n of range(100)) await memory.create(key(`k${String(n).padStart(2, '0')}`), object('k', n));
    let tested = 0;
    const match = (o: unknown) => {
      tested++;
      return value(o as AnyObject) === '7';
    };
    const options = { index: { name: 'digit', value: '7' }, match };
    const list = await cached.list(PREFIX, options);
    expect(list.entries.map(valueOf)).to.deep.equal(range(10).map((n) => n * 10 + 7));
    expect(tested).to.equal(10);
    await memory.update(key('k07'), () => ({ store: object('k', 8) }));
    await memory.update(key('k17'), () => 'delete');
    await memory.update(key('k00'), () => ({ store: object('k', 7) }));
    const now = await cached.list(PREFIX, options);
    expect(now.entries.map(valueOf)).to.deep.equal([7, 27, 37, 47, 57, 67, 77, 87, 97]);
    const before = await cached.list(PREFIX, { ...options, freshness: { exactly: list.revision } });
    expect(before.entries.map(valueOf)).to.deep.equal(list.entries.map(valueOf));
    const unknown = await cached.list(PREFIX, { match, index: { name: 'none', value: '7' } });
    expect(unknown.entries).to.have.length(9);
  });

  it('shares one entry and its bytes among reads and watchers', async () => {
    const seen = watch(cached, PREFIX, await memory.currentRevision());
    await memory.create(key('k'), object('k'));
    const [event] = await seen.atLeast(1);
    const entry = await cached.get(key('k'));
    expect(entry).to.equal(event!.entry);
    expect(entry!.bytes).to.equal((await cached.list(PREFIX)).entries[1]!.bytes);
  });

  it('tells watchers that nothing concerns how far it has come', async () => {
    const progress: number[] = [];
    const signal = new AbortController().signal;
    const onProgress = (revision: number) => progress.push(revision);
    cached.watch('/registry/pods/', { signal, onEvent: () => {}, onClose: () => {}, onProgress });
    await Promise.resolve();
    const { revision } = await memory.create(key('k'), object('k'));
    await clock.advance(2000);
    expect(progress).to.deep.equal([revision]);
  });

  it('delivers in order to every watcher when a callback writes', async () => {
    const orders: number[][] = [[], []];
    const signal = new AbortController().signal;
    const after = await memory.currentRevision();
    for (const order of orders) {
      cached.watch(PREFIX, {
        signal,
        after,
        onClose: () => {},
        onEvent: (event) => {
          order.push(event.revision);
          if (event.entry.key === key('k0')) void memory.create(key('echo'), object('e')).catch(() => {});
        },
      });
    }
    await Promise.resolve();
    for (const n of range(3)) await memory.create(key(`k${n}`), object('k'));
    for (const order of orders) expect(order).to.deep.equal(range(4).map((n) => after + n + 1));
  });

  it('ends a watch whose callback throws, and no other', async () => {
    const after = await memory.currentRevision();
    const closed = Promise.withResolvers<Error | undefined>();
    const onEvent = () => {
      throw new Error('broken');
    };
    cached.watch(PREFIX, { signal: new AbortController().signal, after, onEvent, onClose: closed.resolve });
    const seen = watch(cached, PREFIX, after);
    await Promise.resolve();
    for (const n of range(2)) await memory.create(key(`k${n}`), object('k'));
    expect((await closed.promise)?.message).to.equal('broken');
    expect(seen.events).to.have.length(2);
  });
});
