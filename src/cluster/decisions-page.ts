import { ApiError, noSuchPath, serviceUnavailable } from '../apimachinery/api-error.ts';
import type { Page } from '../apiserver/page.ts';
import type { SchedulingDecision } from '../scheduler/decision-log.ts';

export type { SchedulingDecision } from '../scheduler/decision-log.ts';

/** Who remembers decisions. */
interface Decider {
  decisionAbout(namespace: string, name: string): SchedulingDecision | undefined;
}

/** `/scheduler/decisions/NAMESPACE/POD`: what the scheduler of this process decided about a pod the last time. */
export function decisionsPage(scheduler: () => Decider | undefined): Page {
  return ([page, namespace, name, ...rest]) => {
    if (page !== 'decisions' || !namespace || !name || rest.length > 0) throw noSuchPath();
    const running = scheduler();
    if (!running) throw serviceUnavailable('no scheduler runs in this server; ask the one whose scheduler leads');
    const decision = running.decisionAbout(namespace, name);
    if (decision) return decision;
    const message = `the scheduler of this server remembers no decision about the pod ${namespace}/${name}`;
    throw new ApiError(404, 'NotFound', message);
  };
}

/** Where `decisionsPage` is for a pod. */
export function decisionPath(namespace: string, name: string): string {
  return `/scheduler/decisions/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`;
}
