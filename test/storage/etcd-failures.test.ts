import { expect } from 'chai';
import { isApiError } from '../../src/apimachinery/api-error.ts';
import { realClock } from '../../src/base/clock.ts';
import { noLog } from '../../src/base/log.ts';
import { CachedStorage } from '../../src/storage/cache/index.ts';
import { EtcdStorage } from '../../src/storage/etcd.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { failure, key, object, PREFIX, range, valueOf, watch } from '../suites/storage.ts';
import { EtcdProcess } from './etcd-process.ts';
import { TcpProxy } from './tcp-proxy.ts';

describe('EtcdStorage when things break', function () {
  this.timeout(60_000);
  let etcd: EtcdProcess;
  let stores: Storage[];
  beforeEach(async () => {
    etcd = await EtcdProcess.start();
    stores = [];
  });
  afterEach(async () => {
    await Promise.all(stores.map((s) => s.close()));
    await etcd.remove();
  });

  function connect(endpoint = etcd.endpoint): EtcdStorage {
    const storage = new EtcdStorage({ endpoints: [endpoint], clock: realClock, log: noLog });
    stores.push(storage);
    return storage;
  }

  async function connectCached(endpoint?: string): Promise<CachedStorage> {
    const storage = new CachedStorage(connect(endpoint), { clock: realClock, log: noLog });
    stores.push(storage);
    await storage.open();
    return storage;
  }

  async function fill(storage: Storage, count: number): Promise<void> {
    let next = 0;
    const worker = async () => {
      while (next < count) await storage.create(key(`k${next++}`), object('k'));
    };
    await Promise.all(range(32).map(worker));
  }

  it('loses no event when the connection is cut again and again while a watch catches up', async () => {
    const writer = connect();
    await fill(writer, 3500);
    const start = (await writer.currentRevision()) - 3500;
    const proxy = new TcpProxy(etcd.port);
    const storage = connect(`http://127.0.0.1:${await proxy.listen()}`);
    proxy.cutEvery(100_000, 4);
    const seen = watch(storage, PREFIX, start);
    const live = (async () => {
      for (const n of range(200)) await writer.create(key(`live${n}`), object('live'));
    })();
    const events = await seen.atLeast(3700);
    await live;
    expect(proxy.received).to.be.greaterThan(400_000);
    expect(events.map((e) => e.revision)).to.deep.equal(range(3700).map((n) => start + n + 1));
    seen.stop();
    await proxy.close();
  });

  it('keeps the cache whole while its connection is cut under load', async () => {
    const proxy = new TcpProxy(etcd.port);
    const cached = await connectCached(`http://127.0.0.1:${await proxy.listen()}`);
    const start = await cached.currentRevision();
    const seen = watch(cached, PREFIX, start);
    proxy.cutEvery(60_000, 4);
    await fill(connect(), 2000);
    const events = await seen.atLeast(2000);
    expect(events.map((e) => e.revision)).to.deep.equal(range(2000).map((n) => start + n + 1));
    expect((await cached.list(PREFIX)).entries).to.have.length(2000);
    seen.stop();
    await proxy.close();
  });

  it('loses no acknowledged write and no event when etcd is killed and started again', async () => {
    const cached = await connectCached();
    const start = await cached.currentRevision();
    const seen = watch(cached, PREFIX, start);
    const acknowledged = new Set<string>();
    const writing = { on: true };
    const writer = async (w: number) => {
      for (let n = 0; writing.on; n++) {
        const name = `w${w}-${n}`;
        await cached.create(key(name), object(name)).then(
          () => acknowledged.add(key(name)),
          () => {},
        );
      }
    };
    const writers = range(8).map(writer);
    await seen.atLeast(100);
    await etcd.kill('SIGKILL');
    await etcd.start();
    const before = acknowledged.size;
    await seen.atLeast(seen.events.length + 100);
    expect(acknowledged.size).to.be.greaterThan(before);
    writing.on = false;
    await Promise.all(writers);
    const end = await cached.currentRevision();
    const events = await seen.until((all) => all.at(-1)?.revision === end);
    expect(events.map((e) => e.revision)).to.deep.equal(range(end - start).map((n) => start + n + 1));
    const fromEtcd = new Set((await connect().list(PREFIX)).entries.map((e) => e.key));
    expect([...acknowledged].filter((k) => !fromEtcd.has(k))).to.deep.equal([]);
    expect((await cached.list(PREFIX)).entries).to.have.length(fromEtcd.size);
    seen.stop();
  });

  it('applies no update twice across a kill', async () => {
    const cached = await connectCached();
    await cached.create(key('counter'), object('counter'));
    const progress = { done: 0 };
    const counting = (async () => {
      for (let n = 1; n <= 300; n++) {
        await cached.update(key('counter'), (c) => ({ store: object('counter', valueOf(c) + 1) }));
        progress.done = n;
      }
    })();
    while (progress.done < 50) await cached.get(key('counter'));
    await etcd.kill('SIGKILL');
    await etcd.start();
    await counting;
    expect(valueOf(await cached.get(key('counter')))).to.equal(300);
  });

  it('says in a sentence that etcd is away, within seconds, and recovers by itself', async () => {
    const cached = await connectCached();
    await cached.create(key('a'), object('a'));
    await cached.get(key('a'));
    await etcd.kill('SIGKILL');
    const started = realClock.monotonic();
    const failures = [
      cached.get(key('a')),
      cached.create(key('b'), object('b')),
      cached.ping(),
      connect().get(key('a')),
    ];
    for (const error of await Promise.all(failures.map(failure))) {
      expect(isApiError(error, 'ServiceUnavailable'), String(error)).to.equal(true);
      expect((error as Error).message).to.match(
        /^etcd at http:\/\/127.0.0.1:\d+ cannot be reached: check that it runs/,
      );
    }
    expect(realClock.monotonic() - started).to.be.lessThan(10_000);
    expect((await cached.get(key('a'), { atLeast: 0 }))?.key).to.equal(key('a'));
    await etcd.start();
    expect((await cached.get(key('a')))?.key).to.equal(key('a'));
    await cached.create(key('c'), object('c'));
  });

  it('is not confused by writes of others to the same etcd', async () => {
    const cached = await connectCached();
    const other = new EtcdStorage({ endpoints: [etcd.endpoint], clock: realClock, log: noLog, prefix: '/other' });
    stores.push(other);
    for (const n of range(10)) {
      await other.create(key(`o${n}`), object('o'));
      await cached.create(key(`m${n}`), object('m'));
      expect((await cached.list(PREFIX)).entries).to.have.length(n + 1);
    }
    expect((await other.list(PREFIX)).entries).to.have.length(10);
  });

  it('refuses an object that is too large for etcd with a sentence', async () => {
    const big = { ...object('big'), data: { text: 'x'.repeat(2_500_000) } };
    const error = await failure(connect().create(key('big'), big));
    expect(isApiError(error, 'RequestEntityTooLarge'), String(error)).to.equal(true);
  });
});
