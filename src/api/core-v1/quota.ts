import { forbiddenAccess, type ApiError } from '../../apimachinery/api-error.ts';
import { addTo, amountsOf, amountsText, difference, filterAmounts, noAmounts } from '../../apimachinery/amounts.ts';
import type { Amounts } from '../../apimachinery/amounts.ts';
import type { Kind } from '../../apimachinery/kind.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import { zeroQuantity, type Quantity } from '../../apimachinery/quantity.ts';
import type { ScopeRequirement } from '../../apimachinery/quota-use.ts';
import { ONE } from './quota-names.ts';
import type { ResourceQuota } from './resource-quota.ts';

/** Kinds that quotas could count before they could count every kind: by their plain plural. */
const plainlyCounted = new Set(['configmaps', 'secrets', 'replicationcontrollers', 'resourcequotas']);

/** Whether quotas count objects of this kind. Events come in numbers that nobody plans, and go by themselves. */
export function isCounted({ namespaced, ephemeral, ttl }: Kind): boolean {
  return namespaced && !ephemeral && ttl === undefined;
}

/** The resources under which a quota counts the objects of a kind themselves. */
function countNames({ group, plural }: Kind): string[] {
  if (group) return [`count/${plural}.${group}`];
  return plainlyCounted.has(plural) ? [`count/${plural}`, plural] : [`count/${plural}`];
}

/** Those of `resources` that objects of `kind` use. */
export function coveredResources(kind: Kind, resources: readonly string[]): string[] {
  const counts = countNames(kind);
  return resources.filter((name) => counts.includes(name) || kind.quota?.covers(name));
}

/** What one object uses of everything that quotas count. */
export function quotaUse(kind: Kind, object: KubeObject, now: number): Map<string, Quantity> {
  const use = new Map<string, Quantity>(countNames(kind).map((name) => [name, ONE]));
  if (kind.quota) addTo(use, kind.quota.use(object, now));
  return use;
}

/** Whether the quota is for this object, by its scopes. */
export function isInScopes({ spec }: ResourceQuota, kind: Kind, object: KubeObject): boolean {
  const scopes: ScopeRequirement[] = [
    ...(spec?.scopes ?? []).map((scopeName) => ({ scopeName, operator: 'Exists' })),
    ...(spec?.scopeSelector?.matchExpressions ?? []),
  ];
  return scopes.every((scope) => kind.quota?.inScope?.(object, scope) ?? false);
}

/** A write that quotas have to allow. */
export interface QuotaRequest {
  readonly kind: Kind;
  readonly name: string;
  readonly object: KubeObject;
  /** The state before, of a change. */
  readonly old?: KubeObject | undefined;
  /** Milliseconds. */
  readonly now: number;
}

/** What a write adds to what is used. What it gives back is given back when it has happened. */
export function quotaIncrease({ kind, object, old, now }: QuotaRequest): Amounts {
  const use = quotaUse(kind, object, now);
  return filterAmounts(old ? difference(use, quotaUse(kind, old, now)) : use, (_, { nanos }) => nanos > 0n);
}

/**
 * What a change that has been made adds to what is used of `quota`, below nothing where it gives back: the use of an
 * object that is gone (no `now`), has become less, or has come into the quota's scopes or left them. What has become more
 * was charged before.
 */
export function quotaChange(
  quota: ResourceQuota,
  kind: Kind,
  old: KubeObject,
  now: KubeObject | undefined,
  time: number,
): Amounts {
  const was = countedResources(quota, kind, old);
  const is = now ? countedResources(quota, kind, now) : [];
  if (was.length === 0 && is.length === 0) return noAmounts;
  const before = was.length > 0 ? quotaUse(kind, old, time) : noAmounts;
  const after = is.length > 0 ? quotaUse(kind, now!, time) : noAmounts;
  const stays = was.length > 0 && is.length > 0;
  const counted = new Set([...was, ...is]);
  return filterAmounts(
    difference(after, before),
    (name, { nanos }) => counted.has(name) && (stays ? nanos < 0n : nanos !== 0n),
  );
}

/** The resources of a quota that the object is counted in: none when it is not for it. */
export function countedResources(quota: ResourceQuota, kind: Kind, object: KubeObject): string[] {
  const resources = coveredResources(kind, Object.keys(quota.status?.hard ?? {}));
  return resources.length > 0 && isInScopes(quota, kind, object) ? resources : [];
}

/** @throws ApiError Forbidden when the object leaves open what the quota counts */
export function demandStated(quota: ResourceQuota, request: QuotaRequest): void {
  const { kind, object } = request;
  if (!kind.quota?.shortcoming) return;
  const why = kind.quota.shortcoming(object, countedResources(quota, kind, object));
  if (why) throw refused(request, `failed quota: ${quota.metadata.name}: ${why}`);
}

/**
 * What the request takes of `quota`, of which `used` is used.
 * @throws ApiError Forbidden when that is more than is left
 */
export function quotaCharge(quota: ResourceQuota, used: Amounts, request: QuotaRequest, increase: Amounts): Amounts {
  const { name } = quota.metadata;
  const counted = countedResources(quota, request.kind, request.object).sort();
  const unknown = counted.some((resource) => !used.has(resource));
  if (unknown) throw refused(request, `status unknown for quota: ${name}, resources: ${counted.join(',')}`);
  const charge = filterAmounts(increase, (resource) => counted.includes(resource));
  const hard = amountsOf(quota.status?.hard);
  const exceeds = (resource: string, more: Quantity) => {
    const limit = hard.get(resource);
    return limit !== undefined && (used.get(resource) ?? zeroQuantity).add(more).compare(limit) > 0;
  };
  const exceeded = filterAmounts(charge, exceeds);
  if (exceeded.size === 0) return charge;
  const of = (amounts: Amounts) => amountsText(filterAmounts(amounts, (resource) => exceeded.has(resource)));
  const figures = `requested: ${of(charge)}, used: ${of(used)}, limited: ${of(hard)}`;
  throw refused(request, `exceeded quota: ${name}, ${figures}`);
}

function refused({ kind, name }: QuotaRequest, why: string): ApiError {
  return forbiddenAccess(kind, name, why);
}
