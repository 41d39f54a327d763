import type { Pod } from '../../api/core-v1/pod.ts';
import { specOf } from '../pod-spec.ts';
import type { Refusal } from './refusal.ts';

/** What a pod may set without harm to others, see https://kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster/ */
const safe = new Set([
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.ping_group_range',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.tcp_wmem',
]);

/** Which of them belong to a namespace that a pod may share with its host. */
const ofIpc = /^(kernel\.shm|kernel\.msg|kernel\.sem$|fs\.mqueue\.)/;
const ofNetwork = /^net\./;

/**
 * Whether a pod sets what it must not: what is not on the safe list (or allowed by name, or by a prefix and `*`), and
 * what belongs to a namespace of the host.
 */
export function sysctlsRefusal(pod: Pod, allowed: readonly string[]): Refusal | undefined {
  const { securityContext, hostIPC, hostNetwork } = specOf(pod);
  for (const { name } of securityContext?.sysctls ?? []) {
    const dotted = name.replaceAll('/', '.');
    if (hostIPC && ofIpc.test(dotted)) return refusal(dotted, 'not allowed with host ipc enabled');
    if (hostNetwork && ofNetwork.test(dotted)) return refusal(dotted, 'not allowed with host net enabled');
    if (!safe.has(dotted) && !allowed.some((pattern) => covers(pattern, dotted)))
      return refusal(dotted, 'not allowlisted');
  }
  return undefined;
}

function covers(pattern: string, name: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}

function refusal(name: string, why: string): Refusal {
  return { reason: 'SysctlForbidden', message: `forbidden sysctl: "${name}" ${why}` };
}
