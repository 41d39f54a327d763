import { errorMessage } from '../base/log.ts';
import type { Pod } from '../api/core-v1/pod.ts';
import { service } from '../api/core-v1/service.ts';
import type { Client } from '../client/client.ts';
import type { PodCgroups } from './cgroups/pod-cgroups.ts';
import type { MachineLimits } from './containers/container-config.ts';
import { ConfigSource } from './containers/config-source.ts';
import type { DownwardFacts } from './containers/field-ref.ts';
import { hostnameOf } from './containers/hosts-file.ts';
import { serviceEnv } from './containers/service-env.ts';
import { specHash } from './containers/spec-hash.ts';
import type { MountedVolume, SubPathRequest } from './containers/volume-mounts.ts';
import type { Waiting } from './container-status.ts';
import { GracePeriod } from './grace-period.ts';
import type { ImagePuller, ImageResult } from './images/image-puller.ts';
import { gracePeriodOf, killContainer, killContainers, removeSandboxes } from './kill-pod.ts';
import type { KubeletMetrics } from './kubelet-metrics.ts';
import type { HostPort } from './network/network.ts';
import type { PodGuard } from './network/pod-guard.ts';
import { computePodActions, type ContainerStart, type PodActions } from './pod-actions.ts';
import {
  allContainers,
  containerPath,
  findContainer,
  identityOf,
  initContainers,
  mainContainers,
  podTitle,
  specOf,
  type Container,
} from './pod-spec.ts';
import type { Prober } from './probes/prober.ts';
import { delayText, RestartBackoff } from './restart-backoff.ts';
import { latest, type PodState, type Sandbox } from './runtime/runtime.ts';
import { runtimeHandler } from './runtime-handler.ts';
import { outdatedContainers } from './resize/difference.ts';
import { nodeResolverFile } from './containers/node-resolver.ts';
import { dnsWarnings } from './containers/resolv-conf.ts';
import { startContainer, type StartDependencies } from './start-container.ts';
import { VolumesNotReady } from './volumes/volume-error.ts';
import type { VolumeManager } from './volumes/volume-manager.ts';

/** What all pods of a kubelet share. */
export interface SyncDependencies extends StartDependencies {
  readonly client: Client;
  readonly metrics: StartDependencies['metrics'] & Pick<KubeletMetrics, 'startedPods' | 'startedPodErrors'>;
  readonly images: ImagePuller;
  readonly prober: Prober;
  readonly backoff: RestartBackoff;
  /** Undefined on simulated nodes: pods have no files. */
  readonly volumes: VolumeManager | undefined;
  readonly factsOf: (pod: Pod) => DownwardFacts;
  readonly clusterDns: readonly string[];
  readonly clusterDomain: string;
  readonly machine: () => MachineLimits;
  /** Lets containers start once the network keeps from the pod what it must not get. */
  readonly guard?: PodGuard | undefined;
  /** Why no pod can be connected at the moment. */
  readonly networkProblem?: (() => string | undefined) | undefined;
  /** Undefined where pods have no control groups of their own. */
  readonly cgroups: () => PodCgroups | undefined;
  /** What a RuntimeClass may name; undefined: anything. */
  readonly handlers: () => readonly string[] | undefined;
}

/** A pod whose sandbox is ended loses all its containers: the kernel takes others first. */
const SANDBOX_OOM_SCORE = -998;

/** What is remembered of a pod between two looks. */
export interface PodMemory {
  /** Why containers do not run. */
  readonly waiting: Map<string, Waiting>;
  /** The ids of containers whose postStart hook has not ended. */
  readonly hooked: Set<string>;
}

export interface SyncResult {
  /** The pod has ended for good: nothing of it runs any more. */
  readonly finished: boolean;
  /** Something failed and should be tried again soon. */
  readonly failed: boolean;
  /** Milliseconds after which another look makes sense. */
  readonly after?: number | undefined;
}

/**
 * One step towards what the pod should be. Called again after every change until there is nothing to do; `changed` is
 * called when the pod's status should be told. After `signal` aborts nothing is started any more.
 */
