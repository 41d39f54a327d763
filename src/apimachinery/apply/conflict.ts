import { ApiError } from '../api-error.ts';
import { pathsOf, type FieldSet } from './field-set.ts';
import type { ManagedFieldsEntry } from './managed-fields.ts';
import { pathText } from './path-element.ts';

/** Fields that an applier wants to change although somebody else owns them. */
export interface Conflict {
  readonly entry: ManagedFieldsEntry;
  readonly fields: FieldSet;
}

/** The refusal of an apply, in upstream's words: one cause a field. */
export function conflictError(conflicts: readonly Conflict[]): ApiError {
  const listed = conflicts.flatMap(({ entry, fields }) => {
    const manager = managerText(entry);
    return [...pathsOf(fields)].map((path) => ({ manager, field: pathText(path) }));
  });
  const causes = listed.map(({ manager, field }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${manager}`,
    field,
  }));
  return new ApiError(409, 'Conflict', message(listed), { causes });
}

function message(listed: readonly { manager: string; field: string }[]): string {
  const [first] = listed;
  if (listed.length === 1) return `Apply failed with 1 conflict: conflict with ${first!.manager}: ${first!.field}`;
  const byManager = Map.groupBy(listed, ({ manager }) => manager);
  const lines = [...byManager]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([manager, fields]) => [`conflicts with ${manager}:`, ...fields.map(({ field }) => `- ${field}`)]);
  return `Apply failed with ${listed.length} conflicts: ${lines.join('\n')}`;
}

/** `"kubectl" with subresource "scale" using apps/v1`; appliers are known by their name alone. */
function managerText({ manager, operation, apiVersion, subresource }: ManagedFieldsEntry): string {
  const name = JSON.stringify(manager) + (subresource ? ` with subresource ${JSON.stringify(subresource)}` : '');
  return operation === 'Update' ? `${name} using ${apiVersion}` : name;
}
