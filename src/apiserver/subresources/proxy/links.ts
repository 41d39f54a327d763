import { posix } from 'node:path';

/** Where the links of a proxied page lead from and to. */
export interface LinkBase {
  /** The path below which the backend is seen from outside: `/api/v1/.../proxy`. */
  readonly prefix: string;
  /** Hosts that mean the backend: its own address, and the name under which the client called. */
  readonly hosts: readonly string[];
}

/** Scheme, host, path, and the rest of a URL reference. */
const parts = /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)([^]*)$/;

/** A link of the backend as it must read for the client: absolute paths get the prefix, all others stay. */
export function rewriteLink(link: string, { prefix, hosts }: LinkBase): string {
  const [, scheme, host, path = '', rest = ''] = parts.exec(link) ?? [];
  if (scheme !== undefined && host === undefined) return link; // mailto: and the like
  if ((host && !hosts.includes(host)) || !path.startsWith('/')) return link;
  if (!host && (path === prefix || path.startsWith(`${prefix}/`))) return link;
  return joinPath(prefix, path) + rest;
}

/** Two paths as one, without `.`, `..` and doubled slashes; the second cannot lead out of the first. */
export function joinPath(prefix: string, path: string): string {
  return prefix + posix.normalize(`/${path}`);
}
