import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realClock } from '../../src/base/clock.ts';
import { noLog } from '../../src/base/log.ts';
import { ManagedEtcd } from '../../src/cluster/etcd.ts';
import { Pki } from '../../src/cluster/pki.ts';
import { EtcdStorage } from '../../src/storage/etcd.ts';
import { failure, key, object, PREFIX, watch } from '../suites/storage.ts';

describe('ManagedEtcd', function () {
  this.timeout(30_000);
  let directory: string;
  let pki: Pki;
  let started: ManagedEtcd[];
  let stores: EtcdStorage[];

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'cox-managed-etcd-'));
    pki = await Pki.open({ directory: join(directory, 'pki'), clock: realClock });
    started = [];
    stores = [];
  });
  afterEach(async () => {
    await Promise.all(stores.map((s) => s.close()));
    for (const etcd of started) await etcd.stop();
    rmSync(directory, { recursive: true });
  });

  async function create(folder = 'etcd'): Promise<ManagedEtcd> {
    const [server, peer] = await Promise.all([pki.files('etcd/server'), pki.files('etcd/peer')]);
    const client = await pki.credentials('etcd/client');
    const options = { directory: join(directory, folder), server, peer, client, clock: realClock, log: noLog };
    const etcd = new ManagedEtcd(options);
    started.push(etcd);
    return etcd;
  }

  async function connect(etcd: ManagedEtcd): Promise<EtcdStorage> {
    const { certificate, privateKey } = await pki.credentials('etcd/client');
    const ca = (await pki.files('etcd/server')).ca;
    const credentials = {
      rootCertificate: readFileSync(ca),
      privateKey: Buffer.from(privateKey),
      certChain: Buffer.from(certificate),
    };
    const storage = new EtcdStorage({ endpoints: etcd.endpoints, credentials, clock: realClock, log: noLog });
    stores.push(storage);
    return storage;
  }

  const pid = () => Number(readFileSync(join(directory, 'etcd', 'etcd.pid'), 'utf8'));

  it('keeps what was written over a stop and a start', async () => {
    const first = await create();
    await first.start();
    await (await connect(first)).create(key('a'), object('a'));
    await first.stop();
    const second = await create();
    await second.start();
    expect((await (await connect(second)).get(key('a')))?.key).to.equal(key('a'));
  });

  it('answers through a socket that only its owner can reach, and at no port', async () => {
    const etcd = await create();
    await etcd.start();
    expect(etcd.endpoints[0]).to.match(/^unix:\/\//);
    const folder = join(directory, 'etcd');
    expect(statSync(folder).mode & 0o777).to.equal(0o700);
    expect(statSync(join(folder, 'etcd.sock:0')).isSocket()).to.equal(true);
    const flags = commandOf(pid()).split('\0');
    expect(flags[flags.indexOf('--listen-client-urls') + 1]).to.match(/^unix:/);
  });

  for (const [way, folder] of [
    ['a socket', 'etcd'],
    ['TLS', 'etcd-'.padEnd(100, 'x')],
  ] as const) {
    it(`makes leases and forgets the past through ${way}`, async () => {
      const etcd = await create(folder);
      await etcd.start();
      const storage = await connect(etcd);
      await storage.create(key('a'), object('a'), 3600);
      const { revision } = await storage.create(key('b'), object('b'));
      await storage.compact(revision);
      await storage.compact(revision); // again is no error
      expect(await failure(storage.get(key('a'), { exactly: revision - 1 }))).to.have.property('code', 410);
    });
  }

  it('in a folder of a long name answers nobody without a certificate of its own authority', async () => {
    const etcd = await create('etcd-'.padEnd(100, 'x'));
    await etcd.start();
    await (await connect(etcd)).create(key('a'), object('a'));
    const stranger = await pki.credentials('admin');
    for (const identity of [{}, { cert: stranger.certificate, key: stranger.privateKey }]) {
      const outcome = await new Promise<string>((resolve) => {
        const call = request(`${etcd.endpoints[0]}/health`, { rejectUnauthorized: false, agent: false, ...identity });
        call.on('response', () => resolve('answered'));
        call.on('error', () => resolve('refused'));
        call.end();
      });
      expect(outcome).to.equal('refused');
    }
  });

  it('is started again when it is killed, and watchers and writers go on', async () => {
    const etcd = await create();
    await etcd.start();
    const storage = await connect(etcd);
    const seen = watch(storage, PREFIX, await storage.currentRevision());
    await storage.create(key('a'), object('a'));
    const before = pid();
    process.kill(before, 'SIGKILL');
    await storage.create(key('b'), object('b'));
    expect((await seen.atLeast(2)).map((e) => e.entry.key)).to.deep.equal([key('a'), key('b')]);
    expect(pid()).not.to.equal(before);
    seen.stop();
  });

  it('ends an etcd that a killed predecessor left on its data', async () => {
    await pki.files('etcd/server');
    const predecessor = spawn(process.execPath, [join(import.meta.dirname, 'start-etcd.ts'), directory]);
    await once(predecessor.stdout, 'data');
    predecessor.kill('SIGKILL');
    await once(predecessor, 'exit');
    const left = pid();
    expect(commandOf(left)).to.contain(directory);
    const successor = await create();
    await successor.start();
    expect(commandOf(left)).to.equal('');
    expect(pid()).not.to.equal(left);
    await (await connect(successor)).create(key('a'), object('a'));
  });

  it('says how to get etcd when it is missing', async () => {
    const [server, peer] = await Promise.all([pki.files('etcd/server'), pki.files('etcd/peer')]);
    const client = await pki.credentials('etcd/client');
    const options = { directory: join(directory, 'etcd'), server, peer, client, clock: realClock, log: noLog };
    const etcd = new ManagedEtcd({ ...options, binary: '/nowhere/etcd' });
    started.push(etcd);
    const error = await etcd.start().catch((e: Error) => e);
    expect(String(error)).to.match(/apt-get install/);
  });
});

/** The command line of a process; empty when it has ended, even if nobody has asked for its exit code yet. */
function commandOf(pid: number): string {
  const file = `/proc/${pid}/cmdline`;
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}
