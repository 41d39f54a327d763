import { ApiError, badRequest, conflict } from '../../apimachinery/api-error.ts';
import { apply, applyInTurns } from '../../apimachinery/apply/apply.ts';
import { TypeFault } from '../../apimachinery/apply/config-fields.ts';
import { refreshLastApplied } from '../../apimachinery/apply/last-applied.ts';
import { hasMoreParts, MOST_APPLIED } from '../../apimachinery/apply/size.ts';
import { copyJson, isJsonObject } from '../../apimachinery/json-value.ts';
import type { StrategyContext } from '../../apimachinery/kind.ts';
import { apiVersionOf, parseApiVersion, type AnyObject } from '../../apimachinery/object.ts';
import { parseJson } from '../../apimachinery/schema/json.ts';
import { errorMessage } from '../../base/log.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { setManagers } from '../registry/field-managers.ts';
import { applyLens, lensTarget } from '../registry/lens.ts';
import { lensScope, type LensScope } from '../registry/lens-managers.ts';
import { update } from '../registry/update.ts';
import { complete, fieldValidationOf, readBody, type BodyTarget } from './body.ts';
import { requireCreate } from './create-permission.ts';
import { checkName, checkUid } from './names.ts';
import { writeOptions, type HandlerServices, type ResourceRequest } from './services.ts';
import { sendUpdated } from './update.ts';
import { readYaml } from './yaml-body.ts';

export const applyType = 'application/apply-patch+yaml';

/** PATCH with what the object should be (server-side apply), which makes the object when there is none. */
export async function handleApply(services: HandlerServices, request: ResourceRequest): Promise<void> {
  const { exchange, target, subresource } = request;
  const options = { ...writeOptions(exchange), managersGiven: true };
  const config = await readConfig(exchange);
  const bodyTarget = lensTarget(target.kind, subresource);
  if (exchange.pause) await exchange.pause();
  checkConfig(config, bodyTarget);
  const applier = new Applier(services, request, config, bodyTarget, exchange.flag('force'));
  const { pause } = exchange;
  if (pause) await pause();
  const updated = await update(services.registry, {
    ...target,
    options: { ...options, pause },
    subresource,
    keepsCurrent: true,
    produce: (current, context) => applier.change(current, context),
    ...(!subresource && {
      createNew: async () => {
        await requireCreate(services, exchange);
        return applier.create();
      },
    }),
  });
  return sendUpdated(services, request, updated);
}

/** One apply, which may run several times on newer states of the object. */
class Applier {
  readonly #services: HandlerServices;
  readonly #request: ResourceRequest;
  readonly #config: AnyObject;
  readonly #bodyTarget: BodyTarget;
  readonly #force: boolean;

  constructor(
    services: HandlerServices,
    request: ResourceRequest,
    config: AnyObject,
    bodyTarget: BodyTarget,
    force: boolean,
  ) {
    this.#services = services;
    this.#request = request;
    this.#config = config;
    this.#bodyTarget = bodyTarget;
    this.#force = force;
  }

  /** The object to be stored in the place of `current`. */
  async change(current: AnyObject, context: StrategyContext): Promise<AnyObject> {
    const { target, subresource } = this.#request;
    const lens = this.#lens();
    const { object, managers } = await this.#apply(lens, current);
    checkName(target, object);
    checkUid(target.kind, object, current);
    const updated = applyLens(subresource, subresource ? copyJson(current) : current, object, context);
    setManagers(updated, lens.toParent(current, managers));
    return updated;
  }

