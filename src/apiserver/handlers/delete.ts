import { queryFlag } from '../../apimachinery/query-flag.ts';
import { badRequest } from '../../apimachinery/api-error.ts';
import type { Kind } from '../../apimachinery/kind.ts';
import type { AnyObject, KubeObject } from '../../apimachinery/object.ts';
import { protobufType } from '../../apimachinery/protobuf/envelope.ts';
import { parseJson } from '../../apimachinery/schema/json.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { sendEntry } from '../output/output.ts';
import { remove, type DeleteOptions, type Propagation } from '../registry/delete.ts';
import { bodyLimit, objectTypeOf, parseYaml } from './body.ts';
import { parseProtobuf } from './protobuf-body.ts';
import { sendObject, successStatus } from './respond.ts';
import { dryRunOf, writeOptions, type HandlerServices, type ResourceRequest } from './services.ts';

const deleteOptions = { kind: 'DeleteOptions', definition: 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions' };

/** DELETE of one object. */
export async function handleDelete(
  { registry }: HandlerServices,
  { exchange, target }: ResourceRequest,
): Promise<void> {
  const { how, dryRun } = await readDeleteOptions(exchange);
  const options = writeOptions(exchange);
  const { entry, gone } = await remove(registry, target, how, { ...options, dryRun: options.dryRun || dryRun });
  if (!gone || target.kind.gracePeriod) return sendEntry(exchange, target.kind, entry, registry.clock);
  sendObject(exchange, 200, successStatus(detailsOf(target.kind, entry.object)));
}

function detailsOf(
  { group, plural }: Kind,
  { metadata }: KubeObject,
): { name: string; group?: string; kind: string; uid: string } {
  return { name: metadata.name, ...(group && { group }), kind: plural, uid: metadata.uid };
}

/** The options of a delete, from its body or else from the query. @throws ApiError BadRequest */
export async function readDeleteOptions(exchange: Exchange): Promise<{ how: DeleteOptions; dryRun: boolean }> {
  const body = await exchange.request.body(bodyLimit);
  const sent = body.length > 0 ? parseOptions(exchange, body) : fromQuery(exchange.query);
  const { gracePeriodSeconds, propagationPolicy, orphanDependents, preconditions } = sent;
  if (gracePeriodSeconds != null && !Number.isSafeInteger(gracePeriodSeconds)) {
    throw badRequest(`gracePeriodSeconds: Invalid value: ${JSON.stringify(gracePeriodSeconds)}: must be an integer`);
  }
  if (orphanDependents != null && propagationPolicy != null) {
    throw badRequest('orphanDependents and deletionPropagation cannot be both set');
  }
  const policy =
    propagationPolicy ?? (orphanDependents == null ? undefined : orphanDependents ? 'Orphan' : 'Background');
  const how = {
    gracePeriodSeconds: gracePeriodSeconds ?? undefined,
    propagationPolicy: checkPolicy(policy),
    preconditions: preconditions ?? undefined,
  };
  return { how, dryRun: dryRunOf(exchange, Array.isArray(sent['dryRun']) ? sent['dryRun'] : []) };
}

function parseOptions(exchange: Exchange, body: Buffer): Record<string, any> {
  const options = parse(objectTypeOf(exchange, deleteOptions.definition), body) as AnyObject | null;
  if (
    typeof options !== 'object' ||
    options === null ||
    Array.isArray(options) ||
    (options.kind && options.kind !== 'DeleteOptions')
  ) {
    throw badRequest('the object provided is unrecognized (must be of type DeleteOptions)');
  }
  return options;
}

function parse(mediaType: string, body: Buffer): unknown {
  if (mediaType === protobufType) return parseProtobuf(body, deleteOptions);
  return mediaType === 'application/yaml' ? parseYaml(body) : parseJson(body).value;
}

function fromQuery(query: URLSearchParams): Record<string, any> {
  const grace = query.get('gracePeriodSeconds');
  const orphan = query.get('orphanDependents');
  return {
    gracePeriodSeconds: grace === null || grace === '' ? undefined : Number(grace),
    propagationPolicy: query.get('propagationPolicy') ?? undefined,
    orphanDependents: orphan === null ? undefined : queryFlag(orphan),
  };
}

function checkPolicy(policy: unknown): Propagation | undefined {
  if (policy === undefined || policy === 'Orphan' || policy === 'Background' || policy === 'Foreground') return policy;
  throw badRequest(
    `invalid deletion propagation policy ${JSON.stringify(policy)}: use "Foreground", "Background" or "Orphan"`,
  );
}
