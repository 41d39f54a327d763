import type { Service } from '../../api/core-v1/service.ts';

/** Reason and message of an event. */
export type Change = readonly [reason: string, message: string];

/** What of a service changed that its load balancer is about, as upstream tells it. */
export function changes({ spec: now = {} }: Service, { spec: old = {} }: Service): Change[] {
  const fields: readonly (readonly [string, string | number, string | number])[] = [
    ['Type', old.type ?? '', now.type ?? ''],
    ['LoadBalancerSourceRanges', list(old.loadBalancerSourceRanges), list(now.loadBalancerSourceRanges)],
    ['LoadbalancerIP', old.loadBalancerIP ?? '', now.loadBalancerIP ?? ''],
    ['ExternalTrafficPolicy', old.externalTrafficPolicy ?? '', now.externalTrafficPolicy ?? ''],
    ['HealthCheckNodePort', old.healthCheckNodePort ?? 0, now.healthCheckNodePort ?? 0],
  ];
  const changed = fields.filter(([, before, after]) => before !== after);
  return [
    ...changed.map(([reason, before, after]): Change => [reason, `${before} -> ${after}`]),
    ...externalIps(now.externalIPs ?? [], old.externalIPs ?? []),
  ];
}

function list(items: readonly string[] = []): string {
  return `[${items.join(' ')}]`;
}

function externalIps(now: readonly string[], old: readonly string[]): Change[] {
  if (now.length !== old.length) return [['ExternalIP', `Count: ${old.length} -> ${now.length}`]];
  return now.filter((ip) => !old.includes(ip)).map((ip): Change => ['ExternalIP', `Added: ${ip}`]);
}
