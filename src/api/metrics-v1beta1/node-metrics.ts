import { defineKind } from '../../apimachinery/kind.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import { column, nameColumn } from '../meta-v1/columns.ts';

/** Quantities by resource: `cpu` in cores, `memory` as the working set in bytes. */
export type Usage = Readonly<Record<string, string>>;

/** What a node uses. */
export interface NodeMetrics extends KubeObject {
  /** The end of the measuring. */
  readonly timestamp: string;
  /** Its length, as Go writes durations: `15s`. */
  readonly window?: string;
  readonly usage: Usage | undefined;
}

export const nodeMetrics = defineKind<NodeMetrics>({
  group: 'metrics.k8s.io',
  version: 'v1beta1',
  kind: 'NodeMetrics',
  plural: 'nodes',
  singular: '',
  namespaced: false,
  verbs: ['get', 'list'],
  definition: 'io.k8s.metrics.pkg.apis.metrics.v1beta1.NodeMetrics',
  columns: [
    nameColumn,
    column('cpu', ({ usage }) => usage?.cpu ?? ''),
    column('memory', ({ usage }) => usage?.memory ?? ''),
    column('Window', ({ window }) => window ?? ''),
  ],
});
