import { equalJson, isJsonObject } from '../json-value.ts';
import { isEmpty, type FieldSet } from './field-set.ts';
import { parseFieldsV1 } from './fields-v1.ts';

/** Who wrote which fields, how, through which version and subresource: one entry of `metadata.managedFields`. */
export interface ManagedFieldsEntry {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  /** RFC 3339, when the manager last set a field. */
  readonly time?: string;
  readonly fieldsType: 'FieldsV1';
  readonly fieldsV1: FieldSet;
  readonly subresource?: string;
}

export type ManagedFields = readonly ManagedFieldsEntry[];

export const NO_MANAGERS: ManagedFields = [];

/** What tells entries apart: appliers are the same through all versions. */
export function isSameManager(a: ManagedFieldsEntry, b: Omit<ManagedFieldsEntry, 'fieldsV1' | 'fieldsType'>): boolean {
  if (a.manager !== b.manager || a.operation !== b.operation) return false;
  if ((a.subresource ?? '') !== (b.subresource ?? '')) return false;
  return a.operation === 'Apply' || a.apiVersion === b.apiVersion;
}

/** Whether a writer asks to forget all managers: an empty list, or one empty entry. */
export function asksForReset(sent: unknown): boolean {
  if (!Array.isArray(sent)) return false;
  return sent.length === 0 || (sent.length === 1 && isJsonObject(sent[0]) && Object.keys(sent[0]).length === 0);
}

/**
 * Reads what a writer sent as `managedFields`; undefined when it is nothing or malformed, upon which what is stored stays.
 * `stored` is returned as it is when the writer sent the same: it needs no checking.
 */
export function readSent(sent: unknown, stored: ManagedFields): ManagedFields | undefined {
  if (!Array.isArray(sent) || sent.length === 0) return undefined;
  if (equalJson(sent, stored)) return stored;
  try {
    const entries: ManagedFieldsEntry[] = [];
    for (const entry of sent) putEntry(entries, readEntry(entry));
    return entries.filter((entry) => !isEmpty(entry.fieldsV1));
  } catch {
    return undefined;
  }
}

/** The last of two entries of one manager counts. */
function putEntry(entries: ManagedFieldsEntry[], entry: ManagedFieldsEntry): void {
  const at = entries.findIndex((other) => isSameManager(other, entry));
  if (at < 0) entries.push(entry);
  else entries[at] = entry;
}

/** @throws Error when it is malformed */
function readEntry(sent: unknown): ManagedFieldsEntry {
  if (!isJsonObject(sent)) throw new Error('a managed fields entry must be an object');
  const { manager = '', operation, apiVersion, time, fieldsType, fieldsV1, subresource } = sent;
  if (operation !== 'Apply' && operation !== 'Update') throw new Error('operation must be `Apply` or `Update`');
  if (typeof apiVersion !== 'string' || !apiVersion) throw new Error('apiVersion must not be empty');
  if (fieldsType !== 'FieldsV1') throw new Error('fieldsType must be FieldsV1');
  if (typeof manager !== 'string') throw new Error('manager must be a string');
  return entryOf({
    manager,
    operation,
    apiVersion,
    fieldsV1: parseFieldsV1(fieldsV1),
    time: typeof time === 'string' ? time : undefined,
    subresource: typeof subresource === 'string' ? subresource : undefined,
  });
}

/** An entry with its fields in upstream's order. */
export function entryOf(parts: {
  manager: string;
  operation: 'Apply' | 'Update';
  apiVersion: string;
  time?: string | undefined;
  fieldsV1: FieldSet;
  subresource?: string | undefined;
}): ManagedFieldsEntry {
  const { manager, operation, apiVersion, time, fieldsV1, subresource } = parts;
  return {
    manager,
    operation,
    apiVersion,
    ...(time && { time }),
    fieldsType: 'FieldsV1',
    fieldsV1,
    ...(subresource && { subresource }),
  };
}

/** The order in which entries are stored: appliers first, then the oldest, then by name. */
export function compareEntries(a: ManagedFieldsEntry, b: ManagedFieldsEntry): number {
  return (
    compareText(a.operation, b.operation) ||
    compareText(a.time ?? '', b.time ?? '') ||
    compareText(a.manager, b.manager) ||
    compareText(a.apiVersion, b.apiVersion) ||
    compareText(a.subresource ?? '', b.subresource ?? '')
  );
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Whether two lists of entries differ in nothing but times. */
export function equalButForTimes(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
  const without = (entry: ManagedFieldsEntry) => ({ ...entry, time: undefined });
  return a.every((entry, i) =>
    b.some((other, j) => (i === j || a.length > 1) && equalJson(without(entry), without(other))),
  );
}
