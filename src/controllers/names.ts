/** How the rest of the world knows a controller. */
export interface ControllerNames {
  /** Upstream's name, by which it is switched on and off. */
  readonly name: string;
  /** The name that it had before Kubernetes 1.28; it still can be switched by that. */
  readonly alias?: string;
  /** The `name` label of its work queue's metrics. Default: the name without `-controller`. */
  readonly queue?: string;
  /** The source of its events. Default: the name. */
  readonly component?: string;
  /** Whether it runs only when it is asked for by name. */
  readonly off?: true;
}

/** All controllers of upstream's controller manager, also those that are none here, so that every list of its users is understood. */
const upstream: readonly ControllerNames[] = [
  { name: 'serviceaccount-token-controller', alias: 'serviceaccount-token', queue: 'serviceaccount_tokens_secret' },
  { name: 'endpoints-controller', alias: 'endpoint', queue: 'endpoint', component: 'endpoint-controller' },
  {
    name: 'endpointslice-controller',
    alias: 'endpointslice',
    queue: 'endpoint_slice',
    component: 'endpoint-slice-controller',
  },
  {
    name: 'endpointslice-mirroring-controller',
    alias: 'endpointslicemirroring',
    queue: 'endpoint_slice_mirroring',
    component: 'endpoint-slice-mirroring-controller',
  },
  {
    name: 'replicationcontroller-controller',
    alias: 'replicationcontroller',
    queue: 'replicationmanager',
    component: 'replication-controller',
  },
  { name: 'pod-garbage-collector-controller', alias: 'podgc', queue: 'orphaned_pods_nodes' },
  { name: 'resourcequota-controller', alias: 'resourcequota', queue: 'resourcequota_primary' },
  { name: 'namespace-controller', alias: 'namespace' },
  { name: 'serviceaccount-controller', alias: 'serviceaccount' },
  { name: 'garbage-collector-controller', alias: 'garbagecollector', queue: 'garbage_collector_attempt_to_delete' },
  { name: 'daemonset-controller', alias: 'daemonset' },
  { name: 'job-controller', alias: 'job' },
  { name: 'deployment-controller', alias: 'deployment' },
  { name: 'replicaset-controller', alias: 'replicaset' },
  {
    name: 'horizontal-pod-autoscaler-controller',
    alias: 'horizontalpodautoscaling',
    queue: 'horizontalpodautoscaler',
    component: 'horizontal-pod-autoscaler',
  },
  { name: 'disruption-controller', alias: 'disruption', component: 'controllermanager' },
  { name: 'statefulset-controller', alias: 'statefulset' },
  { name: 'cronjob-controller', alias: 'cronjob' },
  { name: 'certificatesigningrequest-signing-controller', alias: 'csrsigning', queue: 'certificate' },
  { name: 'certificatesigningrequest-approving-controller', alias: 'csrapproving', queue: 'certificate' },
  { name: 'certificatesigningrequest-cleaner-controller', alias: 'csrcleaner' },
  { name: 'ttl-controller', alias: 'ttl', queue: 'ttlcontroller' },
  { name: 'bootstrap-signer-controller', alias: 'bootstrapsigner', queue: 'bootstrap_signer_queue', off: true },
  { name: 'token-cleaner-controller', alias: 'tokencleaner', queue: 'token_cleaner', off: true },
  { name: 'node-ipam-controller', alias: 'nodeipam', queue: 'cidrallocator-node', component: 'cidrAllocator' },
  {
    name: 'node-lifecycle-controller',
    alias: 'nodelifecycle',
    queue: 'node_lifecycle_controller',
    component: 'node-controller',
  },
  { name: 'taint-eviction-controller', queue: 'noexec_taint_node' },
  { name: 'device-taint-eviction-controller', queue: 'device_taint_eviction' },
  {
    name: 'persistentvolume-binder-controller',
    alias: 'persistentvolume-binder',
    queue: 'claims',
    component: 'persistentvolume-controller',
  },
  {
    name: 'persistentvolume-attach-detach-controller',
    alias: 'attachdetach',
    queue: 'pvcs',
    component: 'attachdetach-controller',
  },
  {
    name: 'persistentvolume-expander-controller',
    alias: 'persistentvolume-expander',
    queue: 'volume_expand',
    component: 'volume_expand',
  },
  { name: 'clusterrole-aggregation-controller', alias: 'clusterrole-aggregation', queue: 'ClusterRoleAggregator' },
  { name: 'persistentvolumeclaim-protection-controller', alias: 'pvc-protection', queue: 'pvcprotection' },
  { name: 'persistentvolume-protection-controller', alias: 'pv-protection', queue: 'pvprotection' },
  { name: 'ttl-after-finished-controller', alias: 'ttl-after-finished', queue: 'ttl_jobs_to_delete' },
  {
    name: 'root-ca-certificate-publisher-controller',
    alias: 'root-ca-cert-publisher',
    queue: 'root_ca_cert_publisher',
  },
  { name: 'kube-apiserver-serving-clustertrustbundle-publisher-controller' },
  {
    name: 'ephemeral-volume-controller',
    alias: 'ephemeral-volume',
    queue: 'ephemeral_volume',
    component: 'ephemeral_volume',
  },
  { name: 'storageversion-garbage-collector-controller', alias: 'storage-version-gc' },
  {
    name: 'resourceclaim-controller',
    alias: 'resource-claim-controller',
    queue: 'resource_claim',
    component: 'resource_claim',
  },
  { name: 'legacy-serviceaccount-token-cleaner-controller', alias: 'legacy-service-account-token-cleaner' },
  { name: 'validatingadmissionpolicy-status-controller', alias: 'validatingadmissionpolicy-status' },
  { name: 'service-cidr-controller', queue: 'servicecidrs' },
  { name: 'storage-version-migrator-controller' },
  { name: 'selinux-warning-controller', off: true },
  { name: 'volumeattributesclass-protection-controller' },
  { name: 'podcertificaterequest-cleaner-controller' },
  { name: 'service-lb-controller', alias: 'service', queue: 'service', component: 'service-controller' },
  { name: 'node-route-controller', alias: 'route' },
  { name: 'cloud-node-lifecycle-controller', alias: 'cloud-node-lifecycle' },
];

/** What is known of the controller with this name; of one that upstream does not have, no more than its name. */
export function namesOf(name: string): ControllerNames {
  return upstream.find((one) => one.name === name) ?? { name };
}

/**
 * Understands a list as `--controllers` takes it: `*` are all that are on by default, `foo` one by its name (or the name
 * that it had before), `-foo` all but one; the first that names a controller counts.
 * @param offered the names of the controllers that there are here
 * @returns the names of those that are to run
 * @throws an Error that names what is not known
 */
export function selectedControllers(selection: readonly string[], offered: readonly string[]): Set<string> {
  const items = selection.map((item) => ({ ...nameIn(item, offered), item }));
  const all = selection.includes('*');
  const chosen = offered.filter((name) => {
    const named = items.find((one) => one.name === name);
    return named ? named.on : all && !namesOf(name).off;
  });
  return new Set(chosen);
}

function nameIn(item: string, offered: readonly string[]): { name: string; on: boolean } {
  if (item === '*') return { name: item, on: true };
  const on = !item.startsWith('-');
  const given = on ? item : item.slice(1);
  const name = upstream.find(({ alias }) => alias === given)?.name ?? given;
  const known = offered.includes(name) || (!on && upstream.some((one) => one.name === name));
  if (!known)
    throw new Error(`"${given}" is not in the list of known controllers: use ${[...offered].sort().join(', ')}`);
  return { name, on };
}
