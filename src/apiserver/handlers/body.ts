import { parseDocument, type CollectionTag, type ScalarTag, type Tags } from 'yaml';
import { badRequest, unsupportedMediaType } from '../../apimachinery/api-error.ts';
import { apiVersionOf, parseApiVersion, type AnyObject } from '../../apimachinery/object.ts';
import { protobufType } from '../../apimachinery/protobuf/envelope.ts';
import { parseJson, type ParsedJson } from '../../apimachinery/schema/json.ts';
import type { DecodeOptions, DecodeTarget, FieldValidation } from '../../apimachinery/schema/validate.ts';
import { errorMessage } from '../../base/log.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { parseProtobuf, takesProtobuf } from './protobuf-body.ts';
import type { HandlerServices } from './services.ts';

/** Upstream's limit for the body of a request, in bytes. */
export const bodyLimit = 3 * 1024 * 1024;

/** The media types in which objects are taken; protobuf only those of built-in kinds. */
const textTypes: readonly string[] = ['application/json', 'application/yaml'];
const builtInTypes: readonly string[] = [...textTypes, protobufType];

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
  if (mediaType === '' || textTypes.includes(mediaType)) return mediaType;
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
  const body = await exchange.request.body(bodyLimit);
  const parsed = parseBody(body, mediaType, target, fieldValidation !== 'Ignore');
  checkType(parsed.value, target);
  const options: DecodeOptions = { fieldValidation, duplicates: parsed.duplicates };
  const { object, warnings } = services.decoder.decode(parsed.value, target, options);
  exchange.warnings.push(...warnings);
  return complete(object, target);
}

/** Sets what may be left out: the type, which the path says as well, and the metadata. */
export function complete(object: AnyObject, target: BodyTarget): AnyObject {
  object.apiVersion = apiVersionOf(target);
  object.kind = target.kind;
  object.metadata ??= {} as AnyObject['metadata'];
  return object;
}

/** @throws ApiError BadRequest for an unknown value */
export function fieldValidationOf(exchange: Exchange): FieldValidation {
  const value = exchange.query.get('fieldValidation') || 'Warn';
  if (value === 'Strict' || value === 'Warn' || value === 'Ignore') return value;
  throw badRequest(
    `fieldValidation: Unsupported value: ${JSON.stringify(value)}: supported values: "Ignore", "Strict", "Warn"`,
  );
}

function parseBody(body: Buffer, mediaType: string, target: BodyTarget, duplicates: boolean): ParsedJson {
  if (mediaType === protobufType) return { value: parseProtobuf(body, target), duplicates: [] };
  const { kind } = target;
  if (mediaType !== 'application/yaml') return parseJson(body, { duplicates, expected: kind });
  try {
    return parseJson(JSON.stringify(parseYaml(body)) ?? 'null');
  } catch (error) {
    const told = errorMessage(error);
    throw badRequest(
      `the object provided is unrecognized (must be of type ${kind}): couldn't get version/kind; ${told}`,
    );
  }
}

/**
 * Parses YAML as Kubernetes does: version 1.1 (so `0644` is octal and `on` is true), but times stay text.
 * @throws ApiError BadRequest
 */
export function parseYaml(text: Buffer): unknown {
  try {
    const document = parseDocument(text.toString('utf8'), {
      schema: 'yaml-1.1',
      customTags: withoutSpecialTags,
      resolveKnownTags: false,
      uniqueKeys: false,
      logLevel: 'error',
    });
    if (document.errors[0]) throw document.errors[0];
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw badRequest(`error converting YAML to JSON: ${errorMessage(error).split('\n')[0]}`);
  }
}

const special = new Set(['timestamp', 'binary', 'omap', 'pairs', 'set'].map((name) => `tag:yaml.org,2002:${name}`));

/** Tags whose values JSON does not have. */
function withoutSpecialTags(tags: Tags): (CollectionTag | ScalarTag)[] {
  return tags.filter((tag): tag is CollectionTag | ScalarTag => typeof tag === 'object' && !special.has(tag.tag));
}

/** The body may leave its type out, but may not say another one than the path. */
function checkType(value: unknown, target: BodyTarget): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return; // the decoder says it better
  const { apiVersion, kind } = value as { apiVersion?: unknown; kind?: unknown };
  if (typeof kind === 'string' && kind !== '' && kind !== target.kind) {
    const { version } = parseApiVersion(typeof apiVersion === 'string' ? apiVersion : '');
    throw badRequest(
      `${kind} in version ${JSON.stringify(version)} cannot be handled as a ${target.kind}: the object provided is unrecognized (must be of type ${target.kind})`,
    );
  }
  const expected = apiVersionOf(target);
  const older = (target.olderVersions ?? []).map((version) => apiVersionOf({ ...target, version }));
  if (typeof apiVersion === 'string' && apiVersion !== '' && apiVersion !== expected && !older.includes(apiVersion)) {
    throw badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${expected})`,
    );
  }
}
