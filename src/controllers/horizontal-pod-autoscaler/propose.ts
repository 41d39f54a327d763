import type { Pod } from '../../api/core-v1/pod.ts';
import type { HorizontalPodAutoscaler } from '../../api/autoscaling-v2/horizontal-pod-autoscaler.ts';
import type { LabelSelectorObject } from '../../apimachinery/label-selector.ts';
import { errorMessage } from '../../base/log.ts';
import type { MetricsApi } from './metrics-api.ts';
import { groupPods } from './pod-groups.ts';
import { milliOf, type PodMetrics } from './pod-metrics.ts';
import { podRequests } from './pod-requests.ts';
import {
  replicasForAverage,
  replicasForShare,
  replicasForUtilization,
  replicasForValue,
  type Counted,
  type Measured,
  type Tolerance,
} from './replica-count.ts';
import type { ScaleTargets } from './scale-target.ts';
import { isPodReady } from '../pod-state.ts';
import { selectorText } from '../selector-text.ts';
import { milliText } from './milli-text.ts';

export type Metric = NonNullable<HorizontalPodAutoscaler['spec']['metrics']>[number];
export type MetricStatus = NonNullable<NonNullable<HorizontalPodAutoscaler['status']>['currentMetrics']>[number];

/** What the metrics of one autoscaler are read and counted with. */
export interface Situation {
  readonly api: MetricsApi;
  readonly targets: ScaleTargets;
  readonly namespace: string;
  /** The selector of the target's pods, and those pods. */
  readonly selector: string;
  readonly pods: readonly Pod[];
  /** How many replicas the target is to have, and how many it has. */
  readonly specReplicas: number;
  readonly statusReplicas: number;
  readonly tolerance: Tolerance;
  readonly now: number;
}

/** How many replicas one metric calls for. */
export interface Proposal {
  readonly replicas: number;
  /** The metric, in words. */
  readonly name: string;
  readonly status: MetricStatus;
}

/** Why a metric calls for nothing: `reason` and `told` for an event and a condition, the message for the whole. */
export class MetricError extends Error {
  readonly reason: string;
  readonly told: string;

  constructor(reason: string, told: string, message: string, cause?: unknown) {
    super(message, { cause });
    this.reason = reason;
    this.told = told;
  }
}

/** What a kind of source does. */
interface Source {
  readonly reason: string;
  /** What could not be had, for the message. */
  readonly what: (metric: Metric) => string;
  readonly propose: (metric: Metric, situation: Situation) => Promise<Proposal>;
}

const sources: Readonly<Record<string, Source>> = {
  Resource: {
    reason: 'FailedGetResourceMetric',
    what: ({ resource }) => `${resource!.name} resource metric value`,
    propose: fromResource,
  },
  ContainerResource: {
    reason: 'FailedGetContainerResourceMetric',
    what: ({ containerResource }) => `${containerResource!.name} container metric value`,
    propose: fromResource,
  },
  Pods: { reason: 'FailedGetPodsMetric', what: () => 'pods metric value', propose: fromPods },
  Object: { reason: 'FailedGetObjectMetric', what: () => 'object metric value', propose: fromObject },
  External: {
    reason: 'FailedGetExternalMetric',
    what: ({ external }) => `${external!.metric.name} external metric value`,
    propose: fromExternal,
  },
};

/** @throws MetricError */
export async function propose(metric: Metric, situation: Situation): Promise<Proposal> {
  const source = Object.hasOwn(sources, metric.type) ? sources[metric.type] : undefined;
  if (!source) {
    const message = `unknown metric source type "${metric.type}"`;
    throw new MetricError('InvalidMetricSourceType', message, message);
  }
  try {
    return await source.propose(metric, situation);
  } catch (error) {
    const told = errorMessage(error);
    throw new MetricError(source.reason, told, `failed to get ${source.what(metric)}: ${told}`, error);
  }
}

async function fromResource(metric: Metric, situation: Situation): Promise<Proposal> {
  const { name, target } = (metric.resource ?? metric.containerResource)!;
  const container = metric.containerResource?.container;
  const byValue = target.averageValue !== undefined;
  const what = `failed to get ${name} ${byValue ? 'usage' : 'utilization'}`;
  const counted = await orWhy(what, async () => {
    const read = () => situation.api.ofResource(situation.namespace, situation.selector, name, container);
    const measured = measure(await orWhy(`unable to get metrics for resource ${name}`, read), situation, name);
    if (byValue) return replicasForAverage(measured, milliOf(target.averageValue!));
    return replicasForUtilization(measured, target.averageUtilization!, podRequests(situation.pods, name, container));
  });
  const current = { ...utilizationOf(counted), averageValue: milliText(counted.value) };
  return {
    replicas: counted.replicas,
    name: byValue ? `${name} resource` : `${name} resource utilization (percentage of request)`,
    status: container
      ? { type: metric.type, containerResource: { name, container, current } }
      : { type: metric.type, resource: { name, current } },
  };
}

