/** A process to be killed: starts the managed etcd of the folder in its first argument and says so. */
import { join } from 'node:path';
import { realClock } from '../../src/base/clock.ts';
import { noLog } from '../../src/base/log.ts';
import { ManagedEtcd } from '../../src/cluster/etcd.ts';
import { Pki } from '../../src/cluster/pki.ts';

const folder = process.argv[2]!;
const pki = await Pki.open({ directory: join(folder, 'pki'), clock: realClock });
const [server, peer] = await Promise.all([pki.files('etcd/server'), pki.files('etcd/peer')]);
const client = await pki.credentials('etcd/client');
await new ManagedEtcd({ directory: join(folder, 'etcd'), server, peer, client, clock: realClock, log: noLog }).start();
process.stdout.write('ready\n');
process.stdin.resume();
