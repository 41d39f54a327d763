import { forbidden, invalid, path, required, type FieldError } from '../../apimachinery/field-error.ts';
import { dns1123Subdomain, portNumber, qualifiedName } from '../../apimachinery/names.ts';
import { checked, oneOf, requiredOneOf, requiredText, validateLabels } from '../meta-v1/checks.ts';
import { CIDR_RULE, IP_RULE, isCidr, isIp } from './ip.ts';
import { validateClusterIpChange, validateClusterIps } from './service-ip-validation.ts';
import { validateDistinctPorts, validateKubeletPort, validatePorts } from './service-port-validation.ts';
import { validateNotSpecial } from './special-addresses.ts';
import { isReachable, type Service, type ServiceSpec } from './service-type.ts';

const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const POLICIES = ['Cluster', 'Local'];
const DISTRIBUTIONS = ['PreferClose', 'PreferSameNode', 'PreferSameZone'];
const ONE_DAY = 86_400;
const LOAD_BALANCER_ONLY = "may only be used when `type` is 'LoadBalancer'";

/** The rules of a service, in the order in which clients know the errors. */
export function validateService(service: Service): FieldError[] {
  const spec = service.spec ?? {};
  return [
    ...validateType(spec),
    ...validatePorts(spec),
    ...validateLabels('spec.selector', spec.selector),
    ...validateAffinity(spec),
    ...validateClusterIps(spec),
    ...validateExternalIps(spec.externalIPs ?? []),
    ...requiredOneOf('spec.type', spec.type, TYPES),
    ...validateDistinctPorts(spec),
    ...validateLoadBalancer(spec),
    ...validateExternalPolicy(spec),
    ...validateHealthCheck(spec),
    ...(spec.type === 'ExternalName'
      ? oneOf('spec.internalTrafficPolicy', spec.internalTrafficPolicy, POLICIES)
      : requiredOneOf('spec.internalTrafficPolicy', spec.internalTrafficPolicy, POLICIES)),
    ...oneOf('spec.trafficDistribution', spec.trafficDistribution, DISTRIBUTIONS),
  ];
}

