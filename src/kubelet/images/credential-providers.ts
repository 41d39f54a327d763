import { join } from 'node:path';
import { parseDuration } from '../../apimachinery/duration.ts';
import type { Clock } from '../../base/clock.ts';
import { errorMessage, type Log } from '../../base/log.ts';
import type { Run } from '../../linux/exec.ts';
import type { ImageCredentials } from '../runtime/runtime.ts';
import { providerApi, type CredentialProvider } from './credential-config.ts';
import { parseImageName, type ImageName } from './image-name.ts';
import { coversImage, entriesOf, type Auths } from './registry-entries.ts';

export interface CredentialProvidersOptions {
  readonly providers: readonly CredentialProvider[];
  /** The folder of their executables. */
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly run: Run;
}

/** `CredentialProviderResponse`. */
interface Answer {
  readonly kind?: string;
  readonly apiVersion?: string;
  readonly cacheKeyType?: string;
  readonly cacheDuration?: string;
  readonly auth?: Auths | null;
}

interface Cached {
  readonly until: number;
  readonly auths: Auths;
}

/** Milliseconds that a plugin may take, as upstream's. */
const PATIENCE = 60_000;

/** Asks plugins for credentials (KEP-2133), and remembers their answers for as long as those say. */
export class CredentialProviders {
  readonly #options: CredentialProvidersOptions;
  /** By plugin and what the answer is for. */
  readonly #cache = new Map<string, Cached>();
  readonly #asking = new Map<string, Promise<Auths>>();

  constructor(options: CredentialProvidersOptions) {
    this.#options = options;
  }

  /** Those for an image, for the longest path first. A plugin that fails gives none, which the log tells. */
  async of(image: string): Promise<ImageCredentials[]> {
    const name = parseImageName(image);
    if (!name) return [];
    const asked = this.#options.providers.filter(({ matchImages }) =>
      matchImages.some((one) => coversImage(one, name)),
    );
    const answers = await Promise.all(asked.map((provider) => this.#auths(provider, image, name)));
    return answers.flatMap((auths) => entriesOf(auths, name).map(({ credentials }) => credentials));
  }

  async #auths(provider: CredentialProvider, image: string, name: ImageName): Promise<Auths> {
    const now = this.#options.clock.now();
    for (const key of keysOf(provider, image, name)) {
      const cached = this.#cache.get(key);
      if (cached && now < cached.until) return cached.auths;
      this.#cache.delete(key);
    }
    const key = `${provider.name} ${image}`;
    const asking = this.#asking.get(key) ?? this.#ask(provider, image, name).finally(() => this.#asking.delete(key));
    this.#asking.set(key, asking);
    return asking;
  }

  async #ask(provider: CredentialProvider, image: string, name: ImageName): Promise<Auths> {
    const { run, folder, log, clock } = this.#options;
    const stdin = JSON.stringify({ kind: 'CredentialProviderRequest', apiVersion: providerApi, image });
    const { args, env } = provider;
    try {
      const { stdout } = await run(join(folder, provider.name), args, { stdin, env, timeout: PATIENCE });
      const answer = readAnswer(stdout);
      const lasts =
        answer.cacheDuration === undefined ? provider.defaultCache : parseDuration(answer.cacheDuration) / 1e6;
      const auths = answer.auth ?? {};
      const key = keysOf(provider, image, name)[cacheKeyTypes.indexOf(answer.cacheKeyType!)]!;
      if (lasts > 0) this.#cache.set(key, { until: clock.now() + lasts, auths });
      return auths;
    } catch (error) {
      log.warn('a plugin gives no credentials', { plugin: provider.name, image, error: errorMessage(error) });
      return {};
    }
  }
}

const cacheKeyTypes = ['Image', 'Registry', 'Global'];

/** Under what an answer may stand, in the order of `cacheKeyTypes`. */
function keysOf({ name: provider }: CredentialProvider, image: string, { registry }: ImageName): string[] {
  return [`${provider} image ${image}`, `${provider} registry ${registry}`, `${provider} global`];
}

function readAnswer(text: string): Answer {
  const answer = jsonOf(text);
  if (answer?.kind !== 'CredentialProviderResponse' || answer.apiVersion !== providerApi)
    throw new Error(`its answer is no CredentialProviderResponse of ${providerApi}`);
  if (!cacheKeyTypes.includes(answer.cacheKeyType ?? ''))
    throw new Error(`its answer must have a cacheKeyType: ${cacheKeyTypes.join(', ')}`);
  return answer;
}

/** What it wrote does not go into the log: it may hold passwords. */
function jsonOf(text: string): Answer | null {
  try {
    return JSON.parse(text) as Answer | null;
  } catch {
    throw new Error('its answer is not JSON');
  }
}
