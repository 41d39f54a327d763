import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { Duplex, PassThrough, type Readable, type Writable } from 'node:stream';
import { sleep, type Clock } from '../../base/clock.ts';
import { dockerMessage, type DockerEngine } from './docker.ts';
import { demultiplex } from './docker-streams.ts';
import { RuntimeError, type LogOptions, type ProcessStreams, type Sandbox } from './runtime.ts';

/** Runs a command in a container. @returns its exit code */
export async function execIn(
  docker: DockerEngine,
  clock: Clock,
  id: string,
  command: readonly string[],
  streams: ProcessStreams,
  signal?: AbortSignal,
): Promise<number> {
  const { stdin, stdout, stderr, tty } = streams;
  try {
    const exec = await docker.getContainer(id).exec({
      Cmd: [...command],
      AttachStdin: stdin !== undefined,
      AttachStdout: stdout !== undefined || tty,
      AttachStderr: stderr !== undefined,
      Tty: tty,
    });
    const connection = await exec.start({ hijack: true, stdin: true, Tty: tty });
    streams.onResize?.((w, h) => void exec.resize({ w, h }).catch(() => {}));
    await converse(connection, streams, signal);
    if (signal?.aborted && streams.endsWithCaller) await endProcess(exec, id);
    return await exitCodeOf(exec, clock);
  } catch (error) {
    if (error instanceof RuntimeError || signal?.aborted) throw error;
    throw new RuntimeError('ExecError', `error executing command in container: ${dockerMessage(error)}`);
  }
}

/**
 * Kills a process that the engine has started in a container: the engine itself knows no way. That the number still means
 * this process is seen by its control group.
 */
async function endProcess(exec: { inspect(): Promise<{ Running: boolean; Pid: number }> }, id: string): Promise<void> {
  const { Running, Pid } = await exec.inspect();
  if (!Running || Pid <= 1) return;
  const groups = await readFile(`/proc/${Pid}/cgroup`, 'utf8').catch(() => '');
  if (!groups.includes(id)) return;
  try {
    process.kill(-Pid, 'SIGKILL'); // it leads a group of its own: what it has started goes too
  } catch {
    // it has ended by itself
  }
}

/** The output can end a moment before the engine notes how the process did. */
async function exitCodeOf(
  exec: { inspect(): Promise<{ Running: boolean; ExitCode: number | null }> },
  clock: Clock,
): Promise<number> {
  for (let i = 0; ; i++) {
    const { Running, ExitCode } = await exec.inspect();
    if (!Running || i === 100) return ExitCode ?? 0;
    await sleep(clock, 10);
  }
}

/** How long what a container wrote before it ended may be on its way, in milliseconds. */
const LAST_WORDS = 1000;

/** Connects to the first process of a container. @throws RuntimeError NotRunning when it has ended */
export async function attachTo(
  docker: DockerEngine,
  clock: Clock,
  id: string,
  streams: ProcessStreams,
  signal?: AbortSignal,
): Promise<void> {
  const { stdin, stdout, stderr } = streams;
  const container = docker.getContainer(id);
  const { Config, State } = await container.inspect();
  if (!State.Running) throw notRunning(id);
  const connection = await container.attach({
    stream: true,
    hijack: true,
    stdin: stdin !== undefined,
    stdout: stdout !== undefined,
    stderr: stderr !== undefined,
  });
  streams.onResize?.((w, h) => void container.resize({ w, h }).catch(() => {}));
  const talk = converse(connection as Duplex, { ...streams, tty: Config.Tty }, signal);
  await Promise.race([talk, endedUnnoticed(docker, clock, id, connection as Duplex, talk)]);
}

/**
 * Docker keeps a connection open that comes after the container's end: it waits for the next start. Fails then; else it
 * is settled with the talk.
 */
async function endedUnnoticed(
  docker: DockerEngine,
  clock: Clock,
  id: string,
  connection: Duplex,
  talk: Promise<void>,
): Promise<void> {
  const running = await docker
    .getContainer(id)
    .inspect()
    .then(
      ({ State }) => State.Running,
      () => false,
    );
  if (running) return talk;
  await Promise.race([talk, sleep(clock, LAST_WORDS)]);
  if (connection.destroyed) return talk;
  connection.destroy();
  throw notRunning(id);
}

