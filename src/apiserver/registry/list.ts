import { badRequest, expired, invalidObject, isApiError } from '../../apimachinery/api-error.ts';
import { forbidden, notSupported, type FieldError } from '../../apimachinery/field-error.ts';
import { decodeContinue, encodeContinue } from '../../storage/continue-token.ts';
import type { Freshness, ListResult } from '../../storage/storage.ts';
import { storageFor } from './converting-storage.ts';
import { computedList, isComputed } from './computed.ts';
import { parseResourceVersion } from './get.ts';
import { listPrefix, type Registry, type Target } from './registry.ts';
import { selectionOf } from './selection.ts';

/** The query of a list, unparsed: absent parameters are null. */
export interface ListQuery {
  readonly labelSelector: string | null;
  readonly fieldSelector: string | null;
  readonly resourceVersion: string | null;
  readonly resourceVersionMatch: string | null;
  readonly limit: string | null;
  readonly continue: string | null;
  readonly sendInitialEvents?: string | null;
}

/** @throws ApiError BadRequest or Invalid for a bad query, Expired for a version that is no longer known */
export async function list(registry: Registry, target: Target, query: ListQuery): Promise<ListResult> {
  const { match, index, name } = selectionOf(target, query.labelSelector, query.fieldSelector);
  const limit = parseInteger(query.limit);
  const token = query.continue || undefined;
  const freshness = parseFreshness(query, limit);
  if (isComputed(registry, target)) return computedList(registry, target, match);
  const prefix = listPrefix(target, name);
  try {
    return await storageFor(registry.storage, target.kind).list(prefix, {
      ...(freshness && { freshness }),
      ...(limit > 0 && { limit }),
      ...(token && { continue: token }),
      ...(match && { match }),
      ...(index && { index }),
    });
  } catch (error) {
    throw isApiError(error, 'Expired') ? tooOld(prefix, token) : error;
  }
}

/** A list whose moment is forgotten. A list in pages may go on in a newer state, if its client can live with that. */
function tooOld(prefix: string, token: string | undefined): Error {
  if (!token) return expired('The resourceVersion for the provided list is too old.');
  const message =
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without ' +
    'the continue parameter, or use the continue token in this response to retrieve the remainder of the results. ' +
    'Continuing with the provided token results in an inconsistent list - objects that were created, modified, or ' +
    'deleted between the time the first chunk was returned and now may show up in the list.';
  const { last } = decodeContinue(prefix, token);
  return expired(message, encodeContinue(prefix, { revision: undefined, last }));
}

/** A whole number of the query, 0 when absent. @throws ApiError BadRequest */
export function parseInteger(text: string | null): number {
  if (!text) return 0;
  if (!/^[-+]?[0-9]+$/.test(text))
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  const value = Number(text);
  if (Number.isSafeInteger(value)) return value;
  throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: value out of range`);
}

/** How the version parameters of a list are meant, see "Resource versions" in the API concepts. */
function parseFreshness(query: ListQuery, limit: number): Freshness {
  const { resourceVersion: version, resourceVersionMatch: how } = query;
  const errors = listErrors(query);
  if (errors.length > 0) throw invalidObject({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', errors);
  if (query.continue && version && version !== '0') {
    throw badRequest('specifying resource version is not allowed when using continue');
  }
  if (!version || query.continue) return undefined;
  const revision = parseResourceVersion(version);
  if (how === 'Exact' || (!how && limit > 0 && revision > 0)) return { exactly: revision };
  return { atLeast: revision };
}

function listErrors(query: ListQuery): FieldError[] {
  const { resourceVersion, resourceVersionMatch: how, continue: token, sendInitialEvents } = query;
  const field = 'resourceVersionMatch';
  const errors: FieldError[] = [];
  if (how) {
    if (!resourceVersion)
      errors.push(forbidden(field, 'resourceVersionMatch is forbidden unless resourceVersion is provided'));
    if (token) errors.push(forbidden(field, 'resourceVersionMatch is forbidden when continue is provided'));
    if (how !== 'Exact' && how !== 'NotOlderThan') errors.push(notSupported(field, how, ['Exact', 'NotOlderThan', '']));
    if (how === 'Exact' && resourceVersion === '0')
      errors.push(forbidden(field, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'));
  }
  if (typeof sendInitialEvents === 'string') {
    errors.push(forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  }
  return errors;
}
