/**
 * What the storage layer alone can do, on an etcd of its own: `node bench/storage.ts [concurrency]`.
 * It prints calls per second and this process's CPU time per call.
 */
import { realClock } from '../src/base/clock.ts';
import { noLog } from '../src/base/log.ts';
import { CachedStorage } from '../src/storage/cache/index.ts';
import { EtcdStorage } from '../src/storage/etcd.ts';
import { EtcdProcess } from '../test/storage/etcd-process.ts';

const concurrency = Number(process.argv[2] ?? 16);
const prefix = '/registry/configmaps/default/';
const payload = 'x'.repeat(800);

function configMap(name: string): any {
  const metadata = { name, namespace: 'default', uid: `${name}-uid`, creationTimestamp: '2026-01-01T00:00:00Z' };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { payload } };
}

async function measure(name: string, count: number, call: (n: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) await call(next++);
  };
  const started = realClock.monotonic();
  const cpu = process.cpuUsage();
  await Promise.all(Array.from({ length: concurrency }, worker));
  const ms = realClock.monotonic() - started;
  const { user, system } = process.cpuUsage(cpu);
  const rate = Math.round((count / ms) * 1000);
  console.log(
    `${name.padEnd(34)} ${String(rate).padStart(8)}/s ${((user + system) / count).toFixed(0).padStart(8)} us CPU each`,
  );
}

const etcd = await EtcdProcess.start();
const options = { clock: realClock, log: noLog };
const plain = new EtcdStorage({ endpoints: [etcd.endpoint], ...options });
const cached = new CachedStorage(new EtcdStorage({ endpoints: [etcd.endpoint], ...options }), options);
await cached.open();
try {
  const name = (n: number) => `c${String(n).padStart(6, '0')}`;
  await measure('warm-up: create, etcd', 2000, (n) =>
    plain.create(`/registry/secrets/w/${name(n)}`, configMap(name(n))),
  );
  await measure('create, etcd', 5000, (n) => plain.create(`/registry/secrets/x/${name(n)}`, configMap(name(n))));
  await measure('create, cached etcd', 10_000, (n) => cached.create(prefix + name(n), configMap(name(n))));
  const change = (e: { object: object }) => ({ store: { ...(e.object as any), changed: 1 } });
  await measure('update, cached etcd', 5000, (n) => cached.update(prefix + name(n), change));
  await measure('get (linearizable), etcd', 5000, (n) => plain.get(prefix + name(n)));
  await measure('get (linearizable), cached etcd', 50_000, (n) => cached.get(prefix + name(n % 10_000)));
  const bytes = async (list: Promise<{ entries: readonly { bytes: Buffer }[] }>) => {
    for (const entry of (await list).entries) void entry.bytes;
  };
  await measure('list of 500, etcd', 200, () => bytes(plain.list(prefix, { limit: 500 })));
  await measure('list of 500, cached etcd', 5000, () => bytes(cached.list(prefix, { limit: 500 })));
  await measure('list of 10,000, cached etcd', 200, () => bytes(cached.list(prefix)));
  global.gc?.();
  console.log(`resident memory ${Math.round(process.memoryUsage().rss / 2 ** 20)} MB`);
} finally {
  await Promise.all([plain.close(), cached.close()]);
  await etcd.remove();
}
