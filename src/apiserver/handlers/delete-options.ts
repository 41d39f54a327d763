import { badRequest, invalidObject } from '../../apimachinery/api-error.ts';
import { invalid, notSupported, type FieldError } from '../../apimachinery/field-error.ts';
import { protobufType } from '../../apimachinery/protobuf/envelope.ts';
import { queryFlag } from '../../apimachinery/query-flag.ts';
import { parseJson } from '../../apimachinery/schema/json.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { DeleteOptions, Propagation } from '../registry/delete.ts';
import { parseInteger } from '../registry/list.ts';
import { bodyLimit, objectTypeOf } from './body.ts';
import { parseProtobuf } from './protobuf-body.ts';
import { dryRunErrors, type HandlerServices } from './services.ts';
import { readYaml } from './yaml-body.ts';

const target = {
  kind: 'DeleteOptions',
  version: 'v1',
  definition: 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions',
};
const policies: readonly string[] = ['Foreground', 'Background', 'Orphan'];

/** `meta.k8s.io/v1 DeleteOptions` as it is sent. */
export interface SentOptions {
  readonly gracePeriodSeconds?: number | undefined;
  readonly propagationPolicy?: string | undefined;
  readonly orphanDependents?: boolean | undefined;
  readonly preconditions?: DeleteOptions['preconditions'];
  readonly dryRun?: readonly string[];
  readonly ignoreStoreReadErrorWithClusterBreakingPotential?: boolean | undefined;
}

/** What a request to delete asks for. */
export interface DeleteRequest {
  readonly how: DeleteOptions;
  readonly dryRun: boolean;
  /** Whether the caller asked, in the old way, for the dependents to go first. */
  readonly cascades: boolean;
}

/**
 * The options of a delete, from its body or else from the query; a dry run is one wherever it is asked for.
 * @throws ApiError BadRequest, UnsupportedMediaType, Invalid
 */
export async function readDeleteOptions(services: HandlerServices, exchange: Exchange): Promise<DeleteRequest> {
  const body = await exchange.request.body(bodyLimit);
  const sent = body.length > 0 ? await fromBody(services, exchange, body) : fromQuery(exchange.query);
  const dryRun = body.length > 0 ? [...(sent.dryRun ?? []), ...exchange.query.getAll('dryRun')] : (sent.dryRun ?? []);
  return deleteRequest({ ...sent, dryRun });
}

/** What options of a delete ask for, wherever they come from. @throws ApiError Invalid */
export function deleteRequest(sent: SentOptions): DeleteRequest {
  const { dryRun = [] } = sent;
  const errors = validate(sent);
  if (errors.length > 0) throw invalidObject({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', errors);
  const { gracePeriodSeconds, orphanDependents, preconditions } = sent;
  const older = orphanDependents === undefined ? undefined : orphanDependents ? 'Orphan' : 'Background';
  const propagationPolicy = (sent.propagationPolicy ?? older) as Propagation | undefined;
  const how = { gracePeriodSeconds, propagationPolicy, preconditions };
  return { how, dryRun: dryRun.length > 0, cascades: orphanDependents === false };
}

async function fromBody({ decoder }: HandlerServices, exchange: Exchange, body: Buffer): Promise<SentOptions> {
  const value = await parse(objectTypeOf(exchange, target.definition), body);
  if (value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw badRequest('the object provided is unrecognized (must be of type DeleteOptions)');
  }
  const { kind, apiVersion = 'meta.k8s.io/v1' } = value as { kind?: unknown; apiVersion?: unknown };
  if (kind && kind !== 'DeleteOptions') {
    const registered = `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)}`;
    throw badRequest(`the object provided is unrecognized (must be of type DeleteOptions): ${registered}`);
  }
  return decoder.decode(value, target, { fieldValidation: 'Ignore' }).object as SentOptions;
}

async function parse(mediaType: string, body: Buffer): Promise<unknown> {
  if (mediaType === protobufType) return parseProtobuf(body, target);
  const text = mediaType === 'application/yaml' ? (await readYaml(body)).json : body;
  return parseJson(text, { expected: target.kind }).value;
}

function fromQuery(query: URLSearchParams): SentOptions {
  const flag = (name: string) => (query.has(name) ? queryFlag(query.get(name)) : undefined);
  const grace = query.get('gracePeriodSeconds');
  return {
    gracePeriodSeconds: grace === null ? undefined : parseInteger(grace || '""'),
    propagationPolicy: query.get('propagationPolicy') ?? undefined,
    orphanDependents: flag('orphanDependents'),
    dryRun: query.getAll('dryRun'),
    ignoreStoreReadErrorWithClusterBreakingPotential: flag('ignoreStoreReadErrorWithClusterBreakingPotential'),
  };
}

function validate(sent: SentOptions): FieldError[] {
  const { propagationPolicy: policy, orphanDependents, dryRun = [] } = sent;
  const errors: FieldError[] = [];
  if (policy !== undefined && orphanDependents !== undefined) {
    errors.push(invalid('propagationPolicy', policy, 'orphanDependents and deletionPropagation cannot be both set'));
  }
  if (policy !== undefined && !policies.includes(policy)) {
    errors.push(notSupported('propagationPolicy', policy, [...policies, 'nil']));
  }
  return [...errors, ...dryRunErrors(dryRun), ...unsafeErrors(sent)];
}

/** An object that cannot be read can only be removed as it is. */
function unsafeErrors(sent: SentOptions): FieldError[] {
  const field = 'ignoreStoreReadErrorWithClusterBreakingPotential';
  if (!sent[field]) return [];
  const others = {
    dryRun: sent.dryRun?.length ? sent.dryRun : undefined,
    propagationPolicy: sent.propagationPolicy,
    orphanDependents: sent.orphanDependents,
    gracePeriodSeconds: sent.gracePeriodSeconds,
    preconditions: sent.preconditions,
  };
  return Object.entries(others)
    .filter(([, value]) => value !== undefined)
    .map(([name]) => invalid(field, true, `cannot be set together with .${name}`));
}
