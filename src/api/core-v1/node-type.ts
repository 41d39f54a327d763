import type { V1Node, V1Taint } from '@kubernetes/client-node';
import type { Plain, Resource } from '../../apimachinery/object.ts';

export type Node = Resource<V1Node>;
export type Taint = Plain<V1Taint>;
