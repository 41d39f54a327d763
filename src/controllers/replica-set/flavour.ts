import type { ReplicaSet } from '../../api/apps-v1/replica-set.ts';
import type { Kind } from '../../apimachinery/kind.ts';
import type { LabelSelector } from '../../apimachinery/label-selector.ts';
import type { KubeObject } from '../../apimachinery/object.ts';

type ReplicaSetSpec = NonNullable<ReplicaSet['spec']>;

/** An object that keeps a number of pods of one template: what ReplicaSets and ReplicationControllers have in common. */
export interface PodKeeper extends KubeObject {
  spec?: Pick<ReplicaSetSpec, 'replicas' | 'minReadySeconds' | 'template'>;
  status?: ReplicaSet['status'];
}

/** What one kind of pod keepers does differently from another. */
export interface Flavour<T extends PodKeeper> {
  /** The controller's name, by which it is switched on and off. */
  readonly name: string;
  /** As whom it records events, where that differs from its name. */
  readonly eventSource?: string;
  readonly kind: Kind<T>;
  selectorOf(keeper: T): LabelSelector;
  /** Whether the kind's status has a place for the number of pods that are being deleted. */
  readonly countsTerminating: boolean;
}