  /** The object to be stored where there is none. */
  async create(): Promise<AnyObject> {
    const { target } = this.#request;
    const { uid } = this.#config.metadata;
    if (uid) {
      const why = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`;
      throw conflict(target.kind, target.name, why);
    }
    const { object, managers } = await this.#apply(this.#lens(), undefined);
    checkName(target, object);
    setManagers(object, managers);
    return object;
  }

  #lens(): LensScope {
    const { target, subresource } = this.#request;
    return lensScope(this.#services.registry.fieldManagers, target.kind, subresource);
  }

  async #apply(lens: LensScope, current: AnyObject | undefined) {
    const writer = this.#services.registry.fieldManagers.writer(this.#request.exchange.query.get('fieldManager')!);
    const seen = current && lens.live(current);
    const applied = { ...(seen ?? { live: undefined, managers: [] }), config: this.#config, force: this.#force };
    const { pause } = this.#request.exchange;
    const { object, managers } = await named(this.#config, () =>
      pause ? applyInTurns(lens.scope, applied, writer, pause) : apply(lens.scope, applied, writer),
    );
    if (pause) await pause();
    const copy = copyJson(object) as AnyObject;
    if (pause) await pause();
    const decoded = this.#decode(copy);
    if (pause) await pause();
    if (writer.manager === 'kubectl') refreshLastApplied(decoded, this.#config);
    return { object: decoded, managers };
  }

  /** The typed check has found all unknown fields, so what is unknown now was stored so. */
  #decode(value: AnyObject): AnyObject {
    const { decoder } = this.#services;
    const shown = JSON.stringify(this.#config).slice(0, 1024);
    const { object } = decoder.decodePatched(value, this.#bodyTarget, shown, { fieldValidation: 'Ignore' });
    return complete(object, this.#bodyTarget);
  }
}

/** Says which object does not fit its type. */
async function named<T>(config: AnyObject, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof TypeFault)) throw error;
    const { namespace, name } = config.metadata as Partial<AnyObject['metadata']>;
    const object = `${namespace ?? ''}/${name ?? ''}; ${typeText(config)}`;
    throw new ApiError(500, '', `failed to create typed patch object (${object}): ${error.message}`);
  }
}

/** `apps/v1, Kind=Deployment` */
function typeText({ apiVersion, kind }: { readonly apiVersion?: string; readonly kind?: string }): string {
  const { group, version } = parseApiVersion(apiVersion ?? '');
  return `${group}/${version}, Kind=${kind ?? ''}`;
}

function checkConfig(config: AnyObject, target: BodyTarget): void {
  if (config.apiVersion !== apiVersionOf(target) || config.kind !== target.kind) {
    throw badRequest(`invalid object type: ${typeText(config)}`);
  }
  if (hasMoreParts(config, MOST_APPLIED)) {
    throw new ApiError(413, 'RequestEntityTooLarge', `Request entity too large: more than ${MOST_APPLIED} fields`);
  }
  config.metadata ??= {} as AnyObject['metadata'];
  if (isJsonObject(config.metadata) && Array.isArray(config.metadata.managedFields)) {
    throw badRequest('metadata.managedFields must be nil');
  }
}

/** Reads YAML or JSON. @throws ApiError BadRequest */
async function readConfig(exchange: Exchange): Promise<AnyObject> {
  const validation = fieldValidationOf(exchange);
  const body = await readBody(exchange);
  const isJson = body.toString('latin1', 0, 64).trimStart()[0] === '{';
  const { value, doubled } = await parseConfig(body, isJson);
  if (value !== null && !isJsonObject(value)) throw notAnObject(value);
  if (doubled.length > 0 && validation !== 'Ignore') {
    const text = `error converting YAML to JSON: yaml: unmarshal errors:\n  ${doubled.join('\n  ')}`;
    if (validation === 'Strict') throw badRequest(`error strict decoding YAML: ${text}`);
    exchange.warnings.push(text);
  }
  return (value ?? {}) as unknown as AnyObject;
}

/** The document, and the keys that occur twice in one of its maps, as upstream tells of them. */
async function parseConfig(body: Buffer, isJson: boolean): Promise<{ value: unknown; doubled: readonly string[] }> {
  try {
    if (isJson) return parseJsonConfig(body);
    const { json, doubled } = await readYaml(body);
    return { value: parseJson(json).value, doubled };
  } catch (error) {
    throw badRequest(`error decoding YAML: ${errorMessage(error)}`);
  }
}

/** Upstream takes JSON for YAML in one line. */
function parseJsonConfig(body: Buffer): { value: unknown; doubled: readonly string[] } {
  const { value, duplicates } = parseJson(body, { duplicates: true });
  const keys = duplicates.map((path) => JSON.stringify(path.slice(path.lastIndexOf('.') + 1)));
  return { value, doubled: keys.map((key) => `line 1: key ${key} already set in map`) };
}

function notAnObject(value: unknown): ApiError {
  const type = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
  const why = `json: cannot unmarshal ${type} into Go value of type map[string]interface {}`;
  return badRequest(`error decoding YAML: error unmarshaling JSON: while decoding JSON: ${why}`);
}
