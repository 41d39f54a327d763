import type { Controller } from '../client/controller.ts';
import { certificateCleanerController } from './certificates/cleaner.ts';
import { clusterRoleAggregationController } from './cluster-role-aggregation.ts';
import { cronJobController } from './cron-job/cron-job.ts';
import { daemonSetController } from './daemon-set/daemon-set.ts';
import { bootstrapSignerController } from './bootstrap-signer.ts';
import { deploymentController } from './deployment/deployment.ts';
import { deviceTaintEvictionController } from './device-taint-eviction/device-taint-eviction.ts';
import { disruptionController } from './disruption/disruption.ts';
import { endpointSliceMirroringController } from './endpoint-slice-mirroring/mirroring.ts';
import { endpointSliceController } from './endpoint-slice/endpoint-slice.ts';
import { endpointsController } from './endpoints/endpoints.ts';
import { ephemeralVolumeController } from './ephemeral-volume.ts';
import { garbageCollector } from './garbage-collector/garbage-collector.ts';
import { jobController } from './job/job.ts';
import { horizontalPodAutoscalerController } from './horizontal-pod-autoscaler/horizontal-pod-autoscaler.ts';
import { legacyServiceAccountTokenCleaner } from './legacy-service-account-token-cleaner.ts';
import { localPathProvisionerController } from './local-path-provisioner.ts';
import { namespaceController } from './namespace/namespace.ts';
import { nodeLifecycleController } from './node-lifecycle/node-lifecycle.ts';
import { nodeIpamController } from './node-ipam/node-ipam.ts';
import { persistentVolumeBinderController } from './persistent-volume-binder/binder.ts';
import { persistentVolumeClaimProtectionController } from './persistent-volume-claim-protection.ts';
import { persistentVolumeExpanderController } from './persistent-volume-expander.ts';
import { persistentVolumeProtectionController } from './persistent-volume-protection.ts';
import { podGarbageCollector } from './pod-garbage-collector/pod-garbage-collector.ts';
import { replicaSetController } from './replica-set/replica-set.ts';
import { replicationControllerController } from './replication-controller.ts';
import { resourceClaimController } from './resource-claim/resource-claim.ts';
import { resourceQuotaController } from './resource-quota/resource-quota.ts';
import { serviceAccountController } from './service-account.ts';
import { serviceCidrController } from './service-cidr.ts';
import { serviceLbController } from './service-lb/service-lb.ts';
import { statefulSetController } from './stateful-set/stateful-set.ts';
import { taintEvictionController } from './taint-eviction/taint-eviction.ts';
import { ttlController } from './ttl.ts';
import { ttlAfterFinishedController } from './ttl-after-finished.ts';
import { tokenCleanerController } from './token-cleaner.ts';

/** Every controller, in the order in which they start. One more controller is one more line. */
export const controllers: readonly Controller[] = [
  serviceAccountController,
  namespaceController,
  deploymentController,
  replicaSetController,
  replicationControllerController,
  statefulSetController,
  daemonSetController,
  jobController,
  cronJobController,
  ttlAfterFinishedController,
  endpointSliceController,
  endpointSliceMirroringController,
  endpointsController,
  disruptionController,
  horizontalPodAutoscalerController,
  nodeIpamController(),
  nodeLifecycleController,
  taintEvictionController,
  deviceTaintEvictionController,
  serviceCidrController,
  serviceLbController(),
  podGarbageCollector,
  garbageCollector,
  persistentVolumeBinderController,
  persistentVolumeExpanderController,
  localPathProvisionerController,
  ephemeralVolumeController,
  resourceClaimController,
  persistentVolumeClaimProtectionController,
  persistentVolumeProtectionController,
  resourceQuotaController,
  certificateCleanerController,
  legacyServiceAccountTokenCleaner,
  clusterRoleAggregationController,
  ttlController,
  bootstrapSignerController,
  tokenCleanerController,
];
