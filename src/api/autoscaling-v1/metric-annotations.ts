import type { HorizontalPodAutoscaler as Stored } from '../autoscaling-v2/horizontal-pod-autoscaler.ts';

export type Metric = NonNullable<NonNullable<Stored['spec']>['metrics']>[number];
type CurrentMetric = NonNullable<NonNullable<Stored['status']>['currentMetrics']>[number];
type Target = { type: string; value?: string; averageValue?: string; averageUtilization?: number };
type Values = Omit<Target, 'type'>;
type Fields = Record<string, any>;

/** What a metric should be, or is: the field of its values, which older names of theirs begin with. */
type Side = 'target' | 'current';

/** In annotations of the first version, metrics have the shape that they had before the second: one level flatter. */
export function flatMetric(metric: Metric): Fields {
  return flatSource(metric, 'target', '0');
}

/** The inverse of `flatMetric`. */
export function deepMetric(flat: Fields): Metric {
  return deepSource(flat, 'target', targetOf) as Metric;
}

/** The same for what metrics are, in a status. */
export function flatCurrent(metric: CurrentMetric): Fields {
  return flatSource(metric, 'current', undefined);
}

/** The inverse of `flatCurrent`. */
export function deepCurrent(flat: Fields): CurrentMetric {
  return deepSource(flat, 'current', (values) => values) as CurrentMetric;
}

/** `noValue` stands for the value of an object's metric that has none. */
function flatSource(metric: Fields, side: Side, noValue: string | undefined): Fields {
  const { type, resource, containerResource, pods, object, external } = metric;
  const [value, averageValue] = [`${side}Value`, `${side}AverageValue`];
  return compact({
    type,
    resource: resource && flatResource(resource, side),
    containerResource: containerResource && flatResource(containerResource, side),
    pods: pods && {
      metricName: pods.metric?.name,
      [averageValue]: pods[side]?.averageValue,
      selector: pods.metric?.selector,
    },
    object: object && {
      target: object.describedObject,
      metricName: object.metric?.name,
      [value]: object[side]?.value ?? noValue,
      selector: object.metric?.selector,
      averageValue: object[side]?.averageValue,
    },
    external: external && {
      metricName: external.metric?.name,
      metricSelector: external.metric?.selector,
      [value]: external[side]?.value,
      [averageValue]: external[side]?.averageValue,
    },
  });
}

function deepSource(flat: Fields, side: Side, valuesOf: (given: Values) => object): Fields {
  const { type, resource, containerResource, pods, object, external } = flat;
  const [value, averageValue] = [`${side}Value`, `${side}AverageValue`];
  return compact({
    type,
    resource: resource && deepResource(resource, side, valuesOf),
    containerResource: containerResource && deepResource(containerResource, side, valuesOf),
    pods: pods && {
      metric: { name: pods.metricName, selector: pods.selector },
      [side]: valuesOf({ averageValue: pods[averageValue] }),
    },
    object: object && {
      describedObject: object.target,
      metric: { name: object.metricName, selector: object.selector },
      [side]: valuesOf(objectValues(object, side)),
    },
    external: external && {
      metric: { name: external.metricName, selector: external.metricSelector },
      [side]: valuesOf({ value: external[value], averageValue: external[averageValue] }),
    },
  });
}

/** A target is one value, and where there is an average the other has only been written because it had to be. */
function objectValues(object: Fields, side: Side): Values {
  const { averageValue, [`${side}Value`]: value } = object;
  return side === 'target' && averageValue ? { averageValue } : { value, averageValue };
}

function flatResource(source: Fields, side: Side): Fields {
  const { [side]: values = {}, ...names } = source;
  return {
    ...names,
    [`${side}AverageUtilization`]: values.averageUtilization,
    [`${side}AverageValue`]: values.averageValue,
  };
}

function deepResource(source: Fields, side: Side, valuesOf: (given: Values) => object): Fields {
  const { [`${side}AverageUtilization`]: averageUtilization, [`${side}AverageValue`]: averageValue, ...names } = source;
  return { ...names, [side]: valuesOf({ averageUtilization, averageValue }) };
}

/** A target is of the type of the value that it has. */
function targetOf(values: Values): Target {
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
