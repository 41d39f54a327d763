import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errorMessage, noLog, type Log } from '../../base/log.ts';
import { ip } from '../../linux/ip.ts';
import { sysctl } from '../../linux/sysctl.ts';
import type { PodIdentity } from '../pod-spec.ts';
import type { Sandbox } from '../runtime/runtime.ts';
import { callPlugin, type CniCall, type CniResult } from './cni-plugin.ts';
import { grpcHealth, type GrpcHealth, type GrpcHealthRequest } from './grpc-health.ts';
import { anyHostPorts, removeSharedChains } from './host-ports.ts';
import { httpGet, tcpConnect } from './http-probe.ts';
import { IpamStore } from './ipam.ts';
import type { HostPort, HttpAnswer, HttpGet, PodNetwork } from './network.ts';
import { installPodRules, removePodRules } from './pod-rules.ts';

export interface CniNetworkOptions {
  /** The kubelet's folder; addresses are kept below it. */
  readonly rootDir: string;
  /** e.g. `10.244.0.0/24`. */
  readonly podCidr: string;
  /** The addresses of all pods of the cluster: those of other nodes are reached without a change of address. */
  readonly clusterCidr?: string | undefined;
  /** Default: `cox0`. */
  readonly bridge?: string | undefined;
  readonly log?: Log | undefined;
}

const defaultBridge = 'cox0';
const cniVersion = '0.4.0';
/** To remove the ports of a pod the plugin wants to see some, and does not look which. */
const anyPort: readonly HostPort[] = [{ hostPort: 1, containerPort: 1, protocol: 'tcp' }];

/** Connects pods to a bridge of the node with Debian's CNI plugins: bridge, host-local, and portmap for host ports. */
export class CniNetwork implements PodNetwork {
  readonly #options: CniNetworkOptions;
  readonly #bridge: string;
  readonly #log: Log;
  readonly #ipam: IpamStore;
  #ips = new Map<string, readonly string[]>();
  /** Sandboxes that have no host ports for certain. */
  #plain = new Set<string>();

  constructor(options: CniNetworkOptions) {
    this.#options = options;
    this.#bridge = options.bridge ?? defaultBridge;
    this.#log = options.log ?? noLog;
    this.#ipam = new IpamStore(join(ipamFolder(options), this.#bridge));
  }

