import { claimsOfPod } from '../../api/core-v1/pod-claims.ts';
import type { PersistentVolumeClaim } from '../../api/core-v1/persistent-volume-claim.ts';
import type { Pod } from '../../api/core-v1/pod.ts';
import { isBindCompleted, storageClassOf } from '../../api/core-v1/volume-matching.ts';
import type { StorageView } from './storage-view.ts';

/** The claims of a pod, as far as they matter to where it can run. */
export interface PodClaims {
  readonly bound: readonly PersistentVolumeClaim[];
  /** Not bound yet, and waiting to hear on which node they are needed. */
  readonly delayed: readonly PersistentVolumeClaim[];
}

/** The pod's claims, or why it cannot run anywhere now, in upstream's words. */
export function readClaims(pod: Pod, view: StorageView): PodClaims | { readonly why: string } {
  const bound: PersistentVolumeClaim[] = [];
  const delayed: PersistentVolumeClaim[] = [];
  let immediate = false;
  for (const { name, ephemeral } of claimsOfPod(pod)) {
    const claim = view.claim(pod.metadata.namespace!, name);
    const why = whyUnusable(pod, name, ephemeral, claim);
    if (why) return { why };
    if (isBound(claim!)) bound.push(claim!);
    else if (isDelayed(claim!, view)) delayed.push(claim!);
    else immediate = true;
  }
  return immediate ? { why: 'pod has unbound immediate PersistentVolumeClaims' } : { bound, delayed };
}

function whyUnusable(
  pod: Pod,
  name: string,
  ephemeral: boolean,
  claim: PersistentVolumeClaim | undefined,
): string | undefined {
  if (!claim) {
    return ephemeral
      ? `waiting for ephemeral volume controller to create the persistentvolumeclaim "${name}"`
      : `persistentvolumeclaim "${name}" not found`;
  }
  const { metadata, spec, status } = claim;
  if (status?.phase === 'Lost') {
    return `persistentvolumeclaim "${name}" bound to non-existent persistentvolume "${spec?.volumeName ?? ''}"`;
  }
  if (metadata.deletionTimestamp) return `persistentvolumeclaim "${name}" is being deleted`;
  const own = metadata.ownerReferences?.some(({ uid, controller }) => controller && uid === pod.metadata.uid);
  if (!ephemeral || own) return undefined;
  const { namespace } = metadata;
  return `PVC ${namespace}/${name} was not created for pod ${namespace}/${pod.metadata.name} (pod is not owner)`;
}

export function isBound(claim: PersistentVolumeClaim): boolean {
  return Boolean(claim.spec?.volumeName) && isBindCompleted(claim);
}

function isDelayed(claim: PersistentVolumeClaim, view: StorageView): boolean {
  if (claim.spec?.volumeName) return false;
  return view.classNamed(storageClassOf(claim))?.volumeBindingMode === 'WaitForFirstConsumer';
}
