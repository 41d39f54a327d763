import { defineKind } from '../../apimachinery/kind.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import { Quantity, parseQuantity } from '../../apimachinery/quantity.ts';
import { column, nameColumn } from '../meta-v1/columns.ts';
import type { Usage } from './node-metrics.ts';

/** What the running containers of a pod use. */
export interface PodMetrics extends KubeObject {
  /** The end of the measuring. */
  readonly timestamp: string;
  /** Its length, as Go writes durations: `15s`. */
  readonly window?: string;
  readonly containers?: readonly { readonly name: string; readonly usage: Usage }[];
}

function sum({ containers = [] }: PodMetrics, resource: string): string {
  const amounts = containers.map(({ usage }) => parseQuantity(usage[resource] ?? '0'));
  const nanos = amounts.reduce((total, amount) => total + amount.nanos, 0n);
  return new Quantity(nanos, amounts[0]?.format).toString();
}

export const podMetrics = defineKind<PodMetrics>({
  group: 'metrics.k8s.io',
  version: 'v1beta1',
  kind: 'PodMetrics',
  plural: 'pods',
  singular: '',
  namespaced: true,
  verbs: ['get', 'list'],
  definition: 'io.k8s.metrics.pkg.apis.metrics.v1beta1.PodMetrics',
  columns: [
    nameColumn,
    column('cpu', (metrics) => sum(metrics, 'cpu')),
    column('memory', (metrics) => sum(metrics, 'memory')),
    column('Window', ({ window }) => window ?? ''),
  ],
});