function notRunning(id: string): RuntimeError {
  return new RuntimeError('NotRunning', `container ${id} is not running`);
}

async function converse(
  connection: Duplex,
  { stdin, stdout, stderr, tty }: ProcessStreams,
  signal?: AbortSignal,
): Promise<void> {
  const leave = () => connection.destroy();
  signal?.addEventListener('abort', leave, { once: true });
  if (signal?.aborted) leave();
  connection.on('error', () => {}); // reading it tells
  if (stdin) stdin.pipe(connection);
  try {
    await demultiplex(connection, tty, stdout, stderr);
  } catch (error) {
    if (!signal?.aborted) throw error;
  } finally {
    stdin?.unpipe(connection);
    signal?.removeEventListener('abort', leave);
    connection.destroy();
  }
}

/** Sends a container's log. */
export async function logsOf(
  docker: DockerEngine,
  id: string,
  options: LogOptions,
  out: Writable,
  signal?: AbortSignal,
): Promise<void> {
  const { Config } = await docker.getContainer(id).inspect();
  const query = {
    stdout: options.stream !== 'stderr',
    stderr: options.stream !== 'stdout',
    follow: options.follow,
    timestamps: options.timestamps,
    tail: options.tailLines ?? 'all',
    ...(options.since !== undefined && { since: (options.since / 1000).toFixed(9) }),
  };
  const source = await openLog(docker, id, query);
  const leave = () => source.destroy();
  signal?.addEventListener('abort', leave, { once: true });
  if (signal?.aborted) leave();
  try {
    await demultiplex(source, Config.Tty, out, out);
  } catch (error) {
    if (!signal?.aborted) throw error;
  } finally {
    signal?.removeEventListener('abort', leave);
    source.destroy();
  }
}

/** The library reads a log that is not followed into memory as a whole, so its lower layer is asked. */
function openLog(docker: DockerEngine, id: string, options: object): Promise<Readable> {
  const call = {
    path: `/containers/${id}/logs?`,
    method: 'GET',
    isStream: true,
    statusCodes: { 200: true, 404: 'no such container', 500: 'server error' },
    options,
  };
  return new Promise((resolve, reject) => {
    docker.modem.dial(call, (error: unknown, stream: unknown) => (error ? reject(error) : resolve(stream as Readable)));
  });
}

/**
 * Connects to a port of a pod: by its address, or from inside where only its loopback listens.
 * @throws Error when nothing listens
 */
export async function dialPod(
  docker: DockerEngine,
  sandbox: Sandbox,
  ips: readonly string[],
  port: number,
): Promise<Duplex> {
  const host = sandbox.hostNetwork ? '127.0.0.1' : ips[0];
  if (!host) throw new Error('the pod has no address');
  try {
    return await connected(host, port);
  } catch (error) {
    if (sandbox.hostNetwork || (error as NodeJS.ErrnoException).code !== 'ECONNREFUSED') throw error;
    if (!(await listensInside(sandbox, port))) throw error;
  }
  const exec = await docker.getContainer(sandbox.id).exec({
    Cmd: ['/bin/busybox', 'nc', '127.0.0.1', String(port)],
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: false,
  });
  const connection = await exec.start({ hijack: true, stdin: true });
  const output = new PassThrough();
  demultiplex(connection as Readable, false, output, undefined).then(
    () => output.end(),
    (error) => output.destroy(error),
  );
  return Duplex.from({ readable: output, writable: connection as NodeJS.WritableStream } as never);
}

function connected(host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, allowHalfOpen: true });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      socket.on('error', () => {}); // whoever reads it sees its end
      resolve(socket);
    });
  });
}

/** Whether something inside the sandbox listens on this port, by the kernel's table of its namespace. */
async function listensInside({ netns }: Sandbox, port: number): Promise<boolean> {
  const process = netns?.replace(/\/ns\/net$/, '');
  if (!process?.startsWith('/proc/')) return false;
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const table = await readFile(`${process}/net/tcp`, 'utf8').catch(() => '');
  return new RegExp(`^\\s*\\d+: [0-9A-F]{8}:${hex} [0-9A-F]{8}:0000 0A `, 'm').test(table);
}
