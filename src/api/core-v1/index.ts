import type { Kind } from '../../apimachinery/kind.ts';
import { namespace } from './namespace.ts';
import { node } from './node.ts';
import { pod } from './pod.ts';
import { service } from './service.ts';
import { endpoints } from './endpoints.ts';
import { configMap } from './config-map.ts';
import { secret } from './secret.ts';
import { serviceAccount } from './service-account.ts';
import { event } from './event.ts';
import { binding } from './binding.ts';
import { podTemplate } from './pod-template.ts';
import { replicationController } from './replication-controller.ts';
import { persistentVolume } from './persistent-volume.ts';
import { persistentVolumeClaim } from './persistent-volume-claim.ts';
import { limitRange } from './limit-range.ts';
import { resourceQuota } from './resource-quota.ts';
import { componentStatus } from './component-status.ts';

/** The kinds of the core group, version v1. */
export const coreV1: readonly Kind[] = [
  namespace,
  node,
  pod,
  service,
  endpoints,
  configMap,
  secret,
  serviceAccount,
  event,
  binding,
  podTemplate,
  replicationController,
  persistentVolume,
  persistentVolumeClaim,
  limitRange,
  resourceQuota,
  componentStatus,
];
