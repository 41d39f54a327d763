import type { EventRecorder } from '../../client/events.ts';
import type { KubeletMetrics } from '../kubelet-metrics.ts';
import type { PodWorkers } from '../pod-workers.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { UsageMonitor } from '../stats/monitor.ts';
import type { VolumeManager } from '../volumes/volume-manager.ts';
import { EvictionManager, type EvictionOptions } from './eviction-manager.ts';
import { hasDiskLimit, podDiskUse } from './pod-disk.ts';

/** What a kubelet has, and what it does when the node is short of something. */
export interface KubeletEvictionOptions extends Omit<
  EvictionOptions,
  'report' | 'pods' | 'diskUse' | 'hasDiskLimit' | 'evict'
> {
  readonly runtime: Runtime;
  readonly monitor: UsageMonitor;
  readonly workers: PodWorkers;
  /** Undefined on simulated nodes: pods have no files. */
  readonly volumes: VolumeManager | undefined;
  readonly events: EventRecorder;
  readonly metrics: Pick<KubeletMetrics, 'evictions'>;
}

/** Evicts the pods of a kubelet: counted, told, and ended by their workers. */
export function kubeletEviction(options: KubeletEvictionOptions): EvictionManager {
  const { runtime, monitor, workers, volumes, events, metrics } = options;
  return new EvictionManager({
    ...options,
    hasDiskLimit,
    report: () => monitor.report(),
    pods: () => workers.running(),
    diskUse: volumes && ((pod) => podDiskUse(pod, runtime, volumes.podFolder(pod.metadata.uid))),
    evict: (pod, why, signal) => {
      metrics.evictions.labels(signal).inc();
      events.event(pod, 'Warning', why.reason, why.message);
      workers.get(pod.metadata.uid)?.evict(why);
    },
  });
}
