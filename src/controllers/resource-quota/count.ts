import { coveredResources, isInScopes, quotaUse } from '../../api/core-v1/quota.ts';
import type { ResourceQuota } from '../../api/core-v1/resource-quota.ts';
import { addTo, filterAmounts, type Amounts } from '../../apimachinery/amounts.ts';
import type { Kind } from '../../apimachinery/kind.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import { Quantity, zeroQuantity } from '../../apimachinery/quantity.ts';
import type { Client } from '../../client/client.ts';
import { unlessGone } from '../unless-gone.ts';

/** How many objects are read at a time: what other work waits for. */
const PAGE = 500;

/** Counts what the objects of these kinds use of a quota, as they are now. `now` is in milliseconds. */
export async function countUse(
  client: Client,
  quota: ResourceQuota,
  kinds: readonly Kind[],
  now: number,
): Promise<Amounts> {
  const resources = Object.keys(quota.spec?.hard ?? {});
  const used = new Map<string, Quantity>();
  for (const kind of kinds) {
    const names = coveredResources(kind, resources);
    if (names.length === 0) continue;
    for (const name of names) if (!used.has(name)) used.set(name, zeroQuantity);
    await countServed(client, quota, kind, (object, copies) => {
      const use = filterAmounts(quotaUse(kind, object, now), (name) => names.includes(name));
      addTo(used, copies === 1 ? use : times(use, copies));
    });
  }
  return used;
}

/** Of a custom resource that is not served (yet, or any more) there is nothing. */
async function countServed(...args: Parameters<typeof countKind>): Promise<void> {
  await unlessGone(countKind(...args));
}

/** Calls `add` for all objects of a kind that the quota is for, as they are at one revision. */
async function countKind(
  client: Client,
  quota: ResourceQuota,
  kind: Kind,
  add: (object: KubeObject, copies: number) => void,
): Promise<void> {
  const { namespace } = quota.metadata;
  const scoped = Boolean(quota.spec?.scopes?.length || quota.spec?.scopeSelector?.matchExpressions?.length);
  // One object of a kind uses as much as the other, unless the kind says what: then how many there are is enough.
  const alike = !kind.quota && !scoped;
  let list = await client.list(kind, { namespace, limit: alike ? 1 : PAGE });
  const { remainingItemCount } = list.metadata;
  if (alike && list.metadata.continue && remainingItemCount !== undefined) {
    return add(list.items[0]!, 1 + remainingItemCount);
  }
  for (;;) {
    for (const object of list.items) if (isInScopes(quota, kind, object)) add(object, 1);
    if (!list.metadata.continue) return;
    list = await client.list(kind, { namespace, limit: PAGE, continue: list.metadata.continue });
  }
}

function times(use: ReadonlyMap<string, Quantity>, copies: number): Map<string, Quantity> {
  return new Map([...use].map(([name, { nanos, format }]) => [name, new Quantity(nanos * BigInt(copies), format)]));
}
