import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../../src/cluster/free-port.ts';

/** Where Linux keeps files in memory, and how many bytes of it have to be free: etcd claims 64 MB for each of its logs. */
const memoryFolder = '/dev/shm';
const roomNeeded = 2 ** 31;

/** In memory if there is room: waiting for the disk is most of the time that etcd takes for a write. */
async function dataFolder(): Promise<string> {
  const memory = await statfs(memoryFolder).catch(() => undefined);
  return memory && memory.bavail * memory.bsize > roomNeeded ? memoryFolder : tmpdir();
}

/** An etcd of the test's own, without TLS, on free ports. */
export class EtcdProcess {
  readonly endpoint: string;
  readonly port: number;
  readonly #dir: string;
  readonly #peerPort: number;
  #child: ChildProcess | undefined;

  private constructor(dir: string, port: number, peerPort: number) {
    this.#dir = dir;
    this.port = port;
    this.#peerPort = peerPort;
    this.endpoint = `http://127.0.0.1:${port}`;
  }

  static async start(): Promise<EtcdProcess> {
    const dir = await mkdtemp(join(await dataFolder(), 'cox-etcd-'));
    const etcd = new EtcdProcess(dir, await freePort(), await freePort());
    await etcd.start();
    return etcd;
  }

  /** Starts it again on the same data. */
  async start(): Promise<void> {
    const peer = `http://127.0.0.1:${this.#peerPort}`;
    const quick = ['--heartbeat-interval', '10', '--election-timeout', '100'];
    const flags = ['--name', 't', '--data-dir', this.#dir, '--log-level', 'error', ...quick];
    const client = ['--listen-client-urls', this.endpoint, '--advertise-client-urls', this.endpoint];
    const peers = ['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer, '--initial-cluster', `t=${peer}`];
    this.#child = spawn('etcd', [...flags, ...client, ...peers], { stdio: 'ignore' });
    for (;;) {
      const healthy = await fetch(`${this.endpoint}/health`).then(
        async (answer) => ((await answer.json()) as { health: string }).health === 'true',
        () => false,
      );
      if (healthy) return;
      if (this.#child.exitCode !== null) throw new Error(`etcd ended with code ${this.#child.exitCode}`);
      await delay(20);
    }
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child!;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await gone;
  }

  async remove(): Promise<void> {
    await this.kill();
    await rm(this.#dir, { recursive: true, force: true });
  }
}
