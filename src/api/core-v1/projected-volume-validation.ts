import { forbidden, invalid, path, required, type FieldError } from '../../apimachinery/field-error.ts';
import { dns1123Subdomain } from '../../apimachinery/names.ts';
import { checked, inRange, oneOf, requiredText, validateLabelSelector } from '../meta-v1/checks.ts';
import { validateFieldRef, validateResourceFieldRef } from './field-ref-validation.ts';
import type { Volume } from './pod-spec.ts';
import { validateMode, writtenPath } from './volume-paths.ts';

type Projected = NonNullable<Volume['projected']>;
type Projection = NonNullable<Projected['sources']>[number];
type DownwardItem = NonNullable<NonNullable<Volume['downwardAPI']>['items']>[number];
type KeyItem = { key?: string; path?: string; mode?: number };

/** Fields of a pod that a file can show. */
const FILE_FIELDS = ['metadata.annotations', 'metadata.labels', 'metadata.name', 'metadata.namespace', 'metadata.uid'];
const TOKEN_SECONDS = 600;

/** The rules of `items`: which key becomes which file. */
export function validateKeyItems(items: readonly KeyItem[] | undefined, field: string): FieldError[] {
  return (items ?? []).flatMap((item, i) => {
    const at = path(field, i);
    return [
      ...requiredText(path(at, 'key'), item.key),
      ...requiredText(path(at, 'path'), item.path),
      ...writtenPath(path(at, 'path'), item.path ?? ''),
      ...validateMode(path(at, 'mode'), item.mode),
    ];
  });
}

/** The rules of the files of a `downwardAPI`. Their errors name the list's owner and no index. */
export function validateDownwardItems(items: readonly DownwardItem[] | undefined, field: string): FieldError[] {
  return (items ?? []).flatMap((item) => {
    const errors = requiredText(path(field, 'path'), item.path);
    errors.push(...writtenPath(path(field, 'path'), item.path ?? ''));
    if (item.fieldRef) errors.push(...validateFieldRef(item.fieldRef, FILE_FIELDS, path(field, 'fieldRef')));
    if (item.fieldRef && item.resourceFieldRef) {
      const detail = 'fieldRef and resourceFieldRef can not be specified simultaneously';
      errors.push(invalid(field, 'resource', detail));
    } else if (item.resourceFieldRef) {
      errors.push(...validateResourceFieldRef(item.resourceFieldRef, path(field, 'resourceFieldRef'), true));
    } else if (!item.fieldRef) errors.push(required(field, 'one of fieldRef and resourceFieldRef is required'));
    errors.push(...validateMode(path(field, 'mode'), item.mode));
    return errors;
  });
}

/** The rules of `projected`: each source is one thing, and no two write the same file. */
export function validateProjected(projected: Projected, field: string): FieldError[] {
  const errors = validateMode(path(field, 'defaultMode'), projected.defaultMode);
  const taken = new Set<string>();
  (projected.sources ?? []).forEach((source, i) => {
    const at = path(`${field}.sources`, i);
    errors.push(...validateProjection(source, at));
    for (const [file, name] of filesOf(source)) {
      if (taken.has(file)) errors.push(invalid(field, name, 'conflicting duplicate paths'));
      taken.add(file);
    }
  });
  return errors;
}

/** The files that a source is known to write, and by what messages name their conflicts. */
function filesOf(source: Projection): (readonly [file: string, name: string])[] {
  const items = (list: readonly { path?: string }[] | undefined, name?: string) =>
    (list ?? []).flatMap((item) => (item.path ? [[item.path, name ?? item.path] as const] : []));
  return [
    ...items(source.secret?.items, source.secret?.name ?? ''),
    ...items(source.configMap?.items, source.configMap?.name ?? ''),
    ...items(source.downwardAPI?.items),
    ...items(source.serviceAccountToken && [source.serviceAccountToken]),
    ...items(source.clusterTrustBundle && [source.clusterTrustBundle]),
  ];
}

