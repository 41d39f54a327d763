import { readFileSync, statSync } from 'node:fs';
import { isIP } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import type { UpstreamAddress } from './exchange.ts';

/** As many as the resolvers of C libraries read. */
const MOST = 3;
/** Milliseconds between two looks at whether the file has changed. */
const LOOK_EVERY = 5000;

/** The servers that a resolver file names. Pure. */
export function nameserversOf(text: string): UpstreamAddress[] {
  const found = text.split('\n').flatMap((line) => {
    const [word, address = ''] = line.trim().split(/\s+/);
    return word === 'nameserver' && isIP(address) > 0 ? [{ host: address, port: 53 }] : [];
  });
  return found.slice(0, MOST);
}

/** `192.0.2.1`, `192.0.2.1:5353`, `2001:db8::1` or `[2001:db8::1]:5353`. @throws Error with a sentence */
export function parseUpstream(text: string): UpstreamAddress {
  if (isIP(text)) return { host: text, port: 53 };
  const [, six, four, port] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = six ?? four ?? '';
  if (isIP(host) && Number(port) >= 1 && Number(port) <= 65_535) return { host, port: Number(port) };
  throw new Error(`"${text}" is not the address of a DNS server, as 192.0.2.1 or 192.0.2.1:53`);
}

/** The servers of a resolver file, which is read again when it has changed. A file that is not there names none. */
export function serversOfFile(file: string, clock: Clock): () => readonly UpstreamAddress[] {
  let servers: readonly UpstreamAddress[] = [];
  let written = -1;
  let looked = -Infinity;
  return () => {
    if (clock.monotonic() - looked < LOOK_EVERY) return servers;
    looked = clock.monotonic();
    try {
      const { mtimeMs } = statSync(file);
      if (mtimeMs !== written) servers = nameserversOf(readFileSync(file, 'utf8'));
      written = mtimeMs;
    } catch {
      [servers, written] = [[], -1];
    }
    return servers;
  };
}
