import { expect } from 'chai';
import { isApiError } from '../../src/apimachinery/api-error.ts';
import type { AnyObject } from '../../src/apimachinery/object.ts';
import { encodeContinue } from '../../src/storage/continue-token.ts';
import { KeyExists, KeyNotFound } from '../../src/storage/storage.ts';
import type { Entry, Storage, StorageEvent, Update } from '../../src/storage/storage.ts';

/** A store under test and the means to let time pass for it. */
export interface StorageUnderTest {
  readonly storage: Storage;
  /** Lets this many milliseconds pass, if its clock is in our hands. */
  advance?(ms: number): Promise<void>;
}

/** What every `Storage` must do. `open` returns an empty store each time. */
export function storageSuite(open: () => Promise<StorageUnderTest>): void {
  let storage: Storage;
  let under: StorageUnderTest;
  beforeEach(async () => {
    under = await open();
    storage = under.storage;
  });
  afterEach(() => storage.close());

  describe('get and create', () => {
    it('has nothing at first', async () => {
      expect(await storage.get(key('a'))).to.equal(undefined);
      expect((await storage.list(PREFIX)).entries).to.deep.equal([]);
    });

    it('answers what was created, with its revision in object and bytes alike', async () => {
      const created = await storage.create(key('a'), object('a'));
      for (const entry of [created, (await storage.get(key('a')))!]) {
        expect(entry.key).to.equal(key('a'));
        expect(entry.revision).to.equal(created.revision);
        expect(entry.object.metadata.resourceVersion).to.equal(String(created.revision));
        expect(JSON.parse(entry.bytes.toString())).to.deep.equal(entry.object);
        expect(entry.object).to.deep.equal({
          ...object('a'),
          metadata: { ...object('a').metadata, resourceVersion: String(created.revision) },
        });
      }
    });

    it('keeps hostile fields and every script as they are', async () => {
      const text = '{"__proto__":{"x":1},"constructor":"c","text":"\\"metadata\\":{ ü 漢 \\u0000 😀"}';
      const hostile = { ...object('a'), data: JSON.parse(text) };
      await storage.create(key('a'), hostile);
      const { data } = (await storage.get(key('a')))!.object as AnyObject;
      expect(JSON.stringify(data)).to.equal(JSON.stringify(JSON.parse(text)));
      expect(({} as any).x).to.equal(undefined);
    });

    it('does not keep a resourceVersion that the caller sends', async () => {
      const sent = object('a');
      sent.metadata.resourceVersion = '999999';
      const { revision } = await storage.create(key('a'), sent);
      expect((await storage.get(key('a')))!.object.metadata.resourceVersion).to.equal(String(revision));
    });

    it('is not changed by what the caller does to its object later', async () => {
      const mine = object('a');
      await storage.create(key('a'), mine);
      mine['data'] = { changed: 'yes' };
      expect((await storage.get(key('a')))!.object)
        .to.have.property('data')
        .deep.equal({ n: '0' });
    });

    it('refuses a second object under the same key', async () => {
      const first = await storage.create(key('a'), object('a'));
      expect(await failure(storage.create(key('a'), object('a', 1)))).to.be.instanceOf(KeyExists);
      expect((await storage.get(key('a')))!.revision).to.equal(first.revision);
    });

    it('lets one of many concurrent creators win', async () => {
      const results = await Promise.allSettled(range(20).map((n) => storage.create(key('a'), object('a', n))));
      expect(results.filter((r) => r.status === 'fulfilled')).to.have.length(1);
      for (const r of results) if (r.status === 'rejected') expect(r.reason).to.be.instanceOf(KeyExists);
    });

    it('raises the revision by one with every write', async () => {
      const first = await storage.create(key('a'), object('a'));
      const second = await storage.update(key('a'), () => ({ store: object('a', 1) }));
      const third = await storage.update(key('a'), () => 'delete');
      expect([second.revision, third.revision]).to.deep.equal([first.revision + 1, first.revision + 2]);
      expect(await storage.currentRevision()).to.equal(third.revision);
    });
  });

  describe('update', () => {
    it('stores what the function answers', async () => {
      const created = await storage.create(key('a'), object('a'));
      const updated = await storage.update(key('a'), (current) => {
        expect(current.revision).to.equal(created.revision);
        return { store: object('a', 7) };
      });
      expect(valueOf(updated)).to.equal(7);
      expect(valueOf(await storage.get(key('a')))).to.equal(7);
    });

    it('throws KeyNotFound for a key that is not there', async () => {
      expect(await failure(storage.update(key('a'), () => 'keep'))).to.be.instanceOf(KeyNotFound);
    });

    it('answers the current entry for keep, without a write', async () => {
      const created = await storage.create(key('a'), object('a'));
      const kept = await storage.update(key('a'), () => 'keep');
      expect(kept.revision).to.equal(created.revision);
      expect(await storage.currentRevision()).to.equal(created.revision);
    });

    it('deletes, answering the last state under the revision of the delete', async () => {
      const created = await storage.create(key('a'), object('a', 3));
      const deleted = await storage.update(key('a'), () => 'delete');
      expect(deleted.revision).to.equal(created.revision + 1);
      expect(deleted.object.metadata.resourceVersion).to.equal(String(deleted.revision));
      expect(valueOf(deleted)).to.equal(3);
      expect(await storage.get(key('a'))).to.equal(undefined);
      expect(await failure(storage.update(key('a'), () => 'delete'))).to.be.instanceOf(KeyNotFound);
      expect((await storage.create(key('a'), object('a'))).revision).to.be.greaterThan(deleted.revision);
    });

    it('writes nothing when the function throws', async () => {
      const created = await storage.create(key('a'), object('a'));
      const error = new Error('no');
      const thrown = await failure(
        storage.update(key('a'), () => {
          throw error;
        }),
      );
      expect(thrown).to.equal(error);
      expect((await storage.get(key('a')))!.revision).to.equal(created.revision);
    });

    it('starts over on the newest state when somebody wrote in between', async () => {
      await storage.create(key('a'), object('a'));
      const seen: number[] = [];
      const updated = await storage.update(key('a'), async (current) => {
        seen.push(valueOf(current));
        if (seen.length === 1) await storage.update(key('a'), () => ({ store: object('a', 10) }));
        return { store: object('a', valueOf(current) + 1) };
      });
      expect(seen).to.deep.equal([0, 10]);
      expect(valueOf(updated)).to.equal(11);
    });

    it('notices a delete in between', async () => {
      await storage.create(key('a'), object('a'));
      const update = storage.update(key('a'), async () => {
        await storage.update(key('a'), () => 'delete').catch(() => {});
        return { store: object('a', 1) };
      });
      expect(await failure(update)).to.be.instanceOf(KeyNotFound);
    });

    it('retries an error that came from a stale guess, and believes one from the newest state', async () => {
      const stale = await storage.create(key('a'), object('a'));
      await storage.update(key('a'), () => ({ store: object('a', 1) }));
      const change = (current: Entry): Update => {
        if (valueOf(current) === 0) throw new Error('stale');
        return { store: object('a', 2) };
      };
      expect(valueOf(await storage.update(key('a'), change, stale))).to.equal(2);
      const keep = await storage.update(key('a'), () => 'keep', stale);
      expect(valueOf(keep)).to.equal(2);
    });

    it('loses none of 200 concurrent updates of one key', async function () {
      this.timeout(60_000);
      await storage.create(key('a'), object('a'));
      const increment = () => storage.update(key('a'), (c) => ({ store: object('a', valueOf(c) + 1) }));
      await Promise.all(
        range(10).map(async () => {
          for (const _ of range(20)) await increment();
        }),
      );
      expect(valueOf(await storage.get(key('a')))).to.equal(200);
    });
  });

  describe('list', () => {
    const names = (entries: readonly Entry[]) => entries.map((e) => e.object.metadata.name);

    it('answers the entries under a prefix in key order and no others', async () => {
      for (const name of ['b', 'c', 'a']) await storage.create(key(name), object(name));
      await storage.create('/registry/configmapsets/default/x', object('x'));
      await storage.create('/registry/configmaps/other/z', object('z'));
      expect(names((await storage.list(PREFIX)).entries)).to.deep.equal(['a', 'b', 'c']);
      expect(names((await storage.list('/registry/configmaps/')).entries)).to.deep.equal(['a', 'b', 'c', 'z']);
      expect(await storage.count('/registry/configmaps/')).to.equal(4);
    });

    it('is true at its revision', async () => {
      const created = await storage.create(key('a'), object('a'));
      expect((await storage.list(PREFIX)).revision).to.equal(created.revision);
    });

    it('goes through pages of one state while others write', async () => {
      for (const n of range(10)) await storage.create(key(`m${n}`), object(`m${n}`, n));
      const pages = [];
      let page = await storage.list(PREFIX, { limit: 3 });
      const { revision } = page;
      expect(page.remaining).to.equal(7);
      for (let round = 0; ; round++) {
        expect(page.revision).to.equal(revision);
        pages.push(page.entries.map((e) => `${e.object.metadata.name}=${valueOf(e)}`));
        if (!page.continue) break;
        await storage.create(key(`m${9 - round}x`), object('new'));
        await storage.update(key(`m${8 - round}`), () => 'delete');
        await storage.update(key('m9'), () => ({ store: object('m9', 99) }));
        page = await storage.list(PREFIX, { limit: 3, continue: page.continue });
      }
      const expected = range(10).map((n) => `m${n}=${n}`);
      expect(pages).to.deep.equal([
        expected.slice(0, 3),
        expected.slice(3, 6),
        expected.slice(6, 9),
        expected.slice(9),
      ]);
    });

    it('counts what remains', async () => {
      for (const n of range(5)) await storage.create(key(`m${n}`), object(`m${n}`));
      const first = await storage.list(PREFIX, { limit: 2 });
      const second = await storage.list(PREFIX, { limit: 2, continue: first.continue! });
      expect([first.remaining, second.remaining]).to.deep.equal([3, 1]);
      const all = await storage.list(PREFIX, { limit: 5 });
      expect([all.continue, all.remaining]).to.deep.equal([undefined, undefined]);
    });

    it('limits the entries that match, without telling how many remain', async () => {
      for (const n of range(20)) await storage.create(key(`m${String(n).padStart(2, '0')}`), object(`m${n}`, n));
      const match = (o: unknown) => Number((o as AnyObject)['data'].n) % 2 === 1;
      const first = await storage.list(PREFIX, { limit: 4, match });
      expect(names(first.entries)).to.deep.equal(['m1', 'm3', 'm5', 'm7']);
      expect(first.remaining).to.equal(undefined);
      const second = await storage.list(PREFIX, { limit: 10, match, continue: first.continue! });
      expect(names(second.entries)).to.deep.equal(['m9', 'm11', 'm13', 'm15', 'm17', 'm19']);
      expect(second.continue).to.equal(undefined);
    });

    it('refuses a continue token that is not one', async () => {
      for (const token of ['x', Buffer.from('{"v":1,"rv":-2,"last":"a"}').toString('base64url')]) {
        const error = await failure(storage.list(PREFIX, { limit: 1, continue: token }));
        expect(isApiError(error, 'BadRequest'), String(error)).to.equal(true);
      }
    });

    it('goes on in the newest state when the token says so', async () => {
      for (const n of range(3)) await storage.create(key(`m${n}`), object(`m${n}`));
      const token = encodeContinue(PREFIX, { revision: undefined, last: key('m0') });
      await storage.update(key('m2'), () => 'delete');
      await storage.compact(await storage.currentRevision());
      const { entries, revision } = await storage.list(PREFIX, { continue: token });
      expect(names(entries)).to.deep.equal(['m1']);
      expect(revision).to.equal(await storage.currentRevision());
    });

    it('answers expired for a page after the history was compacted', async () => {
      for (const n of range(3)) await storage.create(key(`m${n}`), object(`m${n}`));
      const first = await storage.list(PREFIX, { limit: 1 });
      const { revision } = await storage.update(key('m2'), () => ({ store: object('m2', 1) }));
      await storage.compact(revision);
      const error = await failure(storage.list(PREFIX, { limit: 1, continue: first.continue! }));
      expect(isApiError(error, 'Expired'), String(error)).to.equal(true);
    });

    it('reads a large list whole', async function () {
      this.timeout(30_000);
      const count = 2500;
      for (const block of range(25)) {
        await Promise.all(range(100).map((n) => storage.create(key(`n${block * 100 + n}`), object('n'))));
      }
      const { entries } = await storage.list(PREFIX);
      expect(entries).to.have.length(count);
      expect(new Set(entries.map((e) => e.key)).size).to.equal(count);
    });
  });

  describe('freshness', () => {
    it('shows any acknowledged write to a read that asks for nothing', async () => {
      for (const n of range(20)) {
        const { revision } = await storage.create(key(`f${n}`), object('f'));
        const [entry, list] = await Promise.all([storage.get(key(`f${n}`)), storage.list(PREFIX)]);
        expect(entry?.revision).to.equal(revision);
        expect(list.revision).to.be.at.least(revision);
        expect(list.entries).to.have.length(n + 1);
      }
    });

    it('waits for a revision that the caller has seen', async () => {
      const { revision } = await storage.create(key('a'), object('a'));
      expect((await storage.get(key('a'), { atLeast: revision }))?.revision).to.equal(revision);
      expect((await storage.list(PREFIX, { freshness: { atLeast: revision } })).entries).to.have.length(1);
      await storage.get(key('a'), { atLeast: 0 });
    });

    it('tells a revision from the past exactly', async () => {
      const first = await storage.create(key('a'), object('a', 1));
      await storage.create(key('b'), object('b', 1));
      await storage.update(key('a'), () => ({ store: object('a', 2) }));
      await storage.update(key('a'), () => 'delete');
      const exactly = first.revision;
      expect(valueOf(await storage.get(key('a'), { exactly }))).to.equal(1);
      expect(await storage.get(key('b'), { exactly })).to.equal(undefined);
      const { entries, revision } = await storage.list(PREFIX, { freshness: { exactly } });
      expect(entries.map((e) => [e.key, valueOf(e)])).to.deep.equal([[key('a'), 1]]);
      expect(revision).to.equal(exactly);
    });

    it('refuses revisions from before the compaction', async () => {
      const first = await storage.create(key('a'), object('a'));
      const second = await storage.update(key('a'), () => ({ store: object('a', 1) }));
      await storage.compact(second.revision);
      await storage.compact(second.revision);
      const freshness = { exactly: first.revision };
      const errors = [failure(storage.get(key('a'), freshness)), failure(storage.list(PREFIX, { freshness }))];
      for (const error of await Promise.all(errors)) expect(isApiError(error, 'Expired'), String(error)).to.equal(true);
      expect(valueOf(await storage.get(key('a'), { exactly: second.revision }))).to.equal(1);
    });

    it('refuses a revision that has not come', async function () {
      this.timeout(15_000);
      const ahead = (await storage.create(key('a'), object('a'))).revision + 1000;
      for (const freshness of [{ atLeast: ahead }, { exactly: ahead }]) {
        const read = failure(storage.list(PREFIX, { freshness }));
        await under.advance?.(10_000);
        const error = await read;
        expect(isApiError(error, 'Timeout'), String(error)).to.equal(true);
      }
    });
  });

  describe('watch', () => {
    it('tells each change once, in order, with the state before', async () => {
      const seen = watch(storage, PREFIX, await storage.currentRevision());
      const created = await storage.create(key('a'), object('a'));
      const updated = await storage.update(key('a'), () => ({ store: object('a', 1) }));
      const deleted = await storage.update(key('a'), () => 'delete');
      const events = await seen.atLeast(3);
      expect(events.map((e) => [e.type, e.revision, e.entry.revision])).to.deep.equal([
        ['create', created.revision, created.revision],
        ['update', updated.revision, updated.revision],
        ['delete', deleted.revision, deleted.revision],
      ]);
      expect(events.map((e) => e.previous && valueOf(e.previous))).to.deep.equal([undefined, 0, 1]);
      expect(events.map((e) => valueOf(e.entry))).to.deep.equal([0, 1, 1]);
      expect(events[2]!.entry.object.metadata.resourceVersion).to.equal(String(deleted.revision));
      seen.stop();
    });

    it('tells nothing of other prefixes', async () => {
      const seen = watch(storage, PREFIX, await storage.currentRevision());
      await storage.create('/registry/configmaps/default2/x', object('x'));
      await storage.create('/registry/pods/default/x', object('x'));
      await storage.create(key('a'), object('a'));
      expect((await seen.atLeast(1)).map((e) => e.entry.key)).to.deep.equal([key('a')]);
      seen.stop();
    });

    it('tells of one key alone, also of its past', async () => {
      const { revision } = await storage.create(key('one-more'), object('one-more'));
      await storage.create(key('one'), object('one'));
      const seen = watch(storage, key('one'), revision);
      await seen.atLeast(1);
      await storage.update(key('one-more'), () => ({ store: object('one-more', 1) }));
      await storage.create('/registry/configmaps/default/on', object('on'));
      await storage.update(key('one'), () => 'delete');
      expect((await seen.atLeast(2)).map((e) => [e.type, e.entry.key])).to.deep.equal([
        ['create', key('one')],
        ['delete', key('one')],
      ]);
      seen.stop();
    });

    it('begins behind a revision of the past', async () => {
      const revisions = [];
      for (const n of range(6)) revisions.push((await storage.create(key(`w${n}`), object('w'))).revision);
      const seen = watch(storage, PREFIX, revisions[2]);
      expect((await seen.atLeast(3)).map((e) => e.revision)).to.deep.equal(revisions.slice(3));
      await storage.create(key('w9'), object('w'));
      expect((await seen.atLeast(4)).map((e) => e.entry.key).at(-1)).to.equal(key('w9'));
      seen.stop();
    });

    it('begins now when nothing else is said', async () => {
      const old = await storage.create(key('old'), object('old'));
      const seen = watch(storage, PREFIX);
      for (let n = 0; seen.events.length === 0; n++) await storage.create(key(`n${n}`), object('n'));
      expect(seen.events[0]!.revision).to.be.greaterThan(old.revision);
      const end = await storage.currentRevision();
      const events = await seen.until((all) => all.at(-1)?.revision === end);
      const first = events[0]!.revision;
      expect(events.map((e) => e.revision)).to.deep.equal(range(end - first + 1).map((n) => first + n));
      seen.stop();
    });

    it('waits for a revision of the future', async () => {
      const { revision } = await storage.create(key('a'), object('a'));
      const seen = watch(storage, PREFIX, revision + 2);
      for (const n of range(4)) await storage.create(key(`b${n}`), object('b'));
      expect((await seen.atLeast(2)).map((e) => e.revision)).to.deep.equal([revision + 3, revision + 4]);
      seen.stop();
    });

    it('answers expired for a past that is compacted', async () => {
      const first = await storage.create(key('a'), object('a'));
      for (const n of range(5)) await storage.update(key('a'), () => ({ store: object('a', n) }));
      await storage.compact(await storage.currentRevision());
      const error = await watch(storage, PREFIX, first.revision).closed;
      expect(isApiError(error, 'Expired'), String(error)).to.equal(true);
    });

    it('misses and doubles nothing when it begins anywhere in the past under concurrent writes', async function () {
      this.timeout(30_000);
      const start = (await storage.create(key('start'), object('s'))).revision;
      const writers = range(8).map(async (w) => {
        for (const n of range(60)) {
          await storage.create(key(`c${w}-${n}`), object('c'));
          if (n % 3 === 0) await storage.update(key(`c${w}-${n}`), () => ({ store: object('c', n) }));
          if (n % 4 === 0) await storage.update(key(`c${w}-${n}`), () => 'delete');
        }
      });
      const watches = [];
      for (const n of range(10)) {
        watches.push({ after: start + n * 20, seen: watch(storage, PREFIX, start + n * 20) });
        await storage.get(key('start'));
      }
      await Promise.all(writers);
      const end = await storage.currentRevision();
      for (const { after, seen } of watches) {
        const events = await seen.until((all) => all.at(-1)?.revision === end);
        expect(events.map((e) => e.revision)).to.deep.equal(range(end - after).map((n) => after + n + 1));
        seen.stop();
      }
    });

    it('ends silently when its signal aborts', async () => {
      const now = await storage.currentRevision();
      const seen = watch(storage, PREFIX, now);
      const other = watch(storage, PREFIX, now);
      await storage.create(key('a'), object('a'));
      await Promise.all([seen.atLeast(1), other.atLeast(1)]);
      seen.stop();
      await storage.create(key('b'), object('b'));
      await other.atLeast(2);
      expect(seen.events).to.have.length(1);
      expect(seen.isClosed()).to.equal(false);
      other.stop();
    });

    it('ends when the store is closed', async () => {
      const seen = watch(storage, PREFIX, await storage.currentRevision());
      await storage.create(key('a'), object('a'));
      await seen.atLeast(1);
      await storage.close();
      expect(await seen.closed).to.equal(undefined);
    });
  });

  describe('time to live', () => {
    it('lets an object go, and tells the watchers; an update without it lets the object stay', async function () {
      this.timeout(20_000);
      const seen = watch(storage, PREFIX, await storage.currentRevision());
      await storage.create(key('kept'), object('kept'), 1);
      await storage.update(key('kept'), () => ({ store: object('kept', 1) }));
      await Promise.all(range(5).map((n) => storage.create(key(`t${n}`), object('t', n), 1)));
      const isDelete = (e: StorageEvent) => e.type === 'delete';
      const gone = seen.until((events) => events.filter(isDelete).length === 5);
      await under.advance?.(5000);
      const deleted = (await gone).filter(isDelete);
      expect(deleted.map((e) => e.entry.key).sort()).to.deep.equal(range(5).map((n) => key(`t${n}`)));
      expect(deleted.map((e) => valueOf(e.entry))).to.have.members([0, 1, 2, 3, 4]);
      expect((await storage.list(PREFIX)).entries.map((e) => e.key)).to.deep.equal([key('kept')]);
      seen.stop();
    });
  });

  it('answers a health check', () => storage.ping());
}