function utilizationOf({ utilization }: Counted) {
  return utilization === undefined ? {} : { averageUtilization: utilization };
}

async function fromPods({ type, pods }: Metric, situation: Situation): Promise<Proposal> {
  const { metric, target } = pods!;
  const read = () => situation.api.ofPods(situation.namespace, situation.selector, metric);
  const measured = measure(await orWhy(`unable to get metric ${metric.name}`, read), situation, undefined);
  const { replicas, value } = replicasForAverage(measured, milliOf(target.averageValue!));
  const status = { type, pods: { metric, current: { averageValue: milliText(value) } } };
  return { replicas, name: `pods metric ${metric.name}`, status };
}

async function fromObject({ type, object }: Metric, situation: Situation): Promise<Proposal> {
  const { metric, target, describedObject } = object!;
  const read = async () => {
    const { plural, group } = await situation.targets.resourceOf(describedObject);
    const resource = group ? `${plural}.${group}` : plural;
    return situation.api.ofObject(situation.namespace, { resource, name: describedObject.name }, metric);
  };
  const about = `${describedObject.kind} ${situation.namespace}/${describedObject.name}`;
  const value = await orWhy(`unable to get metric ${metric.name}`, read, ` on ${about}`);
  const { replicas, current } = count(target, value, situation);
  const name = target.type === 'Value' ? `${describedObject.kind} metric ${metric.name}` : external(metric);
  return { replicas, name, status: { type, object: { describedObject, metric, current } } };
}

async function fromExternal({ type, external: source }: Metric, situation: Situation): Promise<Proposal> {
  const { metric, target } = source!;
  const { namespace, api } = situation;
  const what = target.averageValue === undefined ? `external metric ${metric.name}` : `${metric.name} external metric`;
  const read = () => api.external(namespace, metric);
  const from = `unable to get external metric ${namespace}/${metric.name}/${selectorText(metric.selector)}`;
  const { replicas, current } = await orWhy(`failed to get ${what}`, async () => {
    const values = await orWhy(from, read);
    const sum = values.reduce((a, b) => a + b, 0n);
    return count(target, sum, situation);
  });
  return { replicas, name: external(metric), status: { type, external: { metric, current } } };
}

function external(metric: { name: string; selector?: LabelSelectorObject }): string {
  return `external metric ${metric.name}(${selectorText(metric.selector)})`;
}

/** The replicas for a metric that is not of pods. */
function count(target: { averageValue?: string; value?: string }, sum: bigint, situation: Situation) {
  const { specReplicas, statusReplicas, tolerance, pods } = situation;
  if (target.averageValue !== undefined) {
    const { replicas, value } = replicasForShare(statusReplicas, sum, milliOf(target.averageValue), tolerance);
    return { replicas, current: { averageValue: milliText(value) } };
  }
  const ready = () => readyPods(pods);
  const { replicas, value } = replicasForValue(specReplicas, sum, milliOf(target.value!), tolerance, ready);
  return { replicas, current: { value: milliText(value) } };
}

function readyPods(pods: readonly Pod[]): number {
  if (pods.length === 0) {
    throw new Error('unable to calculate ready pods: no pods returned by selector while calculating replica count');
  }
  return pods.filter((pod) => pod.status?.phase === 'Running' && isPodReady(pod)).length;
}

function measure(metrics: PodMetrics, situation: Situation, resource: string | undefined): Measured {
  const { pods, specReplicas: current, tolerance, now } = situation;
  if (pods.length === 0) throw new Error('no pods returned by selector while calculating replica count');
  return { current, metrics, tolerance, groups: groupPods(pods, metrics, resource, now) };
}

/** Puts before a failure's message what it was that failed. */
async function orWhy<T>(what: string, task: () => Promise<T>, behind = ''): Promise<T> {
  try {
    return await task();
  } catch (error) {
    throw new Error(`${what}: ${errorMessage(error)}${behind}`, { cause: error });
  }
}
