import { invalid, path, type FieldError } from '../../apimachinery/field-error.ts';
import { configMapKey, dns1123Subdomain, envVarName } from '../../apimachinery/names.ts';
import { checked, requiredText } from '../meta-v1/checks.ts';
import { validateFieldRef, validateResourceFieldRef } from './field-ref-validation.ts';
import type { EnvFromSource, EnvVar } from './pod-spec.ts';
import { relativePath } from './volume-paths.ts';

type ValueFrom = NonNullable<EnvVar['valueFrom']>;

/** Fields of a pod that an environment variable can take its value from. */
const ENV_FIELDS = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];

/** Where a value can come from, and the rules of each. */
const SOURCES: { readonly [S in keyof ValueFrom]-?: (ref: NonNullable<ValueFrom[S]>, field: string) => FieldError[] } =
  {
    fieldRef: (ref, field) => validateFieldRef(ref, ENV_FIELDS, field),
    resourceFieldRef: (ref, field) => validateResourceFieldRef(ref, field, false),
    configMapKeyRef: (ref, field) => validateKeyRef(ref, field),
    secretKeyRef: (ref, field) => validateKeyRef(ref, field),
    fileKeyRef: (ref, field) => [
      ...requiredText(path(field, 'key'), ref.key, envVarName),
      ...requiredText(path(field, 'volumeName'), ref.volumeName),
      ...requiredText(path(field, 'path'), ref.path),
      ...relativePath(path(field, 'path'), ref.path ?? ''),
    ],
  };
const SOURCE_NAMES = Object.keys(SOURCES) as (keyof ValueFrom)[];

/** The rules of `env`. */
export function validateEnv(variables: readonly EnvVar[], field: string): FieldError[] {
  return variables.flatMap((variable, i) => {
    const at = path(field, i);
    const errors = requiredText(path(at, 'name'), variable.name, envVarName);
    if (variable.valueFrom)
      errors.push(...validateValueFrom(variable.valueFrom, variable.value, path(at, 'valueFrom')));
    return errors;
  });
}

function validateValueFrom(from: ValueFrom, value: string | undefined, field: string): FieldError[] {
  const given = SOURCE_NAMES.filter((name) => from[name]);
  const errors = given.flatMap((name) => SOURCES[name](from[name] as never, path(field, name)));
  if (given.length === 0) {
    const names = '`fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`';
    errors.push(invalid(field, '', `must specify one of: ${names}`));
  } else if (value) errors.push(invalid(field, '', 'may not be specified when `value` is not empty'));
  else if (given.length > 1) errors.push(invalid(field, '', 'may not have more than one field specified at a time'));
  return errors;
}

function validateKeyRef(ref: { name?: string; key?: string }, field: string): FieldError[] {
  // Unlike elsewhere a name that is missing is a name that is wrong.
  return [
    ...checked(path(field, 'name'), ref.name ?? '', dns1123Subdomain),
    ...requiredText(path(field, 'key'), ref.key, configMapKey),
  ];
}

/** The rules of `envFrom`. */
export function validateEnvFrom(sources: readonly EnvFromSource[], field: string): FieldError[] {
  return sources.flatMap((source, i) => {
    const at = path(field, i);
    const errors = source.prefix ? checked(path(at, 'prefix'), source.prefix, envVarName) : [];
    if (source.configMapRef)
      errors.push(...requiredText(`${at}.configMapRef.name`, source.configMapRef.name, dns1123Subdomain));
    if (source.secretRef) errors.push(...requiredText(`${at}.secretRef.name`, source.secretRef.name, dns1123Subdomain));
    if (!source.configMapRef && !source.secretRef) {
      errors.push(invalid(at, '', 'must specify one of: `configMapRef` or `secretRef`'));
    } else if (source.configMapRef && source.secretRef) {
      errors.push(invalid(at, '', 'may not have more than one field specified at a time'));
    }
    return errors;
  });
}
