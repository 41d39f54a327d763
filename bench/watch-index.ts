/**
 * What a change of a pod costs with one watcher per node, as kubelets are, with the index of watches and without:
 * `node bench/watch-index.ts [NODES] [CHANGES]`. Needs nothing but memory.
 */
import { kinds } from '../src/api/index.ts';
import { pod } from '../src/api/core-v1/pod.ts';
import { storageIndexes } from '../src/apiserver/registry/indexes.ts';
import { selectionOf } from '../src/apiserver/registry/selection.ts';
import { realClock } from '../src/base/clock.ts';
import { noLog } from '../src/base/log.ts';
import { CachedStorage } from '../src/storage/cache/cached-storage.ts';
import { MemoryStorage } from '../src/storage/memory.ts';

const [nodes = 5000, changes = 2000] = process.argv.slice(2).map(Number);
const prefix = '/registry/core/pods/';
const object = (i: number) =>
  ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: `p${i}` }, spec: { nodeName: `n${i % nodes}` } }) as never;

for (const withIndex of [false, true]) {
  const options = { clock: realClock, log: noLog, indexes: storageIndexes(kinds), soleWriter: true };
  const storage = new CachedStorage(new MemoryStorage({ clock: realClock }), options);
  await storage.open();
  let told = 0;
  for (let i = 0; i < nodes; i++) {
    const { match, index } = selectionOf({ kind: pod, namespace: '', name: '' }, null, `spec.nodeName=n${i}`);
    storage.watch(prefix, {
      signal: new AbortController().signal,
      ...(withIndex && index && { index }),
      onEvent: ({ entry }) => void (match!(entry.object) && told++),
      onClose: () => {},
    });
  }
  await storage.currentRevision(); // until they have begun
  const started = realClock.monotonic();
  for (let i = 0; i < changes; i++) await storage.create(`${prefix}default/p${i}`, object(i));
  const micros = ((realClock.monotonic() - started) * 1000) / changes;
  console.log(`${withIndex ? 'with' : 'without'} index: ${micros.toFixed(0)} us a change, ${told} of ${changes} told`);
  await storage.close();
}
