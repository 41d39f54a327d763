import { amountsOf, quantitiesOf, type Amounts } from '../../apimachinery/amounts.ts';
import type { ResourceQuota } from '../../api/core-v1/resource-quota.ts';
import type { Quantity } from '../../apimachinery/quantity.ts';
import { sameQuantities } from '../../api/meta-v1/quantities.ts';

export type QuotaStatus = NonNullable<ResourceQuota['status']>;

/** The status after a count, and whether the count found less than the quota says. */
export interface NextStatus {
  readonly status: QuotaStatus;
  readonly less: boolean;
}

/**
 * The status of a quota of which `counted` is used, as lists say. What is new is charged before it is stored, so a count
 * that finds less may just have come too early: it counts only when the caller says that it can be believed.
 */
export function afterCount({ spec, status }: ResourceQuota, counted: Amounts, believeLess: boolean): NextStatus {
  const hard = spec?.hard ?? {};
  const before = amountsOf(status?.used);
  const used = new Map<string, Quantity>();
  let less = false;
  for (const name of Object.keys(hard)) {
    const [was, is] = [before.get(name), counted.get(name)];
    const isLess = was !== undefined && is !== undefined && is.compare(was) < 0;
    const value = isLess && !believeLess ? was : (is ?? was);
    if (value) used.set(name, value);
    less ||= isLess;
  }
  return { status: { hard, used: quantitiesOf(used) }, less };
}

/** Whether two statuses say the same. */
export function sameStatus(a: QuotaStatus | undefined, b: QuotaStatus): boolean {
  return sameQuantities(a?.hard, b.hard) && sameQuantities(a?.used, b.used);
}

/** Whether a quota was counted in everything that it limits. `countable` says what can be counted at all. */
export function isCounted({ spec, status }: ResourceQuota, countable: (resource: string) => boolean): boolean {
  if (!sameQuantities(spec?.hard, status?.hard)) return false;
  return Object.keys(spec?.hard ?? {}).every((name) => status?.used?.[name] !== undefined || !countable(name));
}
