import type { V1Eviction } from '@kubernetes/client-node';
import type { Resource } from '../../apimachinery/object.ts';

/** The body of a pod's `eviction` subresource. */
export type Eviction = Resource<V1Eviction>;
