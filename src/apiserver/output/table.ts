import type { Kind } from '../../apimachinery/kind.ts';
import { apiVersionOf, type KubeObject } from '../../apimachinery/object.ts';
import type { Column } from '../../apimachinery/table.ts';
import { partialMetadata } from './partial-metadata.ts';

/** What is put beside each row's cells. */
export type IncludeObject = 'None' | 'Metadata' | 'Object';

/** How rows are made. */
export interface RowOptions {
  readonly now: number;
  readonly include: IncludeObject;
  /** Of meta.k8s.io. */
  readonly version: string;
}

/** What kinds show that declare nothing. */
const defaultColumns: readonly Column[] = [
  { name: 'Name', type: 'string', format: 'name', value: (o) => o.metadata.name },
  { name: 'Created At', type: 'date', value: (o) => o.metadata.creationTimestamp },
];

/**
 * The objects as `kubectl get` prints them (`meta.k8s.io/v1 Table`).
 * @param metadata of the table: a list's, or an object's version
 */
export function toTable(
  kind: Kind,
  objects: readonly KubeObject[],
  options: RowOptions,
  metadata: object,
  withColumns = true,
): object {
  const rows = objects.map((object) => tableRow(kind, object, options));
  return { ...tableHead(kind, options.version, metadata, withColumns), rows };
}

/** A table without its rows. */
export function tableHead(kind: Kind, version: string, metadata: object, withColumns = true): object {
  const columnDefinitions = withColumns ? columnsOf(kind).map(definition) : null;
  return { kind: 'Table', apiVersion: `meta.k8s.io/${version}`, metadata, columnDefinitions };
}

/** One object as a row. */
export function tableRow(kind: Kind, object: KubeObject, options: RowOptions): object {
  const cells = columnsOf(kind).map((column) => column.value(object, options.now));
  return { cells, object: included(kind, object, options) };
}

function columnsOf({ columns }: Kind): readonly Column[] {
  return columns.length > 0 ? columns : defaultColumns;
}

function definition({ name, type, format = '', description = '', priority = 0 }: Column): object {
  return { name, type, format, description, priority };
}

function included(kind: Kind, object: KubeObject, { include, version }: RowOptions): object | null {
  if (include === 'None') return null;
  if (include === 'Object') return { ...object, kind: kind.kind, apiVersion: apiVersionOf(kind) };
  return partialMetadata(object, version);
}
