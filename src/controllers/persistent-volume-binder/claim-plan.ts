import type { PersistentVolumeClaim } from '../../api/core-v1/persistent-volume-claim.ts';
import type { PersistentVolume } from '../../api/core-v1/persistent-volume.ts';
import type { Pod } from '../../api/core-v1/pod.ts';
import type { StorageClass } from '../../api/storage-v1/storage-class.ts';
import * as matching from '../../api/core-v1/volume-matching.ts';
import type { Report } from './report.ts';

const { selectedNode, boundByController } = matching.volumeAnnotations;

/** What a claim's plan is made of. */
export interface ClaimWorld {
  readonly claim: PersistentVolumeClaim;
  /** The volume that the claim names, when there is one of that name. */
  readonly volume: PersistentVolume | undefined;
  /** The volumes that it could have: the free ones of its class and those that name it. */
  readonly candidates: readonly PersistentVolume[];
  /** The claim's class, when there is one of that name. */
  readonly storageClass: StorageClass | undefined;
  /** The class of claims that name none. */
  readonly defaultClass: StorageClass | undefined;
  /** Unfinished pods without a node that use the claim. */
  readonly waitingPods: readonly Pod[];
}

/** What is to be done about a claim. */
export type ClaimPlan =
  | { readonly do: 'bind'; readonly volume: PersistentVolume }
  /** It stays Pending. */
  | { readonly do: 'wait'; readonly report?: Report }
  | { readonly do: 'set-class'; readonly storageClassName: string }
  /** Somebody outside is asked for a volume. */
  | { readonly do: 'ask'; readonly provisioner: string; readonly report: Report }
  | { readonly do: 'lose'; readonly report: Report };

/** Which volume a claim gets, or why it has to wait. */
export function planClaim(world: ClaimWorld): ClaimPlan {
  const { claim } = world;
  if (matching.isBindCompleted(claim)) return planBound(world);
  return claim.spec?.volumeName ? planNamed(world) : planOpen(world);
}

/** A claim that has been bound stays with its volume or loses it. */
function planBound({ claim, volume }: ClaimWorld): ClaimPlan {
  if (!claim.spec?.volumeName) {
    return lose('ClaimLost', 'Bound claim has lost reference to PersistentVolume. Data on the volume is lost!');
  }
  if (!volume) return lose('ClaimLost', 'Bound claim has lost its PersistentVolume. Data on the volume is lost!');
  const ref = volume.spec?.claimRef;
  if (!ref || ref.uid === claim.metadata.uid || matching.isBoundTo(volume, claim)) return { do: 'bind', volume };
  return lose('ClaimMisbound', 'Two claims are bound to the same volume, this one is bound incorrectly');
}

/** A claim that asks for a certain volume gets that or none. */
function planNamed({ claim, volume }: ClaimWorld): ClaimPlan {
  if (!volume) return { do: 'wait' };
  const { name } = volume.metadata;
  if (!volume.spec?.claimRef) {
    const why = matching.whyUnsuitable(volume, claim);
    return why ? warn('VolumeMismatch', `Cannot bind to requested volume "${name}": ${why}`) : { do: 'bind', volume };
  }
  if (matching.isBoundTo(volume, claim)) return { do: 'bind', volume };
  const { namespace, name: owner } = volume.spec.claimRef;
  const chosenForIt = claim.metadata.annotations?.[boundByController] !== undefined;
  const message = chosenForIt
    ? `invalid binding of claim "${claim.metadata.namespace}/${claim.metadata.name}" to volume "${name}": volume already claimed by "${namespace}/${owner}"`
    : `volume "${name}" already bound to a different claim.`;
  return warn('FailedBinding', message);
}

function planOpen(world: ClaimWorld): ClaimPlan {
  const { claim, storageClass, defaultClass } = world;
  const delayed = isDelayed(world);
  const volume = matching.bestVolume(claim, world.candidates, { reservedOnly: delayed });
  if (volume) return { do: 'bind', volume };
  if (defaultClass && !matching.saysClass(claim)) {
    return { do: 'set-class', storageClassName: defaultClass.metadata.name };
  }
  if (delayed) return planDelayed(world);
  const className = matching.storageClassOf(claim);
  if (!className) {
    return normal('FailedBinding', 'no persistent volumes available for this claim and no storage class is set');
  }
  if (!storageClass) return warn('ProvisioningFailed', `storageclass.storage.k8s.io "${className}" not found`);
  return planProvisioning(storageClass);
}

/** Whether the scheduler has yet to say on which node the volume is needed. */
function isDelayed({ claim, storageClass }: ClaimWorld): boolean {
  if (claim.metadata.annotations?.[selectedNode] !== undefined) return false;
  return storageClass?.volumeBindingMode === 'WaitForFirstConsumer';
}

function planDelayed({ waitingPods }: ClaimWorld): ClaimPlan {
  if (waitingPods.length === 0) {
    return normal('WaitForFirstConsumer', 'waiting for first consumer to be created before binding');
  }
  const names = waitingPods.map((pod) => pod.metadata.name).sort();
  return normal('WaitForPodScheduled', `waiting for pod ${names.join(',')} to be scheduled`);
}

/** We make no volumes ourselves: what upstream has built in is left out, everything else is asked of others. */
function planProvisioning({ provisioner }: StorageClass): ClaimPlan {
  if (provisioner.startsWith('kubernetes.io/')) {
    return warn('ProvisioningFailed', `no volume plugin matched name: ${provisioner}`);
  }
  const message =
    `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the ` +
    'system administrator. If volume creation is delayed, please verify that the provisioner is running and ' +
    'correctly registered.';
  return { do: 'ask', provisioner, report: { type: 'Normal', reason: 'ExternalProvisioning', message } };
}

function normal(reason: string, message: string): ClaimPlan {
  return { do: 'wait', report: { type: 'Normal', reason, message } };
}

function warn(reason: string, message: string): ClaimPlan {
  return { do: 'wait', report: { type: 'Warning', reason, message } };
}

function lose(reason: string, message: string): ClaimPlan {
  return { do: 'lose', report: { type: 'Warning', reason, message } };
}
