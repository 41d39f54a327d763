import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../../src/cluster/free-port.ts';

export interface Output {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a command to its end; never throws for an exit code. */
export function execute(
  command: string,
  args: readonly string[],
  options: { env?: object; input?: string; timeout?: number } = {},
): Promise<Output> {
  return new Promise((resolve) => {
    const child = execFile(
      command,
      [...args],
      { env: { ...process.env, ...options.env }, timeout: options.timeout ?? 60_000, maxBuffer: 1 << 26 },
      (error, stdout, stderr) =>
        resolve({ code: error ? (typeof error.code === 'number' ? error.code : 1) : 0, stdout, stderr }),
    );
    child.stdin!.on('error', () => {});
    child.stdin!.end(options.input ?? '');
  });
}

/** Polls until `probe` answers something truthy. */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | undefined | false>,
  seconds = 30,
): Promise<T> {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const answer = await probe();
    if (answer) return answer;
    if (performance.now() > deadline) throw new Error(`not within ${seconds} s: ${what}`);
    await delay(100);
  }
}

/** A cluster that the `cox up` command runs, and stock kubectl pointed at it. */
export class RunningCluster {
  readonly dataDir: string;
  readonly port: number;
  readonly args: readonly string[];
  output = '';
  #child: ChildProcess | undefined;
  #exited: Promise<number> | undefined;

  private constructor(dataDir: string, port: number, args: readonly string[]) {
    this.dataDir = dataDir;
    this.port = port;
    this.args = args;
  }

  /** Starts a cluster in a folder of its own and waits until it is ready. */
  static async start(...args: string[]): Promise<RunningCluster> {
    const dataDir = mkdtempSync(join(tmpdir(), 'coxswain-e2e-'));
    const cluster = new RunningCluster(dataDir, await freePort(), args);
    await cluster.up();
    return cluster;
  }

  /** The same with keys made before, so that several servers trust and sign alike. */
  static async startWithPki(pki: string, ...args: string[]): Promise<RunningCluster> {
    const dataDir = mkdtempSync(join(tmpdir(), 'coxswain-e2e-'));
    cpSync(pki, join(dataDir, 'pki'), { recursive: true });
    const cluster = new RunningCluster(dataDir, await freePort(), args);
    await cluster.up();
    return cluster;
  }

  get kubeconfig(): string {
    return join(this.dataDir, 'kubeconfig');
  }

  get pid(): number {
    return this.#child!.pid!;
  }

  /** Runs `cox up` on the same data and waits for the closing block of its start. */
  async up(): Promise<void> {
    this.output = '';
    const args = ['bin/cox', 'up', '--data-dir', this.dataDir, '--port', String(this.port), ...this.args];
    const child = spawn('sh', args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    this.#exited = new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 1)));
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (text: Buffer) => (this.output += text.toString()));
    let ended: number | undefined;
    void this.#exited.then((code) => (ended = code));
    await eventually(
      'cox up is ready',
      async () => {
        if (ended !== undefined) throw new Error(`cox up ended with ${ended}:\n${this.output}`);
        return this.output.includes('export KUBECONFIG=');
      },
      90,
    );
  }

  /** Sends `signal` and waits for the end; the exit code. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number> {
    this.#child?.kill(signal);
    return (await this.#exited) ?? 0;
  }

  /** Stops the cluster and removes everything of it from the machine. */
  async destroy(): Promise<void> {
    await this.stop();
    await execute('sh', ['bin/cox', 'down', '--purge', '--data-dir', this.dataDir]);
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  kubectl(args: string, input?: string): Promise<Output> {
    return this.kubectlArgs(split(args), input);
  }

  kubectlArgs(args: readonly string[], input?: string): Promise<Output> {
    const env = { KUBECONFIG: this.kubeconfig, HOME: this.dataDir };
    return execute('kubectl', args, { env, ...(input !== undefined && { input }) });
  }

  /** The standard output of a kubectl that must succeed. */
  async ok(args: string, input?: string): Promise<string> {
    const done = await this.kubectl(args, input);
    if (done.code !== 0) throw new Error(`kubectl ${args}: exit ${done.code}\n${done.stdout}${done.stderr}`);
    return done.stdout;
  }

  /** `kubectl get ... -o json`, parsed. */
  async json(args: string): Promise<any> {
    return JSON.parse(await this.ok(`${args} -o json`));
  }

  /** Starts a kubectl that goes on; the caller ends it. */
  background(args: string): { child: ChildProcess; output(): string; end(): Promise<void> } {
    const child = spawn('kubectl', split(args), {
      env: { ...process.env, KUBECONFIG: this.kubeconfig, HOME: this.dataDir },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    return {
      child,
      output: () => text,
      async end() {
        child.kill('SIGTERM');
        await exited;
      },
    };
  }
}

/** Splits at blanks; single quotes keep blanks in a word. */
function split(args: string): string[] {
  return [...args.matchAll(/(?:'[^']*'|[^\s'])+/g)].map((m) => m[0].replaceAll("'", ''));
}
