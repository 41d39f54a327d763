import type { Affinity } from '../../api/core-v1/pod-spec.ts';

export type NodeAffinity = NonNullable<Affinity['nodeAffinity']>;
