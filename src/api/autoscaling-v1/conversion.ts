import type { V1HorizontalPodAutoscaler } from '@kubernetes/client-node';
import type { Conversion } from '../../apimachinery/kind.ts';
import type { Json, Resource } from '../../apimachinery/object.ts';
import type { HorizontalPodAutoscaler as Stored } from '../autoscaling-v2/horizontal-pod-autoscaler.ts';
import { deepCurrent, deepMetric, flatCurrent, flatMetric, type Metric } from './metric-annotations.ts';

export type HorizontalPodAutoscaler = Resource<V1HorizontalPodAutoscaler>;
type StoredStatus = NonNullable<Stored['status']>;

/** What this version has no field for travels in annotations, as JSON. */
const PREFIX = 'autoscaling.alpha.kubernetes.io/';

/** The share of cpu that a metric aims at, if that is what it is about. */
function cpuTarget(metric: Metric | undefined): number | undefined {
  const isCpu = metric?.type === 'Resource' && metric.resource?.name === 'cpu';
  return isCpu ? metric.resource!.target?.averageUtilization : undefined;
}

function fromStored(stored: Stored): HorizontalPodAutoscaler {
  const { metrics = [], behavior, ...spec } = stored.spec ?? ({} as NonNullable<Stored['spec']>);
  const { conditions, currentMetrics, ...status }: Partial<StoredStatus> = stored.status ?? {};
  // Only the first metric becomes the field: so the order of all of them is kept.
  const target = cpuTarget(metrics[0]);
  const others = target === undefined ? metrics : metrics.slice(1);
  const current = currentMetrics?.find((m) => m.resource?.name === 'cpu')?.resource?.current?.averageUtilization;
  return {
    ...(stored as Omit<Stored, 'spec' | 'status'>),
    apiVersion: 'autoscaling/v1',
    metadata: withAnnotations(stored.metadata, {
      ...stored.metadata.annotations,
      ...annotation('metrics', others.length > 0 ? others.map(flatMetric) : undefined),
      ...annotation('behavior', behavior && renameKeys(behavior, capitalized)),
      ...annotation('conditions', conditions),
      ...annotation('current-metrics', currentMetrics?.map(flatCurrent)),
    }),
    spec: { ...spec, ...(target !== undefined && { targetCPUUtilizationPercentage: target }) },
    ...(stored.status && {
      status: {
        ...status,
        currentReplicas: status.currentReplicas ?? 0,
        desiredReplicas: status.desiredReplicas ?? 0,
        ...(current !== undefined && { currentCPUUtilizationPercentage: current }),
      },
    }),
  };
}

function annotation(name: string, value: unknown): Record<string, string> {
  return value === undefined ? {} : { [PREFIX + name]: JSON.stringify(value) };
}

function withAnnotations<M extends { annotations?: Record<string, string> }>(
  metadata: M,
  annotations: Record<string, string>,
): M {
  const { annotations: _old, ...rest } = metadata;
  return (Object.keys(annotations).length > 0 ? { ...rest, annotations } : rest) as M;
}

function toStored(object: HorizontalPodAutoscaler): Stored {
  const { targetCPUUtilizationPercentage: target, ...spec } = object.spec ?? ({} as NonNullable<typeof object.spec>);
  const annotations = { ...object.metadata.annotations };
  const take = (name: string): any => {
    const value = parsed(annotations[PREFIX + name]);
    if (value !== undefined) delete annotations[PREFIX + name];
    return value;
  };
  const metrics = [...(target === undefined ? [] : [cpuMetric(target)]), ...listOf(take('metrics')).map(deepMetric)];
  const behavior = take('behavior');
  const status = storedStatus(object.status, take('conditions'), take('current-metrics'));
  return {
    ...object,
    apiVersion: 'autoscaling/v2',
    metadata: withAnnotations(object.metadata, annotations),
    spec: {
      ...spec,
      ...(metrics.length > 0 && { metrics }),
      ...(behavior && { behavior: withoutNulls(renameKeys(behavior, uncapitalized)) }),
    },
    ...(status && { status }),
  } as Stored;
}

function storedStatus(status: HorizontalPodAutoscaler['status'], conditions: any, currentMetrics: any) {
  if (!status) return undefined;
  const { currentCPUUtilizationPercentage: current, ...rest } = status;
  const cpu = { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: current } } };
  const metrics = currentMetrics ? listOf(currentMetrics).map(deepCurrent) : current === undefined ? undefined : [cpu];
  return { ...rest, ...(conditions && { conditions }), ...(metrics && { currentMetrics: metrics }) };
}

function cpuMetric(averageUtilization: number): Metric {
  return { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } } };
}

/** What an annotation says; one that cannot be read stays an annotation. */
function parsed(text: string | undefined): Json | undefined {
  if (text === undefined) return undefined;
  try {
    const value: Json = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function listOf(value: unknown): Record<string, any>[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'object' && item !== null) : [];
}

/** The behavior's annotation has the names of its fields with capitals. */
function renameKeys(value: any, rename: (key: string) => string): any {
  if (Array.isArray(value)) return value.map((item) => renameKeys(item, rename));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, v]) => [rename(key), renameKeys(v, rename)]));
}

function withoutNulls(value: any): any {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object') return value;
  const entries = Object.entries(value).filter(([, v]) => v !== null);
  return Object.fromEntries(entries.map(([key, v]) => [key, withoutNulls(v)]));
}

function capitalized(key: string): string {
  return key.charAt(0).toUpperCase() + key.slice(1);
}

function uncapitalized(key: string): string {
  return key.charAt(0).toLowerCase() + key.slice(1);
}

/** The first version as a view of the second; neither loses what the other has. */
export const conversion: Conversion<HorizontalPodAutoscaler> = { toStored, fromStored };
