import { podTotals } from '../api/core-v1/pod-resources.ts';
import type { LimitRange } from '../api/core-v1/limit-range.ts';
import type { PersistentVolumeClaim } from '../api/core-v1/persistent-volume-claim.ts';
import type { Container, PodSpec } from '../api/core-v1/pod-spec.ts';
import { amountsOf, noAmounts, type Amounts } from '../apimachinery/amounts.ts';
import type { Quantity } from '../apimachinery/quantity.ts';

type Limit = NonNullable<LimitRange['spec']>['limits'][number];

/** What is compared with a limit: requests and limits of a container, a pod or a claim. */
interface Use {
  readonly requests: Amounts;
  readonly limits: Amounts;
}

/** The errors of a pod against one limit range, container by container and as a whole. */
export function podLimitErrors(spec: PodSpec, range: LimitRange): string[] {
  const containers = [...(spec.containers ?? []), ...(spec.initContainers ?? [])].map(useOf);
  return (range.spec?.limits ?? []).flatMap((limit) => {
    if (limit.type === 'Container') return containers.flatMap((use) => limitErrors(limit, use));
    if (limit.type !== 'Pod') return [];
    return limitErrors(limit, { requests: podTotals(spec, 'requests'), limits: podTotals(spec, 'limits') });
  });
}

/** The errors of a claim, which has requests only. */
export function claimLimitErrors({ spec }: PersistentVolumeClaim, range: LimitRange): string[] {
  const requests = amountsOf(spec?.resources?.requests);
  const limits = (range.spec?.limits ?? []).filter(({ type }) => type === 'PersistentVolumeClaim');
  return limits.flatMap((limit) => [
    ...each(limit.min, (name, least) => minError(limit.type, name, least, { requests, limits: noAmounts })),
    ...each(limit.max, (name, most) => maxRequestError(limit.type, name, most, requests)),
  ]);
}

function useOf({ resources }: Container): Use {
  return { requests: amountsOf(resources?.requests), limits: amountsOf(resources?.limits) };
}

function limitErrors(limit: Limit, use: Use): string[] {
  return [
    ...each(limit.min, (name, least) => minError(limit.type, name, least, use)),
    ...each(limit.max, (name, most) => maxError(limit.type, name, most, use)),
    ...each(limit.maxLimitRequestRatio, (name, ratio) => ratioError(limit.type, name, ratio, use)),
  ];
}

function each(
  map: Record<string, string> | undefined,
  check: (name: string, enforced: Quantity) => string | undefined,
): string[] {
  const errors = [...amountsOf(map)].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => check(name, value));
  return errors.filter((error) => error !== undefined);
}

function minError(type: string, name: string, least: Quantity, { requests, limits }: Use): string | undefined {
  const rule = `minimum ${name} usage per ${type} is ${least.toString()}`;
  const [request, limit] = [requests.get(name), limits.get(name)];
  if (!request) return `${rule}.  No request is specified`;
  if (request.compare(least) < 0) return `${rule}, but request is ${request.toString()}`;
  return limit && limit.compare(least) < 0 ? `${rule}, but limit is ${limit.toString()}` : undefined;
}

function maxError(type: string, name: string, most: Quantity, { requests, limits }: Use): string | undefined {
  const rule = `maximum ${name} usage per ${type} is ${most.toString()}`;
  const [request, limit] = [requests.get(name), limits.get(name)];
  if (!limit) return `${rule}.  No limit is specified`;
  if (limit.compare(most) > 0) return `${rule}, but limit is ${limit.toString()}`;
  return request && request.compare(most) > 0 ? `${rule}, but request is ${request.toString()}` : undefined;
}

function maxRequestError(type: string, name: string, most: Quantity, requests: Amounts): string | undefined {
  const rule = `maximum ${name} usage per ${type} is ${most.toString()}`;
  const request = requests.get(name);
  if (!request) return `${rule}.  No request is specified`;
  return request.compare(most) > 0 ? `${rule}, but request is ${request.toString()}` : undefined;
}

function ratioError(type: string, name: string, most: Quantity, { requests, limits }: Use): string | undefined {
  const rule = `${name} max limit to request ratio per ${type} is ${most.toString()}`;
  const request = requests.get(name)?.nanos ?? 0n;
  const limit = limits.get(name)?.nanos ?? 0n;
  if (request === 0n) return `${rule}, but no request is specified or request is 0`;
  if (limit === 0n) return `${rule}, but no limit is specified or limit is 0`;
  // limit / request > ratio, without a division
  if (limit * 1_000_000_000n <= most.nanos * request) return undefined;
  return `${rule}, but provided ratio is ${(Number(limit) / Number(request)).toFixed(6)}`;
}
