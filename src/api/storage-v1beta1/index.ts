import type { Kind } from '../../apimachinery/kind.ts';
import { volumeAttributesClass } from './volume-attributes-class.ts';

/** The kinds of storage.k8s.io, version v1beta1. */
export const storageV1beta1: readonly Kind[] = [volumeAttributesClass];
