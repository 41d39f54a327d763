import { badRequest, invalidObject } from '../../apimachinery/api-error.ts';
import { invalid, type FieldError } from '../../apimachinery/field-error.ts';
import type { Freshness, ListResult } from '../../storage/storage.ts';
import { storageFor } from './converting-storage.ts';
import { parseResourceVersion } from './get.ts';
import { collectionPrefix, type Registry, type Target } from './registry.ts';
import { parseSelection } from './selection.ts';

/** The query of a list, unparsed: absent parameters are null. */
export interface ListQuery {
  readonly labelSelector: string | null;
  readonly fieldSelector: string | null;
  readonly resourceVersion: string | null;
  readonly resourceVersionMatch: string | null;
  readonly limit: string | null;
  readonly continue: string | null;
}

/** @throws ApiError BadRequest for a bad query, Expired for a version that is no longer known */
export async function list(registry: Registry, target: Target, query: ListQuery): Promise<ListResult> {
  const { match, index } = parseSelection(target.kind, query.labelSelector, query.fieldSelector);
  const limit = parseLimit(query.limit);
  const token = query.continue || undefined;
  const freshness = parseFreshness(query, limit);
  return storageFor(registry.storage, target.kind).list(collectionPrefix(target), {
    ...(freshness && { freshness }),
    ...(limit && { limit }),
    ...(token && { continue: token }),
    ...(match && { match }),
    ...(index && { index }),
  });
}

function parseLimit(text: string | null): number {
  if (!text) return 0;
  const limit = Number(text);
  if (!Number.isSafeInteger(limit))
    throw badRequest(`limit: Invalid value: ${JSON.stringify(text)}: must be an integer`);
  return Math.max(0, limit);
}

/** How the version parameters of a list are meant, see "Resource versions" in the API concepts. */
function parseFreshness(query: ListQuery, limit: number): Freshness {
  const { resourceVersion: version, resourceVersionMatch: how } = query;
  const errors = versionErrors(query);
  if (errors.length > 0) throw invalidObject({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', errors);
  if (!version || query.continue) return undefined;
  const revision = parseResourceVersion(version);
  if (how === 'Exact' || (!how && limit > 0 && revision > 0)) return { exactly: revision };
  return { atLeast: revision };
}

function versionErrors({ resourceVersion, resourceVersionMatch: how, continue: token }: ListQuery): FieldError[] {
  const forbid = (detail: string) => [
    { type: 'FieldValueForbidden', field: 'resourceVersionMatch', message: `Forbidden: ${detail}` } as const,
  ];
  if (!how) {
    if (token && resourceVersion && resourceVersion !== '0') {
      throw badRequest('specifying resource version is not allowed when using continue');
    }
    return [];
  }
  if (!resourceVersion) return forbid('resourceVersionMatch is forbidden unless resourceVersion is provided');
  if (token) return forbid('resourceVersionMatch is forbidden when continue is provided');
  if (how !== 'Exact' && how !== 'NotOlderThan') {
    const detail = 'supported values: "Exact", "NotOlderThan"';
    return [
      {
        type: 'FieldValueNotSupported',
        field: 'resourceVersionMatch',
        message: `Unsupported value: ${JSON.stringify(how)}: ${detail}`,
      },
    ];
  }
  if (how === 'Exact' && resourceVersion === '0') {
    return [invalid('resourceVersionMatch', how, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"')];
  }
  return [];
}
