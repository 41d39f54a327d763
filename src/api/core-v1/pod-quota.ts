import { amountsOf, noAmounts, raiseTo, type Amounts } from '../../apimachinery/amounts.ts';
import type { Quantity } from '../../apimachinery/quantity.ts';
import type { QuotaUse, ScopeRequirement } from '../../apimachinery/quota-use.ts';
import { timeOrZero } from '../../apimachinery/time.ts';
import { podTotals, withOverhead } from './pod-resources.ts';
import type { Affinity, Container } from './pod-spec.ts';
import type { Pod } from './pod.ts';
import { qosClass } from './qos-class.ts';
import { meetsValues, ONE } from './quota-names.ts';

/** Resources that a quota may call by their plain name, which then means requests. */
const PLAIN = ['cpu', 'memory', 'ephemeral-storage'];
const covered = new Set(['pods', ...PLAIN.flatMap((name) => [name, `requests.${name}`, `limits.${name}`])]);

/** Where a quota has one of these, every container must say something about it. */
const mustBeStated = new Set(['cpu', 'memory'].flatMap((name) => [name, `requests.${name}`, `limits.${name}`]));

const HUGE_PAGES = 'hugepages-';

/** What pods use: themselves while they live, and what they request and are limited to. */
export const podQuota: QuotaUse<Pod> = {
  covers: (name) =>
    covered.has(name) ||
    name.startsWith(HUGE_PAGES) ||
    name.startsWith(`requests.${HUGE_PAGES}`) ||
    (name.startsWith('requests.') && isExtended(name.slice('requests.'.length))),
  use: (pod, now) => (isOver(pod, now) ? noAmounts : livingUse(pod)),
  chargedUpdates: ['resize'],
  inScope,
  shortcoming,
};

/** `example.com/gpu`, but nothing of Kubernetes' own. */
function isExtended(name: string): boolean {
  return name.includes('/') && !name.includes('kubernetes.io/') && !name.startsWith('requests.');
}

/** A pod that has ended needs nothing any more, nor does one that should long have gone. */
function isOver({ metadata, status }: Pod, now: number): boolean {
  if (status?.phase === 'Succeeded' || status?.phase === 'Failed') return true;
  const { deletionTimestamp, deletionGracePeriodSeconds } = metadata;
  if (!deletionTimestamp || deletionGracePeriodSeconds === undefined) return false;
  return now > timeOrZero(deletionTimestamp) + deletionGracePeriodSeconds * 1000;
}

function livingUse({ spec, status }: Pod): Amounts {
  if (!spec) return new Map([['pods', ONE]]);
  const statuses = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])];
  /** While a container is made smaller, it still has what it had. */
  const given = (container: Container, which: 'requests' | 'limits'): Amounts => {
    const amounts = amountsOf(container.resources?.[which]);
    const running = statuses.find(({ name }) => name === container.name);
    raiseTo(amounts, amountsOf(running?.resources?.[which]));
    if (which === 'requests') raiseTo(amounts, amountsOf(running?.allocatedResources));
    return amounts;
  };
  const total = (which: 'requests' | 'limits') => withOverhead(podTotals(spec, which, given), spec, which);
  return new Map([['pods', ONE], ...quotaNames(total('requests'), total('limits'))]);
}

/** Requests and limits under all the names that quotas have for them. */
function quotaNames(requests: Amounts, limits: Amounts): Map<string, Quantity> {
  const named = new Map<string, Quantity>();
  for (const [name, quantity] of requests) {
    if (PLAIN.includes(name) || name.startsWith(HUGE_PAGES)) named.set(name, quantity);
    else if (!isExtended(name)) continue;
    named.set(`requests.${name}`, quantity);
  }
  for (const [name, quantity] of limits) if (PLAIN.includes(name)) named.set(`limits.${name}`, quantity);
  return named;
}

function shortcoming({ spec }: Pod, resources: readonly string[]): string | undefined {
  const asWhole = namesOf(spec?.resources);
  const required = resources.filter((name) => mustBeStated.has(name) && !asWhole.has(name)).sort();
  const containers = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])];
  const missing = required.flatMap((name) => {
    const silent = containers.filter(({ resources: own }) => !namesOf(own).has(name)).map((c) => c.name);
    return silent.length > 0 ? [`${name} for: ${[...new Set(silent)].sort().join(',')}`] : [];
  });
  return missing.length > 0 ? `must specify ${missing.join('; ')}` : undefined;
}

function namesOf(resources: Container['resources']): ReadonlySet<string> {
  return new Set(quotaNames(amountsOf(resources?.requests), amountsOf(resources?.limits)).keys());
}

function inScope(pod: Pod, scope: ScopeRequirement): boolean {
  const spec = pod.spec!;
  switch (scope.scopeName) {
    case 'Terminating':
      return (spec.activeDeadlineSeconds ?? -1) >= 0;
    case 'NotTerminating':
      return (spec.activeDeadlineSeconds ?? -1) < 0;
    case 'BestEffort':
      return qosClass(spec) === 'BestEffort';
    case 'NotBestEffort':
      return qosClass(spec) !== 'BestEffort';
    case 'PriorityClass':
      return meetsValues(scope, spec.priorityClassName ? [spec.priorityClassName] : []);
    case 'CrossNamespacePodAffinity':
      return looksElsewhere(spec.affinity);
    default:
      return false;
  }
}

/** Whether where the pod may run depends on pods of other namespaces. */
function looksElsewhere(affinity: Affinity | undefined): boolean {
  return [affinity?.podAffinity, affinity?.podAntiAffinity].some((rules) =>
    [
      ...(rules?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
      ...(rules?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map((weighted) => weighted.podAffinityTerm),
    ].some((term) => Boolean(term.namespaces?.length) || term.namespaceSelector !== undefined),
  );
}
