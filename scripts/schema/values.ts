import { keyUsages } from '../../src/api/certificates-v1/key-usages.ts';
import type { Schema } from '../../src/apimachinery/schema/schema.ts';

/** What OpenAPI 3 says about one field beyond OpenAPI 2: what is filled in when it is absent, and which values it takes. */
export type FieldValues = Pick<Schema, 'default' | 'enum'> & {
  items?: FieldValues;
  additionalProperties?: FieldValues;
};

const protocol = ['SCTP', 'TCP', 'UDP'];
const signals = [
  'ABRT',
  'ALRM',
  'BUS',
  'CHLD',
  'CLD',
  'CONT',
  'FPE',
  'HUP',
  'ILL',
  'INT',
  'IO',
  'IOT',
  'KILL',
  'PIPE',
  'POLL',
  'PROF',
  'PWR',
  'QUIT',
  'SEGV',
  'STKFLT',
  'STOP',
  'SYS',
  'TERM',
  'TRAP',
  'TSTP',
  'TTIN',
  'TTOU',
  'URG',
  'USR1',
  'USR2',
  'VTALRM',
  'WINCH',
  'XCPU',
  'XFSZ',
].map((name) => `SIG${name}`);
const realtime = (from: string, sign: string, count: number) => [
  from,
  ...Array.from({ length: count }, (_, i) => `${from}${sign}${i + 1}`),
];
const taintEffect = ['NoExecute', 'NoSchedule', 'PreferNoSchedule'];
const pullPolicy = ['Always', 'IfNotPresent', 'Never'];
const quotaScopes = [
  'BestEffort',
  'CrossNamespacePodAffinity',
  'NotBestEffort',
  'NotTerminating',
  'PriorityClass',
  'Terminating',
  'VolumeAttributesClass',
];
const metricTypes = ['ContainerResource', 'External', 'Object', 'Pods', 'Resource'];
const allSignals = [...realtime('SIGRTMAX', '-', 14), ...realtime('SIGRTMIN', '+', 15), ...signals].toSorted();
const accessModes = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];

/**
 * The values that string fields take (of lists: that their items take), by `Type.field` in every version of the type. Fields
 * of an open set, which other programs may add values to, are left out.
 */
