import { forbidden, invalid, notSupported, path, required, type FieldError } from '../../apimachinery/field-error.ts';
import { pathSegmentName } from '../../apimachinery/names.ts';
import { isQuantity, parseQuantity, zeroQuantity } from '../../apimachinery/quantity.ts';
import { requiredText } from '../meta-v1/checks.ts';
import { validateLabelSelector } from '../meta-v1/checks.ts';
import type { HorizontalPodAutoscaler } from './horizontal-pod-autoscaler.ts';

type Metric = NonNullable<NonNullable<HorizontalPodAutoscaler['spec']>['metrics']>[number];
type Target = NonNullable<NonNullable<Metric['pods']>['target']>;
type Identifier = NonNullable<Metric['pods']>['metric'];
type Reference = NonNullable<Metric['object']>['describedObject'];

const TYPES = ['ContainerResource', 'External', 'Object', 'Pods', 'Resource'];
/** The sources of metrics by the field that holds them. */
const sources: Readonly<Record<string, (source: any, at: string) => FieldError[]>> = {
  object: validateObject,
  external: validateExternal,
  pods: validatePods,
  resource: validateResource,
  containerResource: validateContainerResource,
};

/** The rules of one metric: exactly the source that its type names. */
export function validateMetric(metric: Metric, at: string): FieldError[] {
  const errors: FieldError[] = [];
  if (!metric.type) errors.push(required(path(at, 'type'), 'must specify a metric source type'));
  if (!TYPES.includes(metric.type ?? '')) errors.push(notSupported(path(at, 'type'), metric.type ?? '', TYPES));
  const present = Object.keys(sources).filter((name) => metric[name as keyof Metric]);
  const [first] = present;
  if (first) errors.push(...sources[first]!(metric[first as keyof Metric], path(at, first)));
  const expected = TYPES.includes(metric.type ?? '') ? metric.type.charAt(0).toLowerCase() + metric.type.slice(1) : '';
  if (expected && !present.includes(expected)) {
    errors.push(required(path(at, expected), 'must populate information for the given metric source'));
  }
  if (present.length === 1) return errors;
  const others = present.filter((name) => name !== expected);
  return [...errors, ...others.map((name) => forbidden(path(at, name), 'must populate the given metric source only'))];
}

/** The rules of a reference to an object of any version. */
export function validateReference(reference: Reference | undefined, at: string): FieldError[] {
  return [
    ...requiredText(path(at, 'kind'), reference?.kind, pathSegmentName),
    ...requiredText(path(at, 'name'), reference?.name, pathSegmentName),
  ];
}

function validateObject(source: NonNullable<Metric['object']>, at: string): FieldError[] {
  const { value, averageValue } = source.target ?? {};
  return [
    ...validateReference(source.describedObject, path(at, 'describedObject')),
    ...validateIdentifier(source.metric, path(at, 'metric')),
    ...validateTarget(source.target, path(at, 'target')),
    ...(value === undefined && averageValue === undefined
      ? [required(path(at, 'target', 'averageValue'), 'must set either a target value or averageValue')]
      : []),
  ];
}

function validateExternal(source: NonNullable<Metric['external']>, at: string): FieldError[] {
  const { value, averageValue } = source.target ?? {};
  const errors = [
    ...validateIdentifier(source.metric, path(at, 'metric')),
    ...validateTarget(source.target, path(at, 'target')),
  ];
  if (value === undefined && averageValue === undefined) {
    const detail = 'must set either a target value for metric or a per-pod target';
    errors.push(required(path(at, 'target', 'averageValue'), detail));
  }
  if (value !== undefined && averageValue !== undefined) {
    const detail = 'may not set both a target value for metric and a per-pod target';
    errors.push(forbidden(path(at, 'target', 'value'), detail));
  }
  return errors;
}

function validatePods(source: NonNullable<Metric['pods']>, at: string): FieldError[] {
  const average = source.target?.averageValue;
  return [
    ...validateIdentifier(source.metric, path(at, 'metric')),
    ...validateTarget(source.target, path(at, 'target')),
    ...(average === undefined
      ? [required(path(at, 'target', 'averageValue'), 'must specify a positive target averageValue')]
      : []),
  ];
}

function validateResource(source: NonNullable<Metric['resource']>, at: string): FieldError[] {
  return [
    ...(source.name ? [] : [required(path(at, 'name'), 'must specify a resource name')]),
    ...validateResourceTarget(source.target, path(at, 'target')),
  ];
}

function validateContainerResource(source: NonNullable<Metric['containerResource']>, at: string): FieldError[] {
  return [
    ...(source.name ? [] : [required(path(at, 'name'), 'must specify a resource name')]),
    ...(source.container ? [] : [required(path(at, 'container'), 'must specify a container')]),
    ...validateResourceTarget(source.target, path(at, 'target')),
  ];
}

function validateResourceTarget(target: Target | undefined, at: string): FieldError[] {
  const { averageUtilization: share, averageValue: value } = target ?? {};
  const errors = validateTarget(target, at);
  if (share === undefined && value === undefined) {
    const detail = 'must set either a target raw value or a target utilization';
    errors.push(required(path(at, 'averageUtilization'), detail));
  }
  if (share !== undefined && value !== undefined) {
    const detail = 'may not set both a target raw value and a target utilization';
    errors.push(forbidden(path(at, 'averageValue'), detail));
  }
  return errors;
}

function validateTarget(target: Target | undefined, at: string): FieldError[] {
  const { type, value, averageValue, averageUtilization: share } = target ?? {};
  const errors: FieldError[] = [];
  if (!type) errors.push(required(path(at, 'type'), 'must specify a metric target type'));
  if (!['Utilization', 'Value', 'AverageValue'].includes(type ?? '')) {
    errors.push(invalid(path(at, 'type'), type ?? '', 'must be either Utilization, Value, or AverageValue'));
  }
  for (const [name, quantity] of Object.entries({ value, averageValue })) {
    if (quantity !== undefined && !isPositive(quantity)) {
      errors.push(invalid(path(at, name), quantity, 'must be positive'));
    }
  }
  if (share !== undefined && share < 1) {
    errors.push(invalid(path(at, 'averageUtilization'), share, 'must be greater than 0'));
  }
  return errors;
}

function validateIdentifier(metric: Identifier | undefined, at: string): FieldError[] {
  return [
    ...requiredText(path(at, 'name'), metric?.name, pathSegmentName, 'must specify a metric name'),
    ...validateLabelSelector(path(at, 'selector'), metric?.selector),
  ];
}

function isPositive(quantity: string): boolean {
  return !isQuantity(quantity) || parseQuantity(quantity).compare(zeroQuantity) > 0;
}
