import { isCidr, isIp } from '../apimachinery/ip-address.ts';
import type { Ingress } from '../api/networking-v1/ingress.ts';
import type { BackendProtocol, RouteOptions } from './table.ts';

/** Our own annotations, and those of ingress-nginx that mean the same: what exists goes on working. */
const PREFIXES = ['ingress.coxswain.io/', 'nginx.ingress.kubernetes.io/'];

/** What the annotations of an Ingress say, and what could not be understood of them. */
export interface IngressOptions {
  readonly route: Omit<RouteOptions, 'redirectToHttps'>;
  /** Redirect plain requests for hosts that have TLS; `always`: for the others too. */
  readonly redirect: 'tls' | 'always' | 'never';
  readonly protocol?: BackendProtocol;
  /** Whether paths of the type ImplementationSpecific are regular expressions. */
  readonly patterns: boolean;
  readonly problems: readonly string[];
}

const DEFAULTS = { bodyLimit: 0, connectTimeout: 5_000, readTimeout: 60_000 };

const PROTOCOLS: ReadonlyMap<string, BackendProtocol> = new Map([
  ['HTTP', 'http'],
  ['AUTO_HTTP', 'http'],
  ['HTTPS', 'https'],
  ['GRPC', 'h2c'],
  ['GRPCS', 'h2'],
]);

const KNOWN = [
  'allowlist-source-range',
  'backend-protocol',
  'force-ssl-redirect',
  'proxy-body-size',
  'proxy-connect-timeout',
  'proxy-read-timeout',
  'proxy-send-timeout',
  'rewrite-target',
  'ssl-redirect',
  'upstream-vhost',
  'use-regex',
  'whitelist-source-range',
] as const;

type Name = (typeof KNOWN)[number];

/** Reads the annotations of an Ingress; what is wrong with one leaves its default. */
export function ingressOptions({ metadata }: Ingress): IngressOptions {
  const { values, problems } = ownAnnotations(metadata.annotations ?? {});
  const read = <T>(name: Name, parse: (text: string) => T | undefined, rule: string): T | undefined => {
    const text = values.get(name);
    const value = text === undefined ? undefined : parse(text);
    if (text !== undefined && value === undefined) problems.push(`the annotation ${name} must be ${rule}`);
    return value;
  };
  const flag = (name: Name) =>
    read(name, (text) => (text === 'true' ? true : text === 'false' ? false : undefined), '"true" or "false"');
  const seconds = (name: Name) => read(name, parseSeconds, 'a number of seconds');
  const ranges = (name: Name) => read(name, parseRanges, 'a list of addresses and CIDRs');
  const rewrite = read('rewrite-target', (text) => text || undefined, 'a path');
  const sources = ranges('allowlist-source-range') ?? ranges('whitelist-source-range');
  const upstreamHost = read('upstream-vhost', parseHost, 'a host name');
  const protocol = read('backend-protocol', (text) => PROTOCOLS.get(text), 'HTTP, HTTPS, GRPC or GRPCS');
  const route = {
    bodyLimit: read('proxy-body-size', parseSize, 'a size like 8m') ?? DEFAULTS.bodyLimit,
    connectTimeout: seconds('proxy-connect-timeout') ?? DEFAULTS.connectTimeout,
    readTimeout: seconds('proxy-read-timeout') ?? seconds('proxy-send-timeout') ?? DEFAULTS.readTimeout,
    ...(rewrite !== undefined && { rewrite }),
    ...(sources && { sources }),
    ...(upstreamHost && { upstreamHost }),
  };
  const redirect = flag('force-ssl-redirect') ? 'always' : flag('ssl-redirect') === false ? 'never' : 'tls';
  const patterns = flag('use-regex') ?? (rewrite?.includes('$') || false);
  return { route, redirect, patterns, problems, ...(protocol && { protocol }) };
}

/** Our own name of an annotation goes before that of ingress-nginx. */
function ownAnnotations(annotations: Readonly<Record<string, string>>) {
  const values = new Map<Name, string>();
  const problems: string[] = [];
  for (const prefix of PREFIXES) {
    for (const [key, text] of Object.entries(annotations)) {
      if (!key.startsWith(prefix)) continue;
      const name = KNOWN.find((one) => one === key.slice(prefix.length));
      if (!name) problems.push(`the annotation ${key} is not supported and has no effect`);
      else if (!values.has(name)) values.set(name, text.trim());
    }
  }
  return { values, problems };
}

function parseSeconds(text: string): number | undefined {
  return /^\d{1,6}s?$/.test(text) && parseInt(text, 10) > 0 ? parseInt(text, 10) * 1000 : undefined;
}

/** nginx writes sizes as `512`, `8k`, `8m`, `1g`; 0 is no limit. */
function parseSize(text: string): number | undefined {
  const [, digits, unit] = /^(\d{1,12})([kmg]?)$/i.exec(text) ?? [];
  if (digits === undefined) return undefined;
  return Number(digits) * 1024 ** ['', 'k', 'm', 'g'].indexOf(unit!.toLowerCase());
}

function parseRanges(text: string): string[] | undefined {
  const parts = text.split(',').map((part) => part.trim());
  return parts.every((part) => isCidr(part) || isIp(part)) ? parts : undefined;
}

function parseHost(text: string): string | undefined {
  return /^[\w.-]+(:\d{1,5})?$/.test(text) ? text : undefined;
}
