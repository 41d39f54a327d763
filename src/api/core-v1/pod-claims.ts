import { keyOf } from '../../apimachinery/object.ts';
import type { Pod } from './pod.ts';

/** A claim that a pod names, or has had made for it. */
export interface PodClaim {
  readonly name: string;
  /** Whether it is made for this pod alone, from a template in it. */
  readonly ephemeral: boolean;
}

/** The name of the claim that is made for an ephemeral volume of a pod. */
export function ephemeralClaimName({ metadata }: Pod, volume: { readonly name: string }): string {
  return `${metadata.name}-${volume.name}`;
}

/** The claims that a pod uses. */
export function claimsOfPod(pod: Pod): PodClaim[] {
  const claims: PodClaim[] = [];
  for (const volume of pod.spec?.volumes ?? []) {
    if (volume.persistentVolumeClaim) claims.push({ name: volume.persistentVolumeClaim.claimName, ephemeral: false });
    else if (volume.ephemeral) claims.push({ name: ephemeralClaimName(pod, volume), ephemeral: true });
  }
  return claims;
}

/** Their keys. */
export function claimKeysOfPod(pod: Pod): string[] {
  return claimsOfPod(pod).map(({ name }) => keyOf({ namespace: pod.metadata.namespace, name }));
}
