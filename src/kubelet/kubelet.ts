import { join } from 'node:path';
import { mkdir } from 'node:fs/promises';
import { sleep, type Timer } from '../base/clock.ts';
import type { Component } from '../base/component.ts';
import { errorMessage } from '../base/log.ts';
import { node as nodeKind, type Node } from '../api/core-v1/node.ts';
import type { SelectableNode } from '../api/core-v1/node-selector.ts';
import { persistentVolume } from '../api/core-v1/persistent-volume.ts';
import { pod as podKind, type Pod } from '../api/core-v1/pod.ts';
import { createEventRecorder, type FlushableRecorder } from '../client/events.ts';
import type { Informer, Informers } from '../client/informer.ts';
import { InformerFactory } from '../client/informer-factory.ts';
import { refusalOf, type AdmittingNode } from './admission/admission.ts';
import { findCgroupRoots, PodCgroups } from './cgroups/pod-cgroups.ts';
import { allPodsSettings } from './cgroups/settings.ts';
import type { ConfigSource } from './containers/config-source.ts';
import type { DownwardFacts } from './containers/field-ref.ts';
import { EvictionManager } from './eviction/eviction-manager.ts';
import { hasDiskLimit, podDiskUse } from './eviction/pod-disk.ts';
import { parseThresholds, type Threshold } from './eviction/thresholds.ts';
import { HookRunner } from './hooks.ts';
import { ImageCollector } from './images/image-collector.ts';
import { ImagePuller, type ImagePullerOptions } from './images/image-puller.ts';
import { nodeCredentials } from './images/node-credentials.ts';
import { PullRecords } from './images/pull-records.ts';
import { allocatableOf } from './node/allocatable.ts';
import { readMachineInfo, simulatedMachine, type MachineInfo } from './node/machine-info.ts';
import { NodeAgent } from './node/node-agent.ts';
import { shutdownPlan, type ShutdownGrace } from './node/shutdown.ts';
import type { NodeFacts } from './node/node-status.ts';
import { NodeRange } from './network/node-range.ts';
import { gracePeriodOf } from './kill-pod.ts';
import { hasEnded, identityOf, specOf, type Container } from './pod-spec.ts';
import { PodWorker, type WorkerDependencies } from './pod-worker.ts';
import { Prober } from './probes/prober.ts';
import { RestartBackoff } from './restart-backoff.ts';
import { measuredRuntime } from './runtime/measured-runtime.ts';
import { emptyState, type PodState } from './runtime/runtime.ts';
import type { KubeletOptions } from './kubelet-options.ts';
import { KubeletMetrics } from './kubelet-metrics.ts';
import { readNodeUsage, type NodeUsage } from './stats/node-usage.ts';
import { simulatedUsage } from './stats/simulated-usage.ts';
import { configurationOf } from './server/configuration.ts';
import { UsageMonitor } from './stats/monitor.ts';
import { VolumeUsages } from './stats/volume-usage.ts';
import { KubeletServer } from './server/server.ts';
import { isMirror } from './static-pods/mirror-plan.ts';
import { StaticPods } from './static-pods/static-pods.ts';
import { decideResize } from './resize/decision.ts';
import { StatusWriter } from './status-writer.ts';
import { LocalPathCleaner } from './volumes/local-path-cleaner.ts';
import { machineMounter } from './volumes/mounter.ts';
import { ObjectWatcher } from './volumes/object-watcher.ts';
import { VolumeManager } from './volumes/volume-manager.ts';
import type { ImageFiles } from './volumes/volume-type.ts';

const SHUTDOWN_MESSAGE = 'Pod was terminated in response to imminent node shutdown.';
const atShutdown = {
  reason: 'Terminated',
  message: SHUTDOWN_MESSAGE,
  condition: { reason: 'TerminationByKubelet', message: SHUTDOWN_MESSAGE },
};
/** Milliseconds that a start waits for the range of pod addresses that the cluster gives the node. */
const RANGE_PATIENCE = 1_000;
/** Milliseconds between two looks whether pods have ended. */
const SHUTDOWN_LOOK = 100;

/** Milliseconds between two looks at tokens and whatever else of mounted volumes no watch tells of. */
const REFRESH_EVERY = 60_000;

/**
 * Runs the pods of one node: watches those that are bound to it, keeps one worker for each, and tells their statuses and
 * its own. Stopping it leaves the containers running; the next one on the same node adopts them.
 */
