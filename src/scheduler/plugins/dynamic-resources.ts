import { resourceClaim } from '../../api/resource-v1/resource-claim.ts';
import type { PluginFactory, Rejection } from '../plugin.ts';
import type { PodInfo } from '../pod-info.ts';

/**
 * Holds pods that ask for devices (`spec.resourceClaims`): devices are not allocated here, and a pod that ran without
 * them would be worse than one that waits and says why.
 */
export const dynamicResources: PluginFactory = {
  name: 'DynamicResources',
  create: (_, { informers }) => {
    const claims = informers.of(resourceClaim);
    return {
      name: 'DynamicResources',
      wakesOn: [{ on: ['ResourceClaimAdd', 'ResourceClaimUpdate'] }],
      preFilter: (pod) =>
        pod.spec.resourceClaims?.length
          ? { rejection: why(pod, (name) => claims.get(`${pod.namespace}/${name}`) !== undefined) }
          : 'skip',
    };
  },
};

/** What is missing, the first claim that is not there before all. */
function why({ pod, key, spec }: PodInfo, exists: (claim: string) => boolean): Rejection {
  for (const { name, resourceClaimName } of spec.resourceClaims!) {
    const claim =
      resourceClaimName ?? pod.status?.resourceClaimStatuses?.find((s) => s.name === name)?.resourceClaimName;
    if (!claim)
      return rejection(`waiting for dynamic resource controller to create the resourceclaim for pod "${key}"`);
    if (!exists(claim)) return rejection(`resourceclaim "${claim}" not found`);
  }
  return rejection('cannot allocate all claims: devices are not allocated by this scheduler');
}

function rejection(reason: string): Rejection {
  return { reasons: [reason], unresolvable: true };
}