export async function syncPod(
  deps: SyncDependencies,
  pod: Pod,
  memory: PodMemory,
  changed: () => void,
  signal: AbortSignal,
): Promise<SyncResult> {
  const identity = identityOf(pod);
  // 1. Compare.
  let actions = decide(deps, pod);
  noteDelays(deps, pod, actions, memory);
  changed();
  // 2. End what has to end, and forget what is over.
  if (actions.finished) {
    await endPod(deps, pod);
    return { finished: true, failed: false };
  }
  await Promise.all(actions.remove.map(({ id }) => deps.runtime.removeContainer(id)));
  await endContainers(deps, pod, actions);
  if (actions.kill.length > 0) actions = decide(deps, pod);
  if (actions.newSandbox === undefined && actions.start.length === 0) return rest(deps, actions);
  const cut = actions.newSandbox !== undefined && !specOf(pod).hostNetwork && deps.networkProblem?.();
  if (cut) return failure(deps, pod, 'NetworkNotReady', `network is not ready: ${cut}`);
  // 3. Prepare volumes, images and the sandbox, all at once.
  const source = new ConfigSource(deps.client, identity.namespace);
  const images = fetchImages(deps, pod, actions, source);
  if (actions.newSandbox !== undefined) await warnOfDns(deps, pod);
  const [volumes, services, sandbox] = await Promise.allSettled([
    volumesFor(deps, pod),
    servicesFor(deps, pod),
    guardedSandbox(deps, pod, actions.newSandbox),
  ]);
  if (volumes.status === 'rejected') {
    for (const message of mountProblems(volumes.reason)) deps.events.event(pod, 'Warning', 'FailedMount', message);
    return { finished: false, failed: true };
  }
  if (sandbox.status === 'rejected') {
    deps.metrics.startedPodErrors.labels().inc();
    return failure(
      deps,
      pod,
      'FailedCreatePodSandBox',
      `Failed to create pod sandbox: ${errorMessage(sandbox.reason)}`,
    );
  }
  if (!sandbox.value) return { finished: false, failed: true };
  if (services.status === 'rejected') throw services.reason;
  if (signal.aborted) return { finished: false, failed: false };
  // 4. Start containers.
  if (actions.newSandbox !== undefined) actions = decide(deps, pod);
  const inputs = {
    sandbox: sandbox.value,
    source,
    facts: deps.factsOf(pod),
    services: services.value,
    volumes: volumes.value,
    bindSubPath: (request: SubPathRequest) => deps.volumes!.bindSubPath(request),
    podFolder: deps.volumes?.podFolder(identity.uid),
    clusterDns: deps.clusterDns,
    clusterDomain: deps.clusterDomain,
    machine: deps.machine(),
    cgroupParent: deps.cgroups()?.pathOf(pod),
    hooked: memory.hooked,
    runningId: (name: string) => runningId(deps, pod, name),
  };
  const results = await Promise.all(
    actions.start.map(async (start): Promise<number | undefined> => {
      const image = await (images.get(start.container.name) ?? deps.images.ensure(pod, start.container, source));
      if (signal.aborted) return undefined;
      if ('waiting' in image) return note(memory, start, image.waiting, image.after ?? Infinity, changed);
      if (start.previous?.state === 'exited')
        deps.backoff.restarted(backoffKey(pod, start.container.name), specHash(start.container), deps.clock.now());
      const waiting = await startContainer(deps, pod, start, { ...inputs, image: image.image, attempt: start.attempt });
      return note(memory, start, waiting, waiting ? 0 : undefined, changed);
    }),
  );
  const after = Math.min(...results.filter((r): r is number => r !== undefined), ...delays(deps, actions));
  return { finished: false, failed: results.includes(0), after: after > 0 && after < Infinity ? after : undefined };
}

/** Ends everything of a pod that is over, but keeps its containers for their logs. */
export async function endPod(deps: SyncDependencies, pod: Pod, grace?: GracePeriod): Promise<void> {
  const period = grace ?? new GracePeriod(deps.clock, gracePeriodOf(pod));
  await killContainers(deps, pod, period);
  period.cancel();
  await removeSandboxes(deps, deps.runtime.pod(identityOf(pod)));
  await deps.cgroups()?.remove(pod.metadata.uid);
}

