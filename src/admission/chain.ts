import type { Kind } from '../apimachinery/kind.ts';
import { isKind } from './plugin.ts';
import type { AdmissionContext, AdmissionPlugin, AdmissionRequest, StoredChange } from './plugin.ts';

type Step = 'admit' | 'validate';

/** Runs the plugins in their order, each for what it declares. */
export class AdmissionChain {
  readonly #plugins: readonly AdmissionPlugin[];
  readonly #context: AdmissionContext;
  /** Which plugins a request concerns, found once: by kind, then by step, operation and subresource. */
  readonly #concerned = new WeakMap<Kind, Map<string, readonly AdmissionPlugin[]>>();

  constructor(plugins: readonly AdmissionPlugin[], context: AdmissionContext) {
    this.#plugins = plugins;
    this.#context = context;
  }

  /** Lets every plugin change the object. @throws ApiError when one refuses */
  admit(request: AdmissionRequest): Promise<void> {
    return this.#run('admit', request);
  }

  /** Lets every plugin judge the finished object. @throws ApiError when one refuses; then its undos have run */
  async validate(request: AdmissionRequest): Promise<void> {
    try {
      await this.#run('validate', request);
    } catch (error) {
      await undo(request);
      throw error;
    }
  }

  /**
   * Tells the plugins of a change that has been stored. Whoever made it has succeeded: what goes wrong here is theirs to
   * find out another time.
   */
  async stored(change: StoredChange): Promise<void> {
    for (const plugin of this.#plugins) {
      if (!plugin.stored) continue;
      try {
        await plugin.stored(change, this.#context);
      } catch {
        continue;
      }
    }
  }

  async #run(step: Step, request: AdmissionRequest): Promise<void> {
    for (const plugin of this.#pluginsFor(step, request)) {
      const result = plugin[step]!(request, this.#context);
      if (result) await result;
    }
  }

  #pluginsFor(step: Step, { kind, operation, subresource }: AdmissionRequest): readonly AdmissionPlugin[] {
    let byRequest = this.#concerned.get(kind);
    if (!byRequest) this.#concerned.set(kind, (byRequest = new Map()));
    const key = `${step} ${operation} ${subresource}`;
    let plugins = byRequest.get(key);
    if (!plugins) {
      plugins = this.#plugins.filter(
        (p) => p[step] && p.operations.includes(operation) && concerns(p, kind, subresource),
      );
      byRequest.set(key, plugins);
    }
    return plugins;
  }
}

function concerns({ kinds, subresources = [''] }: AdmissionPlugin, kind: Kind, subresource: string): boolean {
  if (subresources !== 'all' && !subresources.includes(subresource)) return false;
  return !kinds || kinds.some((one) => isKind(kind, one));
}

/** Takes back what plugins did for a request that is not carried out after all. */
export async function undo({ undos }: AdmissionRequest): Promise<void> {
  if (undos.length > 0) await Promise.all(undos.splice(0).map((one) => one()));
}
