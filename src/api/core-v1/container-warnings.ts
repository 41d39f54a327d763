import { path } from '../../apimachinery/field-error.ts';
import { wholeBytes, type Warn } from './fractional-bytes.ts';
import type { Container, ContainerPort, EnvVar, EphemeralContainer, PodSpec } from './pod-spec.ts';

type Placed = readonly [port: ContainerPort, field: string];

/** Warns of what is allowed in containers but hardly meant. */
export function containerWarnings(spec: PodSpec, field: string, warn: Warn): void {
  const ports = new Map<string, Placed[]>();
  for (const [container, at] of placed(spec, field)) {
    for (const list of ['limits', 'requests'] as const) {
      wholeBytes(container.resources?.[list], path(at, 'resources', list), warn);
    }
    if (container.env) variables(container.env, path(at, 'env'), warn);
    (container.ports ?? []).forEach((port, i) => portWarnings(port, `${at}.ports[${i}]`, ports, warn));
  }
}

function* placed(spec: PodSpec, field: string): Iterable<readonly [Container | EphemeralContainer, string]> {
  for (const list of ['initContainers', 'containers', 'ephemeralContainers'] as const) {
    const containers = spec[list] ?? [];
    for (let i = 0; i < containers.length; i++) yield [containers[i]!, `${field}.${list}[${i}]`];
  }
}

/** A variable that stands twice hides what was said first, unless it is made of it. */
function variables(env: readonly EnvVar[], field: string, warn: Warn): void {
  const seen = new Set<string>();
  env.forEach(({ name, value = '', valueFrom }, i) => {
    const reference = `$(${name})`;
    const builtOn = !valueFrom && value !== reference && value.includes(reference);
    if (seen.has(name) && !builtOn) {
      const text = `hides previous definition of ${JSON.stringify(name)}, which may be dropped when using apply`;
      warn(path(field, i), text);
    }
    seen.add(name);
  });
}

function portWarnings(port: ContainerPort, field: string, known: Map<string, Placed[]>, warn: Warn): void {
  if (port.hostIP && !port.hostPort) warn(field, `hostIP set without hostPort: ${portText(port)}`);
  const key = `${port.containerPort}/${port.protocol}`;
  const others = known.get(key) ?? [];
  for (const [other, at] of others) {
    const relation = compare(port, other);
    if (relation) warn(field, `${relation} port definition with ${at}`);
  }
  known.set(key, [...others, [port, field]]);
}

function compare(a: ContainerPort, b: ContainerPort): 'duplicate' | 'overlapping' | undefined {
  const [aIp, bIp] = [a.hostIP ?? '', b.hostIP ?? ''];
  const [aPort, bPort] = [a.hostPort ?? 0, b.hostPort ?? 0];
  if (aIp === bIp && aPort === bPort) return 'duplicate';
  if (aPort === 0 || bPort === 0) return 'overlapping';
  return aPort === bPort && (!aIp || !bIp) ? 'overlapping' : undefined;
}

function portText({ name = '', hostPort = 0, containerPort, protocol = '', hostIP = '' }: ContainerPort): string {
  return `{Name:${name} HostPort:${hostPort} ContainerPort:${containerPort} Protocol:${protocol} HostIP:${hostIP}}`;
}
