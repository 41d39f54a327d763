import { parseQuantity, type Quantity } from '../../apimachinery/quantity.ts';
import type { Pod } from '../../api/core-v1/pod.ts';
import { findContainer, specOf } from '../pod-spec.ts';

/** What the downward API may tell besides the pod's own fields. */
export interface DownwardFacts {
  readonly hostIp: string;
  readonly ips: readonly string[];
  /** Stands in for limits that a container does not have. */
  readonly allocatable: Readonly<Record<string, string>>;
}

const simple: Readonly<Record<string, (pod: Pod, facts: DownwardFacts) => string>> = {
  'metadata.name': (pod) => pod.metadata.name,
  'metadata.namespace': (pod) => pod.metadata.namespace ?? '',
  'metadata.uid': (pod) => pod.metadata.uid,
  'metadata.labels': (pod) => mapText(pod.metadata.labels),
  'metadata.annotations': (pod) => mapText(pod.metadata.annotations),
  'spec.nodeName': (pod) => specOf(pod).nodeName ?? '',
  'spec.serviceAccountName': (pod) => specOf(pod).serviceAccountName ?? '',
  'status.hostIP': (_pod, facts) => facts.hostIp,
  'status.hostIPs': (_pod, facts) => facts.hostIp,
  'status.podIP': (_pod, facts) => facts.ips[0] ?? '',
  'status.podIPs': (_pod, facts) => facts.ips.join(','),
};

/**
 * The value of a `fieldRef`.
 * @throws Error when there is no such field
 */
export function fieldValue(path: string, pod: Pod, facts: DownwardFacts): string {
  if (Object.hasOwn(simple, path)) return simple[path]!(pod, facts);
  const entry = /^metadata\.(labels|annotations)\['([^']{1,400})'\]$/.exec(path);
  if (!entry) throw new Error(`unsupported fieldPath: ${path}`);
  const map = pod.metadata[entry[1] as 'labels' | 'annotations'] ?? {};
  return Object.hasOwn(map, entry[2]!) ? map[entry[2]!]! : '';
}

/** One `key="value"` line per entry, sorted, as the downward API writes maps. */
function mapText(map: Record<string, string> = {}): string {
  return Object.keys(map)
    .sort()
    .map((key) => `${key}=${JSON.stringify(map[key])}`)
    .join('\n');
}

/** What a `resourceFieldRef` names. */
export interface ResourceFieldRef {
  readonly containerName?: string | undefined;
  readonly resource: string;
  readonly divisor?: string | undefined;
}

/**
 * The value of a `resourceFieldRef`, a whole number of `divisor`s, rounded up. A limit that is not set is what the node
 * can give.
 * @throws Error when there is no such container or resource
 */
export function resourceValue(ref: ResourceFieldRef, pod: Pod, ownName: string, facts: DownwardFacts): string {
  const name = ref.containerName || ownName;
  const container = findContainer(pod, name);
  if (!container) throw new Error(`container ${name} not found`);
  const parts = /^(limits|requests)\.(cpu|memory|ephemeral-storage|hugepages-[0-9A-Za-z]+)$/.exec(ref.resource);
  if (!parts) throw new Error(`unsupported container resource: ${ref.resource}`);
  const [, list, resource] = parts as unknown as [string, 'limits' | 'requests', string];
  const set = container.resources?.[list]?.[resource];
  const amount = parseQuantity(set ?? (list === 'limits' ? (facts.allocatable[resource] ?? '0') : '0'));
  return String(divided(amount, parseQuantity(ref.divisor && ref.divisor !== '0' ? ref.divisor : '1')));
}

function divided(amount: Quantity, divisor: Quantity): bigint {
  const quotient = amount.nanos / divisor.nanos;
  return amount.nanos % divisor.nanos === 0n ? quotient : quotient + 1n;
}
