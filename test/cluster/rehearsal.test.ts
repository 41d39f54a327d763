import { expect } from 'chai';
import { realClock } from '../../src/base/clock.ts';
import { noLog, type Log } from '../../src/base/log.ts';
import { realRandom } from '../../src/base/random.ts';
import { Rehearsal, roundOf } from '../../src/cluster/rehearsal.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import { EtcdStorage } from '../../src/storage/etcd.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { EtcdProcess } from '../storage/etcd-process.ts';

const KEY = '/registry/core/namespaces/kube-system';

async function storeWithNamespace(storage: Storage = new MemoryStorage({ clock: realClock })): Promise<Storage> {
  await storage.create(KEY, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-system' } } as never);
  return storage;
}

function rehearsal(storage: Storage, more: { busy?: () => boolean; rounds?: number; log?: Log } = {}): Rehearsal {
  return new Rehearsal({ clock: realClock, random: realRandom, log: noLog, storage, busy: () => false, ...more });
}

describe('rehearsal', () => {
  it('asks every round, is answered well, and leaves the real store as it was', async () => {
    const storage = await storeWithNamespace();
    const before = [await storage.currentRevision(), (await storage.get(KEY))!.bytes.toString()];
    const warnings: unknown[] = [];
    const log: Log = { ...noLog, warn: (...said) => void warnings.push(said) };
    const it = rehearsal(storage, { rounds: 3, log });
    await it.start();
    await it.done;
    expect(warnings).to.deep.equal([]);
    expect([await storage.currentRevision(), (await storage.get(KEY))!.bytes.toString()]).to.deep.equal(before);
    await it.stop();
  });

  it('changes nothing in etcd, whose transactions it makes fail', async function () {
    this.timeout(20_000);
    const etcd = await EtcdProcess.start();
    const storage = new EtcdStorage({ endpoints: [etcd.endpoint], clock: realClock, log: noLog });
    await storeWithNamespace(storage);
    const before = await storage.currentRevision();
    const it = rehearsal(storage, { rounds: 2 });
    await it.start();
    await it.done;
    expect(await storage.currentRevision()).to.equal(before);
    await storage.close();
    await etcd.remove();
  });

  it('says when what it asks for is refused', async () => {
    const warnings: unknown[] = [];
    const log: Log = { ...noLog, warn: (...said) => void warnings.push(said) };
    const it = rehearsal(new MemoryStorage({ clock: realClock }), { rounds: 1, log });
    await it.start();
    await it.done;
    expect(warnings).to.have.length(1);
  });

  it('begins nothing while somebody else is being answered, and ends when told', async () => {
    const asked: number[] = [];
    const storage = await storeWithNamespace();
    const touched = new Proxy(storage, {
      get: () => {
        throw new Error('the store was touched');
      },
    });
    const it = rehearsal(touched, { busy: () => asked.push(1) > 0 });
    await it.start();
    while (asked.length < 2) await new Promise((resolve) => setImmediate(resolve));
    await it.stop();
    expect(asked.length).to.be.greaterThan(1);
  });

  it('makes every sort of write and read', () => {
    const requests = [0, 1, 2].flatMap(roundOf);
    expect(new Set(requests.map((r) => r.method))).to.deep.equal(new Set(['POST', 'GET', 'PUT', 'PATCH', 'DELETE']));
    expect(requests.filter((r) => r.method === 'PATCH').map((r) => r.headers['content-type'])).to.deep.equal([
      'application/merge-patch+json',
      'application/strategic-merge-patch+json',
      'application/apply-patch+yaml',
    ]);
  });
});
