import { copyJson, isJsonObject, type JsonObject } from '../json-value.ts';
import type { AnyObject } from '../object.ts';
import { parseJson } from '../schema/json.ts';
import { compare } from './compare.ts';
import { configFields } from './config-fields.ts';
import { difference, type FieldSet } from './field-set.ts';
import type { ApplyScope } from './scope.ts';

/** Where `kubectl apply` without `--server-side` keeps what was applied. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** What all annotations of an object may have together, in bytes. */
const MOST_ANNOTATIONS = 256 * 1024;

/** The text of the annotation, if there is one. */
function lastAppliedOf(object: object): string | undefined {
  return (object as Partial<AnyObject>).metadata?.annotations?.[LAST_APPLIED] || undefined;
}

/**
 * The fields that the live object still has as its last client-side apply set them; undefined when it has had none that
 * can be read.
 */
export function fieldsFromLastApplied(scope: ApplyScope, live: object): FieldSet | undefined {
  const config = read(lastAppliedOf(live));
  if (!config || config['apiVersion'] !== scope.apiVersion) return undefined;
  try {
    const { added, modified, removed } = compare(config, live, scope.type);
    return [added, modified, removed].reduce(difference, configFields(config, scope.type));
  } catch {
    return undefined;
  }
}

function read(text: string | undefined): JsonObject | undefined {
  if (!text) return undefined;
  try {
    const value = parseJson(text).value;
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps the annotation of an object that has one in step with what is applied now, so that clients of both sorts agree. */
export function refreshLastApplied(object: AnyObject, config: AnyObject): void {
  if (!lastAppliedOf(object)) return;
  const annotations = { ...object.metadata.annotations, [LAST_APPLIED]: `${JSON.stringify(withoutOwn(config))}\n` };
  let size = 0;
  for (const [key, value] of Object.entries(annotations)) size += Buffer.byteLength(key) + Buffer.byteLength(value);
  if (size > MOST_ANNOTATIONS) return;
  object.metadata = { ...object.metadata, annotations };
}

/** The config without the annotation itself. */
function withoutOwn(config: AnyObject): AnyObject {
  const copy = copyJson(config);
  delete copy.metadata.managedFields;
  if (copy.metadata.annotations) delete copy.metadata.annotations[LAST_APPLIED];
  return copy;
}
