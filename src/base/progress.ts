import type { Clock } from './clock.ts';

/** Tells a person what takes long: anything over a second shows that it has begun, and how long it took in the end. */
export interface Progress {
  /** Runs `work`; its name appears after a second, its time when it is done. */
  step<T>(what: string, work: () => Promise<T>): Promise<T>;
}

/** Progress written line by line with `write`. */
export function createProgress(clock: Clock, write: (line: string) => void): Progress {
  return {
    async step(what, work) {
      const started = clock.monotonic();
      let shown = false;
      const timer = clock.after(1000, () => {
        shown = true;
        write(`${what} ...`);
      });
      try {
        return await work();
      } finally {
        timer.cancel();
        if (shown) write(`${what}: ${((clock.monotonic() - started) / 1000).toFixed(1)} s`);
      }
    },
  };
}
