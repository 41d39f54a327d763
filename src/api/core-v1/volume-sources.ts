import { invalid, notSupported, path, required, type FieldError } from '../../apimachinery/field-error.ts';
import { dns1123Label } from '../../apimachinery/names.ts';
import { checked, inRange, oneOf, requiredOneOf, requiredText } from '../meta-v1/checks.ts';
import type { Volume } from './pod-spec.ts';
import { noBackSteps, relativePath } from './volume-paths.ts';

type Source<S extends keyof Volume> = NonNullable<Volume[S]>;
type Check<S extends keyof Volume> = (source: Source<S>, field: string) => FieldError[];

const HOST_PATH_TYPES = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
];

/** An ISCSI name: its type, when it was registered, by whom, and what else. */
const ISCSI_NAMES = [
  /^iqn\.\d{4}-\d{2}\.[a-z0-9A-Z.-]{1,223}(:[^,;*&$|\s]{1,223})?$/,
  /^eui\.[0-9A-Fa-f]{16}$/,
  /^naa\.[0-9A-Fa-f]{32}$/,
];

/** One error for each of `names` that has no text. */
function needs<S extends object>(source: S, field: string, ...names: (keyof S & string)[]): FieldError[] {
  return names.flatMap((name) => {
    const value = source[name];
    const missing = Array.isArray(value) ? value.length === 0 : !value;
    return missing ? [required(path(field, name))] : [];
  });
}

/** The rules of the sources that a pod's volume and a persistent volume have in common. */
export const sharedSources: { readonly [S in keyof Volume]?: Check<S> } = {
  hostPath: (source, field) => {
    if (!source.path) return [required(path(field, 'path'))];
    return [
      ...noBackSteps(path(field, 'path'), source.path),
      ...oneOf(path(field, 'type'), source.type, HOST_PATH_TYPES),
    ];
  },
  gitRepo: (source, field) => [
    ...needs(source, field, 'repository'),
    ...relativePath(path(field, 'directory'), source.directory ?? ''),
  ],
  gcePersistentDisk: (source, field) => [
    ...needs(source, field, 'pdName'),
    ...inRange(path(field, 'partition'), source.partition, 0, 255),
  ],
  awsElasticBlockStore: (source, field) => [
    ...needs(source, field, 'volumeID'),
    ...inRange(path(field, 'partition'), source.partition, 0, 255),
  ],
  nfs: (source, field) => {
    const errors = needs(source, field, 'server', 'path');
    const value = source.path ?? '';
    return value.startsWith('/')
      ? errors
      : [...errors, invalid(path(field, 'path'), value, 'must be an absolute path')];
  },
  iscsi: (source, field) => validateIscsi(source, field),
  glusterfs: (source, field) => needs(source, field, 'endpoints', 'path'),
  flocker: (source, field) => {
    const { datasetName, datasetUUID } = source;
    if (!datasetName && !datasetUUID) return [required(field, 'one of datasetName and datasetUUID is required')];
    const errors: FieldError[] = [];
    if (datasetName && datasetUUID) {
      errors.push(invalid(field, 'resource', 'datasetName and datasetUUID can not be specified simultaneously'));
    }
    if (datasetName?.includes('/')) {
      errors.push(invalid(path(field, 'datasetName'), datasetName, "must not contain '/'"));
    }
    return errors;
  },
  rbd: (source, field) => needs(source, field, 'monitors', 'image'),
  cinder: (source, field) => [...needs(source, field, 'volumeID'), ...namedSecret(source.secretRef, field)],
  cephfs: (source, field) => needs(source, field, 'monitors'),
  quobyte: (source, field) => [...validateRegistry(source, field), ...needs(source, field, 'volume')],
  fc: (source, field) => validateFibreChannel(source, field),
  azureFile: (source, field) => needs(source, field, 'secretName', 'shareName'),
  vsphereVolume: (source, field) => needs(source, field, 'volumePath'),
  photonPersistentDisk: (source, field) => needs(source, field, 'pdID'),
  portworxVolume: (source, field) => needs(source, field, 'volumeID'),
  azureDisk: (source, field) => validateAzureDisk(source, field),
  storageos: (source, field) => [
    ...requiredText(path(field, 'volumeName'), source.volumeName, dns1123Label),
    ...(source.volumeNamespace ? checked(path(field, 'volumeNamespace'), source.volumeNamespace, dns1123Label) : []),
    ...namedSecret(source.secretRef, field),
  ],
  scaleIO: (source, field) => needs(source, field, 'gateway', 'system', 'volumeName'),
  flexVolume: (source, field) => needs(source, field, 'driver'),
};

