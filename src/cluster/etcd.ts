import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdirSync, openSync, closeSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
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
/** etcd wants a host and a port in the address of a socket, and makes the file's name of them. */
const SOCKET = 'etcd.sock:0';
/** Bytes of a socket's path that every system takes. */
const LONGEST_SOCKET_PATH = 100;
/** An etcd that ran for so long before it ended is started again without a growing delay. */
const STEADY = 30_000;

const healthCheck: RequestOptions = { path: '/health', timeout: 1000, agent: false };

/**
 * An etcd of one member as a child process: reachable only through a socket in its own folder, which is its owner's
 * alone, or else from this machine with a client certificate of its own authority. It is started again when it ends by
 * itself.
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
    if (this.#socket) return [pathToFileURL(this.#socket).href.replace(/^file:/, 'unix:')];
    // By name: TLS has no server names that are addresses.
    return [`https://localhost:${this.#ports?.client ?? 0}`];
  }

  /**
   * The socket that clients use, in the folder that nobody else may enter: without TLS a write costs both sides a good
   * part less. Undefined when the kernel has no room for so long a path; then clients come by TLS.
   */
  get #socket(): string | undefined {
    const path = join(this.#options.directory, SOCKET);
    return Buffer.byteLength(path) <= LONGEST_SOCKET_PATH ? path : undefined;
  }

  /**
   * Resolves when it answers.
   * @throws a sentence that says where to look when it does not
   */
  async start(): Promise<void> {
    mkdirSync(this.#options.directory, { recursive: true, mode: 0o700 });
    chmodSync(this.#options.directory, 0o700);
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
    if (this.#socket) rmSync(this.#socket, { force: true }); // one that was killed leaves it behind
    // A process group of its own: a Ctrl-C at the terminal ends etcd after the API server, not with it.
    const options = { cwd: this.#options.directory, detached: true };
    const child = spawn(binary, this.#arguments(), { ...options, stdio: ['ignore', output, output] });
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
    const clientUrl = this.#socket ? `unix://${SOCKET}` : `https://127.0.0.1:${clientPort}`;
    const peerUrl = `https://127.0.0.1:${peerPort}`;
    return [
      ...['--name', 'coxswain', '--data-dir', join(directory, 'data')],
      ...['--listen-client-urls', clientUrl, '--advertise-client-urls', clientUrl],
      ...['--listen-peer-urls', peerUrl, '--initial-advertise-peer-urls', peerUrl],
      ...['--initial-cluster', `coxswain=${peerUrl}`],
      ...(this.#socket ? [] : ['--client-cert-auth', '--trusted-ca-file', server.ca]),
      ...(this.#socket ? [] : ['--cert-file', server.certificate, '--key-file', server.privateKey]),
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
    return new Promise((resolve) => {
      const onAnswer = (response: { resume(): unknown; statusCode?: number | undefined }) => {
        response.resume();
        resolve(response.statusCode === 200);
      };
      const call = this.#socket
        ? httpRequest({ ...healthCheck, socketPath: this.#socket }, onAnswer)
        : httpsRequest({ ...healthCheck, ...this.#tlsAddress() }, onAnswer);
      call.on('error', () => resolve(false));
      call.on('timeout', () => call.destroy());
      call.end();
    });
  }

  #tlsAddress(): object {
    const { client, server } = this.#options;
    const { certificate: cert, privateKey: key } = client;
    return { host: '127.0.0.1', port: this.#ports!.client, ca: readFileSync(server.ca), cert, key };
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
