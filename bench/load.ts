import { Connection } from './connection.ts';
import type { Figure } from './measure.ts';
import { processorTime, type Target } from './target.ts';

export interface LoadResult {
  /** Answers per second. */
  perSecond: number;
  /** Megabytes of bodies per second. */
  megabytes: number;
  /** Milliseconds. */
  p50: number;
  p99: number;
  count: number;
  /** Microseconds of the server's processor time for each request, where that can be read. */
  serverTime: number | undefined;
  /** Answers per second before what counts. */
  coldPerSecond: number;
}

export interface LoadOptions {
  connections: number;
  seconds: number;
  /** So many seconds of the same load go before what counts: what is measured is a server at work, not one that starts. */
  warmUp?: number;
  /** Stops earlier after so many requests. */
  count?: number;
  /** The status every answer must have. */
  expect: number;
  /** The n-th request. */
  request(n: number): Buffer;
}

/** Keeps `connections` requests under way for a while and says how fast they were answered. */
export async function load(target: Target, options: LoadOptions): Promise<LoadResult> {
  const connections = await Promise.all(Array.from({ length: options.connections }, () => Connection.open(target)));
  const latencies: number[] = [];
  let bytes = 0;
  let next = 0;
  let cold = 0;
  const used = () => (target.pid === undefined ? undefined : processorTime(target.pid));
  const { warmUp = 0 } = options;
  let usedBefore = used();
  const started = performance.now() + warmUp * 1000;
  const warm = setTimeout(() => (usedBefore = used()), warmUp * 1000);
  const end = started + options.seconds * 1000;
  const most = options.count ?? Infinity;
  const worker = async (connection: Connection) => {
    while (next < most) {
      const before = performance.now();
      if (before > end) return;
      const answer = await connection.send(options.request(next++));
      if (answer.status !== options.expect) throw new Error(`expected ${options.expect}, got ${answer.status}`);
      const now = performance.now();
      if (now < started) cold++;
      else {
        latencies.push(now - before);
        bytes += answer.length;
      }
    }
  };
  try {
    await Promise.all(connections.map(worker));
  } finally {
    clearTimeout(warm);
    for (const connection of connections) connection.close();
  }
  const seconds = (performance.now() - started) / 1000;
  const usedAfter = used();
  const time = usedBefore === undefined || usedAfter === undefined ? undefined : usedAfter - usedBefore;
  return {
    perSecond: latencies.length / seconds,
    megabytes: bytes / 1e6 / seconds,
    ...quantiles(latencies),
    count: latencies.length,
    serverTime: time === undefined ? undefined : time / latencies.length,
    coldPerSecond: warmUp === 0 ? NaN : cold / warmUp,
  };
}

/** Throughput as a figure, and the server's processor time for each request as another where it is known. */
export function loadFigures(name: string, result: LoadResult): Figure[] {
  const note = `p50 ${result.p50.toFixed(1)} ms, p99 ${result.p99.toFixed(1)} ms`;
  const rate: Figure = { name, value: result.perSecond, unit: '/s', more: true, note };
  if (result.serverTime === undefined) return [rate];
  return [rate, { name: `${name}, the server's processor time`, value: result.serverTime, unit: 'µs', more: false }];
}

/** Median and 99th percentile, in the unit of `values`. */
export function quantiles(values: number[]): { p50: number; p99: number } {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (q: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? NaN;
  return { p50: at(0.5), p99: at(0.99) };
}
