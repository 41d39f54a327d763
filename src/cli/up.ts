import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { realClock } from '../base/clock.ts';
import { createProgress } from '../base/progress.ts';
import {
  addressRanges,
  checkAddressPool,
  checkControllers,
  checkSimulatedNodes,
  chosenPlugins,
  rangeSlots,
  schedulerConfiguration,
  startMachineCluster,
  type MachineClusterOptions,
} from '../cluster/machine-cluster.ts';
import { kubeletSettings, type KubeletSettings } from '../cluster/kubelet-settings.ts';
import { errorMessage, type LogLevel } from '../base/log.ts';
import type { Command, Terminal } from './command.ts';
import { ingressFlags, ingressSettings } from './ingress-flags.ts';
import { proxyFlags, proxySettings } from './proxy-flags.ts';
import { dataDirFlag, dataDirOf } from './data-dir-flag.ts';
import { UsageError, type Flag, type FlagValues } from './flags.ts';

const flags: readonly Flag[] = [
  dataDirFlag,
  { name: 'port', type: 'integer', default: 6443, help: 'port of the API server' },
  {
    name: 'bind-address',
    type: 'string',
    placeholder: 'IP',
    help: 'address the API server listens on (default 0.0.0.0, so that pods reach it; 127.0.0.1 with --no-node)',
  },
  {
    name: 'etcd-servers',
    type: 'string',
    placeholder: 'URLS',
    help: 'comma-separated URLs of an etcd of yours, instead of the managed one',
  },
  { name: 'etcd-cafile', type: 'string', placeholder: 'FILE', help: 'CA of your etcd' },
  { name: 'etcd-certfile', type: 'string', placeholder: 'FILE', help: 'client certificate for your etcd' },
  { name: 'etcd-keyfile', type: 'string', placeholder: 'FILE', help: 'key of that certificate' },
  { name: 'no-node', type: 'boolean', default: false, help: 'control plane only: needs neither root nor Docker' },
  {
    name: 'simulated-nodes',
    type: 'integer',
    default: 0,
    help: 'how many nodes whose containers live in memory to run besides, named sim-1 and so on',
  },
  { name: 'node-name', type: 'string', placeholder: 'NAME', help: "the node's name (default: the host name)" },
  {
    name: 'node-ip',
    type: 'string',
    placeholder: 'IP',
    help: "the node's address (default: that of the default route)",
  },
  { name: 'kubelet-port', type: 'integer', default: 10250, help: "port of the kubelet's endpoint" },
  {
    name: 'pod-manifest-path',
    type: 'string',
    placeholder: 'PATH',
    help: 'folder of manifests of static pods (default: kubelet/manifests in the data folder)',
  },
  {
    name: 'system-reserved',
    type: 'string',
    placeholder: 'AMOUNTS',
    help: 'what the node keeps for the system, e.g. cpu=100m,memory=1Gi',
  },
  {
    name: 'kube-reserved',
    type: 'string',
    placeholder: 'AMOUNTS',
    help: 'what the node keeps for Kubernetes, in the same form',
  },
  {
    name: 'eviction-hard',
    type: 'string',
    placeholder: 'THRESHOLDS',
    help: 'when pods are evicted (default memory.available<100Mi,nodefs.available<10%,...)',
  },
  {
    name: 'eviction-soft',
    type: 'string',
    placeholder: 'THRESHOLDS',
    help: 'when pods are evicted if it lasts, e.g. memory.available<1Gi',
  },
  {
    name: 'eviction-soft-grace-period',
    type: 'string',
    placeholder: 'PERIODS',
    help: 'how long each soft threshold must be crossed, e.g. memory.available=1m30s',
  },
  {
    name: 'eviction-minimum-reclaim',
    type: 'string',
    placeholder: 'AMOUNTS',
    help: 'what must be free beyond a threshold before it is over, e.g. nodefs.available=500Mi',
  },
  {
    name: 'eviction-max-pod-grace-period',
    type: 'integer',
    default: 0,
    help: 'seconds that a pod gets at most when a soft threshold is met',
  },
  {
    name: 'eviction-pressure-transition-period',
    type: 'string',
    placeholder: 'PERIOD',
    help: 'how long a pressure is told after it was last seen (default 5m0s)',
  },
  {
    name: 'image-credential-provider-config',
    type: 'string',
    placeholder: 'FILE',
    help: 'a CredentialProviderConfig that names plugins which know credentials for images',
  },
  {
    name: 'image-credential-provider-bin-dir',
    type: 'string',
    placeholder: 'FOLDER',
    help: 'where the executables of these plugins are',
  },
  {
    name: 'allowed-unsafe-sysctls',
    type: 'string',
    placeholder: 'NAMES',
    help: 'comma-separated sysctls (or prefixes with a *) that pods may set besides the safe ones',
  },
  { name: 'pod-max-pids', type: 'integer', default: 0, help: 'most processes of a pod (0: no limit)' },
  {
    name: 'shutdown-grace-period',
    type: 'integer',
    default: 0,
    help: 'seconds that pods get to end when cox stops (0: they go on without it)',
  },
  {
    name: 'shutdown-grace-period-critical-pods',
    type: 'integer',
    default: 0,
    help: 'how many of these seconds are for critical pods, which end last',
  },
  {
    name: 'service-cidr',
    type: 'string',
    default: '10.96.0.0/16',
    placeholder: 'CIDR[,CIDR]',
    help: 'range of cluster IPs; for dual-stack services one of IPv4 and one of IPv6',
  },
  { name: 'no-dns', type: 'boolean', default: false, help: "without the cluster's DNS: pods ask as the node does" },
  {
    name: 'cluster-dns',
    type: 'string',
    placeholder: 'IP[,IP]',
    help: "whom pods ask for names (default: the cluster's DNS, the tenth address of the service range)",
  },
  {
    name: 'cluster-domain',
    type: 'string',
    default: 'cluster.local',
    placeholder: 'DOMAIN',
    help: "domain of the cluster's names; pods that run keep the one they were started with",
  },
  {
    name: 'cluster-cidr',
    type: 'string',
    default: '10.244.0.0/16',
    placeholder: 'CIDR[,CIDR]',
    help: 'range of pod IPs, of which each node is given a part; for dual-stack pods one of IPv4 and one of IPv6',
  },
  {
    name: 'node-cidr-mask-size',
    type: 'integer',
    default: 0,
    help: "prefix length of a node's part (default 24, and 64 for IPv6)",
  },
  { name: 'node-cidr-mask-size-ipv4', type: 'integer', default: 0, help: 'the same for IPv4 only' },
  { name: 'node-cidr-mask-size-ipv6', type: 'integer', default: 0, help: 'the same for IPv6 only' },
  {
    name: 'pod-network',
    type: 'string',
    default: 'routes',
    placeholder: 'MODE',
    help: 'how pods of different nodes reach each other: routes (nodes are neighbours) or vxlan (a tunnel between them)',
  },
  {
    name: 'pod-network-mtu',
    type: 'integer',
    default: 0,
    help: "size of pods' largest packets in bytes (0: as large as they can leave the machine)",
  },
  ...proxyFlags,
  { name: 'no-network-policy', type: 'boolean', default: false, help: 'do not enforce NetworkPolicies' },
  {
    name: 'enable-admission-plugins',
    type: 'string',
    placeholder: 'NAMES',
    help: 'comma-separated names of admission plugins to be on besides those that are by default',
  },
  {
    name: 'disable-admission-plugins',
    type: 'string',
    placeholder: 'NAMES',
    help: 'comma-separated names of admission plugins to be off',
  },
  {
    name: 'scheduler-config',
    type: 'string',
    placeholder: 'FILE',
    help: 'a KubeSchedulerConfiguration (kubescheduler.config.k8s.io/v1): profiles, plugins, extenders',
  },
  {
    name: 'controllers',
    type: 'string',
    default: '*',
    placeholder: 'NAMES',
    help: "comma-separated controllers to run: '*' all that are on by default, 'foo' one, '-foo' all but that one",
  },
  { name: 'no-ingress', type: 'boolean', default: false, help: 'without the ingress controller' },
  ...ingressFlags,
  {
    name: 'load-balancer-pool',
    type: 'string',
    placeholder: 'RANGES',
    help: "addresses for services of type LoadBalancer, e.g. 10.0.99.0/28,10.0.99.20-10.0.99.30 (default: the nodes' own)",
  },
  {
    name: 'shutdown-delay',
    type: 'integer',
    default: 0,
    help: 'seconds that a stopping API server goes on serving while /readyz fails, for load balancers to notice',
  },
  {
    name: 'log-level',
    type: 'string',
    default: 'info',
    placeholder: 'LEVEL',
    help: 'debug, info, warn or error; the log is <data-dir>/cox.log',
  },
];

