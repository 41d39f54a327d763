import type { Container, EphemeralContainer, PodSpec, Probe } from './pod-spec.ts';

/**
 * Fields for which nothing, and nothing said, are the same; others (`hostUsers: false`) mean something when they are off.
 * Lists and maps are no concern here: decoding drops those that are empty.
 */
const OF_SPEC = [
  ...['hostNetwork', 'hostPID', 'hostIPC', 'hostname', 'subdomain', 'nodeName', 'priorityClassName'],
  ...['serviceAccountName', 'serviceAccount'],
];
const OF_CONTAINER = ['workingDir', 'stdin', 'stdinOnce', 'tty'];
const OF_PORT = ['name', 'hostPort', 'hostIP'];
const OF_MOUNT = ['readOnly', 'subPath', 'subPathExpr'];
const OF_TOLERATION = ['key', 'operator', 'value', 'effect'];
const LISTS = ['initContainers', 'containers', 'ephemeralContainers'] as const;

/** Removes what says nothing, so that it makes no difference whether it was written down. */
export function dropEmpties(spec: PodSpec): void {
  for (const list of LISTS) for (const container of spec[list] ?? []) dropOfContainer(container);
  for (const toleration of spec.tolerations ?? []) drop(toleration, OF_TOLERATION);
  drop(spec, OF_SPEC);
}

function dropOfContainer(container: Container | EphemeralContainer): void {
  for (const port of container.ports ?? []) drop(port, OF_PORT);
  for (const mount of container.volumeMounts ?? []) drop(mount, OF_MOUNT);
  for (const variable of container.env ?? []) drop(variable, ['value']);
  for (const probe of [container.livenessProbe, container.readinessProbe, container.startupProbe]) dropOfProbe(probe);
  drop(container, OF_CONTAINER);
}

function dropOfProbe(probe: Probe | undefined): void {
  if (!probe) return;
  drop(probe, ['initialDelaySeconds']);
  if (probe.httpGet) drop(probe.httpGet, ['host']);
}

function drop(object: object, fields: readonly string[]): void {
  const values = object as Record<string, unknown>;
  for (const field of fields) if (values[field] !== undefined && !values[field]) delete values[field];
}
