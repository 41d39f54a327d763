import { hostname, networkInterfaces } from 'node:os';
import { defaultAddressOf, ip } from '../linux/ip.ts';

/** The name under which this machine joins the cluster: its host name as a DNS-1123 subdomain. */
export function defaultNodeName(): string {
  const name = hostname()
    .toLowerCase()
    .replace(/[^a-z0-9.-]/g, '-')
    .replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, '');
  return name || 'node';
}

/** All IPv4 addresses of this machine but loopback, the interface's name with each. */
function machineAddresses(): { name: string; address: string }[] {
  return Object.entries(networkInterfaces()).flatMap(([name, addresses]) =>
    (addresses ?? []).filter((a) => a.family === 'IPv4' && !a.internal).map((a) => ({ name, address: a.address })),
  );
}

/** The address of this machine that others reach: that of the default route, else any, else loopback. */
export async function defaultAddress(): Promise<string> {
  try {
    const tool = ip();
    const [routes, links] = await Promise.all([tool.routes(), tool.links()]);
    const address = defaultAddressOf(routes, links);
    if (address) return address;
  } catch {
    // Without the `ip` command (a control plane needs it for nothing else) Node's own list has to do.
  }
  return listedAddress() ?? '127.0.0.1';
}

/** An address of this machine's own interfaces, asked of no command; undefined when it has loopback alone. */
export function listedAddress(): string | undefined {
  return machineAddresses().find((a) => !/^(docker|cox|br-|veth)/.test(a.name))?.address;
}
