import type { HorizontalPodAutoscaler } from './horizontal-pod-autoscaler.ts';

type Spec = NonNullable<HorizontalPodAutoscaler['spec']>;
type Metric = NonNullable<Spec['metrics']>[number];
type Current = NonNullable<NonNullable<HorizontalPodAutoscaler['status']>['currentMetrics']>[number];

/** How many metrics one cell shows. */
const SHOWN = 2;

/** `cpu: 12%/80%, 3/10`: what each metric is and what it should be. */
export function targetsText(autoscaler: HorizontalPodAutoscaler): string {
  const metrics = autoscaler.spec?.metrics ?? [];
  if (metrics.length === 0) return '<none>';
  const texts = metrics.map((metric, i) => targetText(metric, autoscaler.status?.currentMetrics?.[i]));
  const shown = texts.slice(0, SHOWN).join(', ');
  return texts.length > SHOWN ? `${shown} + ${texts.length - SHOWN} more...` : shown;
}

function targetText(metric: Metric, current: Current | undefined): string {
  const resource = metric.resource ?? metric.containerResource;
  const source = resource ?? metric.pods ?? metric.object ?? metric.external;
  const now = (current?.resource ?? current?.containerResource ?? current?.pods ?? current?.object ?? current?.external)
    ?.current;
  const { target } = source ?? {};
  const name = resource ? `${resource.name}: ` : '';
  if (target?.averageUtilization !== undefined) {
    const is = now?.averageUtilization === undefined ? '<unknown>' : `${now.averageUtilization}%`;
    return `${name}${is}/${target.averageUtilization}%`;
  }
  if (target?.averageValue !== undefined) {
    const average = metric.object || metric.external ? ' (avg)' : '';
    return `${name}${now?.averageValue ?? '<unknown>'}/${target.averageValue}${average}`;
  }
  return `${name}${now?.value ?? '<unknown>'}/${target?.value ?? '<auto>'}`;
}