/** A secret that is referred to has a name. */
function namedSecret(secret: { name?: string | undefined } | undefined, field: string): FieldError[] {
  return secret && !secret.name ? [required(path(field, 'secretRef', 'name'))] : [];
}

const HOST_AND_PORT = /^(?:\[[^\]]*\]|[^:[\]]*):[^:[\]]*$/;

function validateRegistry({ registry = '', tenant = '' }: Partial<Source<'quobyte'>>, field: string): FieldError[] {
  const detail = 'must be a host:port pair or multiple pairs separated by commas';
  const at = path(field, 'registry');
  if (!registry) return [required(at, detail)];
  if (tenant.length > 64)
    return [required(path(field, 'tenant'), 'must be a UUID and may not exceed a length of 64 characters')];
  const wrong = registry.split(',').filter((pair) => !HOST_AND_PORT.test(pair));
  return wrong.map(() => invalid(at, registry, detail));
}

function validateIscsi(source: Source<'iscsi'>, field: string): FieldError[] {
  const errors = needs(source, field, 'targetPortal');
  errors.push(...validateIqn(source.iqn, path(field, 'iqn')));
  errors.push(...inRange(path(field, 'lun'), source.lun, 0, 255));
  if ((source.chapAuthDiscovery || source.chapAuthSession) && !source.secretRef) {
    errors.push(required(path(field, 'secretRef')));
  }
  if (source.initiatorName !== undefined && !isIscsiName(source.initiatorName)) {
    errors.push(invalid(path(field, 'initiatorname'), source.initiatorName, 'must be valid format'));
  }
  return errors;
}

function validateIqn(iqn: string | undefined, field: string): FieldError[] {
  if (!iqn) return [required(field)];
  if (!/^(iqn|eui|naa)/.test(iqn)) return [invalid(field, iqn, 'must be valid format starting with iqn, eui, or naa')];
  return isIscsiName(iqn) ? [] : [invalid(field, iqn, 'must be valid format')];
}

function isIscsiName(name: string): boolean {
  return name.length <= 512 && ISCSI_NAMES.some((pattern) => pattern.test(name));
}

function validateFibreChannel(source: Source<'fc'>, field: string): FieldError[] {
  const names = source.targetWWNs?.length ?? 0;
  const ids = source.wwids?.length ?? 0;
  const at = path(field, 'targetWWNs');
  if (names === 0 && ids === 0) return [required(at, 'must specify either targetWWNs or wwids, but not both')];
  const errors: FieldError[] = [];
  if (names > 0 && ids > 0) {
    errors.push(invalid(at, source.targetWWNs, 'targetWWNs and wwids can not be specified simultaneously'));
  }
  if (names > 0 && source.lun === undefined) {
    errors.push(required(path(field, 'lun'), 'lun is required if targetWWNs is specified'));
  } else if (names > 0) errors.push(...inRange(path(field, 'lun'), source.lun, 0, 255));
  return errors;
}

/** How the address of a disk begins, and what upstream shows as the whole. */
const DISK_FORMS = {
  managed: {
    start: '/subscriptions/',
    whole: '/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}',
  },
  blob: { start: 'https://', whole: 'https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd' },
};

function validateAzureDisk(source: Partial<Source<'azureDisk'>>, field: string): FieldError[] {
  const errors = needs(source, field, 'diskName', 'diskURI');
  errors.push(...oneOf(path(field, 'cachingMode'), source.cachingMode, ['None', 'ReadOnly', 'ReadWrite']));
  errors.push(...requiredOneOf(path(field, 'kind'), source.kind, ['Dedicated', 'Managed', 'Shared']));
  const { kind, diskURI = '' } = source;
  const form = kind && DISK_FORMS[kind === 'Managed' ? 'managed' : 'blob'];
  if (form && !diskURI.startsWith(form.start)) errors.push(notSupported(path(field, 'diskURI'), diskURI, [form.whole]));
  return errors;
}
