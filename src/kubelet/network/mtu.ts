import type { Link, Route } from '../../linux/ip.ts';

/** How the pods of different nodes reach each other: by plain routes, or through a tunnel between the nodes. */
export type PodNetworkMode = 'routes' | 'vxlan';

/** What the outer headers of the tunnel take of every packet: Ethernet, IP, UDP and VXLAN. */
const OVERHEAD = { routes: 0, vxlan: 50 } as const;

/**
 * The size of the largest packets of pods, in bytes, given what leads out of this machine; undefined when nothing does,
 * and the kernel's default is as good as any. Pure.
 */
export function podMtu(mode: PodNetworkMode, routes: readonly Route[], links: readonly Link[]): number | undefined {
  const defaults = routes.filter(({ destination }) => destination === 'default').sort((a, b) => a.metric - b.metric);
  const uplink = links.find(({ name }) => name === defaults[0]?.device);
  return uplink && uplink.mtu - OVERHEAD[mode];
}
