import type { V1Scale } from '@kubernetes/client-node';
import type { Resource } from '../../apimachinery/object.ts';

/** The body of every `scale` subresource. */
export type Scale = Resource<V1Scale>;
