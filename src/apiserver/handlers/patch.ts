import { ApiError, badRequest, unsupportedMediaType } from '../../apimachinery/api-error.ts';
import type { StrategyContext } from '../../apimachinery/kind.ts';
import type { AnyObject } from '../../apimachinery/object.ts';
import { applyJsonPatch } from '../../apimachinery/patch/json-patch.ts';
import { applyMergePatch } from '../../apimachinery/patch/merge-patch.ts';
import { applyStrategicMergePatch } from '../../apimachinery/patch/strategic-merge-patch.ts';
import { parseJson } from '../../apimachinery/schema/json.ts';
import type { Definitions } from '../../apimachinery/schema/schema.ts';
import { copyJson } from '../../apimachinery/json-value.ts';
import { applyLens, lensTarget, throughLens } from '../registry/lens.ts';
import { update } from '../registry/update.ts';
import { bodyLimit, complete, fieldValidationOf, mediaTypeOf, parseYaml, type BodyTarget } from './body.ts';
import { checkName } from './names.ts';
import { writeOptions, type HandlerServices, type ResourceRequest } from './services.ts';
import { sendUpdated } from './update.ts';

type Apply = (document: AnyObject, patch: unknown, definitions: Definitions, definition: string) => AnyObject;

/** The ways of patching by media type. */
const patches: Readonly<Record<string, Apply>> = {
  'application/json-patch+json': (document, patch) => applyJsonPatch(document, patch),
  'application/merge-patch+json': (document, patch) => applyMergePatch(document, patch),
  'application/strategic-merge-patch+json': applyStrategicMergePatch,
};

const applyTypes = new Set(['application/apply-patch+yaml', 'application/apply-patch+json']);

/** PATCH of one object, or of one of its subresources. */
export async function handlePatch(services: HandlerServices, request: ResourceRequest): Promise<void> {
  const { exchange, target, subresource } = request;
  const mediaType = mediaTypeOf(exchange);
  const apply = Object.hasOwn(patches, mediaType) ? patches[mediaType] : undefined;
  if (!apply) throw wrongPatchType(mediaType);
  const fieldValidation = fieldValidationOf(exchange);
  const body = await exchange.request.body(bodyLimit);
  const patch = parsePatch(body);
  const shown = body.toString('utf8', 0, 1024);
  const bodyTarget: BodyTarget = lensTarget(target.kind, subresource);
  let warnings: readonly string[] = [];
  const patched = (current: AnyObject, context: StrategyContext): AnyObject => {
    const seen = throughLens(subresource, current);
    const value = apply(seen, patch, services.definitions, bodyTarget.definition);
    checkIdentity(seen, value);
    const decoded = services.decoder.decodePatched(copyJson(value), bodyTarget, shown, { fieldValidation });
    warnings = decoded.warnings;
    const object = complete(decoded.object, bodyTarget);
    checkName(target, object);
    return applyLens(subresource, current, object, context);
  };
  const updated = await update(services.registry, {
    ...target,
    options: writeOptions(exchange),
    subresource,
    produce: patched,
  });
  exchange.warnings.push(...warnings);
  sendUpdated(services, request, updated);
}

function parsePatch(body: Buffer): unknown {
  if (body.length === 0) throw badRequest('the patch is empty');
  // Some clients send YAML under a JSON type; JSON begins with a bracket.
  const first = body.toString('latin1', 0, 64).trimStart()[0];
  const text = first === '{' || first === '[' ? body : Buffer.from(JSON.stringify(parseYaml(body)) ?? 'null');
  return parseJson(text).value;
}

/** A patch may not turn an object into one of another kind. */
function checkIdentity(before: AnyObject, after: AnyObject): void {
  if (after?.apiVersion === before.apiVersion && after?.kind === before.kind) return;
  const types = `${before.apiVersion} ${before.kind} to ${after?.apiVersion} ${after?.kind}`;
  throw badRequest(`a patch cannot change the type of an object: from ${types}`);
}

function wrongPatchType(mediaType: string): ApiError {
  const { code, reason, message } = unsupportedMediaType(Object.keys(patches));
  if (!applyTypes.has(mediaType)) return new ApiError(code, reason, message);
  return new ApiError(code, reason, `server-side apply is not supported by this server yet: ${message}`);
}
