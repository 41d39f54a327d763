import { ApiError, noSuchPath } from '../apimachinery/api-error.ts';
import type { Page } from '../apiserver/page.ts';
import type { SchedulingDecision } from '../scheduler/decision-log.ts';

export type { SchedulingDecision } from '../scheduler/decision-log.ts';

/** `/scheduler/decisions/NAMESPACE/POD`: what the scheduler of this process decided about a pod the last time. */
export function decisionsPage(find: (namespace: string, name: string) => SchedulingDecision | undefined): Page {
  return ([page, namespace, name, ...rest]) => {
    if (page !== 'decisions' || !namespace || !name || rest.length > 0) throw noSuchPath();
    const decision = find(namespace, name);
    if (decision) return decision;
    const message = `the scheduler of this server remembers no decision about the pod ${namespace}/${name}`;
    throw new ApiError(404, 'NotFound', message);
  };
}

/** Where `decisionsPage` is for a pod. */
export function decisionPath(namespace: string, name: string): string {
  return `/scheduler/decisions/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`;
}
