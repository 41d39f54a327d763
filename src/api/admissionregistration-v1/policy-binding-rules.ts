import type { V1MatchResources, V1ParamRef } from '@kubernetes/client-node';
import { forbidden, path, required, type FieldError } from '../../apimachinery/field-error.ts';
import { dns1123Subdomain, pathSegmentName } from '../../apimachinery/names.ts';
import type { KubeObject, Plain } from '../../apimachinery/object.ts';
import type { Column } from '../../apimachinery/table.ts';
import { checked, requiredOneOf, requiredText, validateLabelSelector } from '../meta-v1/checks.ts';
import { column } from '../meta-v1/columns.ts';
import { validateMatch } from './policy-rules.ts';

interface Binding extends KubeObject {
  spec?: { policyName?: string; paramRef?: Plain<V1ParamRef>; matchResources?: Plain<V1MatchResources> };
}

/** The columns of a binding that say what it binds. */
export function bindingColumns<T extends Binding>(): Column<T>[] {
  return [
    column('PolicyName', (b) => b.spec?.policyName ?? ''),
    column('ParamRef', ({ spec }) => {
      const ref = spec?.paramRef;
      if (!ref) return '<unset>';
      const name = ref.name || '*';
      return ref.namespace ? `${ref.namespace}/${name}` : name;
    }),
  ];
}

/** A binding must name its policy, and parameters by name or by labels. */
export function validatePolicyBinding({ spec }: Binding): FieldError[] {
  return [
    ...requiredText('spec.policyName', spec?.policyName, dns1123Subdomain),
    ...(spec?.paramRef ? validateParamRef(spec.paramRef, 'spec.paramRef') : []),
    ...validateMatch(spec?.matchResources, 'spec.matchResources'),
  ];
}

function validateParamRef(ref: Plain<V1ParamRef>, at: string): FieldError[] {
  const { name, selector, parameterNotFoundAction: action } = ref;
  const errors: FieldError[] = [];
  const both = 'name and selector are mutually exclusive';
  if (name && selector) errors.push(forbidden(path(at, 'name'), both), forbidden(path(at, 'selector'), both));
  if (!name && !selector) errors.push(required(at, 'one of name or selector must be specified'));
  if (name) errors.push(...checked(path(at, 'name'), name, pathSegmentName));
  errors.push(...validateLabelSelector(path(at, 'selector'), selector));
  return [...errors, ...requiredOneOf(path(at, 'parameterNotFoundAction'), action, ['Allow', 'Deny'])];
}
