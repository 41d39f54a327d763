import { addTo, amountsOf, difference, quantitiesOf, type Amounts } from '../../apimachinery/amounts.ts';
import type { ResourceQuota } from '../../api/core-v1/resource-quota.ts';
import { zeroQuantity, type Quantity } from '../../apimachinery/quantity.ts';
import { sameQuantities } from '../../api/meta-v1/quantities.ts';

export type QuotaStatus = NonNullable<ResourceQuota['status']>;

/** What an object gave back to a quota when it went or became less. */
export interface Return {
  /** Which kind of object, as `gvkKey`. */
  readonly kind: string;
  /** The revision at which that happened. */
  readonly revision: number;
  readonly amounts: Amounts;
}

/** What is there, as lists of it say. */
export interface Count {
  readonly used: Amounts;
  /** The revision of each kind's list, by `gvkKey`. */
  readonly revisions: ReadonlyMap<string, number>;
}

/** The status that a quota should have, and whether it may still be too high. */
export interface NextStatus {
  readonly status: QuotaStatus;
  readonly unsettled: boolean;
}

/** The status after `returned`, without counting. */
export function afterReturns({ status }: ResourceQuota, returned: readonly Return[]): QuotaStatus {
  const used = amountsOf(status?.used);
  for (const { amounts } of returned) giveBack(used, amounts);
  return { ...status, used: quantitiesOf(used) };
}

/**
 * The status after counting. What is charged is charged before it is stored, so that a count which finds less may just
 * have come too early: it is believed only when the quota is `quiet`, that is, was not charged for a while.
 */
export function afterCount(
  { spec, status }: ResourceQuota,
  returned: readonly Return[],
  { used: counted, revisions }: Count,
  quiet: boolean,
): NextStatus {
  const hard = spec?.hard ?? {};
  const base = amountsOf(status?.used);
  const found = new Map(counted);
  for (const { kind, revision, amounts } of returned) {
    giveBack(base, amounts);
    if (revision > (revisions.get(kind) ?? Infinity)) giveBack(found, amounts);
  }
  const used = new Map<string, Quantity>();
  let unsettled = false;
  for (const name of Object.keys(hard)) {
    const [was, is] = [base.get(name), found.get(name)];
    const less = was !== undefined && is !== undefined && is.compare(was) < 0;
    const value = less && !quiet ? was : (is ?? was);
    if (value) used.set(name, value);
    unsettled ||= less && !quiet;
  }
  return { status: { hard, used: quantitiesOf(used) }, unsettled };
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

function giveBack(used: Map<string, Quantity>, amounts: Amounts): void {
  for (const [name, quantity] of difference(new Map(), amounts)) {
    if (!used.has(name)) continue;
    addTo(used, new Map([[name, quantity]]));
    if (used.get(name)!.nanos < 0n) used.set(name, zeroQuantity);
  }
}
