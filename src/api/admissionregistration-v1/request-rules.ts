import type { V1RuleWithOperations } from '@kubernetes/client-node';
import { duplicate, invalid, path, required, type FieldError } from '../../apimachinery/field-error.ts';
import { pathSegmentName } from '../../apimachinery/names.ts';
import type { Plain } from '../../apimachinery/object.ts';
import { checked, oneOf, repeats } from '../meta-v1/checks.ts';

export type Rule = Partial<Plain<V1RuleWithOperations>> & { readonly resourceNames?: string[] };

const OPERATIONS = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];

/** The rules of which requests a webhook or policy wants to see. */
export function validateRule(rule: Rule, at: string): FieldError[] {
  return [
    ...validateNames(rule.resourceNames ?? [], path(at, 'resourceNames')),
    ...notBesideAll(rule.operations, path(at, 'operations'), 'operations'),
    ...(rule.operations ?? []).flatMap((operation, i) =>
      oneOf(path(at, 'operations') + path(i), operation, OPERATIONS),
    ),
    ...notBesideAll(rule.apiGroups, path(at, 'apiGroups'), 'API groups'),
    ...notBesideAll(rule.apiVersions, path(at, 'apiVersions'), 'API versions'),
    ...(rule.apiVersions ?? []).flatMap((version, i) => (version ? [] : [required(path(at, 'apiVersions') + path(i))])),
    ...validateResources(rule.resources ?? [], path(at, 'resources')),
    ...oneOf(path(at, 'scope'), rule.scope, ['*', 'Cluster', 'Namespaced']),
  ];
}

function validateNames(names: readonly string[], at: string): FieldError[] {
  const again = repeats(names);
  return names.flatMap((name, i) => [
    ...checked(path(at, i), name, pathSegmentName),
    ...(again(i) ? [duplicate(path(at, i), name)] : []),
  ]);
}

/** There is something, and who asks for all asks for nothing else. */
function notBesideAll(values: readonly string[] | undefined, at: string, name: string): FieldError[] {
  if (!values?.length) return [required(at)];
  if (values.length === 1 || !values.includes('*')) return [];
  return [invalid(at, values, `if '*' is present, must not specify other ${name}`)];
}

/** Resources, and subresources behind a slash, either of which may be all. */
function validateResources(resources: readonly string[], at: string): FieldError[] {
  if (resources.length === 0) return [required(at)];
  const errors = resources.flatMap((resource, i) => {
    if (resource === '') return [required(path(at, i))];
    const wider = widerThan(resource, resources);
    return wider ? [invalid(path(at, i), resource, `if '${wider}' is present, must not specify ${resource}`)] : [];
  });
  if (resources.length > 1 && resources.includes('*/*')) {
    errors.push(invalid(at, resources, "if '*/*' is present, must not specify other resources"));
  }
  if (resources.includes('*') && resources.some((resource) => resource !== '*' && !resource.includes('/'))) {
    const detail = "if '*' is present, must not specify other resources without subresources";
    errors.push(invalid(at, resources, detail));
  }
  return errors;
}

/** Another entry that has this one in it: all subresources of a resource, or one of all resources. */
function widerThan(resource: string, resources: readonly string[]): string | undefined {
  const [name, subresource] = resource.split('/', 2);
  if (subresource === undefined) return undefined;
  return [`${name}/*`, `*/${subresource}`].find(
    (wider) => wider !== resource && wider !== '*/*' && resources.includes(wider),
  );
}
