import { connect } from 'node:http2';
import type { Target } from './target.ts';

/** A watch that can be ended. */
export interface Following {
  end(): void;
}

/**
 * Opens a watch and passes on each event as the line that came, unparsed: who follows ten thousand objects must not take
 * the processor from the server. A list asked again and again would.
 */
export async function follow(target: Target, path: string, take: (line: string) => void): Promise<Following> {
  const session = connect(`https://${target.host}:${target.port}`, { rejectUnauthorized: false });
  const stream = session.request({ ':path': path, authorization: `Bearer ${target.token}` });
  stream.setEncoding('utf8');
  let rest = '';
  stream.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    for (const line of lines) take(line);
  });
  await new Promise<void>((resolve, reject) => {
    stream.once('response', (headers) =>
      headers[':status'] === 200 ? resolve() : reject(new Error(`${path}: ${headers[':status']}`)),
    );
    for (const emitter of [session, stream]) emitter.once('error', reject);
  });
  return { end: () => session.destroy() };
}

/**
 * Resolves when a watch of `path` has shown so many objects; `nameOf` makes of an event's line what to count, or undefined
 * when it does not count.
 */
export async function shown(
  target: Target,
  path: string,
  count: number,
  nameOf: (line: string) => string | undefined,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const names = new Set<string>();
  const following = await follow(target, path, (line) => {
    if (line.startsWith('{"type":"ERROR"')) return reject(new Error(line.slice(0, 300)));
    const name = nameOf(line);
    if (name !== undefined) names.add(name);
    if (names.size >= count) resolve();
  });
  await promise.finally(() => following.end());
}
