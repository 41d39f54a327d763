import { invalid, notSupported, path, required, type FieldError } from '../../apimachinery/field-error.ts';
import { configMapKey, envVarName } from '../../apimachinery/names.ts';
import { checked, requiredText } from '../meta-v1/checks.ts';
import type { EnvFromSource, EnvVar } from './pod-spec.ts';

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
const RESOURCE_FIELDS = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
];

/** The rules of `env`. */
export function validateEnv(variables: readonly EnvVar[], field: string): FieldError[] {
  return variables.flatMap((variable, i) => {
    const at = path(field, i);
    return [
      ...requiredText(path(at, 'name'), variable.name, envVarName),
      ...validateValueFrom(variable, path(at, 'valueFrom')),
    ];
  });
}

function validateValueFrom(variable: EnvVar, field: string): FieldError[] {
  const from = variable.valueFrom;
  if (!from) return [];
  const sources = Object.keys(from).filter((key) => from[key as keyof ValueFrom]);
  const errors = validateSources(from, field);
  if (sources.length === 0) {
    const names = '`fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`';
    errors.push(invalid(field, '', `must specify one of: ${names}`));
  } else if (variable.value) {
    errors.push(invalid(field, '', 'may not be specified when `value` is not empty'));
  } else if (sources.length > 1) {
    errors.push(invalid(field, '', 'may not have more than one field specified at a time'));
  }
  return errors;
}

function validateSources(from: ValueFrom, field: string): FieldError[] {
  return [
    ...(from.fieldRef ? validateFieldRef(from.fieldRef.fieldPath, path(field, 'fieldRef', 'fieldPath')) : []),
    ...(from.resourceFieldRef
      ? validateResourceRef(from.resourceFieldRef.resource, path(field, 'resourceFieldRef'))
      : []),
    ...(from.configMapKeyRef ? validateKeyRef(from.configMapKeyRef, path(field, 'configMapKeyRef')) : []),
    ...(from.secretKeyRef ? validateKeyRef(from.secretKeyRef, path(field, 'secretKeyRef')) : []),
  ];
}

function validateFieldRef(fieldPath: string | undefined, field: string): FieldError[] {
  if (!fieldPath) return [required(field)];
  if (ENV_FIELDS.includes(fieldPath) || /^metadata\.(labels|annotations)\['[^']+'\]$/.test(fieldPath)) return [];
  if (fieldPath === 'metadata.labels' || fieldPath === 'metadata.annotations' || fieldPath === 'spec.restartPolicy') {
    return [notSupported(field, fieldPath, ENV_FIELDS)];
  }
  return [invalid(field, fieldPath, `error converting fieldPath: field label not supported: ${fieldPath}`)];
}

function validateResourceRef(resource: string | undefined, field: string): FieldError[] {
  if (!resource) return [required(path(field, 'resource'))];
  if (RESOURCE_FIELDS.includes(resource) || /^(limits|requests)\.hugepages-/.test(resource)) return [];
  return [notSupported(path(field, 'resource'), resource, RESOURCE_FIELDS)];
}

function validateKeyRef(ref: { name?: string; key?: string }, field: string): FieldError[] {
  return [...requiredText(path(field, 'name'), ref.name), ...requiredText(path(field, 'key'), ref.key, configMapKey)];
}

/** The rules of `envFrom`. */
export function validateEnvFrom(sources: readonly EnvFromSource[], field: string): FieldError[] {
  return sources.flatMap((source, i) => {
    const at = path(field, i);
    const errors = source.prefix ? checked(path(at, 'prefix'), source.prefix, envVarName) : [];
    if (source.configMapRef) errors.push(...requiredText(`${at}.configMapRef.name`, source.configMapRef.name));
    if (source.secretRef) errors.push(...requiredText(`${at}.secretRef.name`, source.secretRef.name));
    if (!source.configMapRef && !source.secretRef) {
      errors.push(invalid(at, '', 'must specify one of: `configMapRef` or `secretRef`'));
    } else if (source.configMapRef && source.secretRef) {
      errors.push(invalid(at, '', 'may not have more than one field specified at a time'));
    }
    return errors;
  });
}