const LOG_LEVELS: readonly string[] = ['debug', 'info', 'warn', 'error'];

/** Runs a cluster in the foreground until Ctrl-C or SIGTERM. */
export const up: Command = {
  name: 'up',
  summary: 'Run a cluster on this machine, in the foreground.',
  description: 'Ctrl-C stops it. Pods keep running, and the next start adopts them.',
  flags,
  async run(values, positional, terminal) {
    if (positional.length > 0) throw new UsageError(`unexpected argument "${positional[0]}"`);
    const cluster = await startMachineCluster(optionsOf(values, terminal), {
      clock: realClock,
      progress: createProgress(realClock, terminal.err),
      say: terminal.err,
      signal: terminal.signal,
    });
    for (const line of closingBlock(cluster, values['no-node'] === true)) terminal.out(line);
    await aborted(terminal.signal);
    terminal.err('Stopping ...');
    await cluster.stop();
    terminal.err(values['no-node'] ? 'Stopped.' : 'Stopped. Pods keep running; `cox down` removes them.');
  },
};

function optionsOf(values: FlagValues, terminal: Terminal): MachineClusterOptions {
  const text = (name: string) => {
    const value = values[name];
    return typeof value === 'string' && value ? value : undefined;
  };
  const node = values['no-node'] !== true;
  const bindAddress = ipFlag('bind-address', text('bind-address')) ?? (node ? '0.0.0.0' : '127.0.0.1');
  const level = text('log-level') ?? 'info';
  if (!LOG_LEVELS.includes(level))
    throw new UsageError(`invalid argument "${level}" for "--log-level" flag: use ${LOG_LEVELS.join(', ')}`);
  const etcdServers = urlsFlag('etcd-servers', text('etcd-servers'));
  return {
    dataDir: dataDirOf(values, terminal),
    port: portFlag('port', values.port),
    bindAddress,
    node,
    simulatedNodes: simulatedNodesFlag(Number(values['simulated-nodes'])),
    nodeName: text('node-name'),
    nodeIp: ipFlag('node-ip', text('node-ip')),
    kubeletPort: portFlag('kubelet-port', values['kubelet-port']),
    podManifestPath: text('pod-manifest-path'),
    kubelet: kubeletFlags(values),
    serviceCidr: serviceRangesFlag('service-cidr', text('service-cidr')),
    ...podRanges(values, text),
    network: {
      policies: values['no-network-policy'] !== true,
      mode: podNetworkFlag(text('pod-network')),
      mtu: Number(values['pod-network-mtu']) || undefined,
      clusterDns: ipsFlag('cluster-dns', text('cluster-dns')),
      clusterDomain: domainFlag('cluster-domain', text('cluster-domain')),
      proxy: proxySettings(values),
    },
    dns: values['no-dns'] !== true,
    etcd: etcdServers && {
      endpoints: etcdServers,
      caFile: text('etcd-cafile'),
      certFile: text('etcd-certfile'),
      keyFile: text('etcd-keyfile'),
    },
    logLevel: level as LogLevel,
    root: terminal.root,
    shutdownDelay: secondsFlag('shutdown-delay', values['shutdown-delay']) * 1000,
    controllers: controllersFlag(text('controllers')),
    ingress: values['no-ingress'] === true ? undefined : ingressSettings(values),
    loadBalancerPool: poolFlag('load-balancer-pool', text('load-balancer-pool')),
    schedulerConfig: schedulerConfigFlag(text('scheduler-config')),
    admission: pluginsFlags(text('enable-admission-plugins'), text('disable-admission-plugins')),
  };
}

