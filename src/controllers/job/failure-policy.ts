import type { Job } from '../../api/batch-v1/job.ts';
import type { Pod } from '../../api/core-v1/pod.ts';

type Policy = NonNullable<NonNullable<Job['spec']>['podFailurePolicy']>;
type Rule = Policy['rules'][number];
type ContainerStatus = NonNullable<NonNullable<Pod['status']>['containerStatuses']>[number];

/** What a job's pod failure policy says of a failed pod. */
export interface Verdict {
  readonly action: 'FailJob' | 'FailIndex' | 'Ignore' | 'Count';
  /** Which rule matched and why, in words. */
  readonly message: string;
}

/** What the first rule that matches says; undefined when none does, which counts as a failure (KEP-3329). */
export function verdictOf(job: Job, pod: Pod): Verdict | undefined {
  const rules = job.spec?.podFailurePolicy?.rules ?? [];
  for (const [i, rule] of rules.entries()) {
    const why = matched(rule, pod);
    if (!why) continue;
    const message = `${why} matching ${rule.action} rule at index ${i}`;
    return { action: rule.action as Verdict['action'], message };
  }
  return undefined;
}

/** Whether the failed pod counts towards the limit of failures. */
export function isCounted(job: Job, pod: Pod): boolean {
  return verdictOf(job, pod)?.action !== 'Ignore';
}

function matched({ onExitCodes, onPodConditions }: Rule, pod: Pod): string | undefined {
  const name = `${pod.metadata.namespace}/${pod.metadata.name}`;
  if (onExitCodes) {
    const all = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])];
    const found = all.find((status) => exitMatches(status, onExitCodes));
    return (
      found && `Container ${found.name} for pod ${name} failed with exit code ${found.state!.terminated!.exitCode}`
    );
  }
  const condition = pod.status?.conditions?.find(({ type, status }) =>
    onPodConditions?.some((pattern) => pattern.type === type && (pattern.status ?? 'True') === status),
  );
  return condition && `Pod ${name} has condition ${condition.type}`;
}

/** Exit code 0 is no failure, whatever the values say. */
function exitMatches({ name, state }: ContainerStatus, wanted: NonNullable<Rule['onExitCodes']>): boolean {
  const code = state?.terminated?.exitCode;
  if (!code || (wanted.containerName !== undefined && wanted.containerName !== name)) return false;
  return wanted.values.includes(code) === (wanted.operator === 'In');
}
