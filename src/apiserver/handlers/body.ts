import { badRequest, unsupportedMediaType } from '../../apimachinery/api-error.ts';
import { apiVersionOf, parseApiVersion, type AnyObject } from '../../apimachinery/object.ts';
import { notSupported } from '../../apimachinery/field-error.ts';
import { protobufType } from '../../apimachinery/protobuf/envelope.ts';
import { parseJson, type ParsedJson } from '../../apimachinery/schema/json.ts';
import type { DecodeOptions, DecodeTarget, FieldValidation } from '../../apimachinery/schema/validate.ts';
import type { KindRegistry } from '../../apimachinery/registry.ts';
import { errorMessage } from '../../base/log.ts';
import { nextTurn } from '../../base/turn.ts';
import { readYaml } from './yaml-body.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { parseProtobuf, takesProtobuf } from './protobuf-body.ts';
import { invalidParameters } from './invalid-parameters.ts';
import type { HandlerServices } from './services.ts';

/** Upstream's limit for the body of a request, in bytes. */
export const bodyLimit = 3 * 1024 * 1024;

/** The media types in which objects are taken; protobuf only those of built-in kinds. */
const textTypes: readonly string[] = ['application/json', 'application/yaml'];
const builtInTypes: readonly string[] = [...textTypes, protobufType];

/** Bodies of more bytes than this are dealt with in several turns, so that nobody else waits for all of it. */
const largest = 32 * 1024;

/** Reads the body. @throws ApiError RequestEntityTooLarge */
export async function readBody(exchange: Exchange): Promise<Buffer> {
  const body = await exchange.request.body(bodyLimit);
  if (body.length > largest) exchange.pause = nextTurn;
  return body;
}

/** What a body is decoded as. */
export interface BodyTarget extends DecodeTarget {
  readonly group: string;
  /** Older versions of the same shape, which are taken as well: old clients send them. */
  readonly olderVersions?: readonly string[];
}

/** The media type without parameters, in lower case. */
export function mediaTypeOf(exchange: Exchange): string {
  const header = exchange.request.headers['content-type'];
  if (!header || header === 'application/json') return header ?? '';
  const semicolon = header.indexOf(';');
  return (semicolon < 0 ? header : header.slice(0, semicolon)).trim().toLowerCase();
}

/**
 * The media type of a body with an object of this definition; empty when none is said.
 * @throws ApiError UnsupportedMediaType
 */
export function objectTypeOf(exchange: Exchange, definition: string): string {
  const mediaType = mediaTypeOf(exchange);
  if (textTypes.includes(mediaType) || exchange.request.headers['content-type'] === undefined) return mediaType;
  const accepted = takesProtobuf(definition) ? builtInTypes : textTypes;
  if (!accepted.includes(mediaType)) throw unsupportedMediaType(accepted);
  return mediaType;
}

/**
 * Reads, parses, checks and cleans the object in the body.
 * @throws ApiError RequestEntityTooLarge, UnsupportedMediaType, BadRequest
 */
export async function readObject(
  services: HandlerServices,
  exchange: Exchange,
  target: BodyTarget,
): Promise<AnyObject> {
  const mediaType = objectTypeOf(exchange, target.definition);
  const fieldValidation = fieldValidationOf(exchange);
  const body = await readBody(exchange);
  const parsed = await parseBody(body, mediaType, target, fieldValidation);
  if (exchange.pause) await exchange.pause();
  checkType(services.registry.kinds, parsed.value, target);
  const { object, warnings } = services.decoder.decode(parsed.value ?? {}, target, { ...parsed, fieldValidation });
  exchange.warnings.push(...warnings);
  if (exchange.pause) await exchange.pause();
  dropDoubledOwners(exchange, object);
  return complete(object, target);
}

/** Sets what may be left out: the type, which the path says as well, and the metadata. */
export function complete(object: AnyObject, target: BodyTarget): AnyObject {
  object.apiVersion = apiVersionOf(target);
  object.kind = target.kind;
  object.metadata ??= {} as AnyObject['metadata'];
  return object;
}

