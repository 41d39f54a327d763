import type { V1Binding } from '@kubernetes/client-node';
import { defineKind } from '../../apimachinery/kind.ts';
import type { Resource } from '../../apimachinery/object.ts';

/** Says on which node a pod runs: the body of a pod's `binding` subresource. */
export type Binding = Resource<V1Binding>;

export const binding = defineKind<Binding>({
  group: '',
  version: 'v1',
  kind: 'Binding',
  plural: 'bindings',
  namespaced: true,
  verbs: ['create'],
});