function pluginsFlags(enabled = '', disabled = ''): MachineClusterOptions['admission'] {
  const names = (value: string) => value.split(',').flatMap((name) => name.trim() || []);
  const choice = { enable: names(enabled), disable: names(disabled) };
  try {
    chosenPlugins(choice);
    return choice;
  } catch (error) {
    throw new UsageError(errorMessage(error));
  }
}

function schedulerConfigFlag(file: string | undefined): MachineClusterOptions['schedulerConfig'] {
  if (file === undefined) return undefined;
  try {
    return schedulerConfiguration(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new UsageError(`invalid argument "${file}" for "--scheduler-config" flag: ${errorMessage(error)}`);
  }
}

function controllersFlag(value = '*'): string[] {
  const names = value.split(',').flatMap((name) => name.trim() || []);
  try {
    checkControllers(names);
    return names;
  } catch (error) {
    throw new UsageError(`invalid argument "${names.join(',')}" for "--controllers" flag: ${errorMessage(error)}`);
  }
}

function poolFlag(name: string, value: string | undefined): string[] | undefined {
  const parts = value?.split(',').map((part) => part.trim());
  try {
    checkAddressPool(parts ?? []);
    return parts;
  } catch (error) {
    throw new UsageError(`invalid argument "${value}" for "--${name}" flag: ${errorMessage(error)}`);
  }
}

function simulatedNodesFlag(count: number): number {
  try {
    if (count > 0) checkSimulatedNodes(count);
    return count;
  } catch (error) {
    throw new UsageError(`invalid argument "${count}" for "--simulated-nodes" flag: ${errorMessage(error)}`);
  }
}

function portFlag(name: string, value: unknown): number {
  const port = Number(value);
  if (port < 1 || port > 65535)
    throw new UsageError(`invalid argument "${port}" for "--${name}" flag: not a port (1 to 65535)`);
  return port;
}

function secondsFlag(name: string, value: unknown): number {
  const seconds = Number(value);
  if (seconds < 0 || seconds > 3600)
    throw new UsageError(`invalid argument "${seconds}" for "--${name}" flag: not a number of seconds from 0 to 3600`);
  return seconds;
}

function urlsFlag(name: string, value: string | undefined): string[] | undefined {
  const urls = value?.split(',').map((s) => s.trim());
  const wrong = urls?.find((url) => !/^https?:\/\/[^/\s]+\/?$/.test(url));
  if (wrong !== undefined)
    throw new UsageError(`invalid argument "${wrong}" for "--${name}" flag: not a URL like http://127.0.0.1:2379`);
  return urls;
}

/** One range of service addresses, or one of each IP family. */
function serviceRangesFlag(name: string, value = ''): string {
  try {
    addressRanges(value);
    return value;
  } catch (error) {
    throw new UsageError(`invalid argument "${value}" for "--${name}" flag: ${errorMessage(error)}`);
  }
}

/** What pods' addresses are of, and how much of it each node gets. */
function podRanges(values: FlagValues, text: (name: string) => string | undefined) {
  const size = (name: string) => Number(values[name]) || undefined;
  const clusterCidr = text('cluster-cidr') ?? '';
  const both = size('node-cidr-mask-size');
  if (both && clusterCidr.includes(',')) throw new UsageError('--node-cidr-mask-size is for one range, not for two');
  const [narrow, wide] = [size('node-cidr-mask-size-ipv4') ?? both, size('node-cidr-mask-size-ipv6') ?? both];
  const nodeMaskSize = { 4: narrow, 6: wide };
  try {
    rangeSlots({ clusterCidr, maskSize: nodeMaskSize });
    return { clusterCidr, nodeMaskSize };
  } catch (error) {
    throw new UsageError(`invalid argument "${clusterCidr}" for "--cluster-cidr" flag: ${errorMessage(error)}`);
  }
}

function podNetworkFlag(value = 'routes'): 'routes' | 'vxlan' {
  if (value === 'routes' || value === 'vxlan') return value;
  throw new UsageError(`invalid argument "${value}" for "--pod-network" flag: use routes or vxlan`);
}

function ipFlag(name: string, value: string | undefined): string | undefined {
  if (value !== undefined && isIP(value) === 0)
    throw new UsageError(`invalid argument "${value}" for "--${name}" flag: not an IP address`);
  return value;
}

/** Such as Kubernetes takes: a DNS name in small letters. */
function domainFlag(name: string, value: string | undefined): string | undefined {
  const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
  const domain = value?.replace(/\.$/, '');
  // The names of services, with their namespaces before it, must fit in 253 characters.
  if (domain !== undefined && (domain.length > 120 || !domain.split('.').every((part) => label.test(part))))
    throw new UsageError(`invalid argument "${value}" for "--${name}" flag: not a domain like cluster.local`);
  return domain;
}

function ipsFlag(name: string, value: string | undefined): string[] | undefined {
  const ips = value?.split(',').flatMap((ip) => ipFlag(name, ip.trim()) ?? []);
  if (ips && ips.length > 3) throw new UsageError(`invalid argument "${value}" for "--${name}" flag: at most three`);
  return ips;
}

interface Started {
  readonly version: string;
  readonly url: string;
  readonly kubeconfig: string;
  readonly seconds: number;
}

function closingBlock(cluster: Started, controlPlaneOnly: boolean): string[] {
  const example = controlPlaneOnly ? 'kubectl get namespaces' : 'kubectl apply -f examples/web.yaml';
  return [
    '',
    `Coxswain ${cluster.version} is ready after ${cluster.seconds.toFixed(1)} s at ${cluster.url}`,
    '',
    `  export KUBECONFIG=${cluster.kubeconfig}`,
    controlPlaneOnly ? '  kubectl version' : '  kubectl get nodes',
    `  ${example}`,
    '',
    'Ctrl-C stops it.',
  ];
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function kubeletFlags(values: FlagValues): KubeletSettings {
  const text = (name: string) => values[name] as string | undefined;
  const number = (name: string) => values[name] as number | undefined;
  try {
    return kubeletSettings({
      systemReserved: text('system-reserved'),
      kubeReserved: text('kube-reserved'),
      evictionHard: text('eviction-hard'),
      evictionSoft: text('eviction-soft'),
      evictionSoftGrace: text('eviction-soft-grace-period'),
      evictionMinReclaim: text('eviction-minimum-reclaim'),
      evictionMaxGrace: number('eviction-max-pod-grace-period'),
      evictionTransition: text('eviction-pressure-transition-period'),
      credentialProviderConfig: text('image-credential-provider-config'),
      credentialProviderFolder: text('image-credential-provider-bin-dir'),
      allowedUnsafeSysctls: text('allowed-unsafe-sysctls'),
      podMaxPids: number('pod-max-pids'),
      shutdownGrace: number('shutdown-grace-period'),
      shutdownGraceCritical: number('shutdown-grace-period-critical-pods'),
    });
  } catch (error) {
    throw new UsageError(errorMessage(error));
  }
}
