import { writeSync } from 'node:fs';
import { pino } from 'pino';

/** Key/value pairs that go with a message. Never put a secret here. */
export type LogFields = Record<string, unknown>;

/** A structured logger. `child` adds fields to every message that it writes. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  child(fields: LogFields): Log;
  /** Whether messages of this level are written at all, for those that cost something to make. Absent: all are. */
  enabled?(level: Exclude<LogLevel, 'silent'>): boolean;
}

/** `debug` to `error`, or `silent`. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** A logger that writes one JSON object per line to the file descriptor or path `destination` (default: stderr). */
export function createLog(level: LogLevel = 'info', destination: number | string = 2): Log {
  const base = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  return wrap(pino(base, sink(destination)));
}

/** What a log keeps of what it could not write yet, in bytes; more is dropped. */
const UNWRITTEN = 1 << 20;

/** Where messages go. A full disk costs messages, never the process: stderr hears of it once. */
function sink(destination: number | string): ReturnType<typeof pino.destination> {
  const stream = pino.destination({ dest: destination, sync: true, mkdir: true, maxLength: UNWRITTEN });
  let told = false;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (told || destination === 2) return;
    told = true;
    complain(`The log ${destination} cannot be written (${error.code ?? error.message}): messages are lost.`);
  });
  return stream;
}

function complain(text: string): void {
  try {
    writeSync(2, `${text}\n`);
  } catch {
    // There is nobody left to tell.
  }
}

/** A logger that writes nothing. */
export const noLog: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => noLog, enabled: () => false };

function wrap(logger: pino.Logger): Log {
  return {
    debug: (message, fields) => logger.debug(fields ?? {}, message),
    info: (message, fields) => logger.info(fields ?? {}, message),
    warn: (message, fields) => logger.warn(fields ?? {}, message),
    error: (message, fields) => logger.error(fields ?? {}, message),
    child: (fields) => wrap(logger.child(fields)),
    enabled: (level) => logger.isLevelEnabled(level),
  };
}

/** The message of whatever was thrown, for logs and user-facing sentences. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
