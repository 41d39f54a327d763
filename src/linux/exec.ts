import { spawn } from 'node:child_process';

/** Where commands are looked for: a root shell made by `su` has no sbin in its own PATH. */
const searchPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export interface RunOptions {
  /** Written to the command's standard input, which is then closed. Default: empty. */
  stdin?: string | Buffer;
  /** Milliseconds after which the command is killed. Default: 30,000; 0 waits for ever. */
  timeout?: number;
  /** Aborting kills the command; `run` then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** The command's whole environment besides PATH and LC_ALL: nothing of ours leaks into it. */
  env?: Readonly<Record<string, string>>;
  cwd?: string;
  /** Exit codes besides 0 that are an answer and no failure; `true` for all. */
  accept?: readonly number[] | true;
}

export interface RunResult {
  stdout: string;
  stderr: string;
  code: number;
}

/** A command that could not be started, was killed or failed. The message is one sentence that names it. */
export class CommandError extends Error {
  readonly command: string;
  /** The exit code; undefined when the command did not start or was killed. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** Whether the command is not installed. */
  readonly missing: boolean;

  constructor(message: string, command: string, result: Partial<RunResult> & { missing?: boolean } = {}) {
    super(message);
    this.name = 'CommandError';
    this.command = command;
    this.code = result.code;
    this.stdout = result.stdout ?? '';
    this.stderr = result.stderr ?? '';
    this.missing = result.missing ?? false;
  }
}

/** Starts a command without a shell and collects what it writes. */
export type Run = (command: string, args: readonly string[], options?: RunOptions) => Promise<RunResult>;

/**
 * Runs a command to its end.
 * @throws CommandError when it is missing, takes longer than the timeout or exits with a code that is not accepted
 * @throws the reason of `options.signal`
 */
export const run: Run = (command, args, options = {}) =>
  new Promise((resolve, reject) => {
    if (options.signal?.aborted) return reject(options.signal.reason);
    const timeout = options.timeout ?? 30_000;
    const child = spawn(command, args, {
      env: { PATH: searchPath, LC_ALL: 'C', ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout,
      killSignal: 'SIGKILL',
      ...(options.cwd && { cwd: options.cwd }),
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    const onAbort = () => void child.kill('SIGKILL');
    options.signal?.addEventListener('abort', onAbort, { once: true });
    const fail = (error: unknown) => {
      options.signal?.removeEventListener('abort', onAbort);
      reject(error);
    };
    child.on('error', (error: NodeJS.ErrnoException) => fail(startFailure(command, error)));
    child.on('close', (code, killedBy) => {
      if (options.signal?.aborted) return fail(options.signal.reason);
      const result = { stdout: text(stdout), stderr: text(stderr) };
      if (code === null) return fail(new CommandError(killed(command, args, killedBy, timeout), command, result));
      if (!accepted(code, options.accept)) return fail(failure(command, args, { ...result, code }));
      options.signal?.removeEventListener('abort', onAbort);
      resolve({ ...result, code });
    });
    // A command that ends without reading its input closes the pipe; its exit code tells what happened.
    child.stdin.on('error', () => {});
    child.stdin.end(options.stdin ?? '');
  });

/** `run`, but inside the network namespace with this name or path (as `ip netns` knows it). */
export function runIn(namespace: string): Run {
  if (namespace.startsWith('/')) {
    return (command, args, options) => run('nsenter', [`--net=${namespace}`, '--', command, ...args], options);
  }
  return (command, args, options) => run('ip', ['netns', 'exec', namespace, command, ...args], options);
}

function text(chunks: Buffer[]): string {
  return Buffer.concat(chunks).toString('utf8');
}

function accepted(code: number, accept: RunOptions['accept']): boolean {
  return code === 0 || accept === true || Boolean(accept?.includes(code));
}

function startFailure(command: string, error: NodeJS.ErrnoException): CommandError {
  if (error.code === 'ENOENT') {
    return new CommandError(`the command ${command} is not installed`, command, { missing: true });
  }
  return new CommandError(`the command ${command} could not be started: ${error.message}`, command);
}

function killed(command: string, args: readonly string[], signal: string | null, timeout: number): string {
  return `${shown(command, args)} was killed by ${signal ?? 'a signal'} (it may take at most ${timeout} ms)`;
}

function failure(command: string, args: readonly string[], result: RunResult): CommandError {
  const said = lastLine(result.stderr) || lastLine(result.stdout) || 'without a word';
  return new CommandError(`${shown(command, args)} failed with code ${result.code}: ${said}`, command, result);
}

function lastLine(output: string): string {
  return output.trim().split('\n').at(-1)?.trim() ?? '';
}

/** The command with its first arguments, short enough for a sentence. */
function shown(command: string, args: readonly string[]): string {
  const line = [command, ...args].join(' ');
  return line.length > 120 ? `${line.slice(0, 120)}...` : line;
}
