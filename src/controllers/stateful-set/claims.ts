import type { StatefulSet } from '../../api/apps-v1/stateful-set.ts';
import {
  persistentVolumeClaim as claimKind,
  type PersistentVolumeClaim,
} from '../../api/core-v1/persistent-volume-claim.ts';
import type { Pod } from '../../api/core-v1/pod.ts';
import { ApiError, isApiError } from '../../apimachinery/api-error.ts';
import type { New } from '../../apimachinery/object.ts';
import { errorMessage } from '../../base/log.ts';
import type { ReconcileContext } from '../../client/controller.ts';
import { setOwners } from '../claim.ts';
import { claimNames, isWanted, newClaims, ordinalOf } from './identity.ts';
import { deletesWhenScaled, hasOtherController, initialOwners, planOwners } from './retention.ts';

interface Actor {
  readonly set: StatefulSet;
  readonly context: ReconcileContext;
}

/**
 * Makes the claims of the pod `ordinal` that do not exist yet.
 * @throws ApiError when one cannot be made, or is just being deleted
 */
export async function createClaims(actor: Actor, ordinal: number): Promise<void> {
  const errors: unknown[] = [];
  for (const wanted of newClaims(actor.set, ordinal)) {
    try {
      await createClaim(actor, wanted, ordinal);
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors.length === 1 ? errors[0] : together(errors);
}

function together(errors: readonly unknown[]): ApiError {
  return new ApiError(500, 'InternalError', `[${errors.map(errorMessage).join(', ')}]`);
}

async function createClaim(actor: Actor, wanted: New<PersistentVolumeClaim>, ordinal: number): Promise<void> {
  const { set, context } = actor;
  const { namespace, name } = wanted.metadata;
  const known = context.reader.get(claimKind, { namespace, name: name! });
  const found = known ?? (await makeClaim(actor, wanted, ordinal));
  if (found?.metadata.deletionTimestamp) {
    throw new ApiError(500, 'InternalError', `pvc ${name} is being deleted`);
  }
  if (known && hasOtherController(set, known)) reportConflict(actor, name!);
}

/** The claim that has the name already, if one does: the local copy may not show it yet. */
async function makeClaim(
  { set, context }: Actor,
  wanted: New<PersistentVolumeClaim>,
  ordinal: number,
): Promise<PersistentVolumeClaim | undefined> {
  const { namespace, name } = wanted.metadata;
  const podName = `${set.metadata.name}-${ordinal}`;
  const owners = initialOwners(set);
  const metadata = { ...wanted.metadata, ...(owners.length > 0 && { ownerReferences: owners }) };
  try {
    await context.client.create(claimKind, { ...wanted, metadata });
    const message = `create Claim ${name} Pod ${podName} in StatefulSet ${set.metadata.name} success`;
    context.events.event(set, 'Normal', 'SuccessfulCreate', message);
    return undefined;
  } catch (error) {
    if (isApiError(error, 'AlreadyExists')) return context.client.get(claimKind, { namespace, name: name! });
    const what = `create Claim ${name} for Pod ${podName} in StatefulSet ${set.metadata.name}`;
    context.events.event(set, 'Warning', 'FailedCreate', `${what} failed error: ${errorMessage(error)}`);
    throw failedClaim(name!, error);
  }
}

/** The same error, with the claim's name in its message. */
function failedClaim(name: string, error: unknown): unknown {
  if (!isApiError(error)) return error;
  return new ApiError(error.code, error.reason, `failed to create PVC ${name}: ${error.message}`, error.details);
}

/**
 * Gives the claims of a pod the owners that the retention policy wants. Where claims go with surplus pods the server is
 * asked for those that the local copy does not show, so that none is left behind.
 */
export async function ownClaims(actor: Actor, pod: Pod): Promise<void> {
  const { set, context } = actor;
  const { namespace } = set.metadata;
  const exactly = deletesWhenScaled(set) && !isWanted(set, ordinalOf(pod));
  for (const name of claimNames(set, ordinalOf(pod))) {
    const known = context.reader.get(claimKind, { namespace, name });
    const claim = known ?? (exactly ? await context.client.find(claimKind, { namespace, name }) : undefined);
    const owners = claim && planOwners(set, pod, claim);
    if (!claim || !owners) continue;
    if (hasOtherController(set, claim)) reportConflict(actor, name);
    await setOwners(context.client, claimKind, claim, owners);
  }
}

function reportConflict({ set, context }: Actor, name: string): void {
  const what = `PersistentVolumeClaim ${name} has a conflicting OwnerReference that acts as a managing controller`;
  const message = `${what}, the retention policy is ignored for this claim`;
  context.events.event(set, 'Warning', 'ConflictingController', message);
}
