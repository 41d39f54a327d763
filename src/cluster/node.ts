import { homedir } from 'node:os';
import { join } from 'node:path';
import { mkdirSync } from 'node:fs';
import { authenticated } from '../auth/user.ts';
import type { Clock } from '../base/clock.ts';
import type { Component } from '../base/component.ts';
import { noLog, type Log } from '../base/log.ts';
import type { Progress } from '../base/progress.ts';
import { realRandom } from '../base/random.ts';
import { removeNodeRoutes } from '../kubelet/network/node-routes/node-routes.ts';
import type { PodNetwork } from '../kubelet/network/network.ts';
import { Kubelet } from '../kubelet/kubelet.ts';
import { connectDocker } from '../kubelet/runtime/docker.ts';
import { DockerRuntime } from '../kubelet/runtime/docker-runtime.ts';
import { removeEverything } from '../kubelet/runtime/remove-everything.ts';
import { removePolicyRules } from '../network-policy/network-policy.ts';
import { removeAnnouncedAddresses } from '../proxy/address-announcer.ts';
import { Proxy, removeProxyRules } from '../proxy/proxy.ts';
import type { ControlPlane } from './control-plane.ts';
import type { DataDir } from './data-dir.ts';
import { dockerAnswers, startDockerEngine } from './docker-engine.ts';
import { entrancesOf, type EntranceOptions } from './entrances.ts';
import { forgetNode, noteNode, otherNodes } from './host-nodes.ts';
import type { KubeletSettings } from './kubelet-settings.ts';
import type { Pki } from './pki.ts';
import { podNetwork } from './pod-network.ts';
import { policyEnforcement } from './policy-enforcement.ts';
import { primaryRange, type NetworkSettings } from './settings.ts';
import { kubernetesVersion } from './version.ts';

export interface NodeOptions extends EntranceOptions {
  readonly kubeletPort: number;
  /** Where the manifests of static pods stand. Default: `manifests` in the kubelet's folder. */
  readonly podManifestPath?: string | undefined;
  readonly kubelet?: KubeletSettings | undefined;
  /** The addresses of all pods of the cluster, of which this node is given a part. */
  readonly clusterCidr: string;
  readonly network?: NetworkSettings | undefined;
}

export interface NodeSurroundings {
  readonly clock: Clock;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  readonly dataDir: DataDir;
  readonly log: Log;
  readonly pki: Pki;
  readonly plane: ControlPlane;
}

/** Resolves when a Docker Engine answers; starts one if none does. */
export async function ensureDocker({
  clock,
  progress,
  signal,
  dataDir,
}: Omit<NodeSurroundings, 'pki' | 'plane'>): Promise<void> {
  if (await dockerAnswers()) return;
  await progress.step('Starting the Docker Engine', () =>
    startDockerEngine({ logFolder: dataDir.path, clock, signal }),
  );
}

/**
 * Makes this machine a node: a kubelet on the Docker Engine and a proxy. Both call the API server of this process.
 * @returns what runs, in the order it was started; stopping it leaves pods and rules in place
 */
export async function startNode(options: NodeOptions, surroundings: NodeSurroundings): Promise<Component[]> {
  const { clock, log, plane, progress, dataDir } = surroundings;
  mkdirSync(dataDir.kubelet, { recursive: true, mode: 0o750 });
  const { nodeName, network = {} } = options;
  tellOthers(dataDir, log);
  const policyClient = plane.clientAs(authenticated('system:coxswain:network-policy'), 'network-policy');
  const policies = await policyEnforcement(network, { client: policyClient, nodeName, clock, log });
  const { network: pods, routes } = podNetwork(network, {
    ...options,
    client: plane.clientAs(authenticated('system:coxswain:node-routes'), 'node-routes'),
    ...{ rootDir: dataDir.kubelet, clock, log },
  });
  const guarded = { ...options, kubelet: { ...options.kubelet, guard: policies } };
  const kubelet = await createKubelet(guarded, pods, surroundings);
  const proxy = new Proxy({
    client: plane.clientAs(authenticated('system:kube-proxy'), 'kube-proxy'),
    nodeName,
    clusterCidr: primaryRange(options.clusterCidr),
    clock,
    random: realRandom,
    log: log.child({ component: 'proxy' }),
    status: {},
    ...network.proxy,
  });
  const entrances = await entrancesOf(options, surroundings);
  const parts = [proxy, routes, ...(policies ? [policies] : []), kubelet, ...entrances];
  await progress.step('Starting the node', () => Promise.all(parts.map((part) => part.start())));
  return parts;
}

/** Each of two would take the other's rules for its own. */
function tellOthers(dataDir: DataDir, log: Log): void {
  const others = otherNodes(dataDir);
  noteNode(dataDir);
  if (others.length === 0) return;
  const message = 'another cluster runs a node in the network of this machine; services and policies of both will fail';
  log.warn(message, { others, announce: true });
}

async function createKubelet(
  options: NodeOptions,
  network: PodNetwork,
  { clock, log, pki, plane, dataDir }: NodeSurroundings,
): Promise<Kubelet> {
  const { nodeName, nodeIp } = options;
  const { certificate, privateKey } = await pki.credentials('kubelet-serving');
  const kubeletLog = log.child({ component: 'kubelet' });
  return new Kubelet({
    ...options.kubelet,
    client: plane.clientAs(authenticated(`system:node:${nodeName}`, ['system:nodes']), 'kubelet'),
    nodeName,
    nodeIp,
    clock,
    random: realRandom,
    log: kubeletLog,
    version: kubernetesVersion,
    clusterDns: options.network?.clusterDns,
    clusterDomain: options.network?.clusterDomain,
    runtime: new DockerRuntime({ clusterId: dataDir.clusterId, nodeName, clock, log: kubeletLog }),
    network,
    rootDir: dataDir.kubelet,
    credentialFiles: [join(homedir(), '.docker', 'config.json'), '/.docker/config.json'],
    localPaths: dataDir.volumes,
    podManifestPath: options.podManifestPath ?? join(dataDir.kubelet, 'manifests'),
    serving: { port: options.kubeletPort, cert: certificate, key: privateKey, clientCa: pki.caCertificate },
  });
}

/**
 * Removes from this machine what a node of the cluster made: containers, the pods' network and files, service rules.
 * @returns what was done, in lines for a person
 */
export async function removeNode(dataDir: DataDir): Promise<string[]> {
  const docker = (await dockerAnswers()) ? connectDocker() : undefined;
  const { clusterId, kubelet } = dataDir;
  const others = otherNodes(dataDir);
  const removed = await removeEverything(docker, { clusterId, rootDir: kubelet, sharedBridge: others.length > 0 });
  if (others.length === 0) await removeRules();
  forgetNode(dataDir);
  const containers = docker
    ? `${removed} container${removed === 1 ? '' : 's'}`
    : 'no containers (no Docker Engine answers)';
  if (others.length > 0)
    return [`Removed ${containers}. The iptables rules stay for the cluster on ${others.join(', ')}, which runs.`];
  return [`Removed ${containers}, the network of the pods, and the iptables rules of services.`];
}

async function removeRules(): Promise<void> {
  await removeNodeRoutes();
  await removeProxyRules();
  await removeAnnouncedAddresses();
  await removePolicyRules(noLog);
}
