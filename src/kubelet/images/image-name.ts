const COMPONENT = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*$/;
const DOMAIN =
  /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,62}[a-zA-Z0-9])?)(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,62}[a-zA-Z0-9])?)*(?::[0-9]{1,5})?$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
const DIGEST = /^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[0-9a-fA-F]{32,128}$/;

/** The parts of an image's name. */
export interface ImageName {
  /** `registry.example/team/app`, without tag and digest. */
  readonly repository: string;
  readonly registry: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
}

/** Reads a name as `docker pull` does; undefined when it is none. */
export function parseImageName(text: string): ImageName | undefined {
  if (text.length === 0 || text.length > 512 || text.trim() !== text) return undefined;
  const [rest = '', digest, more] = text.split('@');
  if (more !== undefined || (digest !== undefined && !DIGEST.test(digest))) return undefined;
  const colon = rest.lastIndexOf(':');
  const tagged = colon > rest.lastIndexOf('/');
  const repository = tagged ? rest.slice(0, colon) : rest;
  const tag = tagged ? rest.slice(colon + 1) : undefined;
  if (tag !== undefined && !TAG.test(tag)) return undefined;
  const parts = repository.split('/');
  const hasDomain = parts.length > 1 && (/[.:]/.test(parts[0]!) || parts[0] === 'localhost');
  if (hasDomain && !DOMAIN.test(parts[0]!)) return undefined;
  const path = hasDomain ? parts.slice(1) : parts;
  if (!path.every((part) => COMPONENT.test(part))) return undefined;
  return { repository, registry: hasDomain ? parts[0]! : 'docker.io', tag, digest };
}

/** The name with `:latest` when it has neither tag nor digest, which is what a pull must say. */
export function withDefaultTag(text: string): string {
  const name = parseImageName(text);
  return name && !name.tag && !name.digest ? `${text}:latest` : text;
}
