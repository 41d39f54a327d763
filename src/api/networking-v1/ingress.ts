import type { V1Ingress } from '@kubernetes/client-node';
import { invalid, notSupported, path, required, type FieldError } from '../../apimachinery/field-error.ts';
import { defineKind, statusSubresource } from '../../apimachinery/kind.ts';
import { dns1035Label, dns1123Subdomain, pathSegmentName, portName } from '../../apimachinery/names.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { IP_RULE, isIp } from '../core-v1/ip.ts';
import { checked, portField, requiredText } from '../meta-v1/checks.ts';
import { ageColumn, column, nameColumn } from '../meta-v1/columns.ts';
import { wildcardSubdomain } from './wildcard.ts';

export type Ingress = Resource<V1Ingress>;
type Spec = NonNullable<Ingress['spec']>;
type Rule = NonNullable<Spec['rules']>[number];
type Path = NonNullable<Rule['http']>['paths'][number];
type Tls = NonNullable<Spec['tls']>[number];
type Backend = NonNullable<Spec['defaultBackend']>;

const PATH_TYPES = ['Exact', 'ImplementationSpecific', 'Prefix'];
const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';
/** How many hosts one cell shows. */
const SHOWN = 3;

function validate(ingress: Ingress, old?: Ingress): FieldError[] {
  const spec = ingress.spec ?? {};
  const rules = spec.rules ?? [];
  const errors: FieldError[] = [];
  if (rules.length === 0 && !spec.defaultBackend) {
    errors.push(invalid('spec', spec.rules ?? null, 'either `defaultBackend` or `rules` must be specified'));
  }
  if (spec.defaultBackend) errors.push(...validateBackend(spec.defaultBackend, 'spec.defaultBackend'));
  rules.forEach((rule, i) => errors.push(...validateRule(rule, path('spec.rules', i))));
  (spec.tls ?? []).forEach((tls, i) => errors.push(...validateTls(tls, path('spec.tls', i))));
  if (spec.ingressClassName !== undefined) {
    errors.push(...checked('spec.ingressClassName', spec.ingressClassName, dns1123Subdomain));
  }
  return old ? errors : [...errors, ...validateClassAnnotation(ingress)];
}

/** Before there was a field, an annotation named the class; it cannot say so beside the field. */
function validateClassAnnotation({ metadata, spec }: Ingress): FieldError[] {
  const value = metadata.annotations?.[CLASS_ANNOTATION];
  if (value === undefined || spec?.ingressClassName === undefined) return [];
  return [invalid(`annotations.${CLASS_ANNOTATION}`, value, 'can not be set when the class field is also set')];
}

function warnings({ metadata }: Ingress, old?: Ingress): string[] {
  if (old || metadata.annotations?.[CLASS_ANNOTATION] === undefined) return [];
  return [`annotation ${JSON.stringify(CLASS_ANNOTATION)} is deprecated, please use 'spec.ingressClassName' instead`];
}

function validateTls(tls: Tls, at: string): FieldError[] {
  return [
    ...(tls.hosts ?? []).flatMap((host, i) => validateName(host, `${at}.hosts[${i}]`)),
    ...(tls.secretName ? checked(`${at}.secretName`, tls.secretName, dns1123Subdomain) : []),
  ];
}

function validateRule(rule: Rule, at: string): FieldError[] {
  const errors = rule.host ? validateHost(rule.host, path(at, 'host')) : [];
  if (!rule.http) return errors;
  const paths = rule.http.paths ?? [];
  if (paths.length === 0) errors.push(required(`${at}.http.paths`));
  paths.forEach((entry, i) => {
    const field = `${at}.http.paths[${i}]`;
    if (entry.pathType === undefined) errors.push(required(path(field, 'pathType'), 'pathType must be specified'));
    else errors.push(...validatePath(entry, field), ...validateBackend(entry.backend ?? {}, `${field}.backend`));
  });
  return errors;
}

function validateHost(host: string, field: string): FieldError[] {
  const errors = isIp(host) ? [invalid(field, host, 'must be a DNS name, not an IP address')] : [];
  return [...errors, ...validateName(host, field)];
}

