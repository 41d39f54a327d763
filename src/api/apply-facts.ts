import type { ApplyFacts } from '../apimachinery/apply/type-compiler.ts';

/** Objects that are part of their parent: upstream's structs that are no pointers. By definition, below `io.k8s.api.`. */
const implied: Readonly<Record<string, readonly string[]>> = {
  'admissionregistration.v1.MutatingWebhook': ['clientConfig'],
  'admissionregistration.v1.ValidatingWebhook': ['clientConfig'],
  'apps.v1.DaemonSetSpec': ['template', 'updateStrategy'],
  'apps.v1.DeploymentSpec': ['template', 'strategy'],
  'apps.v1.ReplicaSetSpec': ['template'],
  'apps.v1.StatefulSetSpec': ['template', 'updateStrategy'],
  'batch.v1.CronJobSpec': ['jobTemplate'],
  'batch.v1.JobSpec': ['template'],
  'batch.v1.JobTemplateSpec': ['metadata', 'spec'],
  'core.v1.Container': ['resources'],
  'core.v1.ContainerStatus': ['state', 'lastState'],
  'core.v1.EphemeralContainer': ['resources'],
  'core.v1.Event': ['source'],
  'core.v1.NodeDaemonEndpoints': ['kubeletEndpoint'],
  'core.v1.NodeStatus': ['daemonEndpoints', 'nodeInfo'],
  'core.v1.PersistentVolumeClaimSpec': ['resources'],
  'core.v1.PersistentVolumeClaimTemplate': ['metadata', 'spec'],
  'core.v1.PodTemplate': ['template'],
  'core.v1.PodTemplateSpec': ['metadata', 'spec'],
  'core.v1.ServiceStatus': ['loadBalancer'],
  'events.v1.Event': ['deprecatedSource'],
  'flowcontrol.v1.FlowSchemaSpec': ['priorityLevelConfiguration'],
  'networking.v1.IngressStatus': ['loadBalancer'],
  'networking.v1.NetworkPolicySpec': ['podSelector'],
  'resource.v1.ResourceClaimSpec': ['devices'],
  'resource.v1.ResourceClaimTemplateSpec': ['metadata', 'spec'],
  'storage.v1.VolumeAttachmentSpec': ['source'],
};

const extensions = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1';

/** What server-side apply must know of the built-in kinds and their definitions do not say. */
export const applyFacts: ApplyFacts = {
  implied: new Set([
    ...Object.entries(implied).flatMap(([name, fields]) => fields.map((field) => `io.k8s.api.${name}.${field}`)),
    `${extensions}.CustomResourceDefinitionSpec.names`,
    `${extensions}.CustomResourceDefinitionStatus.acceptedNames`,
  ]),
  keyDefaults: new Map([
    ['io.k8s.api.core.v1.ContainerPort.protocol', 'TCP'],
    ['io.k8s.api.core.v1.LocalObjectReference.name', ''],
    ['io.k8s.api.core.v1.ServicePort.protocol', 'TCP'],
  ]),
};
