import type { Pod } from '../api/core-v1/pod.ts';
import { findContainer, restartPolicyOf, type Container } from './pod-spec.ts';

/** A run that ended. */
export interface EndedRun {
  readonly name: string;
  readonly exitCode?: number | undefined;
}

type Rule = NonNullable<Container['restartPolicyRules']>[number];

/**
 * Whether a run that ended may have a successor: by the first of the container's rules that names its exit code, else by
 * the container's own policy, else by the pod's (KEP-5307).
 */
export function mayRestart(pod: Pod, run: EndedRun): boolean {
  const container = findContainer(pod, run.name);
  if (ruleFor(container, run)) return true; // every action that there is restarts
  const policy = container?.restartPolicy ?? restartPolicyOf(pod);
  return policy === 'Always' || (policy === 'OnFailure' && run.exitCode !== 0);
}

/** Whether the end of this run restarts its whole pod (KEP-5532). */
export function restartsAll(pod: Pod, run: EndedRun): boolean {
  return ruleFor(findContainer(pod, run.name), run)?.action === 'RestartAllContainers';
}

function ruleFor(container: Container | undefined, { exitCode = 0 }: EndedRun): Rule | undefined {
  return container?.restartPolicyRules?.find(({ exitCodes }) => {
    if (!exitCodes) return false;
    const listed = exitCodes.values?.includes(exitCode) ?? false;
    return exitCodes.operator === 'NotIn' ? !listed : listed;
  });
}
