import type { HealthCheck } from './health.ts';

/** A step of the server's start. */
export interface StartHook {
  /** What its health check is called, behind `poststarthook/`. */
  readonly name: string;
  run(): Promise<void>;
}

/** The steps of a server's start, in order, each with a health check that fails until it is done. */
export class StartHooks {
  readonly #hooks: readonly StartHook[];
  readonly #done = new Set<string>();

  constructor(hooks: readonly StartHook[]) {
    this.#hooks = hooks;
  }

  get checks(): HealthCheck[] {
    return this.#hooks.map(({ name }) => ({
      name: `poststarthook/${name}`,
      check: () => {
        if (!this.#done.has(name)) throw new Error('not finished');
      },
    }));
  }

  /** @throws what a step throws; those behind it are then not begun */
  async run(): Promise<void> {
    for (const hook of this.#hooks) {
      await hook.run();
      this.#done.add(hook.name);
    }
  }
}
