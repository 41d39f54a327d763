import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import type { Clock } from '../base/clock.ts';
import type { Component } from '../base/component.ts';
import { createLog, errorMessage, type Log, type LogLevel } from '../base/log.ts';
import type { Progress } from '../base/progress.ts';
import { realRandom } from '../base/random.ts';
import { chosenPlugins, type PluginChoice } from '../admission/index.ts';
import { addressRanges } from '../apiserver/registry/extensions/address-range.ts';
import { guardProcess } from '../apiserver/server.ts';
import { kubeconfigText } from '../client/kubeconfig.ts';
import {
  AddressPool,
  controllerNames,
  localPathProvisionerController,
  selectedControllers,
  rangeSlots,
  type NodeRanges,
} from '../controllers/index.ts';
import { Compactor } from '../storage/compactor.ts';
import { EtcdStorage } from '../storage/etcd.ts';
import type { IngressSettings } from './ingress.ts';
import type { KubeletSettings } from './kubelet-settings.ts';
import { adminUser, ControlPlane } from './control-plane.ts';
import { announcingLog } from './announce.ts';
import { lockDataDir, openDataDir, type DataDir } from './data-dir.ts';
import { ensureDefaultStorageClass } from './default-storage-class.ts';
import { ManagedEtcd } from './etcd.ts';
import { defaultAddress, defaultNodeName } from './machine.ts';
import { dnsAddressOf, startDns } from './dns.ts';
import { ensureDocker, startNode } from './node.ts';
import { Pki } from './pki.ts';
import type { SchedulerConfiguration } from '../scheduler/config/configuration.ts';
import { Rehearsal } from './rehearsal.ts';
import { schedulerConfiguration } from './scheduler-configuration.ts';
import { keepSettings, type NetworkSettings } from './settings.ts';
import { checkCount as checkSimulatedNodes, simulateOwnNodes } from './simulate.ts';
import { kubernetesVersion, version } from './version.ts';

export { addressRanges, checkSimulatedNodes, chosenPlugins, rangeSlots, schedulerConfiguration };

/** Checks a list as `--controllers` takes it. @throws an Error that names what is not known */
export function checkControllers(selection: readonly string[]): void {
  selectedControllers(selection, controllerNames());
}

/** Checks what a pool of load balancer addresses consists of. @throws an Error that names what is wrong */
export function checkAddressPool(parts: readonly string[]): void {
  void new AddressPool(parts);
}

/** An etcd that somebody else runs. Files are PEM. */
export interface ForeignEtcd {
  readonly endpoints: readonly string[];
  readonly caFile?: string | undefined;
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
}

export interface MachineClusterOptions {
  readonly dataDir: string;
  readonly port: number;
  readonly bindAddress: string;
  /** Whether this machine runs pods. */
  readonly node: boolean;
  /** How many nodes with simulated containers run in the same process. */
  readonly simulatedNodes?: number | undefined;
  readonly nodeName?: string | undefined;
  readonly nodeIp?: string | undefined;
  readonly kubeletPort: number;
  /** Where the manifests of static pods stand. Default: `kubelet/manifests` in the data folder. */
  readonly podManifestPath?: string | undefined;
  /** Of the node: what it reserves, when it evicts, how it ends. */
  readonly kubelet?: KubeletSettings | undefined;
  readonly serviceCidr: string;
  /** One range, or one of each IP family. */
  readonly clusterCidr: string;
  /** The prefix length of a node's part of it, by IP version. */
  readonly nodeMaskSize?: NodeRanges['maskSize'];
  readonly network?: NetworkSettings | undefined;
  /** Instead of the managed etcd. */
  readonly etcd?: ForeignEtcd | undefined;
  readonly logLevel: LogLevel;
  readonly root: boolean;
  /** Milliseconds that the API server goes on serving when it is to stop, while `/readyz` fails. */
  readonly shutdownDelay: number;
  readonly admission: PluginChoice;
  /** A `KubeSchedulerConfiguration`, read. */
  readonly schedulerConfig?: SchedulerConfiguration | undefined;
  /** Which controllers run, see `selectedControllers`. */
  readonly controllers: readonly string[];
  /** Whether the cluster's DNS runs here; it goes with the node. */
  readonly dns: boolean;
  /** The ingress controller of the node; absent: there is none. */
  readonly ingress?: IngressSettings | undefined;
  /** Addresses for services of type LoadBalancer. Default: those of the nodes. */
  readonly loadBalancerPool?: readonly string[] | undefined;
}

