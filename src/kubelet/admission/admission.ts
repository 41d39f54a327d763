import { requiredNodeMatch } from '../../api/core-v1/node-selector.ts';
import type { Node } from '../../api/core-v1/node.ts';
import type { Pod } from '../../api/core-v1/pod.ts';
import { tolerated } from '../../api/core-v1/tolerations.ts';
import { isStatic, specOf } from '../pod-spec.ts';
import { pressureRefusal } from './pressure.ts';
import { shortageRefusal, shortages } from './fit.ts';
import { portsRefusal } from './ports.ts';
import type { Refusal } from './refusal.ts';
import { sysctlsRefusal } from './sysctls.ts';

/** The node that is to take a pod. */
export interface AdmittingNode {
  /** As the API has it; undefined when it is not known yet. */
  readonly node: Node | undefined;
  /** The conditions under which the node evicts pods. */
  readonly pressures: readonly string[];
  readonly appArmor: boolean;
  /** Names, or prefixes with a `*`, of sysctls that pods may set beyond the safe ones. */
  readonly allowedUnsafeSysctls: readonly string[];
  readonly shuttingDown: boolean;
}

/**
 * Whether a node that runs `others` can run `pod` too. The scheduler sees to that, but pods can also be bound past it,
 * and nodes change; then the node is the last to notice. `others` is only looked at when all else is well.
 * @returns why not; undefined when it can
 */
export function refusalOf(pod: Pod, here: AdmittingNode, others: () => readonly Pod[]): Refusal | undefined {
  return (
    shutdownRefusal(here) ??
    pressureRefusal(pod, here.pressures) ??
    sysctlsRefusal(pod, here.allowedUnsafeSysctls) ??
    unsupported(pod, here) ??
    selectionRefusal(pod, here.node) ??
    portsRefusal(pod, others) ??
    taintRefusal(pod, here.node) ??
    fitRefusal(pod, here.node, others)
  );
}

function shutdownRefusal({ shuttingDown }: AdmittingNode): Refusal | undefined {
  if (!shuttingDown) return undefined;
  return { reason: 'NodeShutdown', message: 'Pod was rejected as the node is shutting down.' };
}

function unsupported(pod: Pod, { appArmor }: AdmittingNode): Refusal | undefined {
  const spec = specOf(pod);
  if (spec.os && spec.os.name !== 'linux') {
    const message = "Failed to admit pod as the OS field doesn't match node OS";
    return { reason: 'PodOSNotSupported', message };
  }
  if (spec.securityContext?.supplementalGroupsPolicy === 'Strict') {
    const message = 'SupplementalGroupsPolicy=Strict is not supported in this node';
    return { reason: 'SupplementalGroupsPolicyNotSupported', message };
  }
  if (appArmor || !wantsAppArmor(pod)) return undefined;
  return { reason: 'AppArmor', message: 'Cannot enforce AppArmor: AppArmor is not enabled on the host' };
}

function wantsAppArmor(pod: Pod): boolean {
  const { securityContext, containers, initContainers = [] } = specOf(pod);
  const contexts = [securityContext, ...[...containers, ...initContainers].map((c) => c.securityContext)];
  return contexts.some(({ appArmorProfile: profile } = {}) => profile !== undefined && profile.type !== 'Unconfined');
}

function selectionRefusal(pod: Pod, node: Node | undefined): Refusal | undefined {
  if (!node || isStatic(pod)) return undefined;
  const { name, labels } = node.metadata;
  if (requiredNodeMatch(specOf(pod))({ name, labels })) return undefined;
  const message = "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector";
  return { reason: 'NodeAffinity', message };
}

function taintRefusal(pod: Pod, node: Node | undefined): Refusal | undefined {
  if (isStatic(pod)) return undefined;
  const expelling = (node?.spec?.taints ?? []).filter((taint) => taint.effect === 'NoExecute');
  if (expelling.every((taint) => tolerated(specOf(pod).tolerations, taint))) return undefined;
  const message = "Predicate TaintToleration failed: node(s) had taints that the pod didn't tolerate";
  return { reason: 'TaintToleration', message };
}

function fitRefusal(pod: Pod, node: Node | undefined, others: () => readonly Pod[]): Refusal | undefined {
  const allocatable = node?.status?.allocatable;
  if (!allocatable) return undefined;
  const [first] = shortages(pod, others(), allocatable);
  return first && shortageRefusal(first);
}
