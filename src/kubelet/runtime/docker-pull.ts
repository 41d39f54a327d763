import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { RuntimeError, type PullProgress } from './runtime.ts';

/** A line of what the engine tells of a pull. */
interface Line {
  readonly id?: string;
  readonly status?: string;
  readonly error?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
}

/**
 * Reads what the engine tells of a pull to its end.
 * @throws RuntimeError when the pull fails half-way, which stands among the rest
 */
export async function followPull(
  said: AsyncIterable<Buffer>,
  progress: (seen: PullProgress) => void = () => {},
): Promise<void> {
  const layers = new Map<string, PullProgress>();
  for await (const text of createInterface({ input: Readable.from(said) })) {
    const { id, status, error, progressDetail: { current, total } = {} } = lineOf(text);
    if (error) throw new RuntimeError('ErrImagePull', error);
    if (id === undefined || status !== 'Downloading' || current === undefined || total === undefined) continue;
    layers.set(id, { done: current, total });
    progress(sumOf(layers.values()));
  }
}

function sumOf(layers: Iterable<PullProgress>): PullProgress {
  const sum = { done: 0, total: 0 };
  for (const { done, total } of layers) {
    sum.done += done;
    sum.total += total;
  }
  return sum;
}

function lineOf(text: string): Line {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
