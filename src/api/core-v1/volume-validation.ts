import {
  duplicate,
  forbidden,
  invalid,
  path,
  required,
  tooLong,
  type FieldError,
} from '../../apimachinery/field-error.ts';
import { dns1123Label, dns1123Subdomain } from '../../apimachinery/names.ts';
import { compareQuantities, isQuantity } from '../../apimachinery/quantity.ts';
import { checked, oneOf, requiredText, validateAnnotations, validateLabels } from '../meta-v1/checks.ts';
import { validateClaimSpec } from './claim-spec-validation.ts';
import type { Volume } from './pod-spec.ts';
import { validateDownwardItems, validateKeyItems, validateProjected } from './projected-volume-validation.ts';
import { sharedSources } from './volume-sources.ts';
import { validateMode } from './volume-paths.ts';

type Source<S extends keyof Volume> = NonNullable<Volume[S]>;

/** The volumes that are sound, by name: others cannot be mounted. */
export type SoundVolumes = ReadonlyMap<string, Volume>;

/** The rules of `spec.volumes`: distinct names, exactly one source each. */
export function validateVolumes(
  volumes: readonly Volume[],
  field: string,
): { readonly errors: FieldError[]; readonly sound: SoundVolumes } {
  const errors: FieldError[] = [];
  const sound = new Map<string, Volume>();
  volumes.forEach((volume, i) => {
    const at = path(field, i);
    const found = [...validateSource(volume, at), ...requiredText(path(at, 'name'), volume.name, dns1123Label)];
    if (sound.has(volume.name)) found.push(duplicate(path(at, 'name'), volume.name));
    if (found.length === 0) sound.set(volume.name, volume);
    errors.push(...found);
  });
  return { errors, sound };
}

const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never'];

/** The sources in the order in which they are looked at; the first that is there counts. */
const SOURCES: { readonly [S in keyof Volume]?: (source: Source<S>, field: string) => FieldError[] } = {
  emptyDir: ({ sizeLimit }, field) => {
    const negative = isQuantity(sizeLimit) && compareQuantities(sizeLimit!, '0') < 0;
    return negative ? [forbidden(path(field, 'sizeLimit'), 'SizeLimit field must be a valid resource quantity')] : [];
  },
  ...sharedSources,
  secret: (source, field) => [
    ...requiredText(path(field, 'secretName'), source.secretName),
    ...validateMode(path(field, 'defaultMode'), source.defaultMode),
    ...validateKeyItems(source.items, path(field, 'items')),
  ],
  persistentVolumeClaim: (source, field) => requiredText(path(field, 'claimName'), source.claimName),
  downwardAPI: (source, field) => [
    ...validateMode(path(field, 'defaultMode'), source.defaultMode),
    ...validateDownwardItems(source.items, field),
  ],
  configMap: (source, field) => [
    ...requiredText(path(field, 'name'), source.name),
    ...validateMode(path(field, 'defaultMode'), source.defaultMode),
    ...validateKeyItems(source.items, path(field, 'items')),
  ],
  projected: validateProjected,
  csi: (source, field) => [
    ...validateCsiDriver(source.driver, path(field, 'driver')),
    ...(source.nodePublishSecretRef ? validateNodeSecret(source.nodePublishSecretRef.name, field) : []),
  ],
  ephemeral: (source, field) => validateClaimTemplate(source, path(field, 'volumeClaimTemplate')),
  image: (source, field) => [
    ...requiredText(path(field, 'reference'), source.reference),
    ...oneOf(path(field, 'pullPolicy'), source.pullPolicy, PULL_POLICIES),
  ],
};
const SOURCE_NAMES = Object.keys(SOURCES) as (keyof Volume)[];

function validateSource(volume: Volume, field: string): FieldError[] {
  const [first, ...others] = SOURCE_NAMES.filter((name) => volume[name] != null);
  if (!first) return [required(field, 'must specify a volume type')];
  return [
    ...SOURCES[first]!(volume[first] as never, path(field, first)),
    ...others.map((source) => forbidden(path(field, source), 'may not specify more than 1 volume type')),
  ];
}

/** A CSI driver's name is a domain of at most 63 characters, whatever its case. */
export function validateCsiDriver(driver: string | undefined, field: string): FieldError[] {
  if (!driver) return [required(field)];
  const errors = checked(field, driver, (name) => dns1123Subdomain(name.toLowerCase()));
  if (driver.length <= 63) return errors;
  return [tooLong(field, 63), ...errors];
}

/** A claim that is made with the pod: only labels and annotations of its metadata can be chosen. */
function validateClaimTemplate(source: Source<'ephemeral'>, field: string): FieldError[] {
  const template = source.volumeClaimTemplate;
  if (!template) return [required(field)];
  const metadata = template.metadata ?? {};
  const at = path(field, 'metadata');
  const extra = Object.entries(metadata).filter(
    ([name, value]) => name !== 'labels' && name !== 'annotations' && value != null && value !== '',
  );
  return [
    ...validateLabels(path(at, 'labels'), metadata.labels),
    ...validateAnnotations(path(at, 'annotations'), metadata.annotations),
    ...extra.map(([name, value]) => invalid(path(at, name), value, 'not allowed in a claim template')),
    ...validateClaimSpec(template.spec ?? {}, path(field, 'spec')),
  ];
}

/** A name that is wrong is named one level higher than one that is missing, as upstream has it. */
function validateNodeSecret(name: string | undefined, field: string): FieldError[] {
  if (!name) return [required(path(field, 'nodePublishSecretRef', 'name'))];
  return checked(path(field, 'name'), name, dns1123Subdomain);
}