function runningId(deps: SyncDependencies, pod: Pod, name: string): string | undefined {
  const run = latest(deps.runtime.pod(identityOf(pod)), name);
  return run?.state === 'running' ? run.id : undefined;
}

function decide(deps: SyncDependencies, pod: Pod): PodActions {
  const state = deps.runtime.pod(identityOf(pod));
  const outdated = outdatedContainers(pod, state);
  return computePodActions(pod, state, {
    specHash,
    connected: (sandbox) => deps.network.ips(sandbox.id).length > 0,
    waiting: (name, finishedAt) => {
      const version = specHash(findContainer(pod, name)!);
      return deps.backoff.waiting(backoffKey(pod, name), version, finishedAt, deps.clock.now());
    },
    resizeRestarts: ({ name }) => outdated.some((one) => one.restart && one.container.name === name),
    failedProbe: (run) => deps.prober.failed(run),
    started: (run) => deps.prober.started(pod, run),
  });
}

function backoffKey(pod: Pod, name: string): string {
  return `${pod.metadata.uid}/${name}`;
}

function noteDelays(deps: SyncDependencies, pod: Pod, actions: PodActions, memory: PodMemory): void {
  for (const { name, delay } of actions.delayed) {
    const title = podTitle(identityOf(pod));
    const message = `back-off ${delayText(delay)} restarting failed container=${name} pod=${title}`;
    if (memory.waiting.get(name)?.message === message) continue;
    memory.waiting.set(name, { reason: 'CrashLoopBackOff', message });
    deps.events.event(
      pod,
      'Warning',
      'BackOff',
      `Back-off restarting failed container ${name} in pod ${title}`,
      containerPath(pod, name),
    );
  }
}

async function endContainers(deps: SyncDependencies, pod: Pod, actions: PodActions): Promise<void> {
  await Promise.all(
    actions.kill.map(async ({ container, message, seconds = specOf(pod).terminationGracePeriodSeconds ?? 30 }) => {
      const grace = new GracePeriod(deps.clock, seconds * 1000);
      await killContainer(deps, pod, container, grace, message);
      grace.cancel();
    }),
  );
}

function rest(deps: SyncDependencies, actions: PodActions): SyncResult {
  const after = Math.min(...delays(deps, actions));
  return { finished: false, failed: false, after: after < Infinity ? after : undefined };
}

function delays(deps: SyncDependencies, actions: PodActions): number[] {
  return actions.delayed.map(({ until }) => Math.max(1, until - deps.clock.now()));
}

/** Begins to fetch the images of the containers that start first. */
function fetchImages(
  deps: SyncDependencies,
  pod: Pod,
  actions: PodActions,
  source: ConfigSource,
): Map<string, Promise<ImageResult>> {
  const first = initContainers(pod)[0];
  const containers =
    actions.newSandbox === undefined ? actions.start.map((s) => s.container) : first ? [first] : mainContainers(pod);
  return new Map(containers.map((c: Container) => [c.name, settled(deps.images.ensure(pod, c, source))]));
}

/** A promise whose failure waits to be looked at. */
function settled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

/** Tells once for every sandbox what its resolver file leaves out. */
async function warnOfDns(deps: SyncDependencies, pod: Pod): Promise<void> {
  if (!deps.volumes) return;
  for (const { reason, message } of dnsWarnings(pod, { ...deps, nodeFile: await nodeResolverFile() }))
    deps.events.event(pod, 'Warning', reason, message);
}

async function servicesFor(deps: SyncDependencies, pod: Pod): Promise<Map<string, string>> {
  if (!deps.volumes) return new Map();
  const [master, own] = await Promise.all([
    deps.client.find(service, { namespace: 'default', name: 'kubernetes' }),
    specOf(pod).enableServiceLinks === false
      ? []
      : deps.client.list(service, { namespace: identityOf(pod).namespace }).then((l) => l.items),
  ]);
  // A service of this name in the pod's own namespace hides the cluster's.
  const hidden = own.some(({ metadata }) => metadata.name === 'kubernetes');
  return serviceEnv(master && !hidden ? [...own, master] : own);
}

