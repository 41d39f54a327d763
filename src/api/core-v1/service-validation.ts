import { duplicate, forbidden, invalid, path, required, type FieldError } from '../../apimachinery/field-error.ts';
import { dns1123Label, dns1123Subdomain, portName, qualifiedName } from '../../apimachinery/names.ts';
import {
  checked,
  inRange,
  noDuplicates,
  oneOf,
  portField,
  requiredOneOf,
  requiredText,
  validateLabels,
} from '../meta-v1/checks.ts';
import { CIDR_RULE, IP_RULE, isCidr, isIp } from './ip.ts';
import type { Service, ServicePort, ServiceSpec } from './service.ts';

const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const ONE_DAY = 86_400;

/** The rules of a service. */
export function validateService(service: Service): FieldError[] {
  const spec = service.spec ?? {};
  return [
    ...validateType(spec),
    ...validatePorts(spec),
    ...validateLabels('spec.selector', spec.selector),
    ...validateAffinity(spec),
    ...validateClusterIps(spec),
    ...validateExternal(spec),
    ...oneOf('spec.internalTrafficPolicy', spec.internalTrafficPolicy, ['Cluster', 'Local']),
    ...oneOf('spec.ipFamilyPolicy', spec.ipFamilyPolicy, ['SingleStack', 'PreferDualStack', 'RequireDualStack']),
    ...(spec.ipFamilies ?? []).flatMap((f, i) => oneOf(`spec.ipFamilies[${i}]`, f, ['IPv4', 'IPv6'])),
    ...oneOf('spec.trafficDistribution', spec.trafficDistribution, ['PreferClose', 'PreferSameNode', 'PreferSameZone']),
  ];
}

function validateType(spec: ServiceSpec): FieldError[] {
  const headless = spec.clusterIP === 'None';
  const errors: FieldError[] = [];
  if (!spec.ports?.length && !headless && spec.type !== 'ExternalName') errors.push(required('spec.ports'));
  if (headless && (spec.type === 'LoadBalancer' || spec.type === 'NodePort')) {
    const detail = `may not be set to 'None' for ${spec.type} services`;
    errors.push(invalid('spec.clusterIPs[0]', 'None', detail));
  }
  if (spec.type === 'ExternalName') {
    if (spec.clusterIP) {
      errors.push(forbidden('spec.clusterIPs[0]', "may not be set when `type` is 'ExternalName'"));
    }
    errors.push(...requiredText('spec.externalName', spec.externalName?.replace(/\.$/, ''), dns1123Subdomain));
  }
  return [...errors, ...requiredOneOf('spec.type', spec.type, TYPES)];
}

function validatePorts(spec: ServiceSpec): FieldError[] {
  const ports = spec.ports ?? [];
  const named = (i: number) => `spec.ports[${i}].name`;
  const numbers = new Set<string>();
  return [
    ...ports.flatMap((port, i) => validatePort(port, spec, ports.length > 1, path('spec.ports', i))),
    ...noDuplicates(ports.flatMap((port, i) => (port.name ? [[named(i), port.name] as const] : []))),
    ...ports.flatMap((port, i) => {
      const identity = `${port.protocol}/${port.port}`;
      if (numbers.has(identity))
        return [duplicate(path('spec.ports', i), { protocol: port.protocol, port: port.port })];
      numbers.add(identity);
      return [];
    }),
    ...noDuplicates(
      ports.flatMap((port, i) =>
        port.nodePort ? [[`spec.ports[${i}].nodePort`, `${port.protocol}/${port.nodePort}`] as const] : [],
      ),
    ).map((error) => nodePortDuplicate(error, ports)),
  ];
}

/** Node ports are compared with their protocol but shown as numbers. */
function nodePortDuplicate(error: FieldError, ports: readonly ServicePort[]): FieldError {
  const index = Number(/\[(\d+)\]/.exec(error.field)?.[1]);
  return duplicate(error.field, ports[index]?.nodePort);
}

