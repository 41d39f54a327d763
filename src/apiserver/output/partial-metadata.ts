import type { KubeObject } from '../../apimachinery/object.ts';

/** An object's metadata alone (`meta.k8s.io/v1 PartialObjectMetadata`). */
export function partialMetadata(object: KubeObject, version: string): object {
  return { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${version}`, metadata: object.metadata };
}