/** Makes the pod's volumes ready. @throws VolumesNotReady */
export async function volumesFor(deps: SyncDependencies, pod: Pod): Promise<ReadonlyMap<string, MountedVolume>> {
  if (!deps.volumes) return new Map();
  const { volumes, stale } = await deps.volumes.setUp(pod, deps.factsOf(pod));
  for (const message of stale) deps.events.event(pod, 'Warning', 'FailedMount', message);
  return volumes;
}

/** What events say when volumes are not ready. */
export function mountProblems(error: unknown): readonly string[] {
  return error instanceof VolumesNotReady ? error.messages : [errorMessage(error)];
}

/** The pod's sandbox, whose addresses are known to whoever guards the network. */
async function guardedSandbox(deps: SyncDependencies, pod: Pod, attempt?: number): Promise<Sandbox | undefined> {
  const sandbox = await (attempt === undefined ? currentSandbox(deps, pod) : renewSandbox(deps, pod, attempt));
  if (sandbox && !sandbox.hostNetwork) await deps.guard?.admit(pod, deps.network.ips(sandbox.id));
  return sandbox;
}

async function currentSandbox(deps: SyncDependencies, pod: Pod): Promise<Sandbox | undefined> {
  return deps.runtime.pod(identityOf(pod)).sandboxes[0];
}

/** Replaces whatever the pod has by a new sandbox with a network. */
async function renewSandbox(deps: SyncDependencies, pod: Pod, attempt: number): Promise<Sandbox | undefined> {
  const identity = identityOf(pod);
  const old = deps.runtime.pod(identity);
  if (old.sandboxes.length > 0) await removeBroken(deps, pod, old);
  const spec = specOf(pod);
  if (spec.hostUsers === false) throw new Error('the container runtime cannot give a pod a user namespace of its own');
  const sandbox = await deps.runtime.createSandbox({
    pod: identity,
    attempt,
    hostname: hostnameOf(pod, deps.clusterDomain),
    hostNetwork: spec.hostNetwork ?? false,
    hostPid: spec.hostPID ?? false,
    hostIpc: spec.hostIPC ?? false,
    sysctls: Object.fromEntries(
      (spec.securityContext?.sysctls ?? []).map(({ name, value }) => [name.replaceAll('/', '.'), value]),
    ),
    cgroupParent: await deps.cgroups()?.ensure(pod),
    handler: await runtimeHandler(deps.client, spec.runtimeClassName, deps.handlers()),
    ...(deps.machine().lackingCapabilities.includes('SYS_RESOURCE') ? {} : { oomScoreAdj: SANDBOX_OOM_SCORE }),
  });
  deps.metrics.startedPods.labels().inc();
  if (!sandbox.hostNetwork) await deps.network.attach(identity, sandbox, hostPorts(pod));
  return sandbox;
}

async function removeBroken(deps: SyncDependencies, pod: Pod, old: PodState): Promise<void> {
  if (old.containers.some((c) => c.state !== 'created')) {
    deps.events.event(pod, 'Normal', 'SandboxChanged', 'Pod sandbox changed, it will be killed and re-created.');
  }
  const grace = new GracePeriod(deps.clock, 0);
  await killContainers(deps, pod, grace);
  grace.cancel();
  await removeSandboxes(deps, deps.runtime.pod(identityOf(pod)));
}

function hostPorts(pod: Pod): HostPort[] {
  return allContainers(pod).flatMap((c) =>
    (c.ports ?? [])
      .filter((p) => p.hostPort)
      .map((p) => ({
        hostPort: p.hostPort!,
        containerPort: p.containerPort,
        protocol: (p.protocol ?? 'TCP').toLowerCase(),
        ...(p.hostIP && { hostIp: p.hostIP }),
      })),
  );
}

function failure(deps: SyncDependencies, pod: Pod, reason: string, message: string): SyncResult {
  deps.events.event(pod, 'Warning', reason, message);
  return { finished: false, failed: true };
}

/** Remembers why a container waits, and passes `after` on. */
function note(
  memory: PodMemory,
  start: ContainerStart,
  waiting: Waiting | undefined,
  after: number | undefined,
  changed: () => void,
): number | undefined {
  if (waiting) memory.waiting.set(start.container.name, waiting);
  else memory.waiting.delete(start.container.name);
  changed();
  return after;
}