function validatePort(port: ServicePort, spec: ServiceSpec, mustBeNamed: boolean, at: string): FieldError[] {
  const errors: FieldError[] = [];
  if (port.name) errors.push(...checked(path(at, 'name'), port.name, dns1123Label));
  else if (mustBeNamed) errors.push(required(path(at, 'name')));
  errors.push(...portField(path(at, 'port'), port.port ?? 0));
  errors.push(...requiredOneOf(path(at, 'protocol'), port.protocol, ['SCTP', 'TCP', 'UDP']));
  const target = port.targetPort;
  if (typeof target === 'number') errors.push(...portField(path(at, 'targetPort'), target));
  else if (target) errors.push(...checked(path(at, 'targetPort'), target, portName));
  if (port.appProtocol) errors.push(...checked(path(at, 'appProtocol'), port.appProtocol, qualifiedName));
  if (port.nodePort && (spec.type === 'ClusterIP' || spec.type === 'ExternalName')) {
    errors.push(forbidden(path(at, 'nodePort'), `may not be used when \`type\` is '${spec.type}'`));
  }
  return errors;
}

function validateAffinity(spec: ServiceSpec): FieldError[] {
  const seconds = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds;
  const field = 'spec.sessionAffinityConfig.clientIP.timeoutSeconds';
  const errors = requiredOneOf('spec.sessionAffinity', spec.sessionAffinity, ['ClientIP', 'None']);
  if (seconds === undefined || spec.sessionAffinity !== 'ClientIP') return errors;
  if (inRange(field, seconds, 1, ONE_DAY).length === 0) return errors;
  return [...errors, invalid(field, seconds, `must be greater than 0 and less than ${ONE_DAY}`)];
}

function validateClusterIps(spec: ServiceSpec): FieldError[] {
  const ips = spec.clusterIPs ?? [];
  if (spec.type === 'ExternalName') return [];
  const errors = ips.flatMap((ip, i) => {
    if (ip === 'None' && i === 0) return [];
    return isIp(ip) ? [] : [invalid(`spec.clusterIPs[${i}]`, ip, IP_RULE)];
  });
  if (spec.clusterIP && ips.length > 0 && spec.clusterIP !== ips[0]) {
    errors.push(invalid('spec.clusterIPs[0]', ips, 'must match `clusterIP` when both are specified'));
  }
  return errors;
}

function validateExternal(spec: ServiceSpec): FieldError[] {
  const external = spec.type === 'NodePort' || spec.type === 'LoadBalancer' || (spec.externalIPs?.length ?? 0) > 0;
  const errors = (spec.externalIPs ?? []).flatMap((ip, i) =>
    isIp(ip) ? [] : [invalid(`spec.externalIPs[${i}]`, ip, IP_RULE)],
  );
  (spec.loadBalancerSourceRanges ?? []).forEach((range, i) => {
    if (!isCidr(range.trim())) errors.push(invalid(`spec.loadBalancerSourceRanges[${i}]`, range, CIDR_RULE));
  });
  if (spec.loadBalancerSourceRanges?.length && spec.type !== 'LoadBalancer') {
    errors.push(forbidden('spec.loadBalancerSourceRanges', "may only be used when `type` is 'LoadBalancer'"));
  }
  const policy = spec.externalTrafficPolicy;
  if (policy && !external) {
    const detail = 'may only be set for externally-accessible services';
    errors.push(invalid('spec.externalTrafficPolicy', policy, detail));
  } else errors.push(...oneOf('spec.externalTrafficPolicy', policy || undefined, ['Cluster', 'Local']));
  return errors;
}

/** The cluster IP of a service that keeps having one stays. */
export function validateServiceUpdate(service: Service, old: Service): FieldError[] {
  const [now, before] = [service.spec ?? {}, old.spec ?? {}];
  if (now.type === 'ExternalName' || before.type === 'ExternalName' || !before.clusterIP) return [];
  if (now.clusterIP === before.clusterIP) return [];
  return [invalid('spec.clusterIPs[0]', now.clusterIPs ?? [], 'may not change once set')];
}
