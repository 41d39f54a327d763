import type { AdmissionPlugin } from './plugin.ts';
import { certificateApproval } from './plugins/certificate-approval.ts';
import { certificateSigning } from './plugins/certificate-signing.ts';
import { certificateSubjectRestriction } from './plugins/certificate-subject-restriction.ts';
import { clusterTrustBundleAttest } from './plugins/cluster-trust-bundle-attest.ts';
import { defaultIngressClass } from './plugins/default-ingress-class.ts';
import { defaultStorageClass } from './plugins/default-storage-class.ts';
import { defaultTolerationSeconds } from './plugins/default-toleration-seconds.ts';
import { limitRanger } from './plugins/limit-ranger.ts';
import { namespaceLifecycle } from './plugins/namespace-lifecycle.ts';
import { persistentVolumeClaimResize } from './plugins/persistent-volume-claim-resize.ts';
import { podTopologyLabels } from './plugins/pod-topology-labels.ts';
import { priority } from './plugins/priority.ts';
import { resourceQuota } from './plugins/resource-quota.ts';
import { runtimeClass } from './plugins/runtime-class.ts';
import { serviceAccount } from './plugins/service-account.ts';
import { storageObjectInUseProtection } from './plugins/storage-object-in-use-protection.ts';
import { taintNodesByCondition } from './plugins/taint-nodes-by-condition.ts';

/**
 * The admission plugins of a server in the order they are asked: upstream's order of those that are on by default. Some
 * remember things, so each server has its own.
 */
export function admissionPlugins(): readonly AdmissionPlugin[] {
  return [
    namespaceLifecycle(),
    limitRanger,
    serviceAccount,
    // NodeRestriction
    taintNodesByCondition,
    // PodSecurity
    priority,
    defaultTolerationSeconds,
    defaultStorageClass,
    storageObjectInUseProtection,
    persistentVolumeClaimResize,
    runtimeClass,
    certificateApproval,
    certificateSigning,
    clusterTrustBundleAttest,
    certificateSubjectRestriction,
    defaultIngressClass,
    podTopologyLabels,
    // MutatingAdmissionPolicy, MutatingAdmissionWebhook, ValidatingAdmissionPolicy, ValidatingAdmissionWebhook
    resourceQuota(),
  ];
}

/** Names of plugins to be on or off besides what is by default. */
export interface PluginChoice {
  readonly enable: readonly string[];
  readonly disable: readonly string[];
}

/**
 * The default plugins with the choice applied; their order does not depend on it. All plugins there are are on by
 * default, so that enabling one changes nothing.
 * @throws a sentence for a name that is unknown, or both on and off
 */
export function chosenPlugins({ enable, disable }: PluginChoice): readonly AdmissionPlugin[] {
  const plugins = admissionPlugins();
  const known = new Set(plugins.map(({ name }) => name));
  const unknown = [...enable, ...disable].find((name) => !known.has(name));
  if (unknown !== undefined) throw new Error(`admission plugin "${unknown}" is unknown: use ${[...known].join(', ')}`);
  const both = enable.find((name) => disable.includes(name));
  if (both !== undefined) throw new Error(`admission plugin "${both}" cannot be both enabled and disabled`);
  return plugins.filter(({ name }) => !disable.includes(name));
}
