import { badRequest } from '../../apimachinery/api-error.ts';
import { escapeFieldValue, parseFieldSelector, type FieldSelector } from '../../apimachinery/field-selector.ts';
import type { Kind } from '../../apimachinery/kind.ts';
import { parseLabelSelector } from '../../apimachinery/label-selector.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import type { ListOptions } from '../../storage/storage.ts';
import { indexedFields } from './indexes.ts';
import type { Target } from './registry.ts';

/** Which objects of a collection are wanted. Both are absent when all are. */
export type Selection = Pick<ListOptions, 'match' | 'index'> & {
  /** The one name that can match, if the selector says so. */
  readonly name?: string;
};

const all: Selection = {};

/** Fields that every kind can be selected by. */
const commonFields: Readonly<Record<string, (object: KubeObject) => string>> = {
  'metadata.name': (o) => o.metadata.name,
  'metadata.namespace': (o) => o.metadata.namespace ?? '',
};

/**
 * What the two selectors of a request ask for.
 * @throws ApiError BadRequest for bad syntax or a field that `kind` cannot be selected by
 */
function parseSelection(kind: Kind, labelSelector: string | null, fieldSelector: string | null): Selection {
  if (!labelSelector && !fieldSelector) return all;
  const labels = parseLabelSelector(labelSelector ?? undefined);
  const fields = parseFieldSelector(fieldSelector ?? undefined);
  const readers = fieldReaders(kind, fields);
  const read = (object: KubeObject) => (field: string) => readers.get(field)!(object);
  const index = indexOf(kind, fields);
  const name = fields.exact('metadata.name');
  return {
    match: (object) => labels.matches(object.metadata.labels) && (fields.empty || fields.matches(read(object))),
    ...(index && { index }),
    ...(name !== undefined && { name }),
  };
}

/**
 * What a request for a collection asks for, which may also name one object by its path or by `metadata.name`.
 * @throws ApiError BadRequest when the two disagree, and as `parseSelection`
 */
export function selectionOf(target: Target, labelSelector: string | null, fieldSelector: string | null): Selection {
  const { kind, name } = target;
  if (!name) return parseSelection(kind, labelSelector, fieldSelector);
  const named = parseSelection(kind, labelSelector, fieldSelector || `metadata.name=${escapeFieldValue(name)}`);
  if (named.name === name) return named;
  throw badRequest("fieldSelector metadata.name doesn't match requested name");
}

function fieldReaders(kind: Kind, fields: FieldSelector): Map<string, (object: KubeObject) => string> {
  const readers = new Map<string, (object: KubeObject) => string>();
  for (const { field } of fields.requirements) {
    const reader = readerOf(kind, field);
    if (!reader) throw badRequest(unknownField(kind, field));
    readers.set(field, reader);
  }
  return readers;
}

/** Kinds without fields of their own have upstream's general answer. */
function unknownField({ selectableFields }: Kind, field: string): string {
  if (Object.keys(selectableFields).length > 0) return `field label not supported: ${field}`;
  return `${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`;
}

function readerOf(kind: Kind, field: string): ((object: KubeObject) => string) | undefined {
  if (Object.hasOwn(commonFields, field)) return commonFields[field];
  return Object.hasOwn(kind.selectableFields, field) ? kind.selectableFields[field] : undefined;
}

/** The index of the store that narrows the scan. */
function indexOf(kind: Kind, fields: FieldSelector): ListOptions['index'] {
  for (const { field, operator, value } of fields.requirements) {
    if (operator === '=' && indexedFields.has(field) && Object.hasOwn(kind.selectableFields, field))
      return { name: field, value };
  }
  return undefined;
}
