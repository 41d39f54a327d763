import { invalid, path, required, type FieldError } from '../../apimachinery/field-error.ts';
import { dns1123Subdomain } from '../../apimachinery/names.ts';
import { validateNodeSelector } from '../core-v1/affinity-validation.ts';
import type { NodeSelector } from '../core-v1/pod-spec.ts';
import { checked } from '../meta-v1/checks.ts';

/** The ways of saying from which nodes devices can be reached. */
export interface Place {
  readonly nodeName?: string;
  readonly nodeSelector?: NodeSelector;
  readonly allNodes?: boolean;
  readonly perDeviceNodeSelection?: boolean;
}

/** Exactly one of the ways that are `possible` here is taken. */
export function validatePlace(place: Place, at: string, possible: readonly (keyof Place)[]): FieldError[] {
  const given = possible.filter((name) => place[name] !== undefined && place[name] !== '' && place[name] !== false);
  const names = possible.map((name) => `\`${name}\``).join(', ');
  const errors: FieldError[] = [];
  if (given.length === 0) errors.push(required(at, `exactly one of ${names} is required`));
  if (given.length > 1) {
    const list = `{${given.map((name) => `\`${name}\``).join(', ')}}`;
    errors.push(invalid(at, list, `exactly one of ${names} is required, but multiple fields are set`));
  }
  if (place.nodeName) errors.push(...checked(path(at, 'nodeName'), place.nodeName, dns1123Subdomain));
  if (place.nodeSelector) errors.push(...validateSelector(place.nodeSelector, path(at, 'nodeSelector')));
  for (const name of ['allNodes', 'perDeviceNodeSelection'] as const) {
    if (place[name] === false) errors.push(invalid(path(at, name), false, 'must be either unset or set to true'));
  }
  return errors;
}

function validateSelector(selector: NodeSelector, at: string): FieldError[] {
  const errors = validateNodeSelector(selector, at);
  const terms = selector.nodeSelectorTerms?.length ?? 0;
  if (terms === 1) return errors;
  return [
    ...errors,
    invalid(
      path(at, 'nodeSelectorTerms'),
      selector.nodeSelectorTerms ?? null,
      'must have exactly one node selector term',
    ),
  ];
}