export const enumerations: Readonly<Record<string, readonly string[]>> = {
  // admissionregistration
  'MatchResources.matchPolicy': ['Equivalent', 'Exact'],
  'MutatingWebhook.matchPolicy': ['Equivalent', 'Exact'],
  'ValidatingWebhook.matchPolicy': ['Equivalent', 'Exact'],
  'MutatingWebhook.failurePolicy': ['Fail', 'Ignore'],
  'ValidatingWebhook.failurePolicy': ['Fail', 'Ignore'],
  'MutatingAdmissionPolicySpec.failurePolicy': ['Fail', 'Ignore'],
  'ValidatingAdmissionPolicySpec.failurePolicy': ['Fail', 'Ignore'],
  'MutatingWebhook.sideEffects': ['None', 'NoneOnDryRun', 'Some', 'Unknown'],
  'ValidatingWebhook.sideEffects': ['None', 'NoneOnDryRun', 'Some', 'Unknown'],
  'MutatingWebhook.reinvocationPolicy': ['IfNeeded', 'Never'],
  'MutatingAdmissionPolicySpec.reinvocationPolicy': ['IfNeeded', 'Never'],
  'Mutation.patchType': ['ApplyConfiguration', 'JSONPatch'],
  'ParamRef.parameterNotFoundAction': ['Allow', 'Deny'],
  'RuleWithOperations.scope': ['*', 'Cluster', 'Namespaced'],
  'NamedRuleWithOperations.scope': ['*', 'Cluster', 'Namespaced'],
  'RuleWithOperations.operations': ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'],
  'NamedRuleWithOperations.operations': ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'],
  'ValidatingAdmissionPolicyBindingSpec.validationActions': ['Audit', 'Deny', 'Warn'],

  // apps, batch, autoscaling, policy
  'DaemonSetUpdateStrategy.type': ['OnDelete', 'RollingUpdate'],
  'DeploymentStrategy.type': ['Recreate', 'RollingUpdate'],
  'StatefulSetUpdateStrategy.type': ['OnDelete', 'RollingUpdate'],
  'StatefulSetSpec.podManagementPolicy': ['OrderedReady', 'Parallel'],
  'StatefulSetPersistentVolumeClaimRetentionPolicy.whenDeleted': ['Delete', 'Retain'],
  'StatefulSetPersistentVolumeClaimRetentionPolicy.whenScaled': ['Delete', 'Retain'],
  'CronJobSpec.concurrencyPolicy': ['Allow', 'Forbid', 'Replace'],
  'JobSpec.completionMode': ['Indexed', 'NonIndexed'],
  'JobSpec.podReplacementPolicy': ['Failed', 'TerminatingOrFailed'],
  'PodFailurePolicyRule.action': ['Count', 'FailIndex', 'FailJob', 'Ignore'],
  'PodFailurePolicyOnExitCodesRequirement.operator': ['In', 'NotIn'],
  'MetricSpec.type': metricTypes,
  'MetricStatus.type': metricTypes,
  'MetricTarget.type': ['AverageValue', 'Utilization', 'Value'],
  'HPAScalingRules.selectPolicy': ['Disabled', 'Max', 'Min'],
  'HPAScalingPolicy.type': ['Percent', 'Pods'],
  'PodDisruptionBudgetSpec.unhealthyPodEvictionPolicy': ['AlwaysAllow', 'IfHealthyBudget'],

  // certificates
  'CertificateSigningRequestSpec.usages': keyUsages,

  // core: containers and pods
  'AppArmorProfile.type': ['Localhost', 'RuntimeDefault', 'Unconfined'],
  'SeccompProfile.type': ['Localhost', 'RuntimeDefault', 'Unconfined'],
  'Container.imagePullPolicy': pullPolicy,
  'EphemeralContainer.imagePullPolicy': pullPolicy,
  'ImageVolumeSource.pullPolicy': pullPolicy,
  'Container.terminationMessagePolicy': ['FallbackToLogsOnError', 'File'],
  'EphemeralContainer.terminationMessagePolicy': ['FallbackToLogsOnError', 'File'],
  'ContainerPort.protocol': protocol,
  'ContainerResizePolicy.restartPolicy': ['NotRequired', 'RestartContainer'],
  'ContainerRestartRule.action': ['Restart', 'RestartAllContainers'],
  'ContainerRestartRuleOnExitCodes.operator': ['In', 'NotIn'],
  'HTTPGetAction.scheme': ['HTTP', 'HTTPS'],
  'Lifecycle.stopSignal': allSignals,
  'ContainerStatus.stopSignal': allSignals,
  'SecurityContext.procMount': ['Default', 'Unmasked'],
  'VolumeMount.mountPropagation': ['Bidirectional', 'HostToContainer', 'None'],
  'VolumeMount.recursiveReadOnly': ['Disabled', 'Enabled', 'IfPossible'],
  'PodSpec.dnsPolicy': ['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None'],
  'PodSpec.preemptionPolicy': ['Never', 'PreemptLowerPriority'],
  'PriorityClass.preemptionPolicy': ['Never', 'PreemptLowerPriority'],
  'PodSpec.restartPolicy': ['Always', 'Never', 'OnFailure'],
  'PodSecurityContext.fsGroupChangePolicy': ['Always', 'OnRootMismatch'],
  'PodSecurityContext.seLinuxChangePolicy': ['MountOption', 'Recursive'],
  'PodSecurityContext.supplementalGroupsPolicy': ['Merge', 'Strict'],
  'PodStatus.phase': ['Failed', 'Pending', 'Running', 'Succeeded', 'Unknown'],
  'PodStatus.qosClass': ['BestEffort', 'Burstable', 'Guaranteed'],
  'PodCertificateProjection.keyType': ['ECDSAP256', 'ECDSAP384', 'ECDSAP521', 'ED25519', 'RSA3072', 'RSA4096'],

  // core: scheduling
  'NodeSelectorRequirement.operator': ['DoesNotExist', 'Exists', 'Gt', 'In', 'Lt', 'NotIn'],
  'LabelSelectorRequirement.operator': ['DoesNotExist', 'Exists', 'In', 'NotIn'],
  'ScopedResourceSelectorRequirement.operator': ['DoesNotExist', 'Exists', 'In', 'NotIn'],
  'ScopedResourceSelectorRequirement.scopeName': quotaScopes,
  'ResourceQuotaSpec.scopes': quotaScopes,
  'Taint.effect': taintEffect,
  'Toleration.effect': taintEffect,
  'Toleration.operator': ['Equal', 'Exists', 'Gt', 'Lt'],
  'TopologySpreadConstraint.whenUnsatisfiable': ['DoNotSchedule', 'ScheduleAnyway'],
  'TopologySpreadConstraint.nodeAffinityPolicy': ['Honor', 'Ignore'],
  'TopologySpreadConstraint.nodeTaintsPolicy': ['Honor', 'Ignore'],
  'NamespaceStatus.phase': ['Active', 'Terminating'],
  'NodeStatus.phase': ['Pending', 'Running', 'Terminated'],

  // core: services
  'ServicePort.protocol': protocol,
  'EndpointPort.protocol': protocol,
  'PortStatus.protocol': protocol,
  'ServiceSpec.type': ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'],
  'ServiceSpec.sessionAffinity': ['ClientIP', 'None'],
  'ServiceSpec.externalTrafficPolicy': ['Cluster', 'Local'],
  'ServiceSpec.internalTrafficPolicy': ['Cluster', 'Local'],
  'ServiceSpec.ipFamilyPolicy': ['PreferDualStack', 'RequireDualStack', 'SingleStack'],
  'ServiceSpec.ipFamilies': ['', 'IPv4', 'IPv6'],
  'LoadBalancerIngress.ipMode': ['Proxy', 'VIP'],

  // core: volumes
  'AzureDiskVolumeSource.cachingMode': ['None', 'ReadOnly', 'ReadWrite'],
  'AzureDiskVolumeSource.kind': ['Dedicated', 'Managed', 'Shared'],
  'HostPathVolumeSource.type': [
    '',
    'BlockDevice',
    'CharDevice',
    'Directory',
    'DirectoryOrCreate',
    'File',
    'FileOrCreate',
    'Socket',
  ],
  'ModifyVolumeStatus.status': ['InProgress', 'Infeasible', 'Pending'],
  'PersistentVolumeClaimSpec.accessModes': accessModes,
  'PersistentVolumeClaimStatus.accessModes': accessModes,
  'PersistentVolumeSpec.accessModes': accessModes,
  'PersistentVolumeClaimSpec.volumeMode': ['Block', 'Filesystem'],
  'PersistentVolumeSpec.volumeMode': ['Block', 'Filesystem'],
  'PersistentVolumeClaimStatus.phase': ['Bound', 'Lost', 'Pending'],
  'PersistentVolumeStatus.phase': ['Available', 'Bound', 'Failed', 'Pending', 'Released'],
  'PersistentVolumeSpec.persistentVolumeReclaimPolicy': ['Delete', 'Recycle', 'Retain'],
  'StorageClass.reclaimPolicy': ['Delete', 'Recycle', 'Retain'],
  'StorageClass.volumeBindingMode': ['Immediate', 'WaitForFirstConsumer'],
  'CSIDriverSpec.fsGroupPolicy': ['File', 'None', 'ReadWriteOnceWithFSType'],
  'CSIDriverSpec.volumeLifecycleModes': ['Ephemeral', 'Persistent'],

  // discovery, networking, flow control, devices
  'EndpointSlice.addressType': ['FQDN', 'IPv4', 'IPv6'],
  'HTTPIngressPath.pathType': ['Exact', 'ImplementationSpecific', 'Prefix'],
  'NetworkPolicyPort.protocol': protocol,
  'IngressPortStatus.protocol': protocol,
  'NetworkPolicySpec.policyTypes': ['Egress', 'Ingress'],
  'FlowDistinguisherMethod.type': ['ByNamespace', 'ByUser'],
  'LimitResponse.type': ['Queue', 'Reject'],
  'PriorityLevelConfigurationSpec.type': ['Exempt', 'Limited'],
  'DeviceSubRequest.allocationMode': ['All', 'ExactCount'],
  'ExactDeviceRequest.allocationMode': ['All', 'ExactCount'],
  'DeviceToleration.operator': ['Equal', 'Exists'],
  'DeviceToleration.effect': ['NoExecute', 'NoSchedule', 'None'],
  'DeviceTaint.effect': ['NoExecute', 'NoSchedule', 'None'],
};

