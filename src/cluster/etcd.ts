import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, openSync, closeSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { sleep, type Clock } from '../base/clock.ts';
import { Backoff } from '../base/backoff.ts';
import type { Log } from '../base/log.ts';
import { freePort } from './free-port.ts';
import type { KeyFiles } from './pki.ts';

export interface ManagedEtcdOptions {
  /** A folder of its own: the data lies in `data/` below it. */
  readonly directory: string;
  /** The certificates of clients and of the (only) member's peer port. */
  readonly server: KeyFiles;
  readonly peer: KeyFiles;
  /** What the health check shows. */
  readonly client: { readonly certificate: string; readonly privateKey: string };
  readonly clock: Clock;
  readonly log: Log;
  /** Default: `etcd` in the PATH. */
  readonly binary?: string;
}

const START_TIMEOUT = 30_000;
const STOP_TIMEOUT = 10_000;
/** An etcd that ran for so long before it ended is started again without a growing delay. */
const STEADY = 30_000;

/**
 * An etcd of one member as a child process: reachable from this machine only, and only with a client certificate of
 * its own authority. It is started again when it ends by itself.
 */
export class ManagedEtcd {
  readonly #options: ManagedEtcdOptions;
  readonly #restarts = new Backoff<'etcd'>(100, 10_000);
  #ports: { client: number; peer: number } | undefined;
  #child: ChildProcess | undefined;
  #stopping = false;

  constructor(options: ManagedEtcdOptions) {
    this.#options = options;
  }

  get endpoints(): string[] {
    // By name: TLS has no server names that are addresses.
    return [`https://localhost:${this.#ports?.client ?? 0}`];
  }

  /**
   * Resolves when it answers.
   * @throws a sentence that says where to look when it does not
   */
  async start(): Promise<void> {
    mkdirSync(this.#options.directory, { recursive: true, mode: 0o700 });
    await this.#stopLeftover();
    this.#ports = { client: await freePort(), peer: await freePort() };
    this.#spawn();
    await this.#untilHealthy();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    const child = this.#child;
    if (child && child.exitCode === null && child.signalCode === null) {
      const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
      child.kill('SIGTERM');
      const timer = this.#options.clock.after(STOP_TIMEOUT, () => child.kill('SIGKILL'));
      await exited;
      timer.cancel();
    }
    rmSync(this.#pidFile, { force: true });
  }

  get #pidFile(): string {
    return join(this.#options.directory, 'etcd.pid');
  }

  get #logFile(): string {
    return join(this.#options.directory, 'etcd.log');
  }

  #spawn(): void {
    const { binary = 'etcd', log, clock } = this.#options;
    const output = openSync(this.#logFile, 'a', 0o600);
    // A process group of its own: a Ctrl-C at the terminal ends etcd after the API server, not with it.
    const child = spawn(binary, this.#arguments(), { stdio: ['ignore', output, output], detached: true });
    closeSync(output);
    this.#child = child;
    // At once: should this process be killed, the next one must find its etcd.
    if (child.pid !== undefined) writeFileSync(this.#pidFile, String(child.pid), { mode: 0o600 });
    const started = clock.monotonic();
    child.once('error', () => {}); // #untilHealthy tells why
    child.once('exit', (code, signal) => {
      if (this.#stopping) return;
      if (clock.monotonic() - started > STEADY) this.#restarts.forget('etcd');
      const delay = this.#restarts.next('etcd');
      log.warn('etcd ended and is started again', { reason: signal ?? `exit code ${code}`, delay });
      clock.after(delay, () => {
        if (!this.#stopping) this.#spawn();
      });
    });
  }

  #arguments(): string[] {
    const { directory, server, peer } = this.#options;
    const { client: clientPort, peer: peerPort } = this.#ports!;
    const clientUrl = `https://127.0.0.1:${clientPort}`;
    const peerUrl = `https://127.0.0.1:${peerPort}`;
    return [
      ...['--name', 'coxswain', '--data-dir', join(directory, 'data')],
      ...['--listen-client-urls', clientUrl, '--advertise-client-urls', clientUrl],
      ...[
        '--listen-peer-urls',
        peerUrl,
        '--initial-advertise-peer-urls',
        peerUrl,
        '--initial-cluster',
        `coxswain=${peerUrl}`,
      ],
      ...[
        '--client-cert-auth',
        '--trusted-ca-file',
        server.ca,
        '--cert-file',
        server.certificate,
        '--key-file',
        server.privateKey,
      ],
      ...['--peer-client-cert-auth', '--peer-trusted-ca-file', peer.ca, '--peer-cert-file', peer.certificate],
      ...['--peer-key-file', peer.privateKey, '--quota-backend-bytes', String(8 * 2 ** 30)],
      // A lone member needs no patience with peers: it leads at once.
      ...['--heartbeat-interval', '10', '--election-timeout', '100', '--log-level', 'warn', '--logger', 'zap'],
    ];
  }

  async #untilHealthy(): Promise<void> {
    const { clock } = this.#options;
    const deadline = clock.monotonic() + START_TIMEOUT;
    while (!(await this.#healthy())) {
      if (this.#child?.pid === undefined) {
        throw new Error('etcd is missing. Install it with: apt-get install -y --no-install-recommends etcd-server');
      }
      if (clock.monotonic() > deadline)
        throw new Error(`etcd did not start within ${START_TIMEOUT / 1000} s. See ${this.#logFile}.`);
      await sleep(clock, 10);
    }
    this.#restarts.forget('etcd');
  }

  #healthy(): Promise<boolean> {
    const { client, server } = this.#options;
    return new Promise((resolve) => {
      const call = request(
        {
          ...{ host: '127.0.0.1', port: this.#ports!.client, path: '/health', timeout: 1000, agent: false },
          ...{ ca: readFileSync(server.ca), cert: client.certificate, key: client.privateKey },
        },
        (response) => {
          response.resume();
          resolve(response.statusCode === 200);
        },
      );
      call.on('error', () => resolve(false));
      call.on('timeout', () => call.destroy());
      call.end();
    });
  }

  /** Ends an etcd that a killed predecessor of this process left on our data. */
  async #stopLeftover(): Promise<void> {
    const { directory, clock, log } = this.#options;
    const pid = leftoverPid(this.#pidFile, join(directory, 'data'));
    if (pid === undefined) return;
    log.info('stopping the etcd of a former run', { pid });
    signalTo(pid, 'SIGTERM');
    const deadline = clock.monotonic() + STOP_TIMEOUT;
    while (leftoverPid(this.#pidFile, join(directory, 'data')) !== undefined) {
      if (clock.monotonic() > deadline) signalTo(pid, 'SIGKILL');
      await sleep(clock, 10);
    }
  }
}

/** The process in the pid file, if it really is an etcd on this data. */
function leftoverPid(pidFile: string, dataFolder: string): number | undefined {
  try {
    const pid = Number(readFileSync(pidFile, 'utf8'));
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    return command.split('\0').includes(dataFolder) ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** Signals a process that may have ended meanwhile. */
function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Ends the etcd that a cluster left on `directory`, for `cox down`. */
export function killLeftoverEtcd(directory: string): void {
  const pid = leftoverPid(join(directory, 'etcd.pid'), join(directory, 'data'));
  if (pid !== undefined) signalTo(pid, 'SIGTERM');
}
