import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../src/cluster/free-port.ts';
import type { Figure } from './measure.ts';
import { residentMemory, targetOf, type Target } from './target.ts';

/** Milliseconds that a server gets to stop. */
const STOP_PATIENCE = 60_000;
const running = new Set<OwnServer>();

/** `cox up` in a process and a data folder of its own. */
export class OwnServer {
  readonly #dataDir = mkdtempSync(join(tmpdir(), 'coxswain-bench-'));
  readonly #args: readonly string[];
  #child: ChildProcess | undefined;
  #port = 0;
  #removed: Promise<void> | undefined;

  constructor(args: readonly string[]) {
    this.#args = args;
    running.add(this);
  }

  /** Removes all there are: when somebody ends the measuring. */
  static async removeAll(): Promise<void> {
    await Promise.all([...running].map((server) => server.remove()));
  }

  /** Starts it; how many milliseconds passed until it said that it is ready. */
  async start(): Promise<number> {
    this.#port ||= await freePort();
    const started = performance.now();
    const args = ['bin/cox', 'up', '--data-dir', this.#dataDir, '--port', String(this.#port), ...this.#args];
    const child = spawn('sh', args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    let output = '';
    await new Promise<void>((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`cox up ended with ${code}:\n${output}`)));
      for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', (text: Buffer) => {
          output += text.toString();
          if (output.includes('export KUBECONFIG=')) resolve();
        });
      }
    });
    return performance.now() - started;
  }

  get kubeconfig(): string {
    return join(this.#dataDir, 'kubeconfig');
  }

  get target(): Target {
    const token = readFileSync(join(this.#dataDir, 'pki/admin.token'), 'utf8').trim();
    return targetOf('coxswain', `https://127.0.0.1:${this.#port}`, token, this.#child!.pid);
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_PATIENCE);
    await exited;
    clearTimeout(late);
  }

  /** Removes it with its pods, once. */
  remove(): Promise<void> {
    return (this.#removed ??= this.#remove());
  }

  async #remove(): Promise<void> {
    running.delete(this);
    await this.stop();
    const down = spawn('sh', ['bin/cox', 'down', '--purge', '--data-dir', this.#dataDir], { stdio: 'ignore' });
    await new Promise((resolve) => down.once('exit', resolve));
    rmSync(this.#dataDir, { recursive: true, force: true });
  }

  /** Start-up times and the memory of an idle server, as figures. */
  async startFigures(label: string): Promise<Figure[]> {
    const cold = await this.start();
    await this.stop();
    const warm = await this.start();
    await new Promise((resolve) => setTimeout(resolve, 5000));
    const idle = residentMemory(this.#child!.pid!);
    return [
      { name: `first start, ${label}`, value: cold, unit: 'ms', more: false },
      { name: `second start, ${label}`, value: warm, unit: 'ms', more: false },
      ...(idle === undefined ? [] : [{ name: `idle resident memory, ${label}`, value: idle, unit: 'MB', more: false }]),
    ];
  }
}
