import {
  countedResources,
  demandStated,
  isCounted,
  quotaChange,
  quotaCharge,
  quotaIncrease,
  type QuotaRequest,
} from '../../api/core-v1/quota.ts';
import { resourceQuota as quotas, type ResourceQuota } from '../../api/core-v1/resource-quota.ts';
import { amountsOf, difference, filterAmounts, noAmounts, type Amounts } from '../../apimachinery/amounts.ts';
import type { AdmissionContext, AdmissionPlugin, AdmissionRequest, StoredChange } from '../plugin.ts';
import { QuotaLedger } from '../quota-ledger.ts';

/**
 * Milliseconds for which a charge can be given back. Later the quota controller may have counted anew, without the object
 * that was not stored, and it would be given back twice.
 */
const REFUND = 5000;

/**
 * Charges what is new to the quotas of its namespace before it is stored, and refuses what is more than is left. What goes
 * or becomes less is given back when that is stored, by the server that did it, so once. The quota controller counts
 * now and then what there really is.
 */
export function resourceQuota(): AdmissionPlugin {
  const ledger = new QuotaLedger();
  return {
    name: 'ResourceQuota',
    operations: ['CREATE', 'UPDATE'],
    subresources: ['', 'resize'],
    validate(request, context) {
      if (!isCharged(request)) return undefined;
      return chargeAll(request, context, ledger);
    },
    stored(change, context) {
      return isCounted(change.kind) ? bookChange(change, context, ledger) : undefined;
    },
  };
}

function isCharged({ kind, operation, subresource }: AdmissionRequest): boolean {
  if (!isCounted(kind)) return false;
  return operation === 'CREATE' ? subresource === '' : (kind.quota?.chargedUpdates?.includes(subresource) ?? false);
}

async function chargeAll(request: AdmissionRequest, context: AdmissionContext, ledger: QuotaLedger): Promise<void> {
  const all = await context.list(quotas, request.namespace);
  if (all.length === 0) return;
  const { kind, name, object, oldObject } = request;
  const asked: QuotaRequest = { kind, name, object: object!, old: oldObject, now: context.clock.now() };
  const concerned = all.filter((quota) => countedResources(quota, kind, object!).length > 0);
  for (const quota of concerned) demandStated(quota, asked);
  const increase = concerned.length > 0 ? quotaIncrease(asked) : noAmounts;
  if (increase.size === 0) return;
  if (request.dryRun) return checkAll(concerned, asked, increase);
  for (const { metadata } of concerned) {
    const booked = await ledger.book(context, metadata, (quota, used) => quotaCharge(quota, used, asked, increase));
    if (booked.size > 0) request.undos.push(refund(context, ledger, metadata, booked));
  }
}

async function bookChange(change: StoredChange, context: AdmissionContext, ledger: QuotaLedger): Promise<void> {
  const all = await context.list(quotas, change.namespace);
  if (all.length === 0) return;
  const { kind, old, now } = change;
  const time = context.clock.now();
  const changeOf = (quota: ResourceQuota) => quotaChange(quota, kind, old, now, time);
  const concerned = all.filter((quota) => changeOf(quota).size > 0);
  await Promise.all(
    concerned.map(({ metadata }) =>
      ledger.book(context, metadata, (quota, used) => filterAmounts(changeOf(quota), (name) => used.has(name))),
    ),
  );
}

/** Nothing is charged for what is only tried. */
function checkAll(concerned: readonly ResourceQuota[], asked: QuotaRequest, increase: Amounts): void {
  for (const quota of concerned) quotaCharge(quota, amountsOf(quota.status?.used), asked, increase);
}

function refund(
  context: AdmissionContext,
  ledger: QuotaLedger,
  { uid, ...name }: ResourceQuota['metadata'],
  booked: Amounts,
): () => Promise<void> {
  const until = context.clock.monotonic() + REFUND;
  return async () => {
    if (context.clock.monotonic() > until) return;
    await ledger.book(context, name, ({ metadata }) =>
      metadata.uid === uid ? difference(noAmounts, booked) : noAmounts,
    );
  };
}
