import type { FieldError } from '../../src/apimachinery/field-error.ts';
import type { Kind } from '../../src/apimachinery/kind.ts';
import { apiVersionOf } from '../../src/apimachinery/object.ts';

/** 2026-01-01T00:10:00Z: ten minutes after everything in these tests was created. */
export const NOW = Date.UTC(2026, 0, 1, 0, 10);

/** A whole object of `kind`, as the server has it before defaults: `fields` and metadata. */
export function object(kind: Kind<any>, fields: Record<string, any> = {}): any {
  const { metadata, ...rest } = fields;
  return {
    apiVersion: apiVersionOf(kind),
    kind: kind.kind,
    metadata: {
      name: 'web',
      ...(kind.namespaced && { namespace: 'default' }),
      uid: 'u-1',
      resourceVersion: '',
      creationTimestamp: '2026-01-01T00:00:00Z',
      ...metadata,
    },
    ...structuredClone(rest),
  };
}

/** The object with its defaults. */
export function defaulted(kind: Kind<any>, fields: Record<string, any> = {}): any {
  const made = object(kind, fields);
  kind.setDefaults?.(made);
  return made;
}

/** The object as a create stores it. */
export function created(kind: Kind<any>, fields: Record<string, any> = {}): any {
  const made = defaulted(kind, fields);
  if (!kind.statusOnCreate && kind.subresources.some((s) => s.name === 'status')) delete made.status;
  kind.prepareForCreate?.(made, { now: NOW, user: 'ann', subresource: '' });
  return made;
}

/** `field: message` of everything that is wrong with a new object. */
export function createErrors(kind: Kind<any>, fields: Record<string, any> = {}): string[] {
  return texts(kind.validate?.(created(kind, fields)) ?? []);
}

/** The same for a change from `before` to `after`. */
export function updateErrors(kind: Kind<any>, before: Record<string, any>, after: Record<string, any>): string[] {
  return texts(kind.validateUpdate?.(created(kind, after), created(kind, before)) ?? []);
}

function texts(errors: FieldError[]): string[] {
  return errors.map((e) => (e.field ? `${e.field}: ${e.message}` : e.message));
}

/** The cells of a row by column name. */
export function cells(kind: Kind<any>, fields: Record<string, any> = {}): Record<string, unknown> {
  const made = object(kind, fields);
  return Object.fromEntries(kind.columns.map((column) => [column.name, column.value(made, NOW)]));
}

/** The names of the columns, those of `-o wide` in parentheses. */
export function columnNames(kind: Kind<any>): string {
  return kind.columns.map((c) => (c.priority ? `(${c.name})` : c.name)).join(' | ');
}

/** The errors of a change of a status (or of what another subresource changes), all else being as in `fields`. */
export function statusErrors(
  kind: Kind<any>,
  before: object,
  after: object,
  fields: Record<string, any> = {},
  subresource = 'status',
): string[] {
  const base = created(kind, fields);
  const lens = kind.subresources.find((s) => s.name === subresource)!;
  const validate = lens.validate
    ? lens.validate.bind(lens)
    : (now: any, old: any) => kind.validateUpdate?.(now, old) ?? [];
  return texts(validate({ ...base, status: after }, { ...base, status: before }));
}
