import type { CniCall } from './cni-plugin.ts';
import type { HostPort } from './network.ts';

const cniVersion = '0.4.0';

export interface BridgeOptions {
  /** Of the bridge, and of the network for which addresses are kept. */
  readonly name: string;
  /** Where addresses are kept. */
  readonly dataDir: string;
  /** The node's ranges of pod addresses, one of each IP family. */
  readonly podCidrs: readonly string[];
  readonly mtu?: number | undefined;
}

/** What the plugin `bridge` is told. */
export function bridgeConfig({ name, dataDir, podCidrs, mtu }: BridgeOptions): CniCall['config'] {
  return {
    cniVersion,
    name,
    type: 'bridge',
    bridge: name,
    isGateway: true,
    // One rule of ours for all pods does it: see pod-rules.ts.
    ipMasq: false,
    hairpinMode: true,
    // Another range than before has another gateway.
    forceAddress: true,
    ...(mtu && { mtu }),
    ipam: {
      type: 'host-local',
      dataDir,
      ranges: podCidrs.map((subnet) => [{ subnet }]),
      routes: podCidrs.map((subnet) => ({ dst: subnet.includes(':') ? '::/0' : '0.0.0.0/0' })),
    },
  };
}

/** What the plugin `portmap` is told. */
export function portConfig(name: string, ports: readonly HostPort[]): CniCall['config'] {
  const portMappings = ports.map(({ hostPort, containerPort, protocol, hostIp }) => ({
    hostPort,
    containerPort,
    protocol,
    ...(hostIp && { hostIP: hostIp }),
  }));
  return {
    cniVersion,
    name,
    type: 'portmap',
    snat: true,
    capabilities: { portMappings: true },
    runtimeConfig: { portMappings },
  };
}
