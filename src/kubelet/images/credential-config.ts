import { isAbsolute } from 'node:path';
import { parse } from 'yaml';
import { parseDuration } from '../../apimachinery/duration.ts';

/** The version in which plugins are asked and answer. */
export const providerApi = 'credentialprovider.kubelet.k8s.io/v1';

/** A plugin that knows credentials for images, as `CredentialProviderConfig` names it. */
export interface CredentialProvider {
  /** Of the executable in the folder of plugins. */
  readonly name: string;
  /** It is asked for images that one of these covers: `*.registry.example:5000/team`. */
  readonly matchImages: readonly string[];
  /** Milliseconds for which an answer holds that does not say. */
  readonly defaultCache: number;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

type Entry = Record<string, unknown> & { tokenAttributes?: unknown };

/**
 * Reads a file of the kind `CredentialProviderConfig` (kubelet.config.k8s.io/v1).
 * @throws Error with a sentence that says what is wrong with it
 */
export function parseProviders(text: string): CredentialProvider[] {
  const config = parse(text, { maxAliasCount: 0 }) as {
    kind?: unknown;
    apiVersion?: unknown;
    providers?: unknown;
  } | null;
  if (config?.kind !== 'CredentialProviderConfig' || config.apiVersion !== 'kubelet.config.k8s.io/v1')
    throw new Error('it must be a CredentialProviderConfig of kubelet.config.k8s.io/v1');
  const { providers } = config;
  if (!Array.isArray(providers) || providers.length === 0) throw new Error('at least 1 provider must be specified');
  const found = providers.map((entry: Entry) => providerOf(entry ?? {}));
  const twice = found.find(({ name }, i) => found.findIndex((one) => one.name === name) !== i);
  if (twice) throw new Error(`provider name ${twice.name} is declared twice`);
  return found;
}

function providerOf({
  name,
  matchImages,
  defaultCacheDuration,
  apiVersion,
  args,
  env,
  tokenAttributes,
}: Entry): CredentialProvider {
  if (typeof name !== 'string' || !name || name.includes('/') || isAbsolute(name) || name === '.' || name === '..')
    throw new Error(`the name of a provider must be that of a file, not ${JSON.stringify(name)}`);
  if (apiVersion !== providerApi) throw new Error(`provider ${name}: apiVersion must be ${providerApi}`);
  if (!isTexts(matchImages) || matchImages.length === 0)
    throw new Error(`provider ${name}: matchImages must be specified`);
  const duration = typeof defaultCacheDuration === 'string' ? defaultCacheDuration : '';
  if (!/^\d/.test(duration)) throw new Error(`provider ${name}: defaultCacheDuration must be specified, e.g. 10m`);
  if (tokenAttributes) throw new Error(`provider ${name}: tokenAttributes are not supported`);
  if (args !== undefined && !isTexts(args)) throw new Error(`provider ${name}: args must be a list of words`);
  return {
    name,
    matchImages,
    defaultCache: parseDuration(duration) / 1e6,
    args: args ?? [],
    env: envOf(name, env ?? []),
  };
}

function envOf(provider: string, list: unknown): Record<string, string> {
  const pairs = Array.isArray(list)
    ? list.map((one: { name?: unknown; value?: unknown }) => [one?.name, one?.value])
    : [[]];
  if (!pairs.every(isTexts)) throw new Error(`provider ${provider}: env must be a list of names and values`);
  return Object.fromEntries(pairs as [string, string][]);
}

function isTexts(list: unknown): list is string[] {
  return Array.isArray(list) && list.every((one) => typeof one === 'string');
}
