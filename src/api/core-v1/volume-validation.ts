import { forbidden, invalid, path, required, type FieldError } from '../../apimachinery/field-error.ts';
import { configMapKey, dns1123Label } from '../../apimachinery/names.ts';
import { compareQuantities, isQuantity } from '../../apimachinery/quantity.ts';
import { noDuplicates, oneOf, requiredText } from '../meta-v1/checks.ts';
import type { Volume } from './pod-spec.ts';

const MODE = 'must be a number between 0 and 0777 (octal), both inclusive';
const HOST_PATH_TYPES = [
  '',
  ...['BlockDevice', 'CharDevice', 'Directory', 'DirectoryOrCreate', 'File', 'FileOrCreate', 'Socket'],
];

type Item = { key?: string; path?: string; mode?: number };
type Projected = NonNullable<Volume['projected']>;

/** The rules of `spec.volumes`: distinct names, exactly one source each. */
export function validateVolumes(volumes: readonly Volume[], field: string): FieldError[] {
  return [
    ...volumes.flatMap((volume, i) => [
      ...validateSource(volume, path(field, i)),
      ...requiredText(`${field}[${i}].name`, volume.name, dns1123Label),
    ]),
    ...noDuplicates(volumes.map((v, i) => [`${field}[${i}].name`, v.name] as const)),
  ];
}

function validateSource(volume: Volume, field: string): FieldError[] {
  const sources = Object.keys(volume).filter((key) => key !== 'name' && volume[key as keyof Volume] != null);
  if (sources.length === 0) return [required(field, 'must specify a volume type')];
  const [first, ...others] = sources;
  const check = Object.hasOwn(sourceChecks, first!) ? sourceChecks[first!] : undefined;
  return [
    ...(check?.(volume[first as keyof Volume] as any, path(field, first!)) ?? []),
    ...others.map((source) => forbidden(path(field, source), 'may not specify more than 1 volume type')),
  ];
}

/** What each source needs; those without rules of their own are missing. */
const sourceChecks: Readonly<Record<string, (source: any, field: string) => FieldError[]>> = {
  hostPath: (source: NonNullable<Volume['hostPath']>, field) => [
    ...requiredText(path(field, 'path'), source.path),
    ...noBackSteps(path(field, 'path'), source.path ?? ''),
    ...oneOf(path(field, 'type'), source.type, HOST_PATH_TYPES),
  ],
  emptyDir: (source: NonNullable<Volume['emptyDir']>, field) => {
    const { sizeLimit } = source;
    const negative = sizeLimit !== undefined && isQuantity(sizeLimit) && compareQuantities(sizeLimit, '0') < 0;
    return negative ? [forbidden(path(field, 'sizeLimit'), 'SizeLimit field must be a valid resource quantity')] : [];
  },
  secret: (source: NonNullable<Volume['secret']>, field) => [
    ...requiredText(path(field, 'secretName'), source.secretName),
    ...validateMode(path(field, 'defaultMode'), source.defaultMode),
    ...validateItems(source.items, path(field, 'items')),
  ],
  configMap: (source: NonNullable<Volume['configMap']>, field) => [
    ...requiredText(path(field, 'name'), source.name),
    ...validateMode(path(field, 'defaultMode'), source.defaultMode),
    ...validateItems(source.items, path(field, 'items')),
  ],
  downwardAPI: (source: NonNullable<Volume['downwardAPI']>, field) => [
    ...validateMode(path(field, 'defaultMode'), source.defaultMode),
    ...validateDownwardItems(source.items, path(field, 'items')),
  ],
  projected: (source: Projected, field) => [
    ...validateMode(path(field, 'defaultMode'), source.defaultMode),
    ...(source.sources ?? []).flatMap((s, i) => validateProjection(s, path(`${field}.sources`, i))),
  ],
  nfs: (source: NonNullable<Volume['nfs']>, field) => [
    ...requiredText(path(field, 'server'), source.server),
    ...requiredText(path(field, 'path'), source.path, (p) => (p.startsWith('/') ? [] : ['must be an absolute path'])),
  ],
  persistentVolumeClaim: (source: NonNullable<Volume['persistentVolumeClaim']>, field) =>
    requiredText(path(field, 'claimName'), source.claimName),
  csi: (source: NonNullable<Volume['csi']>, field) => requiredText(path(field, 'driver'), source.driver),
  ephemeral: (source: NonNullable<Volume['ephemeral']>, field) =>
    source.volumeClaimTemplate ? [] : [required(path(field, 'volumeClaimTemplate'))],
  image: (source: NonNullable<Volume['image']>, field) => [
    ...requiredText(path(field, 'reference'), source.reference),
    ...oneOf(path(field, 'pullPolicy'), source.pullPolicy, ['Always', 'IfNotPresent', 'Never']),
  ],
};