export interface Surroundings {
  readonly clock: Clock;
  readonly progress: Progress;
  /** A line for the person at the terminal. */
  readonly say: (line: string) => void;
  /** Ends a start that is under way. */
  readonly signal: AbortSignal;
}

/** A cluster that runs on this machine, in this process. */
export interface MachineCluster {
  readonly version: string;
  readonly url: string;
  readonly kubeconfig: string;
  /** How long the start took. */
  readonly seconds: number;
  /** Ends everything but the pods. */
  stop(): Promise<void>;
}

/**
 * Starts etcd, the control plane and, unless told otherwise, a node, all kept in one data folder.
 * @throws one sentence that says what is missing and what helps; what had been started is stopped again
 */
export async function startMachineCluster(
  options: MachineClusterOptions,
  surroundings: Surroundings,
): Promise<MachineCluster> {
  const { clock } = surroundings;
  const started = clock.monotonic();
  if (options.node && !options.root) {
    throw new Error(
      'A node needs root, for containers and iptables. Run as root, or a control plane only with: cox up --no-node',
    );
  }
  const dataDir = openDataDir(options.dataDir, randomUUID);
  const unlock = lockDataDir(dataDir);
  const log = announcingLog(createLog(options.logLevel, dataDir.log), surroundings.say);
  const undo: (() => Promise<void> | void)[] = [unlock, guardProcess(log)];
  const stop = async () => {
    for (const step of undo.splice(0).reverse())
      await Promise.resolve(step()).catch((e) => log.error('stop', { error: errorMessage(e) }));
  };
  try {
    const cluster = await start(options, surroundings, dataDir, log, undo);
    return { ...cluster, seconds: (clock.monotonic() - started) / 1000, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(
  options: MachineClusterOptions,
  surroundings: Surroundings,
  dataDir: DataDir,
  log: Log,
  undo: (() => Promise<void> | void)[],
): Promise<Omit<MachineCluster, 'seconds' | 'stop'>> {
  const { clock, progress } = surroundings;
  const nodeIp = options.nodeIp ?? (await defaultAddress());
  const nodeName = options.nodeName ?? defaultNodeName();
  const dnsAddress = options.dns ? dnsAddressOf(options.serviceCidr) : undefined;
  const clusterDns = options.network?.clusterDns ?? (dnsAddress ? [dnsAddress] : []);
  const network = { ...options.network, clusterDns };
  keepSettings(dataDir, { ...options, network });
  const pki = await openPki(options, dataDir, clock, nodeName, nodeIp);
  const docker = options.node ? ensureDocker({ ...surroundings, dataDir, log }) : undefined;
  docker?.catch(() => {}); // awaited below; etcd starts at the same time
  const storage = await progress.step('Starting etcd', () =>
    openStorage(options, surroundings, dataDir, pki, log, undo),
  );
  const compactor = new Compactor(storage, { clock, log: log.child({ component: 'compactor' }) });
  await compactor.start();
  undo.push(() => compactor.stop());
  const plane = await progress.step('Starting the control plane', () =>
    ControlPlane.start({
      // The managed etcd opens to us only, and the data folder is locked.
      soleWriter: !options.etcd,
      storage,
      pki,
      clock,
      random: realRandom,
      log,
      serviceCidr: options.serviceCidr,
      advertiseAddress: nodeIp,
      listen: { host: options.bindAddress, port: options.port },
      tokens: [pki.adminToken()],
      shutdownDelay: options.shutdownDelay,
      admission: chosenPlugins(options.admission),
      schedulerConfig: options.schedulerConfig,
      controllers: options.controllers,
      loadBalancerPool: options.loadBalancerPool,
      nodeRanges: nodeRangesOf(options),
    }),
  );
  undo.push(() => plane.stop());
  const url = `https://${hostOf(options.bindAddress)}:${plane.port}`;
  await writeKubeconfig(dataDir, pki, url);
  if (options.node) {
    await docker;
    const node = { ...options, nodeName, nodeIp, network };
    const dns =
      dnsAddress &&
      startDns(
        { ...node, url, domain: network.clusterDomain, clusterIp: dnsAddress },
        { clock, dataDir, log, pki, plane },
      );
    if (dns) {
      dns.catch(() => {}); // awaited below
      undo.push(() => dns.then((running) => running.stop()));
    }
    const parts = await startNode(node, { ...surroundings, dataDir, log, pki, plane });
    undo.push(() => stopAll(parts));
    await dns;
    if (selectedControllers(options.controllers, controllerNames()).has(localPathProvisionerController.name))
      await ensureDefaultStorageClass(plane.clientAs(adminUser), dataDir.volumes);
  }
  const count = options.simulatedNodes;
  if (count) {
    const nodes = await progress.step(`Starting ${count} simulated nodes`, () =>
      simulateOwnNodes({ count, plane, pki, log }),
    );
    undo.push(() => nodes.stop());
  }
  const rehearsal = new Rehearsal({ clock, random: realRandom, log, storage, busy: () => plane.apiServer.busy });
  await rehearsal.start();
  undo.push(() => rehearsal.stop());
  return { version: `${version()} (Kubernetes ${kubernetesVersion})`, url, kubeconfig: dataDir.kubeconfig };
}

/** What the cluster gives its nodes of the pods' addresses. */
function nodeRangesOf({ clusterCidr, nodeMaskSize, serviceCidr }: MachineClusterOptions): NodeRanges {
  return { clusterCidr, maskSize: nodeMaskSize, serviceCidrs: serviceCidr.split(',').map((range) => range.trim()) };
}

/** The node's parts are stopped in the order opposite to their start. */
async function stopAll(parts: readonly Component[]): Promise<void> {
  for (const part of parts.toReversed()) await part.stop();
}

function openPki(
  options: MachineClusterOptions,
  dataDir: DataDir,
  clock: Clock,
  nodeName: string,
  nodeIp: string,
): Promise<Pki> {
  return Pki.open({
    directory: dataDir.pki,
    clock,
    nodeName,
    apiServerHosts: [options.bindAddress, nodeIp, ...namesIn(options.network?.clusterDomain)],
    kubeletHosts: [nodeIp],
    serviceIp: addressRanges(options.serviceCidr)[0].at(0),
  });
}

/** What pods may call the API server in another domain than the usual one. */
function namesIn(domain: string | undefined): string[] {
  return domain && domain !== 'cluster.local' ? [`kubernetes.default.svc.${domain}`] : [];
}

async function openStorage(
  options: MachineClusterOptions,
  { clock }: Surroundings,
  dataDir: DataDir,
  pki: Pki,
  log: Log,
  undo: (() => Promise<void> | void)[],
): Promise<EtcdStorage> {
  const etcdLog = log.child({ component: 'etcd' });
  if (options.etcd) return openForeignEtcd(options.etcd, clock, etcdLog);
  const [server, peer] = await Promise.all([pki.files('etcd/server'), pki.files('etcd/peer')]);
  const client = await pki.credentials('etcd/client');
  const etcd = new ManagedEtcd({ directory: dataDir.etcd, server, peer, client, log: etcdLog, clock });
  undo.push(() => etcd.stop());
  await etcd.start();
  const credentials = {
    rootCertificate: readFileSync(server.ca),
    privateKey: Buffer.from(client.privateKey),
    certChain: Buffer.from(client.certificate),
  };
  return new EtcdStorage({ endpoints: etcd.endpoints, credentials, clock, log: etcdLog });
}

async function openForeignEtcd(etcd: ForeignEtcd, clock: Clock, log: Log): Promise<EtcdStorage> {
  const { caFile, certFile, keyFile } = etcd;
  const credentials = caFile && {
    rootCertificate: readFileSync(caFile),
    ...(certFile && keyFile && { privateKey: readFileSync(keyFile), certChain: readFileSync(certFile) }),
  };
  const storage = new EtcdStorage({ endpoints: etcd.endpoints, clock, log, ...(credentials && { credentials }) });
  try {
    await storage.ping();
  } catch (error) {
    await storage.close();
    throw new Error(`No cluster without its etcd: ${errorMessage(error)}. It is the one of --etcd-servers.`, {
      cause: error,
    });
  }
  return storage;
}

async function writeKubeconfig(dataDir: DataDir, pki: Pki, server: string): Promise<void> {
  const { certificate, privateKey } = await pki.credentials('admin');
  const text = kubeconfigText({ server, ca: pki.caCertificate, cert: certificate, key: privateKey });
  writeFileSync(dataDir.kubeconfig, text, { mode: 0o600 });
}

/** What clients on this machine connect to. */
function hostOf(bindAddress: string): string {
  if (bindAddress === '0.0.0.0' || bindAddress === '::') return '127.0.0.1';
  return bindAddress.includes(':') ? `[${bindAddress}]` : bindAddress;
}
