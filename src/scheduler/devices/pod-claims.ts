import type { Pod } from '../../api/core-v1/pod.ts';
import type { DeviceClass } from '../../api/resource-v1/device-class.ts';
import type { ResourceClaim } from '../../api/resource-v1/resource-claim.ts';
import { controllerOf, keyOf } from '../../apimachinery/object.ts';
import type { ClaimLedger } from './claim-ledger.ts';

/** On a claim that was made from a template: for which of the pod's claims. */
export const podClaimAnnotation = 'resource.kubernetes.io/pod-claim-name';
/** So many pods may use a claim at a time. */
const MOST_CONSUMERS = 256;

type Written = NonNullable<NonNullable<Pod['spec']>['resourceClaims']>[number];

/** The claims that a pod uses, or why it cannot run anywhere now, in upstream's words. */
export function claimsOfPod(
  pod: Pod,
  ledger: ClaimLedger,
  classOf: (name: string) => DeviceClass | undefined,
): ResourceClaim[] | { readonly why: string } {
  const claims: ResourceClaim[] = [];
  for (const written of pod.spec?.resourceClaims ?? []) {
    const name = claimName(pod, written, ledger);
    if (name === null) continue;
    if (name === undefined) {
      return { why: waitingFor(pod) };
    }
    const claim = ledger.get(`${pod.metadata.namespace}/${name}`);
    const why = claim ? whyUnusable(pod, written, claim, ledger, classOf) : `resourceclaim "${name}" not found`;
    if (why) return { why };
    claims.push(claim!);
  }
  return claims;
}

/** What is said of a pod whose claims are still to be made. */
export function waitingFor(pod: Pod): string {
  return `waiting for dynamic resource controller to create the resourceclaim for pod "${keyOf(pod)}"`;
}

/** Whether a claim that the pod describes by a template is still to be made. */
export function awaitsClaim(pod: Pod, ledger: ClaimLedger): boolean {
  return pod.spec?.resourceClaims?.some((written) => claimName(pod, written, ledger) === undefined) ?? false;
}

/** Null: its driver says that the pod needs none. Undefined: it is still to be made. */
function claimName(pod: Pod, { name, resourceClaimName }: Written, ledger: ClaimLedger): string | null | undefined {
  if (resourceClaimName) return resourceClaimName;
  const told = pod.status?.resourceClaimStatuses?.find((one) => one.name === name);
  if (told) return told.resourceClaimName ?? null;
  // The claim may be there before the pod says so.
  const made = ledger.madeFor(pod.metadata.uid);
  return made.find(({ metadata }) => metadata.annotations?.[podClaimAnnotation] === name)?.metadata.name;
}

function whyUnusable(
  pod: Pod,
  { resourceClaimName }: Written,
  claim: ResourceClaim,
  ledger: ClaimLedger,
  classOf: (name: string) => DeviceClass | undefined,
): string | undefined {
  const { name, deletionTimestamp } = claim.metadata;
  if (!resourceClaimName && controllerOf(claim)?.uid !== pod.metadata.uid)
    return `ResourceClaim ${keyOf(claim)} was not created for pod ${keyOf(pod)} (pod is not owner)`;
  if (deletionTimestamp) return `resourceclaim "${name}" is being deleted`;
  if (ledger.isPending(claim)) return `resource claim ${keyOf(claim)} is in the process of being allocated`;
  if (!claim.status?.allocation) return missingClass(claim, classOf);
  const full = (claim.status.reservedFor?.length ?? 0) >= MOST_CONSUMERS;
  return full && !isReservedFor(claim, pod) ? 'resourceclaim in use' : undefined;
}

function missingClass({ spec }: ResourceClaim, classOf: (name: string) => DeviceClass | undefined): string | undefined {
  for (const { name, exactly, firstAvailable = [] } of spec.devices?.requests ?? []) {
    for (const asked of exactly ? [{ name, ...exactly }] : firstAvailable) {
      const which = exactly ? name : `${name}/${asked.name}`;
      if (!classOf(asked.deviceClassName))
        return `request ${which}: device class ${asked.deviceClassName} does not exist`;
    }
  }
  return undefined;
}

export function isReservedFor({ status }: ResourceClaim, { metadata }: Pod): boolean {
  return status?.reservedFor?.some(({ uid }) => uid === metadata.uid) ?? false;
}

/** Whether the pod uses the claim. */
export function usesResourceClaim({ metadata, spec, status }: Pod, claim: ResourceClaim): boolean {
  if (claim.metadata.namespace !== metadata.namespace) return false;
  if (controllerOf(claim)?.uid === metadata.uid) return true;
  const { name } = claim.metadata;
  const named = (one: { resourceClaimName?: string | undefined }) => one.resourceClaimName === name;
  return Boolean(spec?.resourceClaims?.some(named) || status?.resourceClaimStatuses?.some(named));
}
