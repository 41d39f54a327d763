import type { V1MatchResources, V1ParamKind, V1ParamRef } from '@kubernetes/client-node';
import { required, type FieldError } from '../../apimachinery/field-error.ts';
import type { KubeObject, Plain } from '../../apimachinery/object.ts';
import type { Column } from '../../apimachinery/table.ts';
import { requiredText } from '../meta-v1/checks.ts';
import { column } from '../meta-v1/columns.ts';
import { validateRule } from './webhook-rules.ts';

type MatchResources = Plain<V1MatchResources>;

/** What a policy's (or a binding's) match gets. */
export function defaultMatch(match: MatchResources | undefined): void {
  if (!match) return;
  match.matchPolicy ??= 'Equivalent';
  match.namespaceSelector ??= {};
  match.objectSelector ??= {};
  for (const rule of [...(match.resourceRules ?? []), ...(match.excludeResourceRules ?? [])]) rule.scope ??= '*';
}

/** A policy must say which requests it is about. */
export function validateMatch(match: MatchResources | undefined, field: string): FieldError[] {
  if (!match) return [required(field)];
  const rules = match.resourceRules ?? [];
  if (rules.length === 0) return [required(`${field}.resourceRules`)];
  return rules.flatMap((rule, i) => validateRule(rule, `${field}.resourceRules[${i}]`));
}

interface Policy extends KubeObject {
  spec?: { paramKind?: Plain<V1ParamKind> };
}

/** Which kind of object parameters of a policy are. */
export function paramKindColumn<T extends Policy>(): Column<T> {
  return column('ParamKind', ({ spec }) => {
    const kind = spec?.paramKind;
    return kind ? `${kind.apiVersion}/${kind.kind}` : '<unset>';
  });
}

interface Binding extends KubeObject {
  spec?: { policyName?: string; paramRef?: Plain<V1ParamRef> };
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

/** A binding must name its policy. */
export function validatePolicyBinding(binding: Binding): FieldError[] {
  return requiredText('spec.policyName', binding.spec?.policyName);
}