/** What only some types need or allow. */
function validateType(spec: ServiceSpec): FieldError[] {
  const headless = spec.clusterIP === 'None';
  const errors: FieldError[] = [];
  if (!spec.ports?.length && !headless && spec.type !== 'ExternalName') errors.push(required('spec.ports'));
  if (spec.type === 'LoadBalancer') errors.push(...validateKubeletPort(spec));
  if (headless && (spec.type === 'LoadBalancer' || spec.type === 'NodePort')) {
    errors.push(invalid('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${spec.type} services`));
  }
  return spec.type === 'ExternalName' ? [...errors, ...validateExternalName(spec)] : errors;
}

function validateExternalName(spec: ServiceSpec): FieldError[] {
  const lists = (['clusterIPs', 'ipFamilies'] as const).filter((name) => spec[name]?.length);
  const given = [...lists, ...(spec.ipFamilyPolicy === undefined ? [] : ['ipFamilyPolicy'])];
  // A dot at the end says that the name is complete.
  const name = spec.externalName?.replace(/\.$/, '');
  return [
    ...given.map((field) => forbidden(path('spec', field), 'may not be set for ExternalName services')),
    ...requiredText('spec.externalName', name, dns1123Subdomain),
  ];
}

function validateAffinity(spec: ServiceSpec): FieldError[] {
  const errors = requiredOneOf('spec.sessionAffinity', spec.sessionAffinity, ['ClientIP', 'None']);
  const at = 'spec.sessionAffinityConfig';
  const config = spec.sessionAffinityConfig;
  if (spec.sessionAffinity === 'None' && config) {
    return [...errors, forbidden(at, 'must not be set when session affinity is None')];
  }
  if (spec.sessionAffinity !== 'ClientIP') return errors;
  const seconds = config?.clientIP?.timeoutSeconds;
  if (!config) return [...errors, required(at, 'when session affinity type is ClientIP')];
  if (!config.clientIP) return [...errors, required(path(at, 'clientIP'), 'when session affinity type is ClientIP')];
  const field = path(at, 'clientIP', 'timeoutSeconds');
  if (seconds === undefined) return [...errors, required(field, 'when session affinity type is ClientIP')];
  if (seconds > 0 && seconds <= ONE_DAY) return errors;
  return [...errors, invalid(field, seconds, `must be greater than 0 and less than ${ONE_DAY}`)];
}

function validateExternalIps(ips: readonly string[]): FieldError[] {
  return ips.flatMap((ip, i) => validateNotSpecial(`spec.externalIPs[${i}]`, ip));
}

function validateLoadBalancer(spec: ServiceSpec): FieldError[] {
  const balanced = spec.type === 'LoadBalancer';
  const ranges = spec.loadBalancerSourceRanges ?? [];
  const field = 'spec.loadBalancerSourceRanges';
  const errors = ranges.length > 0 && !balanced ? [forbidden(field, LOAD_BALANCER_ONLY)] : [];
  errors.push(
    ...ranges.flatMap((range, i) => (isCidr(range.trim()) ? [] : [invalid(path(field, i), range, CIDR_RULE)])),
  );
  for (const name of ['allocateLoadBalancerNodePorts', 'loadBalancerClass'] as const) {
    if (spec[name] !== undefined && !balanced) errors.push(forbidden(path('spec', name), LOAD_BALANCER_ONLY));
  }
  if (balanced && spec.loadBalancerClass !== undefined) {
    errors.push(...checked('spec.loadBalancerClass', spec.loadBalancerClass, qualifiedName));
  }
  return errors;
}

function validateExternalPolicy(spec: ServiceSpec): FieldError[] {
  const field = 'spec.externalTrafficPolicy';
  const policy = spec.externalTrafficPolicy;
  if (isReachable(spec)) return requiredOneOf(field, policy, POLICIES);
  return policy ? [invalid(field, policy, 'may only be set for externally-accessible services')] : [];
}

function validateHealthCheck(spec: ServiceSpec): FieldError[] {
  const port = spec.healthCheckNodePort;
  if (!port) return [];
  const field = 'spec.healthCheckNodePort';
  if (spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local') {
    return portNumber(port).map((detail) => invalid(field, port, detail));
  }
  const detail = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
  return [invalid(field, port, detail)];
}

/** What was allocated stays; so does whose business the load balancer is. */
export function validateServiceUpdate(service: Service, old: Service): FieldError[] {
  const errors = validateClusterIpChange(service, old);
  const [now, before] = [service.spec ?? {}, old.spec ?? {}];
  const stays = now.type === 'LoadBalancer' && before.type === 'LoadBalancer';
  if (!stays || now.loadBalancerClass === before.loadBalancerClass) return errors;
  return [...errors, invalid('spec.loadBalancerClass', now.loadBalancerClass ?? null, 'may not change once set')];
}

/** The rules of a service's status: addresses that a load balancer has been given. */
export function validateServiceStatus({ spec, status }: Service): FieldError[] {
  const ingress = status?.loadBalancer?.ingress ?? [];
  const field = 'status.loadBalancer.ingress';
  const errors =
    ingress.length > 0 && spec?.type !== 'LoadBalancer'
      ? [forbidden(field, "may only be used when `spec.type` is 'LoadBalancer'")]
      : [];
  return [...errors, ...ingress.flatMap((one, i) => validateIngress(one, path(field, i)))];
}

type Ingress = NonNullable<NonNullable<NonNullable<Service['status']>['loadBalancer']>['ingress']>[number];

function validateIngress({ ip, hostname, ipMode }: Ingress, at: string): FieldError[] {
  const errors = ip && !isIp(ip) ? [invalid(path(at, 'ip'), ip, IP_RULE)] : [];
  if (ipMode && !ip) errors.push(forbidden(path(at, 'ipMode'), 'may not be specified when `ip` is not set'));
  else errors.push(...oneOf(path(at, 'ipMode'), ipMode, ['Proxy', 'VIP']));
  if (!hostname) return errors;
  errors.push(...checked(path(at, 'hostname'), hostname, dns1123Subdomain));
  if (isIp(hostname)) errors.push(invalid(path(at, 'hostname'), hostname, 'must be a DNS name, not an IP address'));
  return errors;
}
