import type { Kind } from '../../apimachinery/kind.ts';
import { apiVersionOf, type KubeObject } from '../../apimachinery/object.ts';
import type { Column } from '../../apimachinery/table.ts';
import { partialMetadata } from './partial-metadata.ts';

/** What is put beside each row's cells. */
export type IncludeObject = 'None' | 'Metadata' | 'Object';

export interface TableOptions {
  readonly now: number;
  readonly include: IncludeObject;
  /** Of meta.k8s.io. */
  readonly version: string;
  /** Of the table: a list's, or an object's version. */
  readonly metadata: object;
  readonly withColumns: boolean;
}

/** What kinds show that declare nothing. */
const defaultColumns: readonly Column[] = [
  { name: 'Name', type: 'string', format: 'name', value: (o) => o.metadata.name },
  { name: 'Created At', type: 'date', value: (o) => o.metadata.creationTimestamp },
];

/** The objects as `kubectl get` prints them (`meta.k8s.io/v1 Table`). */
export function toTable(kind: Kind, objects: Iterable<KubeObject>, options: TableOptions): object {
  const columns = kind.columns.length > 0 ? kind.columns : defaultColumns;
  const rows: object[] = [];
  for (const object of objects) {
    const cells = columns.map((column) => column.value(object, options.now));
    rows.push({ cells, object: included(kind, object, options) });
  }
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${options.version}`,
    metadata: options.metadata,
    columnDefinitions: options.withColumns ? columns.map(definition) : null,
    rows,
  };
}

function definition({ name, type, format = '', description = '', priority = 0 }: Column): object {
  return { name, type, format, description, priority };
}

function included(kind: Kind, object: KubeObject, { include, version }: TableOptions): object | null {
  if (include === 'None') return null;
  if (include === 'Object') return { ...object, kind: kind.kind, apiVersion: apiVersionOf(kind) };
  return partialMetadata(object, version);
}
