import { readFile } from 'node:fs/promises';

/** Where systemd-resolved keeps the servers that its own address stands for. */
const BEHIND_STUB = '/run/systemd/resolve/resolv.conf';

/**
 * The node's own resolver file. When it names nobody but loopback addresses, which are others inside a pod, it is the one
 * that names the servers behind.
 * @param read gives a file's text, or nothing when there is none
 */
export async function nodeResolverFile(read: (path: string) => Promise<string> = textOf): Promise<string> {
  const text = await read('/etc/resolv.conf');
  return isStub(text) ? (await read(BEHIND_STUB)) || text : text;
}

function isStub(text: string): boolean {
  const servers = [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)].map(([, server]) => server!);
  return servers.length > 0 && servers.every((server) => /^(127\.|::1$)/.test(server));
}

function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
