import type { V1Service, V1ServicePort } from '@kubernetes/client-node';
import { defineKind, statusSubresource } from '../../apimachinery/kind.ts';
import { dns1035Label } from '../../apimachinery/names.ts';
import type { Plain, Resource } from '../../apimachinery/object.ts';
import type { Column } from '../../apimachinery/table.ts';
import { same } from '../meta-v1/checks.ts';
import { ageColumn, column, labelsText, nameColumn, wideColumn } from '../meta-v1/columns.ts';
import { validateService, validateServiceUpdate } from './service-validation.ts';

export type Service = Resource<V1Service>;
export type ServiceSpec = NonNullable<Service['spec']>;
export type ServicePort = Plain<V1ServicePort>;

/** How long a client stays with one endpoint under `sessionAffinity: ClientIP`, in seconds. */
const AFFINITY_SECONDS = 10_800;

/** Whether this type of service is reached from outside the cluster. */
export function isExternal(spec: ServiceSpec): boolean {
  return spec.type === 'NodePort' || spec.type === 'LoadBalancer';
}

function setDefaults(service: Service): void {
  const spec = (service.spec ??= {});
  spec.sessionAffinity ||= 'None';
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig;
  if (spec.sessionAffinity === 'ClientIP') {
    const config = (spec.sessionAffinityConfig ??= {});
    config.clientIP = { timeoutSeconds: AFFINITY_SECONDS, ...config.clientIP };
  }
  spec.type ||= 'ClusterIP';
  for (const port of spec.ports ?? []) {
    port.protocol ||= 'TCP';
    port.targetPort ||= port.port;
  }
  if (spec.type !== 'ExternalName') spec.internalTrafficPolicy ??= 'Cluster';
  if (isExternal(spec)) spec.externalTrafficPolicy ||= 'Cluster';
  if (spec.type === 'LoadBalancer') spec.allocateLoadBalancerNodePorts ??= true;
}

/** `clusterIP` is the first of `clusterIPs`; whichever is given gives the other. */
function alignClusterIps(spec: ServiceSpec): void {
  if (spec.clusterIP && !spec.clusterIPs?.length) spec.clusterIPs = [spec.clusterIP];
  else if (!spec.clusterIP && spec.clusterIPs?.length) spec.clusterIP = spec.clusterIPs[0]!;
}

/** A client that knows `clusterIP` only changes it without the list: then the list follows. */
function followClusterIp(spec: ServiceSpec, before: ServiceSpec): void {
  if (spec.clusterIP === before.clusterIP || !same(spec.clusterIPs, before.clusterIPs)) return;
  delete spec.clusterIPs;
}

/** What belongs to a type that the service no longer has goes; what was allocated and is not mentioned stays. */
function carryOver(spec: ServiceSpec, before: ServiceSpec): void {
  const hasIp = (s: ServiceSpec) => s.type !== 'ExternalName';
  if (!hasIp(spec) && hasIp(before)) dropClusterIp(spec, before);
  if (hasIp(spec) && hasIp(before)) keepClusterIp(spec, before);
  if (isExternal(before) && !isExternal(spec)) dropExternal(spec, before);
  if (isExternal(before) && isExternal(spec)) keepNodePorts(spec, before);
  if (spec.type !== 'LoadBalancer' && before.type === 'LoadBalancer') delete spec.allocateLoadBalancerNodePorts;
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

function dropExternal(spec: ServiceSpec, before: ServiceSpec): void {
  if (spec.externalTrafficPolicy === before.externalTrafficPolicy) delete spec.externalTrafficPolicy;
  if (spec.healthCheckNodePort === before.healthCheckNodePort) delete spec.healthCheckNodePort;
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
  if (!spec.healthCheckNodePort && before.healthCheckNodePort && spec.externalTrafficPolicy === 'Local') {
    spec.healthCheckNodePort = before.healthCheckNodePort;
  }
}

function externalIpText(service: Service): string {
  const spec = service.spec ?? {};
  const ingress = (service.status?.loadBalancer?.ingress ?? []).map((i) => i.ip || i.hostname || '');
  if (spec.type === 'ExternalName') return spec.externalName ?? '';
  const external = spec.externalIPs ?? [];
  if (spec.type !== 'LoadBalancer') return external.join(',') || '<none>';
  return [...ingress, ...external].join(',') || '<pending>';
}

function portsText(service: Service): string {
  const ports = (service.spec?.ports ?? []).map((port) => {
    const outside = port.nodePort ? `:${port.nodePort}` : '';
    return `${port.port}${outside}/${port.protocol ?? 'TCP'}`;
  });
  return ports.join(',') || '<none>';
}

const columns: readonly Column<Service>[] = [
  nameColumn,
  column('Type', (s) => s.spec?.type ?? ''),
  column('Cluster-IP', (s) => s.spec?.clusterIPs?.[0] || s.spec?.clusterIP || '<none>'),
  column('External-IP', externalIpText),
  column('Port(s)', portsText),
  ageColumn,
  wideColumn('Selector', (s) => labelsText(s.spec?.selector)),
];

export const service = defineKind<Service>({
  group: '',
  version: 'v1',
  kind: 'Service',
  plural: 'services',
  returnsDeleted: true,
  namespaced: true,
  shortNames: ['svc'],
  categories: ['all'],
  columns,
  selectableFields: { 'spec.clusterIP': (s) => s.spec?.clusterIP ?? '', 'spec.type': (s) => s.spec?.type ?? '' },
  subresources: [
    { name: 'proxy', verbs: ['create', 'delete', 'get', 'patch', 'update'], connect: true },
    statusSubresource,
  ],
  createOnUpdate: true,
  validateName: dns1035Label,
  setDefaults,
  validate: validateService,
  validateUpdate: validateServiceUpdate,
  prepareForCreate(s) {
    alignClusterIps(s.spec!);
    s.status = { loadBalancer: {} };
  },
  prepareForUpdate(s, old) {
    followClusterIp(s.spec!, old.spec ?? {});
    carryOver(s.spec!, old.spec ?? {});
    alignClusterIps(s.spec!);
  },
});
