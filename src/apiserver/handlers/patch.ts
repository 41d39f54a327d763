import { badRequest, invalidObject, unsupportedMediaType } from '../../apimachinery/api-error.ts';
import { forbidden, invalid, required, type FieldError } from '../../apimachinery/field-error.ts';
import type { StrategyContext } from '../../apimachinery/kind.ts';
import type { AnyObject } from '../../apimachinery/object.ts';
import { applyJsonPatch } from '../../apimachinery/patch/json-patch.ts';
import { applyMergePatch } from '../../apimachinery/patch/merge-patch.ts';
import { applyStrategicMergePatch } from '../../apimachinery/patch/strategic-merge-patch.ts';
import { parseJson, type ParsedJson } from '../../apimachinery/schema/json.ts';
import type { Definitions } from '../../apimachinery/schema/schema.ts';
import { copyJson } from '../../apimachinery/json-value.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { applyLens, lensTarget, throughLens } from '../registry/lens.ts';
import { update } from '../registry/update.ts';
import { complete, fieldValidationOf, mediaTypeOf, readBody, type BodyTarget } from './body.ts';
import { applyType, handleApply } from './apply.ts';
import { invalidParameters } from './invalid-parameters.ts';
import { checkName, checkUid } from './names.ts';
import { readYaml } from './yaml-body.ts';
import { writeOptions, type HandlerServices, type ResourceRequest } from './services.ts';
import { sendUpdated } from './update.ts';

type Apply = (document: AnyObject, patch: unknown, definitions: Definitions, definition: string) => AnyObject;

const jsonPatchType = 'application/json-patch+json';

/** The ways of patching by media type. */
const patches: Readonly<Record<string, Apply>> = {
  [jsonPatchType]: (document, patch) => applyJsonPatch(document, patch),
  'application/merge-patch+json': (document, patch) => applyMergePatch(document, patch),
  'application/strategic-merge-patch+json': applyStrategicMergePatch,
};

/** PATCH of one object, or of one of its subresources. */
export async function handlePatch(services: HandlerServices, request: ResourceRequest): Promise<void> {
  const { exchange, target, subresource } = request;
  const mediaType = mediaTypeOf(exchange);
  const apply = Object.hasOwn(patches, mediaType) ? patches[mediaType] : undefined;
  if (!apply && mediaType !== applyType) throw unsupportedMediaType([...Object.keys(patches), applyType]);
  checkOptions(exchange, mediaType);
  if (!apply) return handleApply(services, request);
  const fieldValidation = fieldValidationOf(exchange);
  const body = await readBody(exchange);
  const { value: patch, duplicates } = await parsePatch(body, fieldValidation !== 'Ignore');
  const of = mediaType === jsonPatchType ? 'json patch ' : '';
  const faults = duplicates.map((path) => `${of}duplicate field ${JSON.stringify(path)}`);
  if (exchange.pause) await exchange.pause();
  const shown = body.toString('utf8', 0, 1024);
  const bodyTarget: BodyTarget = lensTarget(target.kind, subresource);
  let warnings: readonly string[] = [];
  const patched = (current: AnyObject, context: StrategyContext): AnyObject => {
    const seen = throughLens(subresource, current);
    const value = apply(seen, patch, services.definitions, bodyTarget.definition);
    if (apply !== applyStrategicMergePatch) checkType(seen, value, shown);
    const decoded = services.decoder.decodePatched(value, bodyTarget, shown, { fieldValidation, faults });
    warnings = decoded.warnings;
    const object = complete(decoded.object, bodyTarget);
    checkName(target, object);
    checkUid(target.kind, object, current);
    return applyLens(subresource, subresource ? copyJson(current) : current, object, context);
  };
  const updated = await update(services.registry, {
    ...target,
    options: writeOptions(exchange),
    subresource,
    keepsCurrent: true,
    produce: patched,
  });
  exchange.warnings.push(...warnings);
  return sendUpdated(services, request, updated);
}

async function parsePatch(body: Buffer, duplicates: boolean): Promise<ParsedJson> {
  if (body.length === 0) throw badRequest('the patch is empty');
  // Some clients send YAML under a JSON type; JSON begins with a bracket.
  const first = body.toString('latin1', 0, 64).trimStart()[0];
  const text = first === '{' || first === '[' ? body : (await readYaml(body)).json;
  return parseJson(text, { duplicates });
}

/** A patch may not turn an object into one of another kind; a strategic one cannot, whatever it says. */
function checkType({ apiVersion, kind }: AnyObject, after: AnyObject, shown: string): void {
  const { apiVersion: newVersion = apiVersion, kind: newKind = kind } = (after ?? {}) as Partial<AnyObject>;
  if (newVersion === apiVersion && newKind === kind) return;
  const why = `converting (${newVersion}.${newKind}) to (${apiVersion}.${kind}): unknown conversion`;
  throw invalidObject({ group: '', kind: '' }, '', [invalid('patch', shown, why)]);
}

/** Who applies must say under which name; whether by force only matters there. @throws ApiError Invalid */
function checkOptions(exchange: Exchange, mediaType: string): void {
  const errors: FieldError[] = [];
  if (mediaType === applyType) {
    if (!exchange.query.get('fieldManager')) errors.push(required('fieldManager', 'is required for apply patch'));
  } else if (exchange.query.get('force') !== null) {
    errors.push(forbidden('force', 'may not be specified for non-apply patch'));
  }
  if (errors.length > 0) throw invalidParameters(exchange, errors);
}
