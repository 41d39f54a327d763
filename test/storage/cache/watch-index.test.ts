import { expect } from 'chai';
import { setImmediate as turn } from 'node:timers/promises';
import { noLog } from '../../../src/base/log.ts';
import { VirtualClock } from '../../../src/base/virtual-clock.ts';
import { CachedStorage } from '../../../src/storage/cache/cached-storage.ts';
import { MemoryStorage } from '../../../src/storage/memory.ts';
import type { WatchOptions } from '../../../src/storage/storage.ts';

const pods = '/registry/core/pods/';
const pod = (name: string, node: string) => ({ metadata: { name }, node }) as never;

describe('watches of one value of an index', () => {
  let clock: VirtualClock;
  let storage: CachedStorage;
  beforeEach(async () => {
    clock = new VirtualClock();
    const indexes = [{ prefix: pods, name: 'node', value: (object: any) => object.node }];
    storage = new CachedStorage(new MemoryStorage({ clock }), { clock, log: noLog, indexes, soleWriter: true });
    await storage.open();
  });
  afterEach(() => storage.close());

  async function watch(prefix: string, index?: WatchOptions['index']) {
    const abort = new AbortController();
    const seen: string[] = [];
    const progress: number[] = [];
    storage.watch(prefix, {
      signal: abort.signal,
      onClose: () => void seen.push('closed'),
      ...(index && { index }),
      onEvent: ({ type, entry }) => void seen.push(`${type} ${entry.key.slice(pods.length)}`),
      onProgress: (revision) => void progress.push(revision),
    });
    await turn();
    return { seen, progress, end: () => abort.abort() };
  }
  const on = (value: string) => ({ name: 'node', value });
  const put = (key: string, node: string) => storage.update(pods + key, () => ({ store: pod(key, node) }));

  it('are told of what has the value before or after, once each, and of nothing else', async () => {
    const [one, two, none] = [await watch(pods, on('n1')), await watch(pods, on('n2')), await watch(pods, on('n3'))];
    const [other, all] = [await watch(`${pods}other/`, on('n1')), await watch(pods)];
    await storage.create(`${pods}default/a`, pod('a', ''));
    await put('default/a', 'n1');
    await put('default/a', 'n1');
    await put('default/a', 'n2');
    await storage.create(`${pods}other/b`, pod('b', 'n1'));
    await storage.update(`${pods}default/a`, () => 'delete');
    await turn();
    expect(one.seen).to.deep.equal(['update default/a', 'update default/a', 'update default/a', 'create other/b']);
    expect(two.seen).to.deep.equal(['update default/a', 'delete default/a']);
    expect(none.seen).to.deep.equal([]);
    expect(other.seen).to.deep.equal(['create other/b']);
    expect(all.seen).to.have.lengthOf(6);
  });

  it('learn all the same how far the store has come', async () => {
    const { progress } = await watch(pods, on('n3'));
    const { revision } = await storage.create(`${pods}default/a`, pod('a', 'n1'));
    await clock.advance(1000);
    expect(progress).to.deep.equal([revision]);
  });

  it('are told of everything when the store keeps no such index', async () => {
    const { seen } = await watch(pods, { name: 'colour', value: 'red' });
    await storage.create(`${pods}default/a`, pod('a', 'n1'));
    expect(seen).to.deep.equal(['create default/a']);
  });

  it('end when they are asked to, and when the store is closed', async () => {
    const [ended, open] = [await watch(pods, on('n1')), await watch(pods, on('n1'))];
    ended.end();
    await storage.create(`${pods}default/a`, pod('a', 'n1'));
    await storage.close();
    expect(ended.seen).to.deep.equal([]);
    expect(open.seen).to.deep.equal(['create default/a', 'closed']);
  });
});
