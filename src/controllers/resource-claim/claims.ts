import { pod as podKind, type Pod } from '../../api/core-v1/pod.ts';
import { resourceClaim, type ResourceClaim } from '../../api/resource-v1/resource-claim.ts';
import { controllerOf, keyOf } from '../../apimachinery/object.ts';
import { controller, type ReconcileContext } from '../../client/controller.ts';
import { unlessGone } from '../unless-gone.ts';
import { FINALIZER, isDone } from './consumers.ts';

const byClaim = 'pods-by-resource-claim';

/** Frees claims whose pods have ended: takes the pods off, gives the devices back, and lets the claims go. */
export const claimsController = controller<ResourceClaim>({
  name: 'resourceclaim-controller',
  for: resourceClaim,
  watches: [
    {
      kind: podKind,
      indexes: { [byClaim]: claimsOf },
      keys: claimsOf,
    },
  ],
  workers: 5,
  reconcile,
});

/** The keys of the claims that a pod uses. */
function claimsOf({ metadata, spec, status }: Pod): string[] {
  const all = [...(spec?.resourceClaims ?? []), ...(status?.resourceClaimStatuses ?? [])];
  const names = new Set(all.flatMap(({ resourceClaimName }) => resourceClaimName ?? []));
  return [...names].map((name) => keyOf({ namespace: metadata.namespace, name }));
}

/** What is to become of a claim. */
export interface ClaimPlan {
  /** The claim's status, where it is to be another. */
  readonly status?: NonNullable<ResourceClaim['status']>;
  /** Whether nothing holds the claim any more. */
  readonly unprotect: boolean;
  /** Whether the pod that it was made for does not need it any more. */
  readonly remove: boolean;
}

/**
 * @param users those of `reservedFor` that still use the claim
 * @param ownerDone whether the pod for which the claim was made will not run
 */
export function planClaim(
  { metadata, status = {} }: ResourceClaim,
  users: NonNullable<NonNullable<ResourceClaim['status']>['reservedFor']>,
  ownerDone: boolean,
): ClaimPlan {
  const left = users.length < (status.reservedFor ?? []).length;
  const protectedByUs = metadata.finalizers?.includes(FINALIZER) ?? false;
  const unused = users.length === 0;
  // Devices that were given before anybody uses them stay, until the claim is to go or its last user has gone.
  const giveBack = unused && status.allocation !== undefined && (left || metadata.deletionTimestamp !== undefined);
  const { reservedFor: _, allocation, devices, ...rest } = status;
  const kept = giveBack ? {} : { ...(allocation && { allocation }), ...(devices && { devices }) };
  const changed = { ...rest, ...kept, ...(users.length > 0 && { reservedFor: [...users] }) };
  const free = unused && (giveBack || status.allocation === undefined);
  return {
    ...((left || giveBack) && { status: changed }),
    unprotect: protectedByUs && free && (left || giveBack || metadata.deletionTimestamp !== undefined),
    remove: unused && ownerDone && metadata.deletionTimestamp === undefined,
  };
}

async function reconcile(key: string, context: ReconcileContext): Promise<void> {
  const claim = context.reader.get(resourceClaim, key);
  if (!claim) return;
  const users = await usersOf(claim, context);
  const plan = planClaim(claim, users, await isOwnerDone(claim, context));
  let current = claim;
  if (plan.status) current = await context.client.updateStatus(resourceClaim, { ...claim, status: plan.status });
  if (plan.unprotect) {
    const finalizers = (current.metadata.finalizers ?? []).filter((name) => name !== FINALIZER);
    await unlessGone(
      context.client.update(resourceClaim, { ...current, metadata: { ...current.metadata, finalizers } }),
    );
  }
  if (!plan.remove) return;
  const { uid } = claim.metadata;
  await unlessGone(context.client.delete(resourceClaim, claim.metadata, { preconditions: { uid } }));
}

async function usersOf(claim: ResourceClaim, context: ReconcileContext) {
  const users: NonNullable<NonNullable<ResourceClaim['status']>['reservedFor']> = [];
  for (const consumer of claim.status?.reservedFor ?? []) {
    if (consumer.apiGroup || consumer.resource !== 'pods')
      throw new Error(`unsupported ReservedFor entry: ${consumer.apiGroup ?? ''}/${consumer.resource}`);
    const pod = await findPod(claim, consumer.name, consumer.uid, context);
    if (pod && !isDone(pod)) users.push(consumer);
  }
  return users;
}

/** The pod with this name and uid. What the local copy does not have the server may: then it is only late. */
async function findPod(
  { metadata: { namespace } }: ResourceClaim,
  name: string,
  uid: string,
  { reader, client }: ReconcileContext,
): Promise<Pod | undefined> {
  const seen = reader.get(podKind, keyOf({ namespace, name }));
  if (seen?.metadata.uid === uid) return seen;
  const found = await client.find(podKind, { namespace, name });
  return found?.metadata.uid === uid ? found : undefined;
}

async function isOwnerDone(claim: ResourceClaim, context: ReconcileContext): Promise<boolean> {
  const owner = controllerOf(claim);
  if (owner?.kind !== 'Pod') return false;
  const seen = context.reader.get(podKind, keyOf({ namespace: claim.metadata.namespace, name: owner.name }));
  return seen?.metadata.uid === owner.uid && isDone(seen);
}