/** @throws ApiError Invalid for an unknown value */
export function fieldValidationOf(exchange: Exchange): FieldValidation {
  const value = exchange.query.get('fieldValidation') || 'Warn';
  if (value === 'Strict' || value === 'Warn' || value === 'Ignore') return value;
  throw invalidParameters(exchange, [notSupported('fieldValidation', value, ['', 'Ignore', 'Strict', 'Warn'])]);
}

type Parsed = ParsedJson & Pick<DecodeOptions, 'faults'>;

async function parseBody(
  body: Buffer,
  mediaType: string,
  target: BodyTarget,
  validation: FieldValidation,
): Promise<Parsed> {
  if (mediaType === protobufType) return { value: parseProtobuf(body, target), duplicates: [] };
  const { kind } = target;
  if (mediaType !== 'application/yaml') {
    return parseJson(body, { duplicates: validation !== 'Ignore', expected: kind });
  }
  try {
    const { json, doubled } = await readYaml(body);
    const faults = validation === 'Strict' ? strictYamlFault(doubled) : doubled;
    return { ...parseJson(json), faults };
  } catch (error) {
    const told = errorMessage(error);
    throw badRequest(
      `the object provided is unrecognized (must be of type ${kind}): couldn't get version/kind; ${told}`,
    );
  }
}

/** Upstream's error of a strict reader: one, which lists all. */
function strictYamlFault(doubled: readonly string[]): string[] {
  return doubled.length > 0 ? [`yaml: unmarshal errors:\n  ${doubled.join('\n  ')}`] : [];
}

/** Two references to one owner that say the same are one. */
function dropDoubledOwners(exchange: Exchange, { metadata }: AnyObject): void {
  const owners = metadata?.ownerReferences;
  if (!owners || owners.length < 2) return;
  const first = new Map<string, (typeof owners)[number]>();
  const doubled: string[] = [];
  for (const owner of owners) {
    const { apiVersion, kind, name, uid, controller, blockOwnerDeletion } = owner;
    const says = JSON.stringify([apiVersion, kind, name, uid, controller, blockOwnerDeletion]);
    if (first.has(says)) doubled.push(uid);
    else first.set(says, owner);
  }
  const kept = [...first.values()];
  if (kept.length === owners.length) return;
  metadata.ownerReferences = kept;
  exchange.warnings.push(
    '.metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+, and may reject ' +
      `such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: ${doubled.join(', ')}`,
  );
}

/** The body may leave its type out, but may not say another one than the path. */
function checkType(kinds: KindRegistry, value: unknown, target: BodyTarget): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return; // the decoder says it better
  const { apiVersion, kind } = value as { apiVersion?: unknown; kind?: unknown };
  const expected = apiVersionOf(target);
  const said = {
    apiVersion: typeof apiVersion === 'string' && apiVersion !== '' ? apiVersion : expected,
    kind: typeof kind === 'string' && kind !== '' ? kind : target.kind,
  };
  if (said.kind === target.kind && said.apiVersion === expected) return;
  const older = (target.olderVersions ?? []).map((version) => apiVersionOf({ ...target, version }));
  if (said.kind === target.kind && older.includes(said.apiVersion)) return;
  throw badRequest(wrongType(kinds, said, target));
}

/** Upstream's words: of another kind, of one that it does not know, or of another version of the right one. */
function wrongType(kinds: KindRegistry, said: { apiVersion: string; kind: string }, target: BodyTarget): string {
  const { group, version } = parseApiVersion(said.apiVersion);
  const handled = `${said.kind} in version ${JSON.stringify(version)} cannot be handled as a ${target.kind}:`;
  if (!kinds.byKind(group, version, said.kind)) {
    const where = `for version ${JSON.stringify(said.apiVersion)} in scheme "pkg/api/legacyscheme/scheme.go:30"`;
    return `${handled} no kind ${JSON.stringify(said.kind)} is registered ${where}`;
  }
  if (said.kind === target.kind) {
    return `the API version in the data (${said.apiVersion}) does not match the expected API version (${apiVersionOf(target)})`;
  }
  const internal = `${target.group.split('.')[0] || 'core'}.${target.kind}`;
  return `${handled} converting (${version}.${said.kind}) to (${internal}): unknown conversion`;
}
