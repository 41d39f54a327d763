import { duplicate, forbidden, invalid, keyPath, path, type FieldError } from '../../apimachinery/field-error.ts';
import { labelValue, qualifiedName } from '../../apimachinery/names.ts';
import { isQuantity } from '../../apimachinery/quantity.ts';
import { checked, requiredOneOf, same } from '../meta-v1/checks.ts';
import { CIDR_RULE, ipFamily, isCidr } from './ip.ts';
import type { Node, Taint } from './node-type.ts';
import { validateResourceQuantity } from './resources-validation.ts';
import { TAINT_EFFECTS } from './toleration-validation.ts';

/** The rules of a node. */
export function validateNode(node: Node): FieldError[] {
  return [
    ...validateTaints(node.spec?.taints ?? [], 'spec.taints'),
    ...validateNodeResources(node),
    ...validateCidrs(node.spec?.podCIDRs ?? [], 'spec.podCIDRs'),
  ];
}

/** The rules of taints: one of each key and effect. */
function validateTaints(taints: readonly Taint[], field: string): FieldError[] {
  const seen = new Set<string>();
  return taints.flatMap((taint, i) => {
    const at = path(field, i);
    const errors = checked(path(at, 'key'), taint.key ?? '', qualifiedName);
    const wrong = labelValue(taint.value ?? '');
    if (wrong.length > 0) errors.push(invalid(path(at, 'value'), taint.value, wrong.join(';')));
    errors.push(...requiredOneOf(path(at, 'effect'), taint.effect, TAINT_EFFECTS));
    const identity = `${taint.key}:${taint.effect}`;
    if (seen.has(identity)) errors.push(twice(at, taint));
    seen.add(identity);
    return errors;
  });
}

function twice(field: string, taint: Taint): FieldError {
  const error = duplicate(field, taint);
  return { ...error, message: `${error.message}: taints must be unique by key and effect pair` };
}

function validateCidrs(cidrs: readonly string[], field: string): FieldError[] {
  const errors = cidrs.flatMap((cidr, i) => (isCidr(cidr) ? [] : [invalid(path(field, i), cidr, CIDR_RULE)]));
  if (errors.length > 0 || cidrs.length < 2) return errors;
  const families = new Set(cidrs.map((cidr) => ipFamily(cidr.slice(0, cidr.indexOf('/')))));
  if (cidrs.length === 2 && families.size === 2) return [];
  return [invalid(field, cidrs, 'may specify no more than one CIDR for each IP family')];
}

/** The rules of what a node says that it has. */
function validateNodeResources({ status }: Node): FieldError[] {
  return (['capacity', 'allocatable'] as const).flatMap((list) =>
    Object.entries(status?.[list] ?? {}).flatMap(([name, amount]) =>
      isQuantity(amount) ? validateResourceQuantity(name, amount, keyPath(path('status', list), name)) : [],
    ),
  );
}

/** The rules of a change, of the node itself or of its status: what it was given stays. */
export function validateNodeUpdate(node: Node, old: Node): FieldError[] {
  const errors = [...validateNodeResources(node), ...validateAddresses(node)];
  const [now, before] = [node.spec ?? {}, old.spec ?? {}];
  if (before.podCIDRs?.length && !same(now.podCIDRs, before.podCIDRs)) {
    errors.push(forbidden('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid'));
  }
  if (before.providerID && now.providerID !== before.providerID) {
    errors.push(forbidden('spec.providerID', 'node updates may not change providerID except from "" to valid'));
  }
  if ((now.externalID ?? '') !== (before.externalID ?? '')) {
    errors.push(forbidden('spec', 'node updates may only change labels, taints, or capacity'));
  }
  return errors;
}

function validateAddresses({ status }: Node): FieldError[] {
  const seen = new Set<string>();
  return (status?.addresses ?? []).flatMap((address, i) => {
    const identity = `${address.type}/${address.address}`;
    if (seen.has(identity)) return [duplicate(`status.addresses[${i}]`, address)];
    seen.add(identity);
    return [];
  });
}

/** What the writer of a node is told. */
export function nodeWarnings({ spec }: Node): string[] {
  const warnings: string[] = [];
  if (spec?.configSource) warnings.push('spec.configSource: the feature is removed');
  if (spec?.externalID) warnings.push('spec.externalID: this field is deprecated, and is unused by Kubernetes');
  return warnings;
}