function validateProjection(source: NonNullable<Projected['sources']>[number], field: string): FieldError[] {
  const given = Object.keys(source).filter((key) => source[key as keyof typeof source]);
  if (given.length === 0) {
    return [required(field, 'must specify a projected source type')];
  }
  const errors = given.slice(1).map((name) => {
    return forbidden(path(field, name), 'may not specify more than 1 volume type');
  });
  if (source.secret) errors.push(...namedItems(source.secret, path(field, 'secret')));
  if (source.configMap) errors.push(...namedItems(source.configMap, path(field, 'configMap')));
  if (source.downwardAPI) errors.push(...validateDownwardItems(source.downwardAPI.items, `${field}.downwardAPI.items`));
  const token = source.serviceAccountToken;
  if (token) errors.push(...validateToken(token, path(field, 'serviceAccountToken')));
  return errors;
}

function validateToken(token: { expirationSeconds?: number; path?: string }, field: string): FieldError[] {
  const seconds = token.expirationSeconds ?? 3600;
  const short = seconds < 600 ? 'may not specify a duration less than 10 minutes' : undefined;
  const long = seconds > 2 ** 32 ? 'may not specify a duration larger than 2^32 seconds' : undefined;
  const detail = short ?? long;
  return [
    ...(detail ? [invalid(path(field, 'expirationSeconds'), seconds, detail)] : []),
    ...requiredText(path(field, 'path'), token.path),
    ...(token.path ? relativePath(path(field, 'path'), token.path) : []),
  ];
}

function namedItems(source: { name?: string; items?: Item[] }, field: string): FieldError[] {
  return [...requiredText(path(field, 'name'), source.name), ...validateItems(source.items, path(field, 'items'))];
}

function validateItems(items: readonly Item[] | undefined, field: string): FieldError[] {
  return (items ?? []).flatMap((item, i) => [
    ...requiredText(`${field}[${i}].key`, item.key, configMapKey),
    ...requiredText(`${field}[${i}].path`, item.path),
    ...relativePath(`${field}[${i}].path`, item.path ?? ''),
    ...validateMode(`${field}[${i}].mode`, item.mode),
  ]);
}

function validateDownwardItems(
  items: readonly (Item & { fieldRef?: object; resourceFieldRef?: object })[] | undefined,
  field: string,
) {
  return (items ?? []).flatMap((item, i) => [
    ...requiredText(`${field}[${i}].path`, item.path),
    ...relativePath(`${field}[${i}].path`, item.path ?? ''),
    ...(item.fieldRef || item.resourceFieldRef
      ? []
      : [required(`${field}[${i}]`, 'one of fieldRef and resourceFieldRef is required')]),
    ...validateMode(`${field}[${i}].mode`, item.mode),
  ]);
}

function validateMode(field: string, mode: number | undefined): FieldError[] {
  return mode === undefined || (mode >= 0 && mode <= 0o777) ? [] : [invalid(field, mode, MODE)];
}

/** A path inside a volume: relative, and never upwards. */
export function relativePath(field: string, value: string): FieldError[] {
  if (value.startsWith('/')) return [invalid(field, value, 'must be a relative path')];
  return noBackSteps(field, value);
}

function noBackSteps(field: string, value: string): FieldError[] {
  return value.split('/').includes('..') ? [invalid(field, value, "must not contain '..'")] : [];
}