/** Where the suite's objects lie. */
export const PREFIX = '/registry/configmaps/default/';

export function key(name: string): string {
  return PREFIX + name;
}

/** A small object that carries a number. */
export function object(name: string, n = 0): AnyObject {
  const metadata = { name, namespace: 'default', uid: `uid-${name}-${n}`, creationTimestamp: '2026-01-01T00:00:00Z' };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { n: String(n) } } as unknown as AnyObject;
}

export function valueOf(entry: Entry | undefined): number {
  return Number((entry!.object as AnyObject)['data'].n);
}

export function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

export async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.fail('it did not fail'),
    (error: unknown) => error,
  );
}

/** A watch whose events can be waited for. */
export function watch(storage: Storage, prefix: string, after?: number) {
  const abort = new AbortController();
  const events: StorageEvent[] = [];
  const waiting = new Set<() => void>();
  const closed = Promise.withResolvers<Error | undefined>();
  let isClosed = false;
  storage.watch(prefix, {
    ...(after !== undefined && { after }),
    signal: abort.signal,
    onEvent: (event) => {
      events.push(event);
      for (const look of waiting) look();
    },
    onClose: (error) => {
      isClosed = true;
      closed.resolve(error);
    },
  });
  const until = (holds: (all: StorageEvent[]) => boolean) =>
    new Promise<StorageEvent[]>((resolve) => {
      const look = () => {
        if (!holds(events)) return;
        waiting.delete(look);
        resolve([...events]);
      };
      waiting.add(look);
      look();
    });
  return {
    events,
    until,
    atLeast: (count: number) => until((all) => all.length >= count),
    closed: closed.promise,
    isClosed: () => isClosed,
    stop: () => abort.abort(),
  };
}
