import type { PersistentVolumeClaim } from '../../../src/api/core-v1/persistent-volume-claim.ts';
import type { PersistentVolume } from '../../../src/api/core-v1/persistent-volume.ts';
import type { StorageClass } from '../../../src/api/storage-v1/storage-class.ts';
import { metadata } from '../objects.ts';

export function aClaim(
  name: string,
  spec: object = {},
  rest: { meta?: object; status?: object } = {},
): PersistentVolumeClaim {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: metadata(name, rest.meta),
    spec: {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: '1Gi' } },
      storageClassName: '',
      volumeMode: 'Filesystem',
      ...spec,
    },
    status: { phase: 'Pending', ...rest.status },
  };
}

export function aVolume(
  name: string,
  spec: object = {},
  rest: { meta?: object; phase?: string } = {},
): PersistentVolume {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { ...metadata(name, rest.meta), namespace: undefined },
    spec: {
      accessModes: ['ReadWriteOnce'],
      capacity: { storage: '1Gi' },
      hostPath: { path: '/data' },
      persistentVolumeReclaimPolicy: 'Retain',
      volumeMode: 'Filesystem',
      ...spec,
    },
    status: { phase: rest.phase ?? 'Available' },
  };
}

export function aClass(name: string, rest: object = {}): StorageClass {
  return {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { ...metadata(name), namespace: undefined },
    provisioner: 'example.com/disks',
    volumeBindingMode: 'Immediate',
    ...rest,
  };
}

export function refTo({ metadata: { name, namespace, uid } }: PersistentVolumeClaim): object {
  return { apiVersion: 'v1', kind: 'PersistentVolumeClaim', name, namespace, uid };
}
