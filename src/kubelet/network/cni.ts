import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errorMessage, noLog, type Log } from '../../base/log.ts';
import { ip } from '../../linux/ip.ts';
import { sysctl } from '../../linux/sysctl.ts';
import type { PodIdentity } from '../pod-spec.ts';
import type { Sandbox } from '../runtime/runtime.ts';
import { bridgeConfig, portConfig } from './cni-config.ts';
import { callPlugin, type CniCall, type CniResult } from './cni-plugin.ts';
import { grpcHealth, type GrpcHealth, type GrpcHealthRequest } from './grpc-health.ts';
import { anyHostPorts, removeSharedChains } from './host-ports.ts';
import { httpGet, tcpConnect } from './http-probe.ts';
import { IpamStore } from './ipam.ts';
import type { HostPort, HttpAnswer, HttpGet, PodNetwork } from './network.ts';
import { podMtu, type PodNetworkMode } from './mtu.ts';
import { installPodRules, removePodRules } from './pod-rules.ts';

export interface CniNetworkOptions {
  /** The kubelet's folder; addresses are kept below it. */
  readonly rootDir: string;
  /** The addresses of all pods of the cluster, one range of each IP family: pods reach them with their own address. */
  readonly clusterCidr?: string | undefined;
  /** Default: `routes`. */
  readonly mode?: PodNetworkMode | undefined;
  /** The size of the largest packets in bytes. Default: as large as they can leave this machine. */
  readonly mtu?: number | undefined;
  /** Default: `cox0`. */
  readonly bridge?: string | undefined;
  readonly log?: Log | undefined;
}

const defaultBridge = 'cox0';
/** To remove the ports of a pod the plugin wants to see some, and does not look which. */
const anyPort: readonly HostPort[] = [{ hostPort: 1, containerPort: 1, protocol: 'tcp' }];

/** Connects pods to a bridge of the node with Debian's CNI plugins: bridge, host-local, and portmap for host ports. */
export class CniNetwork implements PodNetwork {
  readonly #options: CniNetworkOptions;
  readonly #bridge: string;
  readonly #log: Log;
  readonly #ipam: IpamStore;
  #podCidrs: readonly string[] = [];
  #mtu: number | undefined;
  #ips = new Map<string, readonly string[]>();
  /** Sandboxes that hold addresses and were not there at the last look. */
  #missed = new Set<string>();
  /** Sandboxes that have no host ports for certain. */
  #plain = new Set<string>();

  constructor(options: CniNetworkOptions) {
    this.#options = options;
    this.#bridge = options.bridge ?? defaultBridge;
    this.#log = options.log ?? noLog;
    this.#ipam = new IpamStore(join(ipamFolder(options), this.#bridge));
  }

  async start(sandboxIds: readonly string[]): Promise<void> {
    await mkdir(ipamFolder(this.#options), { recursive: true, mode: 0o755 });
    const settings = sysctl();
    await settings.ensure('net.ipv4.ip_forward', 1);
    if ((await settings.get('net.bridge.bridge-nf-call-iptables')) === '0')
      await settings.set('net.bridge.bridge-nf-call-iptables', 1);
    [this.#mtu] = await Promise.all([this.#largestPacket(), this.#mask(this.#options.clusterCidr?.split(',') ?? [])]);
    await this.#recover(new Set(sandboxIds));
  }

  async open(podCidrs: readonly string[]): Promise<void> {
    if (podCidrs.some((cidr) => cidr.includes(':'))) await sysctl().ensure('net.ipv6.conf.all.forwarding', 1);
    if (!this.#options.clusterCidr) await this.#mask(podCidrs);
    this.#podCidrs = podCidrs;
  }

  /** What leaves these ranges carries the node's address. */
  async #mask(ranges: readonly string[]): Promise<void> {
    for (const podCidr of ranges) await installPodRules({ bridge: this.#bridge, podCidr: podCidr.trim() });
  }

  async #largestPacket(): Promise<number | undefined> {
    const { mtu, mode = 'routes' } = this.#options;
    if (mtu) return mtu;
    const [routes, links] = await Promise.all([ip().routes(), ip().links()]);
    return podMtu(mode, routes, links);
  }

  /** Gives back the addresses of sandboxes that are gone: not there now, nor when it was called last. */
  async sweep(sandboxIds: readonly string[]): Promise<void> {
    const entries = [...(await this.#ipam.entries())];
    const live = new Set([...sandboxIds, ...this.#ips.keys()]);
    const missing = entries.filter(([id]) => !live.has(id));
    const gone = missing.filter(([id]) => this.#missed.has(id));
    this.#missed = new Set(missing.map(([id]) => id));
    await this.#giveBack(gone);
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
    if (this.#podCidrs.length === 0) throw new Error('the node has no range of pod addresses yet');
    const call = { command: 'ADD', containerId: sandbox.id, netns: sandbox.netns } as const;
    // Who dies between the two plugins leaves a pod without its ports, which must then be connected anew.
    if (ports.length > 0) await this.#ipam.begin(sandbox.id);
    const result = await callPlugin({ ...call, config: this.#bridgeConfig() });
    const ips = addressesOf(result);
    if (ports.length === 0) this.#plain.add(sandbox.id);
    else await this.#mapPorts(call, result, ports);
    if (ports.length > 0) await this.#ipam.finish(sandbox.id);
    this.#ips.set(sandbox.id, ips);
    return ips;
  }

  async detach(_pod: PodIdentity, sandbox: Sandbox): Promise<void> {
    const call = { command: 'DEL', containerId: sandbox.id, netns: sandbox.netns ?? '' } as const;
    if (!this.#plain.has(sandbox.id)) await callPlugin({ ...call, config: this.#portConfig(anyPort) });
    // Without a range nothing has been attached since the start; what was before is given back by hand.
    if (this.#podCidrs.length > 0) await callPlugin({ ...call, config: this.#bridgeConfig() });
    else for (const address of this.ips(sandbox.id)) await this.#ipam.release(address);
    await this.#ipam.finish(sandbox.id);
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
    const half = await this.#ipam.unfinished();
    for (const [id, ips] of entries) if (live.has(id) && !half.has(id)) this.#ips.set(id, ips);
    await this.#giveBack(entries.filter(([id]) => !live.has(id)));
  }

  async #giveBack(gone: readonly (readonly [string, readonly string[]])[]): Promise<void> {
    const mapped = gone.length > 0 && (await anyHostPorts().catch(() => true));
    for (const [id, ips] of gone) {
      this.#log.info('giving back the address of a sandbox that is gone', { sandbox: id.slice(0, 12), ips });
      if (mapped) await this.#unmapPorts(id);
      for (const address of ips) await this.#ipam.release(address);
      await this.#ipam.finish(id);
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
    return bridgeConfig({
      ...{ name: this.#bridge, dataDir: ipamFolder(this.#options), podCidrs: this.#podCidrs, mtu: this.#mtu },
    });
  }

  #portConfig(ports: readonly HostPort[]): CniCall['config'] {
    return portConfig(this.#bridge, ports);
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

/**
 * Removes the bridge, its rules and the record of addresses; what is not there is no error.
 * @param shared whether others use the bridge, which then stays
 */
export async function removeCniNetwork(options: CniNetworkOptions, shared = false): Promise<void> {
  const bridge = options.bridge ?? defaultBridge;
  await new CniNetwork(options).release();
  await removeSharedChains();
  if (!shared) {
    await removePodRules(bridge);
    await ip().deleteLink(bridge);
  }
  await rm(ipamFolder(options), { recursive: true, force: true });
}