export class Kubelet implements Component {
  readonly name: string;
  readonly #options: KubeletOptions;
  readonly #metrics: KubeletMetrics;
  readonly #informers: Informers;
  readonly #events: FlushableRecorder;
  readonly #statuses: StatusWriter;
  readonly #prober: Prober;
  readonly #agent: NodeAgent;
  readonly #range: NodeRange;
  readonly #volumes: VolumeManager | undefined;
  readonly #watcher: ObjectWatcher;
  readonly #deps: WorkerDependencies;
  readonly #server: KubeletServer | undefined;
  readonly #collector: ImageCollector | undefined;
  readonly #statics: StaticPods | undefined;
  readonly #eviction: EvictionManager;
  readonly #thresholds: readonly Threshold[];
  #workers = new Map<string, PodWorker>();
  #timers: Timer[] = [];
  #problem: string | undefined;
  #machine: MachineInfo;
  #runtimeVersion = '';
  #cgroups: PodCgroups | undefined;
  #handlers: readonly string[] | undefined;
  #stopped = false;
  #shuttingDown = false;

  constructor(options: KubeletOptions) {
    const { client, clock, log, nodeName, network, random, rootDir, gate } = options;
    this.#metrics = new KubeletMetrics({
      ...{ nodeName, runtime: options.runtime, version: options.version ?? '' },
      pods: () => ({ all: this.#workers.size, static: this.#statics?.pods.length ?? 0 }),
    });
    // Simulated nodes come by the thousand, and nobody asks what their runtimes do.
    const runtime = rootDir === undefined ? options.runtime : measuredRuntime(options.runtime, this.#metrics, clock);
    this.#options = { ...options, runtime };
    this.name = `kubelet ${nodeName}`;
    this.#machine = options.machine ?? simulatedMachine(nodeName);
    this.#informers = options.informers ?? new InformerFactory({ client, clock, random, log });
    this.#events = createEventRecorder({
      client,
      clock,
      log,
      component: 'kubelet',
      host: nodeName,
      ...(options.holdEvents && { hold: options.holdEvents }),
    });
    this.#statuses = new StatusWriter({ client, clock, log, gate });
    this.#range = new NodeRange({ network, clock, log, changed: () => this.#networkChanged() });
    const ipsOf = (pod: Pod) => this.#ipsOf(pod);
    const events = this.#events;
    this.#prober = new Prober({
      runtime,
      network,
      clock,
      events,
      ipsOf,
      onChange: (uid) => this.#workers.get(uid)?.wake(),
      failure: options.probeFailure,
    });
    const onChange = (uid: string) => this.#workers.get(uid)?.refresh();
    this.#watcher = new ObjectWatcher({ client, clock, random, log, onChange });
    this.#volumes = rootDir === undefined ? undefined : this.#volumeManager(rootDir);
    this.#deps = {
      ...{ client, clock, log, runtime, network, events },
      metrics: this.#metrics,
      hooks: new HookRunner({ runtime, network, events, clock, ipsOf }),
      images: new ImagePuller({ runtime, clock, events, ...(rootDir !== undefined && this.#pullOptions(rootDir)) }),
      prober: this.#prober,
      backoff: new RestartBackoff(),
      volumes: this.#volumes,
      factsOf: (pod) => this.#factsOf(pod),
      clusterDns: options.clusterDns ?? [],
      clusterDomain: options.clusterDomain ?? 'cluster.local',
      machine: () => ({ ...this.#machine, seccompFolder: join(rootDir ?? '', 'seccomp') }),
      cgroups: () => this.#cgroups,
      handlers: () => this.#handlers,
      statuses: this.#statuses,
      hostIp: options.nodeIp,
      guard: options.guard,
      networkProblem: () => this.#range.problem,
      refusal: (pod) =>
        this.#isHere(pod) ? undefined : refusalOf(pod, this.#admitting(), () => this.#othersThan(pod)),
      isHere: (pod) => this.#isHere(pod),
      resizeDecision: (pod) => decideResize(pod, this.#othersThan(pod), this.#admitting().node?.status?.allocatable),
      onGone: (uid) => {
        this.#workers.delete(uid);
        options.guard?.forget(uid);
        this.#statics?.gone(uid);
      },
    };
    this.#statics = options.podManifestPath === undefined ? undefined : this.#staticPods(options.podManifestPath);
    this.#agent = new NodeAgent({
      ...{ client, clock, log, nodeName, events, heartbeat: options.heartbeat },
      podCidr: options.podCidr,
      architecture: () => this.#machine.architecture,
      labels: options.nodeLabels ?? {},
      facts: () => this.#nodeFacts(),
      ...(options.informers && { random, seen: () => this.#nodes.get(nodeName) }),
    });
    this.#collector =
      rootDir === undefined
        ? undefined
        : new ImageCollector({
            ...{ runtime, clock, log, rootDir },
            disk: async () => {
              const { disk, diskAvailable } = await readMachineInfo(rootDir);
              return { capacity: disk, available: diskAvailable };
            },
            warn: (reason, message) => {
              if (this.#agent.node) events.event(this.#agent.node, 'Warning', reason, message);
            },
          });
    this.#thresholds = parseThresholds(options.eviction ?? {});
    const monitor = new UsageMonitor({ runtime, clock, node: () => this.#nodeUsage() });
    this.#eviction = this.#evictionManager(monitor);
    this.#server =
      options.serving &&
      new KubeletServer({
        ...options.serving,
        ...{ clock, log, client, runtime, network, nodeName },
        pods: () => this.#pods(),
        healthy: () => this.#problem,
        machine: () => this.#machine,
        monitor,
        volumes: this.#volumes && new VolumeUsages({ clock, mounted: (uid) => this.#volumes!.ready(uid) }),
        metrics: (volumes) => this.#metrics.render(volumes),
        probeMetrics: () => this.#prober.metrics.render(),
        configuration: () => configurationOf(options),
      });
  }

  /**
   * Resolves when the node is registered and its pods are looked after.
   * @throws a sentence when the runtime does not answer or the endpoint's port is taken
   */
  async start(): Promise<void> {
    const { runtime, network, rootDir, podCidr } = this.#options;
    if (rootDir) {
      await mkdir(join(rootDir, 'pods'), { recursive: true, mode: 0o755 });
      this.#machine = await readMachineInfo(rootDir);
    }
    await runtime.start({
      podChanged: (uid) => this.#workers.get(uid)?.wake(),
      healthChanged: (problem) => this.#healthChanged(problem),
    });
    const info = await runtime.info();
    this.#runtimeVersion = info.version;
    this.#handlers = info.handlers;
    if (info.cgroupDriver === 'cgroupfs') this.#cgroups = await this.#openCgroups();
    const sandboxes = runtime.pods().flatMap((pod) => pod.sandboxes.map((s) => s.id));
    const informer = this.#informers.of(podKind, this.#selection);
    this.#nodes.listen({ updated: (now, before) => this.#agent.observe(now, before) });
    this.#informers.start();
    await this.#server?.start(); // the node's status tells its port
    if (podCidr !== undefined) {
      this.#range.use([podCidr]);
      await this.#range.ready(RANGE_PATIENCE);
    }
    await Promise.all([network.start(sandboxes), this.#agent.start(), this.#informers.synced()]);
    this.#nodes.listen({ added: (node) => this.#range.observe(node), updated: (node) => this.#range.observe(node) });
    await this.#range.ready(RANGE_PATIENCE);
    informer.listen({
      added: (pod) => this.#update(pod),
      updated: (pod, old) => this.#replaced(pod, old),
      deleted: (pod) => {
        if (isMirror(pod)) return this.#mirrorChanged(pod, true);
        this.#workers.get(pod.metadata.uid)?.removed();
      },
    });
    await this.#statics?.start();
    await this.#endOrphans(new Set(this.#pods().map((pod) => pod.metadata.uid)));
    this.#collector?.start();
    // Machines that exist only in the mind are never short of anything, unless somebody wants to see it.
    if (rootDir || this.#options.eviction) this.#eviction.start();
    if (rootDir !== undefined) this.#keepFolders(rootDir);
  }

  /** What is on disk follows what it was made of, and goes when nobody needs it any more. */
  #keepFolders(rootDir: string): void {
    const { clock } = this.#options;
    const cleaner = this.#localPathCleaner(rootDir);
    this.#timers.push(
      clock.every(REFRESH_EVERY, () => this.#refresh()),
      clock.every(REFRESH_EVERY, () => cleaner.retry()),
      clock.every(REFRESH_EVERY, () => this.#sweepNetwork()),
    );
  }

  #sweepNetwork(): void {
    const { network, runtime, log } = this.#options;
    // Without a runtime nothing is known of what runs.
    if (this.#problem) return;
    const sandboxes = runtime.pods().flatMap((pod) => pod.sandboxes.map(({ id }) => id));
    network.sweep(sandboxes).catch((error) => log.warn('cannot look for addresses that nobody has', { error: errorMessage(error) })); // prettier-ignore
  }

  /** Leaves all containers running, unless the node shuts down with it. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    if (this.#options.shutdown && !this.#shuttingDown) await this.#shutDown(this.#options.shutdown);
    this.#stopped = true;
    for (const timer of this.#timers) timer.cancel();
    await Promise.all([this.#informers.stop(), this.#statics?.stop(), this.#eviction.stop()]);
    await Promise.all([...this.#workers.values()].map((worker) => worker.stop()));
    this.#prober.stop();
    await Promise.all([this.#watcher.stop(), this.#collector?.stop()]);
    await Promise.all([this.#statuses.stop(), this.#agent.stop(), this.#server?.stop()]);
    await this.#range.stop();
    await this.#options.network.stop();
    await this.#options.runtime.stop();
  }

  /** This node alone. */
  get #nodes(): Informer<Node> {
    return this.#informers.of(nodeKind, { fieldSelector: `metadata.name=${this.#options.nodeName}` });
  }

  get #selection(): { fieldSelector: string } {
    return { fieldSelector: `spec.nodeName=${this.#options.nodeName}` };
  }

  /** The pods of this node: those that the API knows, and its own. */
  #pods(): Pod[] {
    const known = this.#informers.of(podKind, this.#selection).list();
    return [...known.filter((pod) => !isMirror(pod)), ...(this.#statics?.pods ?? [])];
  }

  #staticPods(path: string): StaticPods {
    const { client, clock, log, nodeName } = this.#options;
    return new StaticPods({
      ...{ client, clock, log, nodeName, path },
      statuses: this.#statuses,
      node: () => this.#agent.node,
      mirrors: () => this.#informers.of(podKind, this.#selection).list().filter(isMirror),
      begin: (pod) => {
        const worker = new PodWorker({ ...this.#deps, statuses: this.#statics! }, pod);
        this.#workers.set(pod.metadata.uid, worker);
        worker.update(pod);
      },
      end: (uid) => {
        const worker = this.#workers.get(uid);
        worker?.removed(gracePeriodOf(worker.pod));
      },
    });
  }

  /** Without manifests there is nothing that a mirror could show. */
  #mirrorChanged(mirror: Pod, gone = false): void {
    if (this.#statics) return this.#statics.mirrorChanged(mirror, gone);
    if (gone) return;
    const { name, namespace, uid } = mirror.metadata;
    this.#options.client
      .delete(podKind, { name, namespace }, { gracePeriodSeconds: 0, preconditions: { uid } })
      .catch((error) => this.#options.log.debug('cannot remove a mirror', { pod: name, error: errorMessage(error) }));
  }

  #volumeManager(rootDir: string): VolumeManager {
    const { client, clock } = this.#options;
    const node = () => this.#selectable();
    const localPaths = this.#localPaths(rootDir);
    return new VolumeManager({
      ...{ rootDir, client, clock, node, localPaths, mounter: machineMounter, watcher: this.#watcher },
      imageFiles: (pod, wanted, source) => this.#imageFiles(pod, wanted, source),
    });
  }

  #pullOptions(rootDir: string): Pick<ImagePullerOptions, 'records' | 'nodeCredentials'> {
    const files = [join(rootDir, 'config.json'), ...(this.#options.credentialFiles ?? [])];
    return {
      records: new PullRecords(join(rootDir, 'image_manager')),
      nodeCredentials: (image) => nodeCredentials(image, files),
    };
  }

  async #imageFiles(pod: Pod, wanted: Container, source: ConfigSource): Promise<ImageFiles> {
    const found = await this.#deps.images.ensure(pod, wanted, source);
    if ('image' in found) {
      const layers = await this.#options.runtime.imageLayers(wanted.image ?? '');
      return { layers, imageRef: `docker://${found.image.id}` };
    }
    throw new Error(`${found.waiting.reason}: ${found.waiting.message ?? ''}`);
  }

  #localPaths(rootDir: string): string {
    return this.#options.localPaths ?? join(rootDir, 'volumes');
  }

  #localPathCleaner(rootDir: string): LocalPathCleaner {
    const { client, log } = this.#options;
    const volumes = this.#informers.of(persistentVolume);
    return new LocalPathCleaner({
      ...{ client, log, volumes, node: () => this.#selectable(), folder: this.#localPaths(rootDir) },
    });
  }

  /** This node as node selectors see it. */
  #selectable(): SelectableNode {
    const { nodeName: name } = this.#options;
    const { metadata } = this.#nodes.get(name) ?? this.#agent.node ?? {};
    return { name, labels: metadata?.labels };
  }

  #update(pod: Pod): void {
    if (isMirror(pod)) return this.#mirrorChanged(pod);
    const { uid } = pod.metadata;
    const worker = this.#workers.get(uid);
    // Without a runtime nothing is known of the containers, and others' word stands.
    if (!this.#problem) this.#statuses.observe(pod);
    if (worker) return worker.update(pod);
    const created = new PodWorker(this.#deps, pod);
    this.#workers.set(uid, created);
    created.update(pod);
  }

  /** A watch that was interrupted can show one pod turn into another of the same name. */
  #replaced(pod: Pod, old: Pod): void {
    if (pod.metadata.uid !== old.metadata.uid) this.#workers.get(old.metadata.uid)?.removed();
    this.#update(pod);
  }

  /** Ends what runs of pods that were deleted while no kubelet was here, and removes what is left of their files. */
  async #endOrphans(known: ReadonlySet<string>): Promise<void> {
    const { runtime } = this.#options;
    const uids = new Set((await this.#volumes?.knownPods()) ?? []);
    const states = new Map(runtime.pods().map((state) => [state.uid, state]));
    for (const uid of new Set([...uids, ...states.keys()])) {
      if (known.has(uid) || this.#workers.has(uid)) continue;
      const worker = new PodWorker(this.#deps, orphan(states.get(uid) ?? emptyState({ uid, namespace: '', name: '' })));
      this.#workers.set(uid, worker);
      worker.removed();
    }
  }

  #refresh(): void {
    void this.#cgroups?.count(this.#runningPods());
    for (const worker of this.#workers.values()) if (this.#volumes?.isDynamic(worker.pod)) worker.refresh();
  }

  #healthChanged(problem: string | undefined): void {
    if (this.#stopped) return;
    this.#problem = problem;
    const { log, nodeName } = this.#options;
    if (problem) log.warn('the container runtime is not there', { node: nodeName, reason: problem });
    else log.info('the container runtime is back', { node: nodeName, announce: true });
    this.#agent.report().catch((error) => log.warn('cannot report the node', { error: errorMessage(error) }));
    if (problem) return;
    for (const pod of this.#informers.of(podKind, this.#selection).list()) this.#statuses.observe(pod);
    for (const worker of this.#workers.values()) worker.wake();
  }

  /** Pods that wait for the network go on, and the node says how it is. */
  #networkChanged(): void {
    if (this.#stopped || !this.#agent.node) return;
    const { log } = this.#options;
    this.#agent.report().catch((error) => log.warn('cannot report the node', { error: errorMessage(error) }));
    for (const worker of this.#workers.values()) worker.wake();
  }

  /** Whether this node has taken the pod, be it by the kubelet before this one, and it is not over. */
  #isHere(pod: Pod): boolean {
    if (hasEnded(pod.status?.phase)) return false;
    if (this.#workers.get(pod.metadata.uid)?.admitted) return true;
    return this.#options.runtime.pod(identityOf(pod)).sandboxes.length > 0;
  }

  #othersThan({ metadata }: Pod): Pod[] {
    const others = this.#pods().filter((one) => one.metadata.uid !== metadata.uid && this.#isHere(one));
    return others.map((one) => this.#workers.get(one.metadata.uid)?.given ?? one);
  }

  #evictionManager(monitor: UsageMonitor): EvictionManager {
    const { clock, log, runtime, eviction = {} } = this.#options;
    const volumes = this.#volumes;
    return new EvictionManager({
      ...{ clock, log, hasDiskLimit, ...eviction, thresholds: this.#thresholds },
      usage: () => this.#nodeUsage(),
      report: () => monitor.report(),
      memory: () => this.#machine.memory,
      pods: () => this.#runningPods(),
      diskUse: volumes && ((pod) => podDiskUse(pod, runtime, volumes.podFolder(pod.metadata.uid))),
      tell: (reason, message) => this.#agent.warn(reason, message),
      evict: (pod, why, signal) => {
        this.#metrics.evictions.labels(signal).inc();
        this.#events.event(pod, 'Warning', why.reason, why.message);
        this.#workers.get(pod.metadata.uid)?.evict(why);
      },
      ...(this.#collector && { reclaimDisk: () => this.#collector!.collect() }),
      changed: () => void this.#agent.report(),
    });
  }

  /** Ends all pods, the least important first, and takes no more. */
  async #shutDown(graces: readonly ShutdownGrace[]): Promise<void> {
    this.#shuttingDown = true;
    await this.#agent.report();
    for (const { pods, seconds } of shutdownPlan(this.#runningPods(), graces)) {
      const workers = pods.flatMap((pod) => this.#workers.get(pod.metadata.uid) ?? []);
      for (const worker of workers) worker.evict({ ...atShutdown, graceSeconds: seconds });
      await this.#ended(workers, (seconds + 2) * 1000);
    }
  }

  /** Resolves when none of the pods runs any more, or the time is over. */
  async #ended(workers: readonly PodWorker[], most: number): Promise<void> {
    const { clock } = this.#options;
    const end = clock.now() + most;
    while (clock.now() < end && workers.some((worker) => worker.admitted)) await sleep(clock, SHUTDOWN_LOOK);
  }

  #runningPods(): Pod[] {
    return [...this.#workers.values()].filter((worker) => worker.admitted).map((worker) => worker.pod);
  }

  async #openCgroups(): Promise<PodCgroups | undefined> {
    const { clock, log, podPidsLimit: pidsLimit, reserved = [] } = this.#options;
    const roots = await findCgroupRoots();
    const capacity = { cpu: String(this.#machine.cpus), memory: String(this.#machine.memory) };
    const allocatable = allPodsSettings(allocatableOf(capacity, { reserved, thresholds: [] }));
    return roots && PodCgroups.open({ clock, log, roots, pidsLimit, allocatable });
  }

  #admitting(): AdmittingNode {
    const { allowedUnsafeSysctls = [] } = this.#options;
    return {
      node: this.#nodes.get(this.#options.nodeName) ?? this.#agent.node,
      pressures: this.#eviction.conditions,
      appArmor: this.#machine.appArmor,
      allowedUnsafeSysctls,
      shuttingDown: this.#shuttingDown,
    };
  }

  #ipsOf(pod: Pod): readonly string[] {
    if (specOf(pod).hostNetwork) return [this.#options.nodeIp];
    const { uid, name, namespace = '' } = pod.metadata;
    const sandbox = this.#options.runtime.pod({ uid, name, namespace }).sandboxes[0];
    return sandbox ? this.#options.network.ips(sandbox.id) : [];
  }

  #factsOf(pod: Pod): DownwardFacts {
    const { cpus, memory } = this.#machine;
    const allocatable = this.#agent.node?.status?.allocatable ?? { cpu: String(cpus), memory: String(memory) };
    return { hostIp: this.#options.nodeIp, ips: this.#ipsOf(pod), allocatable };
  }

  #nodeUsage(): Promise<NodeUsage> {
    const { rootDir, runtime, clock } = this.#options;
    return rootDir ? readNodeUsage(rootDir, clock.now()) : simulatedUsage(this.#machine, runtime, clock.now());
  }

  async #nodeFacts(): Promise<NodeFacts> {
    const { nodeName, nodeIp, rootDir, runtime, clock, maxPods = 110, version = 'v1.36.0' } = this.#options;
    if (rootDir) this.#machine = await readMachineInfo(rootDir);
    const images = this.#problem ? [] : await runtime.images().catch(() => []);
    return {
      ...{ nodeName, nodeIp, maxPods, images },
      machine: this.#machine,
      runtimeVersion: this.#runtimeVersion,
      handlers: this.#handlers ?? [],
      kubeletVersion: version,
      kubeletPort: this.#server?.port ?? 10250,
      problem: this.#shuttingDown ? 'node is shutting down' : (this.#problem ?? this.#range.problem),
      pressures: this.#eviction.conditions,
      reserved: this.#options.reserved ?? [],
      thresholds: this.#thresholds,
      now: clock.now(),
    };
  }
}

/** A pod that only the runtime knows. */
function orphan({ uid, namespace, name }: PodState): Pod {
  const metadata = { uid, namespace, name, resourceVersion: '', creationTimestamp: '' };
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: [] } };
}
