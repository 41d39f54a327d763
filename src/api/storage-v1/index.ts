import type { Kind } from '../../apimachinery/kind.ts';
import { storageClass } from './storage-class.ts';
import { volumeAttachment } from './volume-attachment.ts';
import { csiDriver } from './csi-driver.ts';
import { csiNode } from './csi-node.ts';
import { csiStorageCapacity } from './csi-storage-capacity.ts';
import { volumeAttributesClass } from './volume-attributes-class.ts';

/** The kinds of storage.k8s.io, version v1. */
export const storageV1: readonly Kind[] = [
  storageClass,
  volumeAttachment,
  csiDriver,
  csiNode,
  csiStorageCapacity,
  volumeAttributesClass,
];
