import type { ImageCredentials } from '../runtime/runtime.ts';
import { parseImageName, type ImageName } from './image-name.ts';

/** What a configuration of the engine's command says about a registry. */
export interface RegistryEntry {
  /** `registry.example:5000/team`, perhaps with `*` in the host. */
  readonly place: string;
  readonly credentials: ImageCredentials;
}

/** By registries and paths in them: what is said of each. */
export type Auths = Record<string, { username?: string; password?: string; auth?: string } | undefined>;

/**
 * The entries for an image, those for the longest path first.
 * @param files by their names: `.dockerconfigjson` is what `docker login` writes, `.dockercfg` its older form
 */
export function entriesFor(image: string, files: ReadonlyMap<string, Buffer>): RegistryEntry[] {
  const name = parseImageName(image);
  if (!name) return [];
  const config = parsed(files.get('.dockerconfigjson')) as { auths?: Auths } | undefined;
  const auths = config?.auths ?? (parsed(files.get('.dockercfg')) as Auths | undefined) ?? {};
  return entriesOf(auths, name);
}

/** The entries for an image, those for the longest path first. */
export function entriesOf(auths: Auths, name: ImageName): RegistryEntry[] {
  return Object.entries(auths)
    .flatMap(([server, entry]) => (entry ? [entryOf(server, entry)] : []))
    .filter(({ place }) => coversImage(place, name))
    .sort((a, b) => b.place.length - a.place.length);
}

function parsed(bytes: Buffer | undefined): unknown {
  try {
    const value: unknown = bytes && JSON.parse(bytes.toString('utf8'));
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function entryOf(server: string, entry: NonNullable<Auths[string]>): RegistryEntry {
  const pair = Buffer.from(entry.auth ?? '', 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  const username = entry.username ?? (colon >= 0 ? pair.slice(0, colon) : '');
  const password = entry.password ?? (colon >= 0 ? pair.slice(colon + 1) : '');
  const place = server
    .replace(/^https?:\/\//, '')
    .replace(/\/+$/, '')
    .replace(/\/v[12]$/, '');
  return { place, credentials: { username, password, serveraddress: server } };
}

/** Whether an entry is for an image: its host matches label by label, and its path begins the image's. */
export function coversImage(
  place: string,
  { registry, repository }: Pick<ImageName, 'registry' | 'repository'>,
): boolean {
  const [host = '', ...path] = place.split('/');
  if (!hostMatches(host, registry)) return false;
  const image = repository.startsWith(`${registry}/`) ? repository.slice(registry.length + 1) : repository;
  const parts = image.split('/');
  return path.every((part, i) => part === parts[i]);
}

function hostMatches(pattern: string, host: string): boolean {
  if (pattern === host || (host === 'docker.io' && pattern === 'index.docker.io')) return true;
  const [labels, wanted] = [pattern.split('.'), host.split('.')];
  if (!pattern.includes('*') || labels.length !== wanted.length) return false;
  return labels.every((label, i) => labelMatches(label, wanted[i]!));
}

/** A label of a host name, where `*` stands for any characters. */
function labelMatches(pattern: string, label: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  if (rest.length === 0) return first === label;
  const last = rest.pop()!;
  if (label.length < first.length + last.length || !label.startsWith(first) || !label.endsWith(last)) return false;
  const middle = label.slice(first.length, label.length - last.length);
  let at = 0;
  for (const piece of rest) {
    const found = middle.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return true;
}
