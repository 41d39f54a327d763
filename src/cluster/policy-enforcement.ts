import { realRandom } from '../base/random.ts';
import {
  NetworkPolicyEnforcer,
  removePolicyRules,
  type NetworkPolicyOptions,
} from '../network-policy/network-policy.ts';
import type { NetworkSettings } from './settings.ts';

/** Who enforces network policies on a node; nobody, and nothing left of it, where that is switched off. */
export async function policyEnforcement(
  { policies = true }: NetworkSettings,
  options: NetworkPolicyOptions,
): Promise<NetworkPolicyEnforcer | undefined> {
  if (policies) return new NetworkPolicyEnforcer({ random: realRandom, ...options });
  await removePolicyRules(options.log, options.run);
  return undefined;
}
