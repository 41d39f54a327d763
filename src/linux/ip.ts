import { run as runCommand, type Run } from './exec.ts';

/** A network interface with its addresses. */
export interface Link {
  readonly name: string;
  readonly index: number;
  readonly up: boolean;
  readonly mtu: number;
  readonly mac: string;
  readonly addresses: readonly Address[];
}

export interface Address {
  readonly family: 'inet' | 'inet6';
  readonly address: string;
  readonly prefixLength: number;
  /** `global`, `link`, `host`. */
  readonly scope: string;
}

export interface Route {
  /** `default`, an address or a CIDR. */
  readonly destination: string;
  readonly gateway?: string;
  readonly device?: string;
  /** The source address that the kernel prefers for it. */
  readonly source?: string;
  readonly metric: number;
}

/** What iproute2 knows, read as JSON. `run` may be `runIn(namespace)`. */
export function ip(run: Run = runCommand) {
  const json = async (...args: string[]): Promise<any[]> => {
    const { stdout } = await run('ip', ['-j', ...args]);
    return stdout.trim() ? JSON.parse(stdout) : [];
  };
  return {
    /** All interfaces, with their addresses. */
    async links(): Promise<Link[]> {
      // `ip -j` writes an empty object for what its filters left out.
      return (await json('address', 'show')).filter((link) => link.ifname).map(linkOf);
    },

    /** Every address of this machine. */
    async addresses(): Promise<Address[]> {
      return (await this.links()).flatMap((link) => link.addresses);
    },

    /** IPv4 routes of the main table. */
    async routes(): Promise<Route[]> {
      return (await json('-4', 'route', 'show')).map(routeOf);
    },

    /** The destinations of all routes that were made under this number (`man ip-route`, RTPROTO). */
    async routesBy(protocol: number): Promise<string[]> {
      const families = ['-4', '-6'].map((family) => json(family, 'route', 'show', 'proto', String(protocol)));
      return (await Promise.all(families)).flat().map((route) => route.dst);
    },

    /**
     * The IPv4 address by which others reach this machine: the source of its default route; without one, the first
     * global address that is not on a bridge of containers.
     */
    async defaultAddress(): Promise<string | undefined> {
      const [routes, links] = await Promise.all([this.routes(), this.links()]);
      return defaultAddressOf(routes, links);
    },

    /** Removes an interface; it is no error when there is none. */
    async deleteLink(name: string): Promise<void> {
      const { code, stderr } = await run('ip', ['link', 'delete', name], { accept: [1] });
      if (code && !/Cannot find device/.test(stderr))
        throw new Error(`ip link delete ${name} failed: ${stderr.trim()}`);
    },
  };
}

/** The pure part of `defaultAddress`. */
export function defaultAddressOf(routes: readonly Route[], links: readonly Link[]): string | undefined {
  const defaults = routes.filter((route) => route.destination === 'default').sort((a, b) => a.metric - b.metric);
  for (const route of defaults) {
    const source = route.source ?? globalAddress(links.find((link) => link.name === route.device));
    if (source) return source;
  }
  const ours = /^(lo|docker|br-|cox|cni|veth|virbr)/;
  return links
    .filter((link) => link.up && !ours.test(link.name))
    .map(globalAddress)
    .find(Boolean);
}

function globalAddress(link: Link | undefined): string | undefined {
  return link?.addresses.find((a) => a.family === 'inet' && a.scope === 'global')?.address;
}

function linkOf(link: any): Link {
  const addresses = (link.addr_info ?? []).filter((a: any) => a.local);
  return {
    name: link.ifname,
    index: link.ifindex,
    up: (link.flags ?? []).includes('UP'),
    mtu: link.mtu,
    mac: link.address ?? '',
    addresses: addresses.map((a: any) => ({
      family: a.family,
      address: a.local,
      prefixLength: a.prefixlen,
      scope: a.scope,
    })),
  };
}

function routeOf(route: any): Route {
  return {
    destination: route.dst,
    ...(route.gateway && { gateway: route.gateway }),
    ...(route.dev && { device: route.dev }),
    ...(route.prefsrc && { source: route.prefsrc }),
    metric: route.metric ?? 0,
  };
}
