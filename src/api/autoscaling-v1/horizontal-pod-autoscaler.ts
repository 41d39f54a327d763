import type { V1HorizontalPodAutoscaler } from '@kubernetes/client-node';
import { invalid, type FieldError } from '../../apimachinery/field-error.ts';
import { defineKind, statusSubresource, type Conversion } from '../../apimachinery/kind.ts';
import type { Json, Resource } from '../../apimachinery/object.ts';
import { positive, requiredText } from '../meta-v1/checks.ts';
import { ageColumn, column, nameColumn, numberColumn } from '../meta-v1/columns.ts';
import type { HorizontalPodAutoscaler as Stored } from '../autoscaling-v2/horizontal-pod-autoscaler.ts';

export type HorizontalPodAutoscaler = Resource<V1HorizontalPodAutoscaler>;
type Metrics = NonNullable<NonNullable<Stored['spec']>['metrics']>;

/** What this version has no field for travels in annotations, as JSON. */
const PREFIX = 'autoscaling.alpha.kubernetes.io/';

/** The share of cpu that the first metric aims at, if that is what it is about. */
function cpuTarget(metrics: Metrics): number | undefined {
  const [first] = metrics;
  return first?.type === 'Resource' && first.resource?.name === 'cpu'
    ? first.resource.target?.averageUtilization
    : undefined;
}

function fromStored(stored: Stored): HorizontalPodAutoscaler {
  const { metrics = [], behavior, ...spec } = stored.spec;
  const { conditions, currentMetrics, ...status } = stored.status ?? { desiredReplicas: 0 };
  const target = cpuTarget(metrics);
  const others = target === undefined ? metrics : metrics.slice(1);
  const current = currentMetrics?.find((m) => m.resource?.name === 'cpu')?.resource?.current?.averageUtilization;
  const annotations = {
    ...stored.metadata.annotations,
    ...annotation('metrics', others.length > 0 ? others : undefined),
    ...annotation('behavior', behavior),
    ...annotation('conditions', conditions),
    ...annotation('current-metrics', currentMetrics),
  };
  const metadata = { ...stored.metadata, annotations };
  if (Object.keys(annotations).length === 0) delete (metadata as Partial<typeof metadata>).annotations;
  return {
    ...stored,
    apiVersion: 'autoscaling/v1',
    metadata,
    spec: { ...spec, ...(target !== undefined && { targetCPUUtilizationPercentage: target }) },
    status: {
      ...status,
      currentReplicas: status.currentReplicas ?? 0,
      ...(current !== undefined && { currentCPUUtilizationPercentage: current }),
    },
  };
}

function annotation(name: string, value: unknown): Record<string, string> {
  return value === undefined ? {} : { [PREFIX + name]: JSON.stringify(value) };
}

function toStored(object: HorizontalPodAutoscaler): Stored {
  const { targetCPUUtilizationPercentage: target, ...spec } = object.spec ?? ({} as NonNullable<typeof object.spec>);
  const { currentCPUUtilizationPercentage: _current, ...status } = object.status ?? {};
  const annotations = { ...object.metadata.annotations };
  const take = (name: string): any => {
    const value = parsed(annotations[PREFIX + name]);
    if (value !== undefined) delete annotations[PREFIX + name];
    return value;
  };
  const cpu = {
    type: 'Resource',
    resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: target! } },
  };
  const metrics = [...(target === undefined ? [] : [cpu]), ...(take('metrics') ?? [])];
  const [behavior, conditions, currentMetrics] = ['behavior', 'conditions', 'current-metrics'].map(take);
  const metadata = { ...object.metadata, annotations };
  if (Object.keys(annotations).length === 0) delete (metadata as Partial<typeof metadata>).annotations;
  return {
    ...object,
    apiVersion: 'autoscaling/v2',
    metadata,
    spec: { ...spec, metrics, ...(behavior && { behavior }) },
    status: {
      desiredReplicas: 0,
      ...status,
      ...(conditions && { conditions }),
      ...(currentMetrics && { currentMetrics }),
    },
  };
}

function parsed(text: string | undefined): Json | undefined {
  if (text === undefined) return undefined;
  try {
    const value: Json = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

const conversion: Conversion<HorizontalPodAutoscaler> = { toStored, fromStored };

function validate({ spec }: HorizontalPodAutoscaler): FieldError[] {
  const [min, max] = [spec?.minReplicas ?? 1, spec?.maxReplicas ?? 0];
  const errors: FieldError[] = [];
  if (min < 1) errors.push(invalid('spec.minReplicas', min, 'must be greater than or equal to 1'));
  if (max < 1) errors.push(invalid('spec.maxReplicas', max, 'must be greater than 0'));
  if (max < min) errors.push(invalid('spec.maxReplicas', max, 'must be greater than or equal to `minReplicas`'));
  return [
    ...errors,
    ...requiredText('spec.scaleTargetRef.kind', spec?.scaleTargetRef?.kind),
    ...requiredText('spec.scaleTargetRef.name', spec?.scaleTargetRef?.name),
    ...positive('spec.targetCPUUtilizationPercentage', spec?.targetCPUUtilizationPercentage),
  ];
}

function targetText({ spec, status }: HorizontalPodAutoscaler): string {
  const target = spec?.targetCPUUtilizationPercentage;
  if (target === undefined) return '<none>';
  const current = status?.currentCPUUtilizationPercentage;
  return `cpu: ${current === undefined ? '<unknown>' : `${current}%`}/${target}%`;
}

export const horizontalPodAutoscaler = defineKind<HorizontalPodAutoscaler>({
  group: 'autoscaling',
  version: 'v1',
  kind: 'HorizontalPodAutoscaler',
  plural: 'horizontalpodautoscalers',
  namespaced: true,
  shortNames: ['hpa'],
  categories: ['all'],
  storedAs: { group: 'autoscaling', plural: 'horizontalpodautoscalers' },
  conversion,
  columns: [
    nameColumn,
    column('Reference', (h) => `${h.spec?.scaleTargetRef?.kind ?? ''}/${h.spec?.scaleTargetRef?.name ?? ''}`),
    column('Targets', targetText),
    column('MinPods', (h) => String(h.spec?.minReplicas ?? '<unset>')),
    numberColumn('MaxPods', (h) => h.spec?.maxReplicas ?? 0),
    numberColumn('Replicas', (h) => h.status?.currentReplicas ?? 0),
    ageColumn,
  ],
  subresources: [statusSubresource],
  setDefaults(h) {
    const spec = (h.spec ??= {} as NonNullable<HorizontalPodAutoscaler['spec']>);
    spec.minReplicas ??= 1;
  },
  validate,
  prepareForCreate(h) {
    h.status = { currentReplicas: 0, desiredReplicas: 0 };
  },
});
