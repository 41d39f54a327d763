import type { Clock } from '../base/clock.ts';
import type { Gate } from '../base/gate.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { Client } from '../client/client.ts';
import type { Informers } from '../client/informer.ts';
import type { ThresholdSettings } from './eviction/thresholds.ts';
import type { CredentialProvidersOptions } from './images/credential-providers.ts';
import type { PodNetwork } from './network/network.ts';
import type { PodGuard } from './network/pod-guard.ts';
import type { MachineInfo } from './node/machine-info.ts';
import type { ShutdownGrace } from './node/shutdown.ts';
import type { ProberOptions } from './probes/prober.ts';
import type { Runtime } from './runtime/runtime.ts';
import type { ServingOptions } from './server/server.ts';

export interface KubeletOptions {
  readonly client: Client;
  readonly nodeName: string;
  /** The address by which the API server and other nodes reach this one. */
  readonly nodeIp: string;
  readonly runtime: Runtime;
  readonly network: PodNetwork;
  /** Told of pods' addresses before anything runs in them. Default: nobody is. */
  readonly guard?: PodGuard | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Where pods keep their files. Undefined on simulated nodes: no volumes, no /etc/hosts, nothing of this machine. */
  readonly rootDir?: string | undefined;
  /** Files as `docker login` writes them, whose credentials all pods may pull with, after `config.json` in `rootDir`. */
  readonly credentialFiles?: readonly string[] | undefined;
  /** Plugins that know credentials for images, and the folder of their executables. */
  readonly credentialProviders?: Pick<CredentialProvidersOptions, 'providers' | 'folder'> | undefined;
  /** Where volumes lie that were provisioned in folders of nodes. Default: `volumes` in `rootDir`. */
  readonly localPaths?: string | undefined;
  /** The node's own range of pod addresses, e.g. `10.244.0.0/24`; absent: the cluster gives it one. */
  readonly podCidr?: string | undefined;
  /** The HTTPS endpoint for logs and exec; without it the node has none. */
  readonly serving?: ServingOptions | undefined;
  /** Addresses of the cluster's DNS; without one pods use the node's resolver. */
  readonly clusterDns?: readonly string[] | undefined;
  readonly clusterDomain?: string | undefined;
  readonly maxPods?: number | undefined;
  /** How long pods get when the kubelet stops, for then the node shuts down. Absent: stopping leaves them running. */
  readonly shutdown?: readonly ShutdownGrace[] | undefined;
  /** What the node keeps for the system and for Kubernetes: lists of amounts by resource. */
  readonly reserved?: readonly Readonly<Record<string, string>>[] | undefined;
  /** When pods are evicted; absent: upstream's defaults. */
  readonly eviction?: EvictionSettings | undefined;
  /** Most processes of one pod; absent is no limit. */
  readonly podPidsLimit?: number | undefined;
  /** Names, or prefixes with a `*`, of sysctls that pods may set beyond the safe ones. */
  readonly allowedUnsafeSysctls?: readonly string[] | undefined;
  /** Milliseconds between two signs of life of the node. Default 10,000. */
  readonly heartbeat?: number | undefined;
  readonly nodeLabels?: Readonly<Record<string, string>> | undefined;
  /** The folder (or file) of manifests of pods that this node runs by itself. */
  readonly podManifestPath?: string | undefined;
  /** As `kubectl get nodes` shows it, e.g. `v1.36.0`. */
  readonly version?: string | undefined;
  /** Informers that it shares with others; default: watches of its own. */
  readonly informers?: Informers | undefined;
  /** Through which statuses of pods are written, when many kubelets share an API server's patience. */
  readonly gate?: Gate | undefined;
  /** Puts events off, see `EventRecorderOptions`. */
  readonly holdEvents?: (() => Promise<void> | undefined) | undefined;
  /** Of simulated pods: why a probe fails. */
  readonly probeFailure?: ProberOptions['failure'];
  /** Of simulated nodes: what the machine is said to be. */
  readonly machine?: MachineInfo | undefined;
}

export interface EvictionSettings extends ThresholdSettings {
  readonly transition?: number | undefined;
  readonly maxGraceSeconds?: number | undefined;
}
