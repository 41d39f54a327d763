import type { Kind } from '../apimachinery/kind.ts';
import { admissionregistrationV1 } from './admissionregistration-v1/index.ts';
import { admissionregistrationV1beta1 } from './admissionregistration-v1beta1/index.ts';
import { apiextensionsV1 } from './apiextensions-v1/index.ts';
import { apiregistrationV1 } from './apiregistration-v1/index.ts';
import { appsV1 } from './apps-v1/index.ts';
import { authenticationV1 } from './authentication-v1/index.ts';
import { authorizationV1 } from './authorization-v1/index.ts';
import { autoscalingV1 } from './autoscaling-v1/index.ts';
import { autoscalingV2 } from './autoscaling-v2/index.ts';
import { batchV1 } from './batch-v1/index.ts';
import { certificatesV1 } from './certificates-v1/index.ts';
import { certificatesV1beta1 } from './certificates-v1beta1/index.ts';
import { coordinationV1 } from './coordination-v1/index.ts';
import { coordinationV1beta1 } from './coordination-v1beta1/index.ts';
import { coreV1 } from './core-v1/index.ts';
import { discoveryV1 } from './discovery-v1/index.ts';
import { eventsV1 } from './events-v1/index.ts';
import { flowcontrolV1 } from './flowcontrol-v1/index.ts';
import { metricsV1beta1 } from './metrics-v1beta1/index.ts';
import { networkingV1 } from './networking-v1/index.ts';
import { networkingV1beta1 } from './networking-v1beta1/index.ts';
import { nodeV1 } from './node-v1/index.ts';
import { policyV1 } from './policy-v1/index.ts';
import { rbacV1 } from './rbac-v1/index.ts';
import { resourceV1 } from './resource-v1/index.ts';
import { resourceV1beta1 } from './resource-v1beta1/index.ts';
import { resourceV1beta2 } from './resource-v1beta2/index.ts';
import { schedulingV1 } from './scheduling-v1/index.ts';
import { storageV1 } from './storage-v1/index.ts';
import { storageV1beta1 } from './storage-v1beta1/index.ts';
import { storagemigrationV1beta1 } from './storagemigration-v1beta1/index.ts';

/** Every built-in kind, group by group in the order in which discovery lists them. */
export const kinds: Kind[] = [
  ...coreV1,
  ...apiregistrationV1,
  ...appsV1,
  ...eventsV1,
  ...authenticationV1,
  ...authorizationV1,
  ...autoscalingV2,
  ...autoscalingV1,
  ...batchV1,
  ...certificatesV1,
  ...certificatesV1beta1,
  ...networkingV1,
  ...networkingV1beta1,
  ...policyV1,
  ...rbacV1,
  ...storageV1,
  ...storageV1beta1,
  ...storagemigrationV1beta1,
  ...admissionregistrationV1,
  ...admissionregistrationV1beta1,
  ...apiextensionsV1,
  ...schedulingV1,
  ...coordinationV1,
  ...coordinationV1beta1,
  ...nodeV1,
  ...discoveryV1,
  ...flowcontrolV1,
  ...resourceV1,
  ...resourceV1beta2,
  ...resourceV1beta1,
  ...metricsV1beta1,
];