const PROJECTIONS: {
  readonly [P in keyof Projection]-?: (source: NonNullable<Projection[P]>, field: string) => FieldError[];
} = {
  secret: (source, field) => namedItems(source, field),
  configMap: (source, field) => namedItems(source, field),
  downwardAPI: (source, field) => validateDownwardItems(source.items, field),
  serviceAccountToken: (source, field) => validateToken(source, field),
  clusterTrustBundle: (source, field) => validateTrustBundle(source, field),
  podCertificate: (source, field) => validateCertificate(source, field),
};
const PROJECTION_NAMES = Object.keys(PROJECTIONS) as (keyof Projection)[];

function validateProjection(source: Projection, field: string): FieldError[] {
  const given = PROJECTION_NAMES.filter((name) => source[name]);
  const errors = given.flatMap((name) => PROJECTIONS[name](source[name] as never, path(field, name)));
  if (given.length > 1) errors.push(forbidden(field, 'may not specify more than 1 volume type'));
  return errors;
}

function namedItems(source: { name?: string; items?: KeyItem[] }, field: string): FieldError[] {
  return [...requiredText(path(field, 'name'), source.name), ...validateKeyItems(source.items, path(field, 'items'))];
}

function validateToken(token: { expirationSeconds?: number; path?: string }, field: string): FieldError[] {
  const seconds = token.expirationSeconds ?? 3600;
  const short = seconds < TOKEN_SECONDS ? 'may not specify a duration less than 10 minutes' : undefined;
  const long = seconds > 2 ** 32 ? 'may not specify a duration larger than 2^32 seconds' : undefined;
  const detail = short ?? long;
  return [
    ...(detail ? [invalid(path(field, 'expirationSeconds'), seconds, detail)] : []),
    ...requiredText(path(field, 'path'), token.path),
    ...writtenPath(path(field, 'path'), token.path ?? ''),
  ];
}

function validateTrustBundle(bundle: NonNullable<Projection['clusterTrustBundle']>, field: string): FieldError[] {
  const { name, signerName, labelSelector } = bundle;
  const errors: FieldError[] = [];
  if (name && signerName) {
    errors.push(invalid(field, bundle, 'only one of name and signerName may be used'));
  } else if (!name && !signerName) {
    errors.push(required(field, 'either name or signerName must be specified'));
  }
  if (name && labelSelector) {
    errors.push(
      invalid(path(field, 'labelSelector'), labelSelector, 'labelSelector must be unset if name is specified'),
    );
  }
  if (signerName) errors.push(...validateLabelSelector(path(field, 'labelSelector'), labelSelector));
  errors.push(
    ...requiredText(path(field, 'path'), bundle.path),
    ...writtenPath(path(field, 'path'), bundle.path ?? ''),
  );
  return errors;
}

const KEY_TYPES = ['ECDSAP256', 'ECDSAP384', 'ECDSAP521', 'ED25519', 'RSA3072', 'RSA4096'];

function validateCertificate(source: NonNullable<Projection['podCertificate']>, field: string): FieldError[] {
  const files = ['credentialBundlePath', 'keyPath', 'certificateChainPath'] as const;
  const errors = requiredText(path(field, 'signerName'), source.signerName);
  const domain = source.signerName?.split('/')[0];
  if (domain) errors.push(...checked(path(field, 'signerName'), domain, dns1123Subdomain));
  errors.push(...oneOf(path(field, 'keyType'), source.keyType ?? '', KEY_TYPES));
  errors.push(...inRange(path(field, 'maxExpirationSeconds'), source.maxExpirationSeconds, 3600, 91 * 86_400));
  if (!files.some((name) => source[name])) {
    const detail = 'specify at least one of credentialBundlePath, keyPath, and certificateChainPath';
    errors.push(required(path(field, 'credentialBundlePath'), detail));
  }
  for (const name of files) if (source[name]) errors.push(...writtenPath(path(field, name), source[name]));
  return errors;
}
