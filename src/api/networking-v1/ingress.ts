import type { V1Ingress } from '@kubernetes/client-node';
import { invalid, path, required, type FieldError } from '../../apimachinery/field-error.ts';
import { defineKind, statusSubresource } from '../../apimachinery/kind.ts';
import { dns1035Label, dns1123Subdomain, portName } from '../../apimachinery/names.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { isIp } from '../core-v1/ip.ts';
import { checked, oneOf, portField, requiredText } from '../meta-v1/checks.ts';
import { ageColumn, column, nameColumn } from '../meta-v1/columns.ts';

export type Ingress = Resource<V1Ingress>;
type Spec = NonNullable<Ingress['spec']>;
type Rule = NonNullable<Spec['rules']>[number];
type Backend = NonNullable<Spec['defaultBackend']>;

const PATH_TYPES = ['Exact', 'ImplementationSpecific', 'Prefix'];
/** How many hosts one cell shows. */
const SHOWN = 3;

function validate(ingress: Ingress): FieldError[] {
  const spec = ingress.spec ?? {};
  const rules = spec.rules ?? [];
  const errors = rules.flatMap((rule, i) => validateRule(rule, path('spec.rules', i)));
  if (spec.defaultBackend) errors.push(...validateBackend(spec.defaultBackend, 'spec.defaultBackend'));
  else if (rules.length === 0) {
    errors.push(invalid('spec', rules, 'either `defaultBackend` or `rules` must be specified'));
  }
  if (spec.ingressClassName) errors.push(...checked('spec.ingressClassName', spec.ingressClassName, dns1123Subdomain));
  (spec.tls ?? []).forEach((tls, i) =>
    (tls.hosts ?? []).forEach((host, j) => errors.push(...validateHost(host, `spec.tls[${i}].hosts[${j}]`))),
  );
  return errors;
}

function validateRule(rule: Rule, at: string): FieldError[] {
  const errors = rule.host ? validateHost(rule.host, path(at, 'host')) : [];
  if (!rule.http) return errors;
  const paths = rule.http.paths ?? [];
  if (paths.length === 0) errors.push(required(`${at}.http.paths`));
  paths.forEach((entry, i) => {
    const field = `${at}.http.paths[${i}]`;
    if (!entry.pathType) errors.push(required(`${field}.pathType`, 'pathType must be specified'));
    else errors.push(...oneOf(`${field}.pathType`, entry.pathType, PATH_TYPES));
    if (entry.pathType !== 'ImplementationSpecific' || entry.path) errors.push(...validatePath(entry.path, field));
    errors.push(...validateBackend(entry.backend ?? {}, `${field}.backend`));
  });
  return errors;
}

function validateHost(host: string, field: string): FieldError[] {
  if (isIp(host)) return [invalid(field, host, 'must be a DNS name, not an IP address')];
  return checked(field, host, (value) => dns1123Subdomain(value.startsWith('*.') ? value.slice(2) : value));
}

function validatePath(value: string | undefined, field: string): FieldError[] {
  const at = path(field, 'path');
  if (!value?.startsWith('/')) return [invalid(at, value ?? '', 'must be an absolute path')];
  const bad = ['//', '/./', '/../', '%2f', '%2F'].find((part) => value.includes(part));
  if (bad) return [invalid(at, value, `must not contain '${bad}'`)];
  const ending = ['/..', '/.'].find((part) => value.endsWith(part));
  return ending ? [invalid(at, value, `cannot end with '${ending}'`)] : [];
}

function validateBackend(backend: Backend, field: string): FieldError[] {
  const { service, resource } = backend;
  if (service && resource) {
    return [invalid(field, '', 'cannot set both resource and service backends')];
  }
  if (resource) return requiredText(`${field}.resource.name`, resource.name);
  if (!service) return [required(field, 'must specify a service or resource backend')];
  const errors = requiredText(`${field}.service.name`, service.name, dns1035Label);
  const { name, number } = service.port ?? {};
  if (name && number) return [...errors, invalid(field, '', 'cannot set both port name & port number')];
  if (name) errors.push(...checked(`${field}.service.port.name`, name, portName));
  else if (number) errors.push(...portField(`${field}.service.port.number`, number));
  else errors.push(required(field, 'port name or number is required'));
  return errors;
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
  subresources: [statusSubresource],
  hasGeneration: true,
  validate,
  prepareForCreate(i) {
    i.status = { loadBalancer: {} };
  },
});
