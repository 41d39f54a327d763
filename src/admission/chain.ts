import type { AdmissionOperation, AdmissionPlugin, AdmissionReader, AdmissionRequest } from './plugin.ts';

type Step = 'admit' | 'validate';

/** Runs the plugins in their order, each for the operations that it names. */
export class AdmissionChain {
  readonly #plugins: readonly AdmissionPlugin[];
  readonly #reader: AdmissionReader;
  readonly #steps = new Map<string, readonly AdmissionPlugin[]>();

  constructor(plugins: readonly AdmissionPlugin[], reader: AdmissionReader) {
    this.#plugins = plugins;
    this.#reader = reader;
  }

  /** Lets every plugin change the object. @throws ApiError when one refuses */
  admit(request: AdmissionRequest): Promise<void> {
    return this.#run('admit', request);
  }

  /** Lets every plugin judge the finished object. @throws ApiError when one refuses */
  validate(request: AdmissionRequest): Promise<void> {
    return this.#run('validate', request);
  }

  async #run(step: Step, request: AdmissionRequest): Promise<void> {
    for (const plugin of this.#pluginsFor(step, request.operation)) {
      const result = plugin[step]!(request, this.#reader);
      if (result) await result;
    }
  }

  #pluginsFor(step: Step, operation: AdmissionOperation): readonly AdmissionPlugin[] {
    const key = `${step} ${operation}`;
    let plugins = this.#steps.get(key);
    if (!plugins) {
      plugins = this.#plugins.filter((p) => p[step] && p.operations.includes(operation));
      this.#steps.set(key, plugins);
    }
    return plugins;
  }
}
