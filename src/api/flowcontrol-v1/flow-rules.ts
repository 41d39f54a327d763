import { forbidden, invalid, notSupported, path, required, type FieldError } from '../../apimachinery/field-error.ts';
import { dns1123Label, dns1123Subdomain } from '../../apimachinery/names.ts';
import { checked } from '../meta-v1/checks.ts';
import type { FlowSchema } from './flow-schema.ts';

type Rules = NonNullable<NonNullable<FlowSchema['spec']>['rules']>[number];
type Subject = Rules['subjects'][number];
type ResourceRule = Partial<NonNullable<Rules['resourceRules']>[number]>;
type NonResourceRule = Partial<NonNullable<Rules['nonResourceRules']>[number]>;

const VERBS = ['*', 'create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'proxy', 'update', 'watch'];
const KINDS = { ServiceAccount: 'serviceAccount', User: 'user', Group: 'group' } as const;

/** Who asks for what: the rules of one entry of a flow schema. */
export function validateFlowRules(rules: Partial<Rules>, at: string): FieldError[] {
  const { subjects = [], resourceRules = [], nonResourceRules = [] } = rules;
  return [
    ...(subjects.length === 0 ? [required(path(at, 'subjects'), 'subjects must contain at least one value')] : []),
    ...subjects.flatMap((subject, i) => validateSubject(subject, path(at, 'subjects') + path(i))),
    ...(resourceRules.length === 0 && nonResourceRules.length === 0
      ? [required(at, 'at least one of resourceRules and nonResourceRules has to be non-empty')]
      : []),
    ...resourceRules.flatMap((rule, i) => validateResourceRule(rule, path(at, 'resourceRules') + path(i))),
    ...nonResourceRules.flatMap((rule, i) => validateNonResourceRule(rule, path(at, 'nonResourceRules') + path(i))),
  ];
}

function validateSubject(subject: Subject, at: string): FieldError[] {
  const kinds = Object.entries(KINDS) as [keyof typeof KINDS, (typeof KINDS)[keyof typeof KINDS]][];
  if (!Object.hasOwn(KINDS, subject.kind)) {
    return [notSupported(path(at, 'kind'), subject.kind ?? '', Object.keys(KINDS).sort())];
  }
  return kinds.flatMap(([kind, field]) => {
    if (kind === subject.kind) return validateNamed(subject, kind, path(at, field));
    if (!subject[field]) return [];
    return [forbidden(path(at, field), `${field} is forbidden when subject kind is not '${kind}'`)];
  });
}

function validateNamed(subject: Subject, kind: keyof typeof KINDS, at: string): FieldError[] {
  const named = subject[KINDS[kind]];
  if (!named) return [required(at, `${KINDS[kind]} is required when subject kind is '${kind}'`)];
  const errors = named.name ? [] : [required(path(at, 'name'))];
  const account = subject.serviceAccount;
  if (kind !== 'ServiceAccount' || !account) return errors;
  if (account.name && account.name !== '*') errors.push(...checked(path(at, 'name'), account.name, dns1123Subdomain));
  if (!account.namespace)
    return [...errors, required(path(at, 'namespace'), 'must specify namespace for service account')];
  return [...errors, ...checked(path(at, 'namespace'), account.namespace, dns1123Label)];
}

function validateResourceRule(rule: ResourceRule, at: string): FieldError[] {
  const { namespaces = [] } = rule;
  const field = path(at, 'namespaces');
  const lacking = namespaces.length === 0 && !rule.clusterScope;
  return [
    ...validateVerbs(rule.verbs, path(at, 'verbs')),
    ...someOrAll(
      rule.apiGroups,
      path(at, 'apiGroups'),
      'api groups',
      'resource rules must supply at least one api group',
    ),
    ...someOrAll(
      rule.resources,
      path(at, 'resources'),
      'resources',
      'resource rules must supply at least one resource',
    ),
    ...(lacking
      ? [required(field, 'resource rules that are not cluster scoped must supply at least one namespace')]
      : allAlone(namespaces, field, 'namespaces')),
    ...namespaces.flatMap((name, i) => (name === '*' ? [] : checked(path(field, i), name, dns1123Label))),
  ];
}

function validateNonResourceRule(rule: NonResourceRule, at: string): FieldError[] {
  const field = path(at, 'nonResourceURLs');
  return [
    ...validateVerbs(rule.verbs, path(at, 'verbs')),
    ...someOrAll(rule.nonResourceURLs, field, 'non-resource URLs', 'nonResourceURLs must contain at least one value'),
    ...(rule.nonResourceURLs ?? []).flatMap((url, i) => validateUrl(url, path(field, i))),
  ];
}

function validateVerbs(verbs: readonly string[] | undefined, at: string): FieldError[] {
  const errors = someOrAll(verbs, at, 'verbs', 'verbs must contain at least one value');
  const unknown = (verbs ?? []).filter((verb) => !VERBS.includes(verb));
  return unknown.length > 0 ? [...errors, notSupported(at, unknown.join(','), VERBS)] : errors;
}

function someOrAll(values: readonly string[] | undefined, at: string, name: string, missing: string): FieldError[] {
  return values?.length ? allAlone(values, at, name) : [required(at, missing)];
}

function allAlone(values: readonly string[], at: string, name: string): FieldError[] {
  if (values.length < 2 || !values.includes('*')) return [];
  return [invalid(at, values, `if '*' is present, must not specify other ${name}`)];
}

function validateUrl(url: string, at: string): FieldError[] {
  if (url === '*' || url === '/') return [];
  if (!url.startsWith('/')) return [invalid(at, url, 'must start with slash')];
  if (url.includes(' ')) return [invalid(at, url, 'must not contain white-space')];
  if (url.includes('//')) return [invalid(at, url, 'must not contain double slash')];
  const wildcard = url.includes('*') && !(url.endsWith('/*') && url.indexOf('*') === url.length - 1);
  return wildcard ? [invalid(at, url, 'wildcard can only do suffix matching')] : [];
}
