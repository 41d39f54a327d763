import type { HorizontalPodAutoscaler as Stored } from '../autoscaling-v2/horizontal-pod-autoscaler.ts';

export type Metric = NonNullable<NonNullable<Stored['spec']>['metrics']>[number];
export type CurrentMetric = NonNullable<NonNullable<Stored['status']>['currentMetrics']>[number];
type Target = { type: string; value?: string; averageValue?: string; averageUtilization?: number };
type Fields = Record<string, any>;

/** In annotations of the first version, metrics have the shape that they had before the second: one level flatter. */
export function flatMetric(metric: Metric): Fields {
  const { type, resource, containerResource, pods, object, external } = metric;
  return compact({
    type,
    resource: resource && flatResource(resource, 'target', 'targetAverage'),
    containerResource: containerResource && flatResource(containerResource, 'target', 'targetAverage'),
    pods: pods && {
      metricName: pods.metric?.name,
      targetAverageValue: pods.target?.averageValue,
      selector: pods.metric?.selector,
    },
    object: object && {
      target: object.describedObject,
      metricName: object.metric?.name,
      targetValue: object.target?.value ?? '0',
      selector: object.metric?.selector,
      averageValue: object.target?.averageValue,
    },
    external: external && {
      metricName: external.metric?.name,
      metricSelector: external.metric?.selector,
      targetValue: external.target?.value,
      targetAverageValue: external.target?.averageValue,
    },
  });
}

/** The inverse of `flatMetric`. */
export function deepMetric({ type, resource, containerResource, pods, object, external }: Fields): Metric {
  return compact({
    type,
    resource: resource && deepResource(resource, 'target', 'targetAverage', targetOf),
    containerResource: containerResource && deepResource(containerResource, 'target', 'targetAverage', targetOf),
    pods: pods && {
      metric: { name: pods.metricName, selector: pods.selector },
      target: targetOf({ averageValue: pods.targetAverageValue }),
    },
    object: object && {
      describedObject: object.target,
      metric: { name: object.metricName, selector: object.selector },
      target: targetOf(object.averageValue ? { averageValue: object.averageValue } : { value: object.targetValue }),
    },
    external: external && {
      metric: { name: external.metricName, selector: external.metricSelector },
      target: targetOf({ value: external.targetValue, averageValue: external.targetAverageValue }),
    },
  });
}

/** The same for what metrics are, in a status. */
export function flatCurrent({ type, resource, containerResource, pods, object, external }: CurrentMetric): Fields {
  return compact({
    type,
    resource: resource && flatResource(resource, 'current', 'currentAverage'),
    containerResource: containerResource && flatResource(containerResource, 'current', 'currentAverage'),
    pods: pods && {
      metricName: pods.metric?.name,
      currentAverageValue: pods.current?.averageValue,
      selector: pods.metric?.selector,
    },
    object: object && {
      target: object.describedObject,
      metricName: object.metric?.name,
      currentValue: object.current?.value,
      selector: object.metric?.selector,
      averageValue: object.current?.averageValue,
    },
    external: external && {
      metricName: external.metric?.name,
      metricSelector: external.metric?.selector,
      currentValue: external.current?.value,
      currentAverageValue: external.current?.averageValue,
    },
  });
}

/** The inverse of `flatCurrent`. */
export function deepCurrent({ type, resource, containerResource, pods, object, external }: Fields): CurrentMetric {
  const same = (values: Omit<Target, 'type'>) => values;
  return compact({
    type,
    resource: resource && deepResource(resource, 'current', 'currentAverage', same),
    containerResource: containerResource && deepResource(containerResource, 'current', 'currentAverage', same),
    pods: pods && {
      metric: { name: pods.metricName, selector: pods.selector },
      current: { averageValue: pods.currentAverageValue },
    },
    object: object && {
      describedObject: object.target,
      metric: { name: object.metricName, selector: object.selector },
      current: { value: object.currentValue, averageValue: object.averageValue },
    },
    external: external && {
      metric: { name: external.metricName, selector: external.metricSelector },
      current: { value: external.currentValue, averageValue: external.currentAverageValue },
    },
  });
}

function flatResource(source: Fields, field: string, prefix: string): Fields {
  const { [field]: values = {}, ...names } = source;
  return {
    ...names,
    [`${prefix}Utilization`]: values.averageUtilization,
    [`${prefix}Value`]: values.averageValue,
  };
}

function deepResource(
  source: Fields,
  field: string,
  prefix: string,
  values: (given: Omit<Target, 'type'>) => object,
): Fields {
  const { [`${prefix}Utilization`]: averageUtilization, [`${prefix}Value`]: averageValue, ...names } = source;
  return { ...names, [field]: values({ averageUtilization, averageValue }) };
}

/** A target is of the type of the value that it has. */
function targetOf(values: Omit<Target, 'type'>): Target {
  if (values.averageUtilization != null) return { type: 'Utilization', ...values };
  return { type: values.value != null ? 'Value' : 'AverageValue', ...values };
}

/** A copy without what is not there, however deep. */
function compact(value: any): any {
  if (Array.isArray(value)) return value.map(compact);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, v]) => v !== undefined && v !== null);
  return Object.fromEntries(entries.map(([key, v]) => [key, compact(v)]));
}
