import { join } from 'node:path';
import { mkdir } from 'node:fs/promises';
import type { Timer } from '../base/clock.ts';
import type { Component } from '../base/component.ts';
import { errorMessage } from '../base/log.ts';
import { node as nodeKind, type Node } from '../api/core-v1/node.ts';
import type { SelectableNode } from '../api/core-v1/node-selector.ts';
import { persistentVolume } from '../api/core-v1/persistent-volume.ts';
import { pod as podKind, type Pod } from '../api/core-v1/pod.ts';
import { run } from '../linux/exec.ts';
import { createEventRecorder, type FlushableRecorder } from '../client/events.ts';
import type { Informer, Informers } from '../client/informer.ts';
import { InformerFactory } from '../client/informer-factory.ts';
import { refusalOf, type AdmittingNode } from './admission/admission.ts';
import { findCgroupRoots, PodCgroups } from './cgroups/pod-cgroups.ts';
import { allPodsSettings } from './cgroups/settings.ts';
import type { DownwardFacts } from './containers/field-ref.ts';
import type { EvictionManager } from './eviction/eviction-manager.ts';
import { kubeletEviction } from './eviction/kubelet-eviction.ts';
import { parseThresholds, type Threshold } from './eviction/thresholds.ts';
import { HookRunner } from './hooks.ts';
import { CredentialProviders } from './images/credential-providers.ts';
import type { ImageCollector } from './images/image-collector.ts';
import { kubeletCollector, kubeletImages } from './images/kubelet-images.ts';
import { allocatableOf } from './node/allocatable.ts';
import { readMachineInfo, simulatedMachine, type MachineInfo } from './node/machine-info.ts';
import { NodeAgent } from './node/node-agent.ts';
import { endAllPods } from './node/shut-down.ts';
import type { ShutdownGrace } from './node/shutdown.ts';
import type { NodeFacts } from './node/node-status.ts';
import { NodeRange } from './network/node-range.ts';
import { specOf } from './pod-spec.ts';
import type { WorkerDependencies } from './pod-worker.ts';
import { PodWorkers } from './pod-workers.ts';
import { Prober } from './probes/prober.ts';
import { RestartBackoff } from './restart-backoff.ts';
import { measuredRuntime } from './runtime/measured-runtime.ts';
import type { KubeletOptions } from './kubelet-options.ts';
import { KubeletMetrics } from './kubelet-metrics.ts';
import { readNodeUsage, type NodeUsage } from './stats/node-usage.ts';
import { simulatedUsage } from './stats/simulated-usage.ts';
import { configurationOf } from './server/configuration.ts';
import { ContainerDisks } from './stats/container-disk.ts';
import { UsageMonitor } from './stats/monitor.ts';
import { VolumeUsages } from './stats/volume-usage.ts';
import { KubeletServer } from './server/server.ts';
import { isMirror } from './static-pods/mirror-plan.ts';
import { StaticPods } from './static-pods/static-pods.ts';
import { removeStrayMirror } from './static-pods/stray-mirror.ts';
import { decideResize } from './resize/decision.ts';
import { StatusWriter } from './status-writer.ts';
import { kubeletCleaner, kubeletVolumes, type KubeletVolumesOptions } from './volumes/kubelet-volumes.ts';
import { ObjectWatcher } from './volumes/object-watcher.ts';
import type { VolumeManager } from './volumes/volume-manager.ts';

