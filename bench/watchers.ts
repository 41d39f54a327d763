import { connect, type ClientHttp2Session } from 'node:http2';
import type { Target } from './target.ts';
import { quantiles } from './load.ts';
import { Connection } from './connection.ts';

export interface FanOutResult {
  p50: number;
  p99: number;
  /** Events that reached their watchers, and how many should have. */
  delivered: number;
  expected: number;
}

const STREAMS_PER_SESSION = 50;
/** So many writes go before those that count: what is measured is a server at work, not one that starts. */
const WARM_UP = 100;

/**
 * Opens `watchers` watches on the ConfigMaps of one namespace, writes `events` updates at `rate` a second, and measures
 * from the sending of each write to each watcher's receipt, in milliseconds. `stalled` more watchers read nothing.
 */
export async function fanOut(
  target: Target,
  options: { watchers: number; rate: number; events: number; namespace: string; stalled?: number },
): Promise<FanOutResult> {
  const { watchers, rate, events, namespace, stalled = 0 } = options;
  const path = `/api/v1/namespaces/${namespace}/configmaps`;
  const writer = await Connection.open(target);
  const made = await writer.json('POST', path, { metadata: { name: 'beacon' }, data: { n: 'none' } });
  const sent = new Map<string, number>();
  const latencies: number[] = [];
  const sessions = Array.from({ length: Math.ceil(watchers / STREAMS_PER_SESSION) }, () => openSession(target));
  const onMark = (mark: string) => {
    const at = sent.get(mark);
    if (at !== undefined) latencies.push(performance.now() - at);
  };
  const open = Array.from({ length: watchers }, (_, i) =>
    openWatch(
      sessions[i % sessions.length]!,
      target,
      `${path}?watch=1&resourceVersion=${made.metadata.resourceVersion}`,
      onMark,
    ),
  );
  await Promise.all(open);
  const idle = Array.from({ length: stalled }, () => openSession(target));
  for (const session of idle) session.request(watchHeaders(target, `${path}?watch=1`)).pause();
  const started = performance.now();
  for (let i = 0; i < WARM_UP + events; i++) {
    const wait = started + (i * 1000) / rate - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    if (i >= WARM_UP) sent.set(`m${i}`, performance.now());
    await writer.json('PUT', `${path}/beacon`, { metadata: { name: 'beacon' }, data: { n: `m${i}` } });
  }
  const deadline = performance.now() + 5000;
  while (latencies.length < watchers * events && performance.now() < deadline)
    await new Promise((r) => setTimeout(r, 20));
  for (const session of [...sessions, ...idle]) session.destroy();
  await writer.json('DELETE', `${path}/beacon`);
  writer.close();
  return { ...quantiles(latencies), delivered: latencies.length, expected: watchers * events };
}

function openSession(target: Target): ClientHttp2Session {
  const session = connect(`https://${target.host}:${target.port}`, { rejectUnauthorized: false });
  session.on('error', () => {});
  return session;
}

function watchHeaders({ token }: Target, path: string): Record<string, string> {
  return { ':path': path, authorization: `Bearer ${token}` };
}

function openWatch(
  session: ClientHttp2Session,
  target: Target,
  path: string,
  onMark: (mark: string) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const stream = session.request(watchHeaders(target, path));
    stream.setEncoding('latin1');
    let rest = '';
    stream.on('response', (headers) =>
      headers[':status'] === 200 ? resolve() : reject(new Error(`watch: ${headers[':status']}`)),
    );
    stream.on('error', reject);
    stream.on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop()!;
      for (const line of lines) {
        const mark = /"n":"(m\d+)"/.exec(line)?.[1];
        if (mark) onMark(mark);
      }
    });
  });
}