  async start(sandboxIds: readonly string[]): Promise<void> {
    const { podCidr } = this.#options;
    await mkdir(ipamFolder(this.#options), { recursive: true, mode: 0o755 });
    const settings = sysctl();
    await settings.ensure('net.ipv4.ip_forward', 1);
    if ((await settings.get('net.bridge.bridge-nf-call-iptables')) === '0')
      await settings.set('net.bridge.bridge-nf-call-iptables', 1);
    const { clusterCidr } = this.#options;
    await installPodRules({ bridge: this.#bridge, podCidr, unmasked: clusterCidr ? [clusterCidr] : [] });
    await this.#recover(new Set(sandboxIds));
  }

  async stop(): Promise<void> {}

  /** Gives back everything that any sandbox holds. */
  async release(): Promise<void> {
    await this.#recover(new Set());
  }

  async attach(_pod: PodIdentity, sandbox: Sandbox, ports: readonly HostPort[]): Promise<readonly string[]> {
    const known = this.#ips.get(sandbox.id);
    if (known) return known;
    if (!sandbox.netns) throw new Error('the sandbox does not run');
    const call = { command: 'ADD', containerId: sandbox.id, netns: sandbox.netns } as const;
    const result = await callPlugin({ ...call, config: this.#bridgeConfig() });
    const ips = addressesOf(result);
    if (ports.length === 0) this.#plain.add(sandbox.id);
    else await this.#mapPorts(call, result, ports);
    this.#ips.set(sandbox.id, ips);
    return ips;
  }

  async detach(_pod: PodIdentity, sandbox: Sandbox): Promise<void> {
    const call = { command: 'DEL', containerId: sandbox.id, netns: sandbox.netns ?? '' } as const;
    if (!this.#plain.has(sandbox.id)) await callPlugin({ ...call, config: this.#portConfig(anyPort) });
    await callPlugin({ ...call, config: this.#bridgeConfig() });
    this.#plain.delete(sandbox.id);
    this.#ips.delete(sandbox.id);
  }

  ips(sandboxId: string): readonly string[] {
    return this.#ips.get(sandboxId) ?? [];
  }

  httpGet(request: HttpGet): Promise<HttpAnswer> {
    return httpGet(request);
  }

  connect(host: string, port: number, signal: AbortSignal): Promise<void> {
    return tcpConnect(host, port, signal);
  }

  grpcHealth(request: GrpcHealthRequest): Promise<GrpcHealth> {
    return grpcHealth(request);
  }

  /** A failure gives the address back, so that the next try does not leak it. */
  async #mapPorts(call: Omit<CniCall, 'config'>, result: CniResult, ports: readonly HostPort[]): Promise<void> {
    try {
      await callPlugin({ ...call, config: { ...this.#portConfig(ports), prevResult: result } });
    } catch (error) {
      await callPlugin({ ...call, command: 'DEL', config: this.#bridgeConfig() });
      throw error;
    }
  }

  /** Remembers the addresses of sandboxes that run, and gives back those of sandboxes that are gone. */
  async #recover(live: ReadonlySet<string>): Promise<void> {
    const entries = [...(await this.#ipam.entries())];
    for (const [id, ips] of entries) if (live.has(id)) this.#ips.set(id, ips);
    const gone = entries.filter(([id]) => !live.has(id));
    const mapped = gone.length > 0 && (await anyHostPorts());
    for (const [id, ips] of gone) {
      this.#log.info('giving back the address of a sandbox that is gone', { sandbox: id.slice(0, 12), ips });
      if (mapped) await this.#unmapPorts(id);
      for (const address of ips) await this.#ipam.release(address);
    }
  }

  async #unmapPorts(containerId: string): Promise<void> {
    try {
      await callPlugin({ command: 'DEL', containerId, netns: '', config: this.#portConfig(anyPort) });
    } catch (error) {
      this.#log.warn('cannot remove the host ports of a pod', { error: errorMessage(error) });
    }
  }

  #bridgeConfig(): CniCall['config'] {
    return {
      cniVersion,
      name: this.#bridge,
      type: 'bridge',
      bridge: this.#bridge,
      isGateway: true,
      // One rule of ours for all pods does it: see pod-rules.ts.
      ipMasq: false,
      hairpinMode: true,
      ipam: {
        type: 'host-local',
        dataDir: ipamFolder(this.#options),
        ranges: [[{ subnet: this.#options.podCidr }]],
        routes: [{ dst: '0.0.0.0/0' }],
      },
    };
  }

  #portConfig(ports: readonly HostPort[]): CniCall['config'] {
    const portMappings = ports.map(({ hostPort, containerPort, protocol, hostIp }) => ({
      hostPort,
      containerPort,
      protocol,
      ...(hostIp && { hostIP: hostIp }),
    }));
    return {
      cniVersion,
      name: this.#bridge,
      type: 'portmap',
      snat: true,
      capabilities: { portMappings: true },
      runtimeConfig: { portMappings },
    };
  }
}

function addressesOf(result: CniResult): string[] {
  const ips = (result.ips ?? []).map(({ address }) => address.split('/')[0]!);
  if (ips.length === 0) throw new Error('the network plugin gave the pod no address');
  return ips;
}

function ipamFolder({ rootDir }: CniNetworkOptions): string {
  return join(rootDir, 'cni');
}

/** Removes the bridge, its rules and the record of addresses; what is not there is no error. */
export async function removeCniNetwork(options: CniNetworkOptions): Promise<void> {
  const bridge = options.bridge ?? defaultBridge;
  await new CniNetwork(options).release();
  await removeSharedChains();
  await removePodRules(bridge);
  await ip().deleteLink(bridge);
  await rm(ipamFolder(options), { recursive: true, force: true });
}
