import type { V1PersistentVolume } from '@kubernetes/client-node';
import type { Resource } from '../../apimachinery/object.ts';

export type PersistentVolume = Resource<V1PersistentVolume>;
export type PersistentVolumeSpec = NonNullable<PersistentVolume['spec']>;
