import { isIPv6 } from 'node:net';
import { endpoints } from '../../api/core-v1/endpoints.ts';
import { endpointSlice } from '../../api/discovery-v1/endpoint-slice.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import { KeyExists, KeyNotFound } from '../../storage/storage.ts';
import { asServer, replace } from '../bootstrap.ts';
import { remove } from '../registry/delete.ts';
import { kindPrefix, type Registry } from '../registry/registry.ts';

/** Where a server can be reached by pods. */
export interface ServerAddress {
  readonly ip: string;
  readonly port: number;
}

/** One key for each server that lives; not an object of the API. */
const PREFIX = '/registry/masterleases/';
/** Seconds after which a server that gives no sign counts as gone. */
const TTL = 15;
const serviceName = { 'kubernetes.io/service-name': 'kubernetes' };

interface AddressLease extends KubeObject {
  readonly address: ServerAddress;
}

/**
 * Keeps the endpoints of the Service `default/kubernetes` equal to the servers that live. Each holds a key that ends by
 * itself, and each writes the endpoints by all keys there are; so a dead server's address goes within one time to live
 * and one turn of another server.
 */
export class EndpointLeases {
  readonly #registry: Registry;
  readonly #own: ServerAddress;

  constructor(registry: Registry, own: ServerAddress) {
    this.#registry = registry;
    this.#own = { ip: own.ip, port: own.port };
  }

  /** Holds the key for a while longer and brings the endpoints up to date. A loopback address is of no use to pods. */
  async renew(): Promise<void> {
    if (isLoopback(this.#own.ip)) return;
    await this.#hold();
    await this.#publish();
  }

  /** Gives the key back and brings the endpoints up to date. */
  async withdraw(): Promise<void> {
    if (isLoopback(this.#own.ip)) return;
    await this.#registry.storage.update(this.#key, () => 'delete').catch(ignoreMissing);
    await this.#publish();
  }

  get #key(): string {
    return `${PREFIX}${this.#own.ip}:${this.#own.port}`;
  }

  async #hold(): Promise<void> {
    const { storage } = this.#registry;
    const name = this.#key.slice(PREFIX.length);
    const metadata = { name, uid: '', resourceVersion: '', creationTimestamp: '' };
    const lease: AddressLease = { apiVersion: 'coxswain/v1', kind: 'AddressLease', metadata, address: this.#own };
    try {
      await storage.update(this.#key, () => ({ store: lease, ttl: TTL }));
    } catch (error) {
      ignoreMissing(error);
      await storage.create(this.#key, lease, TTL).catch((e) => {
        if (!(e instanceof KeyExists)) throw e;
      });
    }
  }

  async #publish(): Promise<void> {
    const { entries } = await this.#registry.storage.list(PREFIX);
    const groups = addressGroups(entries.map(({ object }) => (object as AddressLease).address));
    await replace(this.#registry, endpoints, 'default', endpointsOf(groups));
    const slices = slicesOf(groups);
    for (const slice of slices) await replace(this.#registry, endpointSlice, 'default', slice);
    await this.#removeOthers(new Set(slices.map(({ metadata }) => metadata.name)));
  }

  /** Slices of ports on which no server listens any more. */
  async #removeOthers(wanted: ReadonlySet<string>): Promise<void> {
    const prefix = `${kindPrefix(endpointSlice)}default/`;
    const { entries } = await this.#registry.storage.list(prefix, { freshness: { atLeast: 0 } });
    const names = entries.map(({ key }) => key.slice(prefix.length)).filter((name) => sliceName.test(name));
    for (const name of names.filter((n) => !wanted.has(n))) {
      const target = { kind: endpointSlice, namespace: 'default', name };
      await remove(this.#registry, target, {}, asServer);
    }
  }
}

/** The servers that listen on one port, under addresses of one family. */
export interface AddressGroup {
  readonly port: number;
  readonly addressType: 'IPv4' | 'IPv6';
  readonly ips: readonly string[];
}

const sliceName = /^kubernetes-(ipv4|ipv6)-[0-9]+$/;

/** Addresses by port and family, in a fixed order. */
export function addressGroups(addresses: readonly ServerAddress[]): AddressGroup[] {
  const familyOf = ({ ip }: ServerAddress) => (isIPv6(ip) ? ('IPv6' as const) : ('IPv4' as const));
  const groups = Map.groupBy(addresses, (address) => `${familyOf(address)} ${String(address.port).padStart(5, '0')}`);
  return [...groups.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, members]) => ({
      port: members[0]!.port,
      addressType: familyOf(members[0]!),
      ips: [...new Set(members.map(({ ip }) => ip))].sort(),
    }));
}

export function endpointsOf(groups: readonly AddressGroup[]) {
  const labels = {
    component: 'apiserver',
    provider: 'kubernetes',
    'endpointslice.kubernetes.io/skip-mirror': 'true',
  };
  const subsets = groups.map(({ ips, port }) => ({
    addresses: ips.map((ip) => ({ ip })),
    ports: [{ name: 'https', port, protocol: 'TCP' }],
  }));
  return { metadata: { name: 'kubernetes', labels }, subsets };
}

/** One slice as long as all servers listen alike; a slice has one list of ports, so others get slices of their own. */
export function slicesOf(groups: readonly AddressGroup[]) {
  const first: AddressGroup = groups[0] ?? { port: 443, addressType: 'IPv4', ips: [] };
  return [first, ...groups.slice(1)].map(({ ips, port, addressType }, i) => ({
    metadata: {
      name: i === 0 ? 'kubernetes' : `kubernetes-${addressType.toLowerCase()}-${port}`,
      labels: serviceName,
    },
    addressType,
    endpoints: ips.map((ip) => ({ addresses: [ip], conditions: { ready: true } })),
    ports: ips.length === 0 ? [] : [{ name: 'https', port, protocol: 'TCP' }],
  }));
}

function isLoopback(ip: string): boolean {
  return ip.startsWith('127.') || ip === '::1';
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof KeyNotFound)) throw error;
}
