import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dockerAnswers } from '../../src/cluster/docker-engine.ts';
import { unmountAll } from '../../src/linux/mount.ts';
import { eventually } from './running-cluster.ts';

/** A Docker Engine beside the machine's, with folders of its own and no network, which may be killed. */
export class OwnDocker {
  readonly folder = mkdtempSync(join(tmpdir(), 'coxd-'));
  #child: ChildProcess | undefined;

  get socketPath(): string {
    return join(this.folder, 'docker.sock');
  }

  /** Arguments that make the docker command speak to it. */
  get args(): readonly string[] {
    return ['-H', `unix://${this.socketPath}`];
  }

  /** Starts it, or starts it again after a kill: its containers have gone on meanwhile. */
  async start(): Promise<void> {
    rmSync(join(this.folder, 'docker.pid'), { force: true });
    // The engine waits for ever for a containerd that has died with it, as long as somebody has its number.
    if (!isOf(this.#containerd, this.folder)) rmSync(this.#containerdPid, { force: true });
    const folders = ['--data-root', join(this.folder, 'data'), '--exec-root', join(this.folder, 'exec')];
    const network = ['--bridge=none', '--iptables=false'];
    const rest = ['--pidfile', join(this.folder, 'docker.pid'), '--live-restore', '--log-level=warn'];
    const log = openSync(join(this.folder, 'dockerd.log'), 'a');
    const child = spawn('dockerd', [...this.args, ...folders, ...network, ...rest], {
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    this.#child = child;
    await eventually('the engine answers', () => dockerAnswers(this.socketPath), 60).catch((error) => {
      throw new Error(`${error.message}: ${readFileSync(join(this.folder, 'dockerd.log'), 'utf8').slice(-2000)}`);
    });
  }

  /** `kill -9`. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Ends it and everything of it. */
  async remove(): Promise<void> {
    await this.#end('SIGTERM');
    const containerd = this.#containerd;
    if (isOf(containerd, this.folder)) process.kill(Number(containerd), 'SIGTERM');
    await eventually('its containerd has ended', async () => !isOf(containerd, this.folder));
    await unmountAll(this.folder);
    rmSync(this.folder, { recursive: true, force: true });
  }

  get #containerdPid(): string {
    return join(this.folder, 'exec/containerd/containerd.pid');
  }

  /** The process number of its containerd; empty when it has none. */
  get #containerd(): string {
    return existsSync(this.#containerdPid) ? readFileSync(this.#containerdPid, 'utf8').trim() : '';
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await exited;
  }
}

/** Whether the process lives and was started for this folder: its number may be another's by now. */
function isOf(pid: string, folder: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder);
  } catch {
    return false;
  }
}
