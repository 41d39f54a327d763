import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realClock as clock } from '../../../src/base/clock.ts';
import { noLog as log } from '../../../src/base/log.ts';
import { realRandom } from '../../../src/base/random.ts';
import { ControlPlane } from '../../../src/cluster/control-plane.ts';
import { ManagedEtcd } from '../../../src/cluster/etcd.ts';
import { Pki } from '../../../src/cluster/pki.ts';
import { EtcdStorage } from '../../../src/storage/etcd.ts';
import type { Server } from './server.ts';

/**
 * Our API server on a real etcd, without controllers and scheduler, as the reference runs: nothing changes between two
 * requests but by them.
 */
export async function startOwnServer(): Promise<Server & { stop(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'coxswain-differential-'));
  const pki = await Pki.open({ directory: join(folder, 'pki'), clock });
  const [server, peer] = await Promise.all([pki.files('etcd/server'), pki.files('etcd/peer')]);
  const client = await pki.credentials('etcd/client');
  const etcd = new ManagedEtcd({ directory: join(folder, 'etcd'), server, peer, client, clock, log });
  await etcd.start();
  const credentials = {
    rootCertificate: readFileSync(server.ca),
    privateKey: Buffer.from(client.privateKey),
    certChain: Buffer.from(client.certificate),
  };
  const storage = new EtcdStorage({ endpoints: etcd.endpoints, credentials, clock, log });
  const plane = await ControlPlane.start({
    storage,
    soleWriter: true,
    pki,
    clock,
    random: realRandom,
    log,
    serviceCidr: '10.96.0.0/16',
    advertiseAddress: '127.0.0.1',
    controllers: false,
    scheduler: false,
    listen: { host: '127.0.0.1', port: 0 },
    tokens: [{ token: 'own', username: 'admin', groups: ['system:masters'] }],
  });
  return {
    url: `https://127.0.0.1:${plane.port}`,
    token: 'own',
    async stop() {
      await plane.stop();
      await etcd.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
