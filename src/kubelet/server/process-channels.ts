import type { ProcessStreams } from '../runtime/runtime.ts';

/** A client's connection to a process: its streams, and the channel for how it ended. */
export interface ProcessChannels {
  readonly streams: ProcessStreams;
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal;
  /** Sends what is left of the output, then the Status, then closes. */
  finish(status: string): Promise<void>;
}

/** Reads the message of the resize channel: `{"Width":80,"Height":24}`. */
export function parseResize(text: string): { width: number; height: number } | undefined {
  try {
    const { Width: width, Height: height } = JSON.parse(text);
    return Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0
      ? { width, height }
      : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps the last size until somebody listens. */
export class Resizes {
  #listener: ((width: number, height: number) => void) | undefined;
  #last: { width: number; height: number } | undefined;

  take(text: string): void {
    const size = parseResize(text);
    if (!size) return;
    this.#last = size;
    this.#listener?.(size.width, size.height);
  }

  listen(listener: (width: number, height: number) => void): void {
    this.#listener = listener;
    if (this.#last) listener(this.#last.width, this.#last.height);
  }
}
