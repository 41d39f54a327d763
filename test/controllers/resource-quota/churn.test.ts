import { expect } from 'chai';
import { pod } from '../../../src/api/core-v1/pod.ts';
import { resourceQuota } from '../../../src/api/core-v1/resource-quota.ts';
import { isApiError } from '../../../src/apimachinery/api-error.ts';
import { realClock, sleep } from '../../../src/base/clock.ts';
import { noLog } from '../../../src/base/log.ts';
import { realRandom } from '../../../src/base/random.ts';
import { authenticated } from '../../../src/auth/user.ts';
import { Client } from '../../../src/client/client.ts';
import { ControllerManager } from '../../../src/controllers/index.ts';
import { CachedStorage } from '../../../src/storage/cache/index.ts';
import { MemoryStorage } from '../../../src/storage/memory.ts';
import { TestServer } from '../../apiserver/test-server.ts';

const LIMIT = 10;
const SERVERS = 2;
const WORKERS = 24;
const ROUNDS = 15;

/** A server over `storage` with a cache of its own, as a client sees it. */
async function serverOver(storage: MemoryStorage): Promise<{ server: TestServer; client: Client }> {
  const cached = new CachedStorage(storage, { clock: realClock, log: noLog });
  await cached.open();
  const server = new TestServer({ storage: cached, clock: realClock, random: realRandom });
  await server.server.start();
  return { server, client: new Client(server.server.exchange(authenticated('test', ['system:masters']))) };
}

async function until(what: string, check: () => Promise<boolean>): Promise<void> {
  const end = realClock.monotonic() + 15_000;
  while (!(await check())) {
    if (realClock.monotonic() > end) throw new Error(`not in time: ${what}`);
    await sleep(realClock, 10);
  }
}

describe('a quota, with several servers and controllers, while pods come and go', function () {
  this.timeout(60_000);
  const storage = new MemoryStorage({ clock: realClock });
  let servers: Awaited<ReturnType<typeof serverOver>>[];
  let managers: ControllerManager[];
  /** How many pods there are, and the most there ever were, at any revision of the store. */
  let [living, most] = [0, 0];
  const end = new AbortController();

  before(async () => {
    servers = await Promise.all(Array.from({ length: SERVERS }, () => serverOver(storage)));
    managers = servers.map(
      ({ client }) =>
        new ControllerManager({
          client,
          clock: realClock,
          random: realRandom,
          log: noLog,
          selection: ['resourcequota-controller'],
        }),
    );
    for (const manager of managers) await manager.start();
    storage.watch('/registry/core/pods/default/', {
      signal: end.signal,
      onEvent: ({ type }) => {
        if (type === 'create') most = Math.max(most, ++living);
        if (type === 'delete') living--;
      },
      onClose: () => {},
    });
  });
  after(async () => {
    end.abort();
    for (const manager of managers) await manager.stop();
    for (const { server } of servers) await server.server.close();
    await storage.close();
  });

  it('is never exceeded, is used up, and everything is given back', async () => {
    const [{ client }] = servers as [(typeof servers)[0]];
    const name = { namespace: 'default', name: 'q' };
    const used = async () => (await client.get(resourceQuota, name)).status?.used?.['pods'];
    await client.create(resourceQuota, { metadata: name, spec: { hard: { pods: String(LIMIT) } } });
    await until('the quota is counted', async () => (await used()) === '0');
    let [made, refused] = [0, 0];
    const work = async (worker: number) => {
      for (let round = 0; round < ROUNDS; round++) {
        const one = { namespace: 'default', name: `p-${worker}-${round}` };
        const { client: own } = servers[worker % SERVERS]!;
        try {
          await own.create(pod, { metadata: one, spec: { containers: [{ name: 'c', image: 'i' }] } });
          made++;
          await own.delete(pod, one, { gracePeriodSeconds: 0 });
        } catch (error) {
          if (!isApiError(error, 'Forbidden')) throw error;
          refused++;
          await sleep(realClock, 1);
        }
      }
    };
    await Promise.all(Array.from({ length: WORKERS }, (_, worker) => work(worker)));
    expect(most).to.be.at.most(LIMIT).and.greaterThan(1);
    expect(made).to.be.greaterThan(LIMIT);
    expect(made + refused).to.equal(WORKERS * ROUNDS);
    await until('all is given back', async () => (await used()) === '0');
  });
});
