import { invalid, path, required, type FieldError } from '../../apimachinery/field-error.ts';
import { dns1035Label } from '../../apimachinery/names.ts';
import type { CustomResourceDefinition } from './custom-resource-definition.ts';

type Names = Partial<CustomResourceDefinition['spec']['names']>;

/** The rules of a resource's names, all errors of one name in one. */
export function validateNames(names: Names, at: string): FieldError[] {
  const errors = names.plural ? label(path(at, 'plural'), names.plural) : [required(path(at, 'plural'))];
  errors.push(...(names.singular ? label(path(at, 'singular'), names.singular) : [required(path(at, 'singular'))]));
  errors.push(...(names.kind ? mixedCase(path(at, 'kind'), names.kind) : [required(path(at, 'kind'))]));
  for (const list of ['shortNames', 'categories'] as const) {
    (names[list] ?? []).forEach((name, i) => errors.push(...label(path(at, list) + path(i), name)));
  }
  if (!names.listKind) return [...errors, required(path(at, 'listKind'))];
  errors.push(...mixedCase(path(at, 'listKind'), names.listKind));
  if (names.kind === names.listKind) {
    errors.push(invalid(path(at, 'listKind'), names.listKind, 'kind and listKind may not be the same'));
  }
  return errors;
}

function label(field: string, name: string): FieldError[] {
  const problems = dns1035Label(name);
  return problems.length > 0 ? [invalid(field, name, problems.join(','))] : [];
}

function mixedCase(field: string, name: string): FieldError[] {
  const problems = dns1035Label(name.toLowerCase());
  if (problems.length === 0) return [];
  return [invalid(field, name, `may have mixed case, but should otherwise match: ${problems.join(',')}`)];
}
