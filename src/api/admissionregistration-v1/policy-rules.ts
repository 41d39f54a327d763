import type { V1MatchResources, V1ParamKind, V1Variable } from '@kubernetes/client-node';
import { duplicate, invalid, path, required, type FieldError } from '../../apimachinery/field-error.ts';
import { dns1035Label } from '../../apimachinery/names.ts';
import type { KubeObject, Plain } from '../../apimachinery/object.ts';
import type { Column } from '../../apimachinery/table.ts';
import { repeats, requiredOneOf, validateLabelSelector } from '../meta-v1/checks.ts';
import { column } from '../meta-v1/columns.ts';
import { validateRule } from './request-rules.ts';

type MatchResources = Plain<V1MatchResources>;
type Variable = Partial<Plain<V1Variable>>;

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]{0,200}$/;

/** What a policy's (or a binding's) match gets. */
export function defaultMatch(match: MatchResources | undefined): void {
  if (!match) return;
  match.matchPolicy ??= 'Equivalent';
  match.namespaceSelector ??= {};
  match.objectSelector ??= {};
  for (const rule of [...(match.resourceRules ?? []), ...(match.excludeResourceRules ?? [])]) rule.scope ??= '*';
}

/** A policy must say which requests it is about. */
export function validateConstraints(match: MatchResources | undefined, field: string): FieldError[] {
  if (!match) return [required(field)];
  const errors = validateMatch(match, field);
  return match.resourceRules?.length ? errors : [...errors, required(`${field}.resourceRules`)];
}

/** The rules of which requests a policy or binding is about, and which of those it is not. */
export function validateMatch(match: MatchResources | undefined, field: string): FieldError[] {
  if (!match) return [];
  return [
    ...requiredOneOf(path(field, 'matchPolicy'), match.matchPolicy, ['Equivalent', 'Exact']),
    ...validateLabelSelector(path(field, 'namespaceSelector'), match.namespaceSelector),
    ...validateLabelSelector(path(field, 'objectSelector'), match.objectSelector),
    ...(['resourceRules', 'excludeResourceRules'] as const).flatMap((name) =>
      (match[name] ?? []).flatMap((rule, i) => validateRule(rule, path(field, name) + path(i))),
    ),
  ];
}

/** The rules of the kind of a policy's parameters. */
export function validateParamKind(kind: Plain<V1ParamKind> | undefined, field: string): FieldError[] {
  if (!kind) return [];
  const errors = kind.apiVersion ? [] : [required(path(field, 'apiVersion'))];
  if ((kind.apiVersion ?? '').split('/').length > 2) {
    const detail = `unexpected GroupVersion string: ${kind.apiVersion}`;
    errors.push(invalid(path(field, 'apiVersion'), kind.apiVersion, detail));
  }
  if (!kind.kind) return [...errors, required(path(field, 'kind'))];
  const problems = dns1035Label(kind.kind.toLowerCase());
  if (problems.length === 0) return errors;
  const detail = `may have mixed case, but should otherwise match: ${problems.join(',')}`;
  return [...errors, invalid(path(field, 'kind'), kind.kind, detail)];
}

/** The rules of variables: names that expressions can use, each once. */
export function validateVariables(variables: readonly Variable[] | undefined, field: string): FieldError[] {
  const again = repeats((variables ?? []).map(({ name }) => name));
  return (variables ?? []).flatMap(({ name, expression }, i) => {
    const at = path(field, i);
    const errors = expression?.trim() ? [] : [required(path(at, 'expression'), 'expression is not specified')];
    if (!name?.trim()) return [...errors, required(path(at, 'name'), 'name is not specified')];
    if (!IDENTIFIER.test(name)) errors.push(invalid(path(at, 'name'), name, 'name is not a valid CEL identifier'));
    if (again(i)) errors.push(duplicate(path(at, 'name'), name));
    return errors;
  });
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
