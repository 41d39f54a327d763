import type { Pod } from '../../api/core-v1/pod.ts';
import { resourceClaim, type ResourceClaim } from '../../api/resource-v1/resource-claim.ts';
import { isApiError } from '../../apimachinery/api-error.ts';
import { keyOf } from '../../apimachinery/object.ts';
import type { Client } from '../../client/client.ts';
import type { Allocation } from './device.ts';
import { isReservedFor } from './pod-claims.ts';

/** Keeps a claim that has devices until nobody uses it any more. */
const FINALIZER = 'resource.kubernetes.io/delete-protection';
/** So often a write is tried again when somebody else changed the claim meanwhile. */
const TRIES = 10;

/**
 * Writes into the claim what it got (unless it had it before), and that the pod uses it.
 * @returns the claim as it is now
 * @throws an error when the claim is not any more what was decided on
 */
export async function bindClaim(
  client: Client,
  pod: Pod,
  claim: ResourceClaim,
  allocation: Allocation | undefined,
): Promise<ResourceClaim> {
  let current = claim;
  for (let tries = 1; ; tries++) {
    try {
      return await bindOnce(client, pod, current, allocation);
    } catch (error) {
      if (!isApiError(error, 'Conflict') || tries >= TRIES) throw error;
      current = await client.get(resourceClaim, claim.metadata);
      if (current.metadata.uid !== claim.metadata.uid) throw gone(claim);
    }
  }
}

async function bindOnce(
  client: Client,
  pod: Pod,
  claim: ResourceClaim,
  allocation: Allocation | undefined,
): Promise<ResourceClaim> {
  if (claim.metadata.deletionTimestamp) throw gone(claim);
  if (allocation && claim.status?.allocation)
    throw new Error(`claim ${keyOf(claim)} got allocated elsewhere in the meantime`);
  if (!allocation && !claim.status?.allocation)
    throw new Error(`claim ${keyOf(claim)} got deallocated elsewhere in the meantime`);
  if (!allocation && isReservedFor(claim, pod)) return claim;
  const kept = await protect(client, claim);
  const reservedFor = [...(kept.status?.reservedFor ?? []), { resource: 'pods', ...identityOf(pod) }];
  const status = { ...kept.status, ...(allocation && { allocation }), reservedFor };
  return client.updateStatus(resourceClaim, { ...kept, status });
}

function gone(claim: ResourceClaim): Error {
  return new Error(`claim ${keyOf(claim)} got deleted in the meantime`);
}

function identityOf({ metadata }: Pod): { name: string; uid: string } {
  return { name: metadata.name, uid: metadata.uid };
}

async function protect(client: Client, claim: ResourceClaim): Promise<ResourceClaim> {
  const { finalizers = [] } = claim.metadata;
  if (finalizers.includes(FINALIZER)) return claim;
  const metadata = { ...claim.metadata, finalizers: [...finalizers, FINALIZER] };
  return client.update(resourceClaim, { ...claim, metadata });
}

/** Takes the pod's mark off the claim. What it got stays: the next attempt, or another pod, can use it. */
export async function unreserveClaim(client: Client, { metadata }: Pod, claim: ResourceClaim): Promise<void> {
  const reservedFor = [{ $patch: 'delete', uid: metadata.uid }];
  const patch = { metadata: { uid: claim.metadata.uid }, status: { reservedFor } };
  await client.patch(resourceClaim, claim.metadata, 'strategic', patch, { subresource: 'status' });
}
