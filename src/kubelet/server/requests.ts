import { badRequest, notFound } from '../../apimachinery/api-error.ts';
import { queryFlag } from '../../apimachinery/query-flag.ts';
import { parseTime } from '../../apimachinery/time.ts';
import type { Clock } from '../../base/clock.ts';
import type { LogOptions } from '../runtime/runtime.ts';

/** What is asked of a container or pod. */
export type Target =
  | {
      readonly action: 'containerLogs' | 'exec' | 'attach';
      readonly namespace: string;
      readonly pod: string;
      readonly container: string;
    }
  | { readonly action: 'portForward'; readonly namespace: string; readonly pod: string };

/** Reads `/exec/<namespace>/<pod>/<container>` and its kin; undefined for any other path. */
export function parseTarget(path: string): Target | undefined {
  const parts = path.split('/').slice(1).map(decode);
  const [action, namespace, pod, ...rest] = parts;
  if (!namespace || !pod) return undefined;
  // With the uid between pod and container, as old callers write it, the container is the last part.
  const container = rest.at(-1);
  if (action === 'portForward') return { action, namespace, pod };
  if ((action === 'exec' || action === 'attach' || action === 'containerLogs') && container && rest.length <= 2) {
    return { action, namespace, pod, container };
  }
  return undefined;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw badRequest('the path is not properly encoded');
  }
}

export interface ProcessRequest {
  readonly command: readonly string[];
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

/** Reads the query of exec and attach, by the names that the API uses (`stdin`) or those of kubelets (`input`). */
export function parseProcessRequest(query: URLSearchParams): ProcessRequest {
  const flag = (...names: string[]) => names.some((name) => queryFlag(query.get(name)));
  const tty = flag('tty');
  const request = {
    command: query.getAll('command'),
    stdin: flag('stdin', 'input'),
    stdout: flag('stdout', 'output'),
    stderr: flag('stderr', 'error') && !tty,
    tty,
  };
  if (!request.stdin && !request.stdout && !request.stderr) {
    throw badRequest('you must specify at least 1 of stdin, stdout, stderr');
  }
  return request;
}

/** Reads the ports of a forwarding whose ports are fixed: `port=80,443`, also repeated. @throws ApiError BadRequest */
export function parsePorts(query: URLSearchParams): number[] {
  const texts = [...query.getAll('port'), ...query.getAll('ports')].flatMap((text) => text.split(','));
  if (texts.length === 0) throw badRequest('query parameter "port" is required');
  return texts.map((text) => {
    if (!text) throw badRequest('query parameter "port" cannot be empty');
    const port = Number(text);
    if (!/^[0-9]{1,5}$/.test(text) || port > 65_535)
      throw badRequest(`unable to parse ${JSON.stringify(text)} as a port`);
    if (port < 1) throw badRequest(`port ${JSON.stringify(text)} must be > 0`);
    return port;
  });
}

export interface LogRequest extends LogOptions {
  readonly previous: boolean;
  /** Bytes. */
  readonly limit: number | undefined;
}

/** Reads the query of containerLogs. */
export function parseLogRequest(query: URLSearchParams, clock: Clock): LogRequest {
  const flag = (name: string) => queryFlag(query.get(name));
  const sinceSeconds = numberOf(query, 'sinceSeconds', 1);
  const sinceTime = query.get('sinceTime');
  if (sinceSeconds !== undefined && sinceTime)
    throw badRequest('at most one of sinceTime or sinceSeconds may be specified');
  const time = sinceTime ? parseTime(sinceTime) : undefined;
  if (sinceTime && time === undefined)
    throw badRequest(`sinceTime: invalid value "${sinceTime}": it must be an RFC 3339 time`);
  const since = sinceSeconds === undefined ? time : clock.now() - sinceSeconds * 1000;
  return {
    follow: flag('follow'),
    timestamps: flag('timestamps'),
    previous: flag('previous'),
    tailLines: numberOf(query, 'tailLines', 0),
    since,
    limit: numberOf(query, 'limitBytes', 1),
    ...streamOf(query),
  };
}

/** The stream that is wanted alone, if one is. @throws ApiError BadRequest */
function streamOf(query: URLSearchParams): Pick<LogRequest, 'stream'> {
  const text = query.get('stream');
  if (!text || text === 'All') return {};
  if (text === 'Stdout') return { stream: 'stdout' };
  if (text === 'Stderr') return { stream: 'stderr' };
  throw badRequest(`invalid stream ${JSON.stringify(text)}: use "All", "Stdout" or "Stderr"`);
}

function numberOf(query: URLSearchParams, name: string, least: number): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  const value = Number(text);
  if (!/^-?\d{1,15}$/.test(text)) throw badRequest(`${name}: invalid value "${text}": it must be a number`);
  if (value < least) throw badRequest(`${name}: invalid value ${text}: it must be greater than or equal to ${least}`);
  return value;
}

/** For paths that lead nowhere. */
export function noSuchPod(namespace: string, pod: string): Error {
  return notFound({ group: '', plural: 'pods' }, `${namespace}/${pod}`);
}