/** Defaults that the types themselves declare, by `Type.field`. */
export const defaults: Readonly<Record<string, string | boolean | number>> = {
  'AzureDiskVolumeSource.cachingMode': 'ReadWrite',
  'AzureDiskVolumeSource.fsType': 'ext4',
  'AzureDiskVolumeSource.kind': 'Shared',
  'AzureDiskVolumeSource.readOnly': false,
  'ConfigMapEnvSource.name': '',
  'ConfigMapKeySelector.name': '',
  'ConfigMapProjection.name': '',
  'ConfigMapVolumeSource.name': '',
  'ContainerPort.protocol': 'TCP',
  'FileKeySelector.optional': false,
  'GRPCAction.service': '',
  'ISCSIPersistentVolumeSource.iscsiInterface': 'default',
  'ISCSIVolumeSource.iscsiInterface': 'default',
  'LocalObjectReference.name': '',
  'RBDPersistentVolumeSource.keyring': '/etc/ceph/keyring',
  'RBDPersistentVolumeSource.pool': 'rbd',
  'RBDPersistentVolumeSource.user': 'admin',
  'RBDVolumeSource.keyring': '/etc/ceph/keyring',
  'RBDVolumeSource.pool': 'rbd',
  'RBDVolumeSource.user': 'admin',
  'ScaleIOPersistentVolumeSource.fsType': 'xfs',
  'ScaleIOPersistentVolumeSource.storageMode': 'ThinProvisioned',
  'ScaleIOVolumeSource.fsType': 'xfs',
  'ScaleIOVolumeSource.storageMode': 'ThinProvisioned',
  'SecretEnvSource.name': '',
  'SecretKeySelector.name': '',
  'SecretProjection.name': '',
  'ServicePort.protocol': 'TCP',
};

