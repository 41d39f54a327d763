import type { KubeObject } from '../apimachinery/object.ts';
import type { PodInfo } from './pod-info.ts';

/**
 * What can happen in the cluster that may make a pod fit that did not fit before: the resource, then what was done to
 * it. `AssignedPod` is a pod with a node, `UnscheduledPod` one that waits. Metrics name them so too.
 */
export type EventName =
  | 'NodeAdd'
  | 'NodeDelete'
  | 'NodeUpdateNodeAllocatable'
  | 'NodeUpdateNodeLabel'
  | 'NodeUpdateNodeTaint'
  | 'NodeUpdateNodeCondition'
  | 'NodeUpdateNodeAnnotation'
  | 'NodeUpdateNodeDeclaredFeature'
  | 'AssignedPodAdd'
  | 'AssignedPodDelete'
  | 'AssignedPodUpdatePodLabel'
  | 'AssignedPodUpdatePodScaleDown'
  | 'UnscheduledPodAdd'
  | 'UnscheduledPodDelete'
  | 'UnscheduledPodUpdate'
  | `${WatchedResource}${'Add' | 'Update' | 'Delete'}`;

/** The other resources whose changes can help a pod; only those that a plugin names in `wakesOn` are watched. */
export type WatchedResource =
  | 'Namespace'
  | 'PersistentVolume'
  | 'PersistentVolumeClaim'
  | 'StorageClass'
  | 'CSINode'
  | 'CSIDriver'
  | 'CSIStorageCapacity'
  | 'VolumeAttachment'
  | 'ResourceClaim'
  | 'ResourceSlice'
  | 'DeviceClass'
  | 'DeviceTaintRule';

/** Something that happened, with the object as it is and was: `old` only of updates; of deletions `object` is the last state. */
export interface ClusterEvent {
  readonly name: EventName;
  readonly object?: KubeObject | undefined;
  readonly old?: KubeObject | undefined;
}

/**
 * Events after which a pod that a plugin rejected may fit. `helps` looks closer: false means that this pod would be
 * rejected again for the same reason. An error counts as true, so that no pod is forgotten.
 */
export interface Wake {
  readonly on: readonly EventName[];
  helps?(pod: PodInfo, event: ClusterEvent): boolean;
}
