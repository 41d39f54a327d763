/**
 * A process to be killed: starts the managed etcd of the folder in its first argument and says so. Mocha loads every file
 * of a folder that it is given, so nothing happens unless this is what was started.
 */
import { join } from 'node:path';
import { realClock } from '../../src/base/clock.ts';
import { noLog } from '../../src/base/log.ts';
import { ManagedEtcd } from '../../src/cluster/etcd.ts';
import { Pki } from '../../src/cluster/pki.ts';

async function start(folder: string): Promise<void> {
  const pki = await Pki.open({ directory: join(folder, 'pki'), clock: realClock });
  const [server, peer] = await Promise.all([pki.files('etcd/server'), pki.files('etcd/peer')]);
  const client = await pki.credentials('etcd/client');
  const directory = join(folder, 'etcd');
  await new ManagedEtcd({ directory, server, peer, client, clock: realClock, log: noLog }).start();
  process.stdout.write('ready\n');
  process.stdin.resume();
}

if (import.meta.main) await start(process.argv[2]!);
