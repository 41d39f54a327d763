import { same } from '../meta-v1/checks.ts';
import { isExternal, isReachable, type ServicePort, type ServiceSpec } from './service-type.ts';

/** `clusterIP` is the first of `clusterIPs`; whichever is given gives the other. */
export function alignClusterIps(spec: ServiceSpec): void {
  if (spec.clusterIP && !spec.clusterIPs?.length) spec.clusterIPs = [spec.clusterIP];
  else if (!spec.clusterIP && spec.clusterIPs?.length) spec.clusterIP = spec.clusterIPs[0]!;
}

/** A client that knows `clusterIP` only changes it without the list: then the list follows. */
export function followClusterIp(spec: ServiceSpec, before: ServiceSpec): void {
  if (spec.clusterIP === before.clusterIP || !same(spec.clusterIPs, before.clusterIPs)) return;
  if (spec.clusterIP || !before.clusterIP) delete spec.clusterIPs;
}

/** What belongs to a type that the service no longer has goes; what was allocated and is not mentioned stays. */
export function carryOver(spec: ServiceSpec, before: ServiceSpec): void {
  const hasIp = (s: ServiceSpec) => s.type !== 'ExternalName';
  if (!hasIp(spec) && hasIp(before)) dropClusterIp(spec, before);
  if (hasIp(spec) && hasIp(before)) keepClusterIp(spec, before);
  if (isExternal(before) && !isExternal(spec)) dropNodePorts(spec, before);
  if (isExternal(before) && isExternal(spec)) keepNodePorts(spec, before);
  if (isReachable(before) && !isReachable(spec)) dropIfSame(spec, before, 'externalTrafficPolicy');
  if (isHealthChecked(before) && !isHealthChecked(spec)) dropIfSame(spec, before, 'healthCheckNodePort');
  if (isHealthChecked(before) && isHealthChecked(spec) && !spec.healthCheckNodePort && before.healthCheckNodePort) {
    spec.healthCheckNodePort = before.healthCheckNodePort;
  }
  if (spec.type !== 'LoadBalancer' && before.type === 'LoadBalancer') {
    dropIfSame(spec, before, 'allocateLoadBalancerNodePorts');
    dropIfSame(spec, before, 'loadBalancerClass');
  }
}

/** Load balancers that must find out which nodes have endpoints ask at a port of its own. */
function isHealthChecked(spec: ServiceSpec): boolean {
  return spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local';
}

function dropIfSame(spec: ServiceSpec, before: ServiceSpec, field: keyof ServiceSpec): void {
  if (same(spec[field], before[field])) delete spec[field];
}

function dropClusterIp(spec: ServiceSpec, before: ServiceSpec): void {
  if (spec.clusterIP && spec.clusterIP !== before.clusterIP) return;
  for (const field of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy', 'internalTrafficPolicy'] as const) {
    delete spec[field];
  }
}

function keepClusterIp(spec: ServiceSpec, before: ServiceSpec): void {
  if (!spec.clusterIP && before.clusterIP) spec.clusterIP = before.clusterIP;
  if (!spec.clusterIPs?.length && spec.clusterIP === before.clusterIP && before.clusterIPs) {
    spec.clusterIPs = before.clusterIPs;
  }
  if (!spec.ipFamilies && before.ipFamilies) spec.ipFamilies = before.ipFamilies;
  if (!spec.ipFamilyPolicy && before.ipFamilyPolicy) spec.ipFamilyPolicy = before.ipFamilyPolicy;
}

function dropNodePorts(spec: ServiceSpec, before: ServiceSpec): void {
  const old = new Set((before.ports ?? []).map((port) => port.nodePort));
  for (const port of spec.ports ?? []) if (old.has(port.nodePort)) delete port.nodePort;
}

function keepNodePorts(spec: ServiceSpec, before: ServiceSpec): void {
  const identity = (port: ServicePort) => `${port.protocol}/${port.port}`;
  const old = new Map((before.ports ?? []).map((port) => [identity(port), port.nodePort]));
  const taken = new Set((spec.ports ?? []).map((port) => port.nodePort));
  for (const port of spec.ports ?? []) {
    const kept = old.get(identity(port));
    if (!port.nodePort && kept && !taken.has(kept)) port.nodePort = kept;
  }
}
