import { duplicate, invalid, path, required, tooMany, type FieldError } from '../../apimachinery/field-error.ts';
import { repeats } from '../meta-v1/checks.ts';
import type { CustomResourceDefinition } from './custom-resource-definition.ts';
import { schemaAt, type JsonSchema } from './json-schema.ts';

export type Version = Partial<CustomResourceDefinition['spec']['versions'][number]>;

const COLUMN_TYPES = ['boolean', 'date', 'integer', 'number', 'string'];
const COLUMN_FORMATS = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password'];
const SELECTABLE_TYPES = ['string', 'boolean', 'integer'];
const MOST_SELECTABLE = 8;
const FIELD = /^(?:\.[A-Za-z_][A-Za-z0-9_-]{0,200}){1,50}$/;

/** The rules of the columns that `kubectl get` shows. */
export function validateColumns(columns: Version['additionalPrinterColumns'], at: string): FieldError[] {
  return (columns ?? []).flatMap((column, i) => {
    const field = path(at, i);
    const errors = column.name ? [] : [required(path(field, 'name'))];
    if (!column.type) errors.push(required(path(field, 'type'), `must be one of ${COLUMN_TYPES.join(',')}`));
    else if (!COLUMN_TYPES.includes(column.type)) {
      errors.push(invalid(path(field, 'type'), column.type, `must be one of ${COLUMN_TYPES.join(',')}`));
    }
    if (column.format && !COLUMN_FORMATS.includes(column.format)) {
      errors.push(invalid(path(field, 'format'), column.format, `must be one of ${COLUMN_FORMATS.join(',')}`));
    }
    if (!column.jsonPath) errors.push(required(path(field, 'JSONPath')));
    else errors.push(...simplePath(path(field, 'JSONPath'), column.jsonPath));
    return errors;
  });
}

/** The rules of the paths of the scale subresource. */
export function validateSubresources(subresources: Version['subresources'], at: string): FieldError[] {
  const scale = subresources?.scale;
  if (!scale) return [];
  const field = path(at, 'scale');
  return [
    ...replicasPath(path(field, 'specReplicasPath'), scale.specReplicasPath, ['.spec.']),
    ...replicasPath(path(field, 'statusReplicasPath'), scale.statusReplicasPath, ['.status.']),
    ...(scale.labelSelectorPath
      ? replicasPath(path(field, 'labelSelectorPath'), scale.labelSelectorPath, ['.spec.', '.status.'])
      : []),
  ];
}

function replicasPath(field: string, value: string | undefined, below: readonly string[]): FieldError[] {
  if (!value) return [required(field)];
  const errors = simplePath(field, value);
  if (errors.length > 0) return errors;
  if (below.some((start) => value.startsWith(start))) return [];
  const names = below.map((start) => start.slice(0, -1)).join(' or ');
  return [invalid(field, value, `should be a json path under ${below.length > 1 ? 'either ' : ''}${names}`)];
}

/** No more is asked of a path than its beginning: what it leads to is seen when it is used. */
function simplePath(field: string, value: string): FieldError[] {
  return value.startsWith('.') ? [] : [invalid(field, value, 'must be a simple json path starting with .')];
}

/** The rules of fields by which lists can be narrowed: plain values below `spec` or `status`. */
export function validateSelectable(
  fields: Version['selectableFields'],
  schema: JsonSchema | undefined,
  at: string,
): FieldError[] {
  const list = fields ?? [];
  const errors = list.length > MOST_SELECTABLE ? [tooMany(at, list.length, MOST_SELECTABLE)] : [];
  const again = repeats(list.map(({ jsonPath }) => jsonPath));
  list.forEach(({ jsonPath }, i) => {
    const field = path(at, i, 'jsonPath');
    errors.push(...selectableErrors(field, jsonPath, schema));
    if (again(i)) errors.push(duplicate(field, jsonPath));
  });
  return errors;
}

function selectableErrors(field: string, jsonPath: string | undefined, schema: JsonSchema | undefined): FieldError[] {
  if (!jsonPath) return [required(field)];
  if (!FIELD.test(jsonPath)) return [invalid(field, jsonPath, 'must be a simple json path with a dot notation')];
  if (jsonPath.startsWith('.metadata.') || jsonPath === '.metadata') {
    return [invalid(field, jsonPath, 'must not point to fields in metadata')];
  }
  const target = schemaAt(schema, jsonPath);
  if (!target) return [invalid(field, jsonPath, `does not refer to a valid field`)];
  if (SELECTABLE_TYPES.includes(target.type ?? '')) return [];
  const detail =
    'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.';
  return [invalid(field, jsonPath, detail)];
}
