import { forbidden, invalid, path, type FieldError } from '../../apimachinery/field-error.ts';
import { dns1123Subdomain, qualifiedName } from '../../apimachinery/names.ts';
import { checked, immutable, nonNegative } from '../meta-v1/checks.ts';
import { ipFamily, IP_RULE, isIp } from './ip.ts';
import { isSidecar, type Container } from './pod-spec.ts';
import type { Pod } from './pod.ts';

type Status = NonNullable<Pod['status']>;
type ContainerStatus = NonNullable<Status['containerStatuses']>[number];

/** Whether a container that has ended may come to life again. */
type MayRestart = (status: ContainerStatus) => boolean;

/** The rules of a change of a pod's status: its class stays, and what has ended for good stays ended. */
export function validatePodStatus(pod: Pod, old: Pod): FieldError[] {
  const [now, before] = [pod.status ?? {}, old.status ?? {}];
  const nominated = now.nominatedNodeName;
  return [
    ...(nominated && nominated !== before.nominatedNodeName
      ? checked('status.nominatedNodeName', nominated, dns1123Subdomain)
      : []),
    ...immutable('status.qosClass', now.qosClass, before.qosClass),
    ...nonNegative('status.observedGeneration', now.observedGeneration),
    ...(now.conditions ?? []).flatMap((c, i) =>
      before.conditions?.some((b) => b.type === c.type)
        ? []
        : checked(`status.conditions[${i}].type`, c.type ?? '', qualifiedName),
    ),
    ...validateTransitions(pod, old),
    ...validateIps(now.podIPs, 'status.podIPs'),
    ...validateIps(now.hostIPs, 'status.hostIPs'),
  ];
}

function validateTransitions(pod: Pod, old: Pod): FieldError[] {
  const [now, before] = [pod.status ?? {}, old.status ?? {}];
  const restart = mayRestart(old);
  const errors = stillEnded(now.containerStatuses, before.containerStatuses, restart, 'status.containerStatuses');
  errors.push(
    ...stillEnded(now.initContainerStatuses, before.initContainerStatuses, restart, 'status.initContainerStatuses'),
  );
  const debug = 'status.ephemeralContainerStatuses';
  return [
    ...errors,
    ...stillEnded(now.ephemeralContainerStatuses, before.ephemeralContainerStatuses, () => false, debug),
  ];
}

/** By the pod's restart policy, or the container's own where it has one. */
function mayRestart(pod: Pod): MayRestart {
  const policy = pod.spec?.restartPolicy ?? 'Always';
  const byName = new Map<string, Container>(
    [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])].map((c) => [c.name, c]),
  );
  return (status) => {
    const container = byName.get(status.name);
    if (container && (isSidecar(container) || container.restartPolicyRules?.length)) return true;
    const own = container?.restartPolicy ?? policy;
    return own === 'Always' || (own === 'OnFailure' && status.state?.terminated?.exitCode !== 0);
  };
}

function stillEnded(
  now: readonly ContainerStatus[] | undefined,
  before: readonly ContainerStatus[] | undefined,
  restart: MayRestart,
  field: string,
): FieldError[] {
  return (before ?? []).flatMap((old) => {
    if (!old.state?.terminated || restart(old)) return [];
    const i = (now ?? []).findIndex((status) => status.name === old.name);
    if (i < 0 || now![i]!.state?.terminated) return [];
    return [forbidden(path(path(field, i), 'state'), 'may not be transitioned to non-terminated state')];
  });
}

/** At most one address of each family. */
function validateIps(ips: readonly { ip?: string }[] | undefined, field: string): FieldError[] {
  const errors = (ips ?? []).flatMap(({ ip = '' }, i) => (isIp(ip) ? [] : [invalid(`${field}[${i}].ip`, ip, IP_RULE)]));
  if (errors.length > 0 || !ips || ips.length < 2) return errors;
  const families = new Set(ips.map(({ ip = '' }) => ipFamily(ip)));
  const most = 'may specify no more than one IP for each IP family';
  if (ips.length > 2 || families.size < 2) errors.push(invalid(field, ips, most));
  return errors;
}