/** Milliseconds that a start waits for the range of pod addresses that the cluster gives the node. */
const RANGE_PATIENCE = 1_000;
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
  readonly #workers: PodWorkers;
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
    const providers =
      options.credentialProviders && new CredentialProviders({ ...options.credentialProviders, clock, log, run });
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
    this.#workers = new PodWorkers({ runtime, deps: () => this.#deps });
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
    this.#volumes = rootDir === undefined ? undefined : kubeletVolumes(this.#onDisk(rootDir));
    this.#deps = {
      ...{ client, clock, log, runtime, network, events },
      metrics: this.#metrics,
      hooks: new HookRunner({ runtime, network, events, clock, ipsOf }),
      images: kubeletImages({
        ...{ runtime, clock, events, rootDir, credentialFiles: options.credentialFiles, providers },
        used: (image) => this.#collector?.used(image),
      }),
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
        this.#workers.isHere(pod) ? undefined : refusalOf(pod, this.#admitting(), () => this.#othersThan(pod)),
      isHere: (pod) => this.#workers.isHere(pod),
      resizeDecision: (pod) => decideResize(pod, this.#othersThan(pod), this.#admitting().node?.status?.allocatable),
      onGone: (uid) => {
        this.#workers.forget(uid);
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
    const warn = (reason: string, message: string) => this.#agent.warn(reason, message);
    this.#collector = rootDir === undefined ? undefined : kubeletCollector({ runtime, clock, log, rootDir, warn });
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
        disks: this.#volumes && new ContainerDisks(runtime, clock),
        metrics: (volumes) => this.#metrics.render(volumes),
        httpMetrics: this.#metrics,
        probeMetrics: () => this.#prober.metrics.render(),
        configuration: () => configurationOf(options),
      });
  }

  /**
   * Resolves when the node is registered and its pods are looked after.
   * @throws a sentence when the runtime does not answer or the endpoint's port is taken
   */
  async start(): Promise<void> {
    const { runtime, network, rootDir } = this.#options;
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
    await this.#informers.synced();
    await this.#useKnownRange();
    await Promise.all([network.start(sandboxes), this.#agent.start()]);
    this.#nodes.listen({ added: (node) => this.#range.observe(node), updated: (node) => this.#range.observe(node) });
    await this.#range.ready(RANGE_PATIENCE);
    informer.listen({
      added: (pod) => this.#update(pod),
      updated: (pod, old) => this.#replaced(pod, old),
      deleted: (pod) => {
        if (isMirror(pod)) return this.#mirrorChanged(pod, true);
        this.#workers.removed(pod.metadata.uid);
      },
    });
    await this.#statics?.start();
    const known = new Set(this.#pods().map((pod) => pod.metadata.uid));
    this.#workers.endOrphans(known, (await this.#volumes?.knownPods()) ?? []);
    this.#collector?.start();
    // Machines that exist only in the mind are never short of anything, unless somebody wants to see it.
    if (rootDir || this.#options.eviction) this.#eviction.start();
    if (rootDir !== undefined) this.#keepFolders(rootDir);
  }

  /**
   * Opens the network before the node says how it is, where the range is known: one that said for a moment that it is not
   * ready, as after a restart, would have its pods taken out of service.
   */
  async #useKnownRange(): Promise<void> {
    const { nodeName, podCidr } = this.#options;
    if (podCidr === undefined) this.#range.observe(this.#nodes.get(nodeName));
    else this.#range.use([podCidr]);
    if (this.#range.isGiven) await this.#range.ready(RANGE_PATIENCE);
  }

  /** What is on disk follows what it was made of, and goes when nobody needs it any more. */
  #keepFolders(rootDir: string): void {
    const { clock } = this.#options;
    const cleaner = kubeletCleaner(this.#onDisk(rootDir), this.#informers.of(persistentVolume));
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
    await this.#workers.stop();
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
      begin: (pod) => this.#workers.update(pod, this.#statics),
      end: (uid) => this.#workers.end(uid),
    });
  }

  /** Without manifests there is nothing that a mirror could show. */
  #mirrorChanged(mirror: Pod, gone = false): void {
    if (this.#statics) return this.#statics.mirrorChanged(mirror, gone);
    if (!gone) removeStrayMirror(mirror, this.#options.client, this.#options.log);
  }

  /** What the volumes of a node that has a disk are made with. */
  #onDisk(rootDir: string): KubeletVolumesOptions {
    const { client, clock, log, runtime, localPaths } = this.#options;
    const node = () => this.#selectable();
    const images = () => this.#deps.images;
    return {
      ...{ client, clock, log, runtime, rootDir, localPaths, node, images },
      ...{ watcher: this.#watcher, metrics: this.#metrics },
    };
  }

  /** This node as node selectors see it. */
  #selectable(): SelectableNode {
    const { nodeName: name } = this.#options;
    const { metadata } = this.#nodes.get(name) ?? this.#agent.node ?? {};
    return { name, labels: metadata?.labels };
  }

  #update(pod: Pod): void {
    if (isMirror(pod)) return this.#mirrorChanged(pod);
    // Without a runtime nothing is known of the containers, and others' word stands.
    if (!this.#problem) this.#statuses.observe(pod);
    this.#workers.update(pod);
  }

  /** A watch that was interrupted can show one pod turn into another of the same name. */
  #replaced(pod: Pod, old: Pod): void {
    if (pod.metadata.uid !== old.metadata.uid) this.#workers.removed(old.metadata.uid);
    this.#update(pod);
  }

  #refresh(): void {
    void this.#cgroups?.count(this.#workers.running());
    for (const worker of this.#workers.all()) if (this.#volumes?.isDynamic(worker.pod)) worker.refresh();
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
    this.#workers.wakeAll();
  }

  /** Pods that wait for the network go on, and the node says how it is. */
  #networkChanged(): void {
    if (this.#stopped || !this.#agent.node) return;
    const { log } = this.#options;
    this.#agent.report().catch((error) => log.warn('cannot report the node', { error: errorMessage(error) }));
    this.#workers.wakeAll();
  }

  #othersThan(pod: Pod): Pod[] {
    return this.#workers.othersThan(pod, this.#pods());
  }

  #evictionManager(monitor: UsageMonitor): EvictionManager {
    const { clock, log, runtime, eviction = {} } = this.#options;
    return kubeletEviction({
      ...{ clock, log, runtime, monitor, ...eviction, thresholds: this.#thresholds },
      ...{ workers: this.#workers, volumes: this.#volumes, events: this.#events, metrics: this.#metrics },
      usage: () => this.#nodeUsage(),
      memory: () => this.#machine.memory,
      tell: (reason, message) => this.#agent.warn(reason, message),
      ...(this.#collector && { reclaimDisk: () => this.#collector!.removeUnused() }),
      changed: () => void this.#agent.report(),
    });
  }

  /** Ends all pods, the least important first, and takes no more. */
  async #shutDown(graces: readonly ShutdownGrace[]): Promise<void> {
    this.#shuttingDown = true;
    await this.#agent.report();
    await endAllPods(this.#workers, graces, this.#options.clock);
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
