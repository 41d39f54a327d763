import { defineKind, statusSubresource } from '../../apimachinery/kind.ts';
import { dns1035Label } from '../../apimachinery/names.ts';
import type { Column } from '../../apimachinery/table.ts';
import { ageColumn, column, labelsText, nameColumn, wideColumn } from '../meta-v1/columns.ts';
import { alignClusterIps, carryOver, followClusterIp } from './service-changes.ts';
import { validateService, validateServiceStatus, validateServiceUpdate } from './service-validation.ts';
import { isReachable, type Service } from './service-type.ts';
import { serviceWarnings } from './service-warnings.ts';
import { serviceQuota } from './service-quota.ts';

export { isExternal } from './service-type.ts';
export type { Service, ServicePort, ServiceSpec } from './service-type.ts';
import { proxySubresource } from './proxy-subresource.ts';

/** How long a client stays with one endpoint under `sessionAffinity: ClientIP`, in seconds. */
const AFFINITY_SECONDS = 10_800;

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
  if (isReachable(spec)) spec.externalTrafficPolicy ||= 'Cluster';
  if (spec.type !== 'LoadBalancer') return;
  spec.allocateLoadBalancerNodePorts ??= true;
  for (const ingress of service.status?.loadBalancer?.ingress ?? []) if (ingress.ip) ingress.ipMode ??= 'VIP';
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
  subresources: [proxySubresource('ServiceProxyOptions'), { ...statusSubresource, validate: validateServiceStatus }],
  createOnUpdate: true,
  validateName: dns1035Label,
  setDefaults,
  validate: validateService,
  validateUpdate: validateServiceUpdate,
  warnings: serviceWarnings,
  prepareForCreate(s) {
    alignClusterIps(s.spec!);
    s.status = { loadBalancer: {} };
  },
  prepareForUpdate(s, old) {
    followClusterIp(s.spec!, old.spec ?? {});
    carryOver(s.spec!, old.spec ?? {});
    alignClusterIps(s.spec!);
  },
  quota: serviceQuota,
});
