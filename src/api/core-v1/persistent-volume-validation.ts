import {
  forbidden,
  invalid,
  keyPath,
  notSupported,
  path,
  required,
  type FieldError,
} from '../../apimachinery/field-error.ts';
import { dns1123Subdomain } from '../../apimachinery/names.ts';
import { isQuantity, parseQuantity, zeroQuantity } from '../../apimachinery/quantity.ts';
import { checked, immutable, oneOf, POSITIVE, requiredText, same } from '../meta-v1/checks.ts';
import { SUPPORTED_MODES } from './access-modes.ts';
import { validateNodeSelector } from './affinity-validation.ts';
import type { PersistentVolume, PersistentVolumeSpec as Spec } from './persistent-volume-type.ts';
import { noBackSteps } from './volume-paths.ts';
import { sharedSources } from './volume-sources.ts';
import { validateCsiDriver } from './volume-validation.ts';

type Check = (source: any, field: string) => FieldError[];

/** What a persistent volume can be made of. Errors of these that pods have too are the same. */
const SOURCES: Readonly<Record<string, Check>> = {
  ...(sharedSources as Readonly<Record<string, Check>>),
  local: ({ path: directory }: NonNullable<Spec['local']>, field) => [
    ...requiredText(path(field, 'path'), directory),
    ...noBackSteps(path(field, 'path'), directory ?? ''),
  ],
  csi: (source: NonNullable<Spec['csi']>, field) => validateCsi(source, field),
};

const SECRETS = [
  ...(['controllerPublishSecretRef', 'controllerExpandSecretRef', 'nodePublishSecretRef'] as const),
  ...(['nodeStageSecretRef', 'nodeExpandSecretRef'] as const),
];

function validateCsi(source: NonNullable<Spec['csi']>, field: string): FieldError[] {
  return [
    ...validateCsiDriver(source.driver, path(field, 'driver')),
    ...requiredText(path(field, 'volumeHandle'), source.volumeHandle),
    ...SECRETS.filter((name) => source[name]).flatMap((name) => [
      ...requiredText(path(field, name, 'name'), source[name]!.name),
      ...requiredText(path(field, name, 'namespace'), source[name]!.namespace),
    ]),
  ];
}

function sources(spec: Spec): string[] {
  return Object.keys(SOURCES).filter((name) => spec[name as keyof Spec] != null);
}

/** The rules of a persistent volume, in the order in which clients know the errors. */
export function validateVolume({ spec = {} }: PersistentVolume): FieldError[] {
  const policies = ['Delete', 'Recycle', 'Retain'];
  return [
    ...validateModes(spec.accessModes ?? []),
    ...validateCapacity(spec),
    ...oneOf('spec.persistentVolumeReclaimPolicy', spec.persistentVolumeReclaimPolicy, policies),
    ...validateAffinity(spec),
    ...validateSources(spec),
    ...validateRecycling(spec),
    ...(spec.storageClassName ? checked('spec.storageClassName', spec.storageClassName, dns1123Subdomain) : []),
    ...oneOf('spec.volumeMode', spec.volumeMode, ['Block', 'Filesystem']),
    ...(spec.volumeAttributesClassName
      ? checked('spec.volumeAttributesClassName', spec.volumeAttributesClassName, dns1123Subdomain)
      : []),
  ];
}

function validateModes(modes: readonly string[]): FieldError[] {
  const field = 'spec.accessModes';
  if (modes.length === 0) return [required(field)];
  const errors = modes.flatMap((mode) => oneOf(field, mode, SUPPORTED_MODES));
  if (modes.length > 1 && modes.includes('ReadWriteOncePod')) {
    errors.push(forbidden(field, 'may not use ReadWriteOncePod with other access modes'));
  }
  return errors;
}

function validateCapacity({ capacity }: Spec): FieldError[] {
  const field = 'spec.capacity';
  const names = Object.keys(capacity ?? {});
  const errors = names.length === 0 ? [required(field)] : [];
  if (names.length !== 1 || names[0] !== 'storage') errors.push(notSupported(field, capacity, ['storage']));
  for (const [name, amount] of Object.entries(capacity ?? {})) {
    const positive = isQuantity(amount) && parseQuantity(amount).compare(zeroQuantity) > 0;
    if (!positive) errors.push(invalid(keyPath(field, name), amount, POSITIVE));
  }
  return errors;
}

function validateAffinity({ nodeAffinity }: Spec): FieldError[] {
  if (!nodeAffinity) return [];
  const field = 'spec.nodeAffinity.required';
  if (!nodeAffinity.required) return [required(field, 'must specify required node constraints')];
  return validateNodeSelector(nodeAffinity.required, field);
}

function validateSources(spec: Spec): FieldError[] {
  const [first, ...others] = sources(spec);
  if (!first) return [required('spec', 'must specify a volume type')];
  const errors = SOURCES[first]!(spec[first as keyof Spec], path('spec', first));
  if (first === 'local' && !spec.nodeAffinity) {
    errors.push(required('spec.nodeAffinity', 'Local volume requires node affinity'));
  }
  return [...errors, ...others.map((name) => forbidden(path('spec', name), 'may not specify more than 1 volume type'))];
}

function validateRecycling({ hostPath, persistentVolumeReclaimPolicy }: Spec): FieldError[] {
  const everything = hostPath?.path && /^\/+$/.test(hostPath.path);
  if (!everything || persistentVolumeReclaimPolicy !== 'Recycle') return [];
  return [forbidden('spec.persistentVolumeReclaimPolicy', "may not be 'recycle' for a hostPath mount of '/'")];
}

/** What a volume is made of, and how it is used, stays as it was. */
export function validateVolumeUpdate(volume: PersistentVolume, old: PersistentVolume): FieldError[] {
  const [now, before] = [volume.spec ?? {}, old.spec ?? {}];
  const errors: FieldError[] = [];
  if (!same(sourceOf(now, before), sourceOf(before, before))) {
    const detail = 'spec.persistentvolumesource is immutable after creation';
    errors.push(forbidden('spec.persistentvolumesource', detail));
  }
  errors.push(...immutable('volumeMode', now.volumeMode, before.volumeMode));
  if (before.nodeAffinity) errors.push(...immutable('nodeAffinity', now.nodeAffinity, before.nodeAffinity));
  return errors;
}

/** Secrets for growing can be given later, once. */
function sourceOf(spec: Spec, old: Spec): object {
  return Object.fromEntries(
    sources(spec).map((name) => {
      const source = { ...(spec[name as keyof Spec] as Record<string, unknown>) };
      if (name === 'csi') {
        for (const later of ['controllerExpandSecretRef', 'nodeExpandSecretRef'] as const) {
          if (!old.csi?.[later]) delete source[later];
        }
      }
      return [name, source];
    }),
  );
}
