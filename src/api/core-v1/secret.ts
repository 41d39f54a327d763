import type { V1Secret } from '@kubernetes/client-node';
import { invalid, keyPath, required, tooLong, type FieldError } from '../../apimachinery/field-error.ts';
import { defineKind } from '../../apimachinery/kind.ts';
import { configMapKey } from '../../apimachinery/names.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { checked, immutable } from '../meta-v1/checks.ts';
import { ageColumn, column, nameColumn } from '../meta-v1/columns.ts';
import { DATA_LIMIT, validateSealed } from './config-map.ts';

export type Secret = Resource<V1Secret>;

/** The secret's type for a service account's token, and the annotation that names the account. */
export const SERVICE_ACCOUNT_TOKEN = 'kubernetes.io/service-account-token';
export const SERVICE_ACCOUNT_NAME = 'kubernetes.io/service-account.name';

/** Errors never repeat what a secret holds. */
const REDACTED = '<secret contents redacted>';

/** What each type of secret must hold; other types may hold anything. */
const requirements: Readonly<Record<string, (secret: Secret) => FieldError[]>> = {
  [SERVICE_ACCOUNT_TOKEN]: (secret) =>
    secret.metadata.annotations?.[SERVICE_ACCOUNT_NAME]
      ? []
      : [required(keyPath('metadata.annotations', SERVICE_ACCOUNT_NAME))],
  'kubernetes.io/dockercfg': (secret) => [...keys(secret, '.dockercfg'), ...json(secret, '.dockercfg')],
  'kubernetes.io/dockerconfigjson': (secret) => [
    ...keys(secret, '.dockerconfigjson'),
    ...json(secret, '.dockerconfigjson'),
  ],
  'kubernetes.io/basic-auth': (secret) =>
    keys(secret, 'username').length > 0 && keys(secret, 'password').length > 0
      ? keys(secret, 'username', 'password')
      : [],
  'kubernetes.io/ssh-auth': (secret) =>
    secret.data?.['ssh-privatekey'] ? [] : [required(keyPath('data', 'ssh-privatekey'))],
  'kubernetes.io/tls': (secret) => keys(secret, 'tls.crt', 'tls.key'),
};

function keys(secret: Secret, ...names: string[]): FieldError[] {
  return names.filter((name) => secret.data?.[name] === undefined).map((name) => required(keyPath('data', name)));
}

/** Credentials are an object in JSON. What is wrong is told without a word of what they say. */
function json(secret: Secret, name: string): FieldError[] {
  const text = secret.data?.[name];
  if (text === undefined) return [];
  const detail = jsonFault(Buffer.from(text, 'base64').toString('utf8'));
  return detail ? [invalid(keyPath('data', name), REDACTED, detail)] : [];
}

function jsonFault(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && !Array.isArray(value) ? undefined : 'must be a JSON object';
  } catch {
    return text.trim() === '' ? 'unexpected end of JSON input' : 'must be valid JSON';
  }
}

/** `stringData` is a convenience for writers: it goes into `data`, over what stands there. */
function setDefaults(secret: Secret): void {
  secret.type ||= 'Opaque';
  if (!secret.stringData) return;
  const data = new Map(Object.entries(secret.data ?? {}));
  for (const [key, text] of Object.entries(secret.stringData)) data.set(key, Buffer.from(text).toString('base64'));
  secret.data = Object.fromEntries(data);
  delete secret.stringData;
}

function validate(secret: Secret): FieldError[] {
  const data = secret.data ?? {};
  const errors = Object.keys(data).flatMap((key) => checked(keyPath('data', key), key, configMapKey));
  const size = Object.values(data).reduce((sum, text) => sum + Buffer.byteLength(text ?? '', 'base64'), 0);
  if (size > DATA_LIMIT) errors.push(tooLong('data', DATA_LIMIT));
  const type = secret.type ?? '';
  if (Object.hasOwn(requirements, type)) errors.push(...requirements[type]!(secret));
  return errors;
}

export const secret = defineKind<Secret>({
  group: '',
  version: 'v1',
  kind: 'Secret',
  plural: 'secrets',
  namespaced: true,
  columns: [
    nameColumn,
    column('Type', (s) => s.type ?? ''),
    column('Data', (s) => Object.keys(s.data ?? {}).length),
    ageColumn,
  ],
  selectableFields: { type: (s) => s.type ?? '' },
  setDefaults,
  validate,
  validateUpdate: (now, old) => [...immutable('type', now.type, old.type), ...validateSealed(now, old, ['data'])],
});