/**
 * Optional fields of a structure that is always there, if only empty, by field or `Type.field`: their default is `{}`. A
 * required field is such a one unless it stands in `optionalStructures`.
 */
export const presentStructures: ReadonlySet<string> = new Set([
  'metadata',
  'spec',
  'status',
  'strategy',
  'updateStrategy',
  'loadBalancer',
  'nodeInfo',
  'daemonEndpoints',
  'kubeletEndpoint',
  'state',
  'lastState',
  'involvedObject',
  'regarding',
  'deprecatedSource',
  'acceptedNames',
  'preferredVersion',
  'userInfo',
  'limitResponse',
  'roleRef',
  'Container.resources',
  'EphemeralContainer.resources',
  'PersistentVolumeClaimSpec.resources',
  'Event.source',
  'Endpoint.conditions',
  'IngressServiceBackend.port',
  'TokenReviewStatus.user',
  'NetworkPolicySpec.podSelector',
  'AllocationResult.devices',
  'ResourceClaimSpec.devices',
  'PodTemplate.template',
  'ReplicaSetSpec.template',
]);

/** Required fields that hold a pointer, which has no default. */
export const optionalStructures: ReadonlySet<string> = new Set([
  'DaemonSetSpec.selector',
  'DeploymentSpec.selector',
  'ReplicaSetSpec.selector',
  'StatefulSetSpec.selector',
  'ScaleIOVolumeSource.secretRef',
  'ScaleIOPersistentVolumeSource.secretRef',
  'IPAddressSpec.parentRef',
]);