function validateName(host: string, field: string): FieldError[] {
  return checked(field, host, host.includes('*') ? wildcardSubdomain : dns1123Subdomain);
}

function validatePath({ path: value = '', pathType }: Path, field: string): FieldError[] {
  const at = path(field, 'path');
  const typeField = path(field, 'pathType');
  if (!PATH_TYPES.includes(pathType)) return [notSupported(typeField, pathType, PATH_TYPES)];
  const strict = pathType !== 'ImplementationSpecific';
  const errors = (strict || value) && !value.startsWith('/') ? [invalid(at, value, 'must be an absolute path')] : [];
  if (!strict) return errors;
  for (const part of ['//', '/./', '/../', '%2f', '%2F']) {
    if (value.includes(part)) errors.push(invalid(at, value, `must not contain '${part}'`));
  }
  for (const ending of ['/..', '/.']) {
    if (value.endsWith(ending)) errors.push(invalid(at, value, `cannot end with '${ending}'`));
  }
  return errors;
}

function validateBackend(backend: Backend, field: string): FieldError[] {
  const { service, resource } = backend;
  if (service && resource) return [invalid(field, '', 'cannot set both resource and service backends')];
  if (resource) return validateResource(resource, path(field, 'resource'));
  if (!service) return [invalid(field, '', 'resource or service backend is required')];
  const errors = requiredText(`${field}.service.name`, service.name, dns1035Label);
  const { name, number } = service.port ?? {};
  if (name && number) errors.push(invalid(field, '', 'cannot set both port name & port number'));
  else if (name) errors.push(...checked(`${field}.service.port.name`, name, portName));
  else if (number) errors.push(...portField(`${field}.service.port.number`, number));
  else errors.push(required(field, 'port name or number is required'));
  return errors;
}

function validateResource(resource: NonNullable<Backend['resource']>, at: string): FieldError[] {
  return [
    ...(resource.apiGroup === undefined ? [] : checked(path(at, 'apiGroup'), resource.apiGroup, dns1123Subdomain)),
    ...requiredText(path(at, 'kind'), resource.kind, pathSegmentName, 'kind is required'),
    ...requiredText(path(at, 'name'), resource.name, pathSegmentName, 'name is required'),
  ];
}

function validateStatus({ status }: Ingress): FieldError[] {
  return (status?.loadBalancer?.ingress ?? []).flatMap(({ ip, hostname }, i) => {
    const at = `status.loadBalancer.ingress[${i}]`;
    const errors = ip && !isIp(ip) ? [invalid(path(at, 'ip'), ip, IP_RULE)] : [];
    if (!hostname) return errors;
    errors.push(...checked(path(at, 'hostname'), hostname, dns1123Subdomain));
    if (isIp(hostname)) errors.push(invalid(path(at, 'hostname'), hostname, 'must be a DNS name, not an IP address'));
    return errors;
  });
}

function hostsText(ingress: Ingress): string {
  const hosts = (ingress.spec?.rules ?? []).map((rule) => rule.host).filter((host): host is string => Boolean(host));
  if (hosts.length === 0) return '*';
  const shown = hosts.slice(0, SHOWN).join(',');
  return hosts.length > SHOWN ? `${shown} + ${hosts.length - SHOWN} more...` : shown;
}

function addressText(ingress: Ingress): string {
  return (ingress.status?.loadBalancer?.ingress ?? []).map((entry) => entry.ip || entry.hostname || '').join(',');
}

export const ingress = defineKind<Ingress>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'Ingress',
  plural: 'ingresses',
  namespaced: true,
  shortNames: ['ing'],
  columns: [
    nameColumn,
    column('Class', (i) => i.spec?.ingressClassName ?? '<none>'),
    column('Hosts', hostsText),
    column('Address', addressText),
    column('Ports', (i) => (i.spec?.tls?.length ? '80, 443' : '80')),
    ageColumn,
  ],
  subresources: [{ ...statusSubresource, validate: validateStatus }],
  hasGeneration: true,
  validate,
  warnings,
  prepareForCreate(i) {
    i.status = { loadBalancer: {} };
  },
});
