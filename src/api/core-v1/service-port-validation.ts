import { duplicate, forbidden, invalid, path, required, type FieldError } from '../../apimachinery/field-error.ts';
import { dns1123Label, qualifiedName } from '../../apimachinery/names.ts';
import { checked, portField, portOrName, requiredOneOf } from '../meta-v1/checks.ts';
import type { ServicePort, ServiceSpec } from './service-type.ts';

const KUBELET_PORT = 10_250;

/** Ports that only the node's own kubelet may be reached at. */
export function validateKubeletPort(spec: ServiceSpec): FieldError[] {
  return (spec.ports ?? []).flatMap(({ port }, i) =>
    port === KUBELET_PORT
      ? [invalid(`spec.ports[${i}]`, port, 'may not expose port 10250 externally since it is used by kubelet')]
      : [],
  );
}

/** The rules of each of `spec.ports`: named when there are several. */
export function validatePorts(spec: ServiceSpec): FieldError[] {
  const ports = spec.ports ?? [];
  const names = new Set<string>();
  return ports.flatMap((port, i) => {
    const at = path('spec.ports', i);
    return [...validateName(port, ports.length > 1, names, path(at, 'name')), ...validatePort(port, at)];
  });
}

function validateName({ name }: ServicePort, mustBeNamed: boolean, names: Set<string>, field: string): FieldError[] {
  if (!name) return mustBeNamed ? [required(field)] : [];
  const errors = checked(field, name, dns1123Label);
  if (names.has(name)) errors.push(duplicate(field, name));
  names.add(name);
  return errors;
}

function validatePort(port: ServicePort, at: string): FieldError[] {
  return [
    ...portField(path(at, 'port'), port.port ?? 0),
    ...requiredOneOf(path(at, 'protocol'), port.protocol, ['SCTP', 'TCP', 'UDP']),
    ...portOrName(path(at, 'targetPort'), port.targetPort ?? 0),
    ...(port.appProtocol === undefined ? [] : checked(path(at, 'appProtocol'), port.appProtocol, qualifiedName)),
  ];
}

/** No node port where the type has none, and neither a node port nor a port twice. */
export function validateDistinctPorts(spec: ServiceSpec): FieldError[] {
  const ports = spec.ports ?? [];
  const unwanted = ports.flatMap((port, i) =>
    port.nodePort && spec.type === 'ClusterIP'
      ? [forbidden(`spec.ports[${i}].nodePort`, "may not be used when `type` is 'ClusterIP'")]
      : [],
  );
  const nodePorts = new Set<string>();
  const numbers = new Set<string>();
  const twiceOnNodes = ports.flatMap((port, i) =>
    port.nodePort ? twice(nodePorts, port, port.nodePort, duplicate(`spec.ports[${i}].nodePort`, port.nodePort)) : [],
  );
  const repeated = ports.flatMap((port, i) => {
    const shown = { protocol: port.protocol, port: port.port };
    return twice(numbers, port, port.port, duplicate(`spec.ports[${i}]`, shown));
  });
  return [...unwanted, ...twiceOnNodes, ...repeated];
}

function twice(seen: Set<string>, { protocol }: ServicePort, number: number, error: FieldError): FieldError[] {
  const identity = `${protocol}/${number}`;
  if (seen.has(identity)) return [error];
  seen.add(identity);
  return [];
}
