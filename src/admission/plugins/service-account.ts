import { createHash } from 'node:crypto';
import { allContainers, type PodSpec } from '../../api/core-v1/pod-spec.ts';
import { podSecretNames } from '../../api/core-v1/pod-secrets.ts';
import { pod, type Pod } from '../../api/core-v1/pod.ts';
import { serviceAccount as serviceAccountKind, type ServiceAccount } from '../../api/core-v1/service-account.ts';
import { find, type AdmissionContext, type AdmissionPlugin, type AdmissionRequest } from '../plugin.ts';
import { refuse, refuseUnnamed } from '../refusal.ts';
import { foreignSecret, limitsSecrets } from '../mountable-secrets.ts';

/** Where client libraries look for the credentials of the pod they run in. */
const TOKEN_FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';
/** What the names of the volumes with credentials begin with. */
const VOLUME = 'kube-api-access-';
/** Seconds; an hour and a little, as on any cluster. */
const TOKEN_LIFETIME = 3607;

/**
 * Pods that name no service account run as `default`, and every container finds a token of its account, the cluster's CA
 * and its namespace where client libraries look for them, unless the pod or the account wants none.
 */
export const serviceAccount: AdmissionPlugin = {
  name: 'ServiceAccount',
  operations: ['CREATE', 'UPDATE'],
  kinds: [pod],
  subresources: ['', 'ephemeralcontainers'],
  admit(request, context) {
    const created = request.object as Pod;
    const { spec } = created;
    if (request.operation === 'UPDATE' || request.subresource || !spec || isMirror(created)) return undefined;
    spec.serviceAccountName ||= spec.serviceAccount || 'default';
    spec.serviceAccount = spec.serviceAccountName;
    return giveCredentials(request, created, spec, context);
  },
  validate(request, context) {
    const { spec } = request.object as Pod;
    if (!spec || (request.operation === 'UPDATE' && !request.subresource)) return undefined;
    if (isMirror(request.object as Pod)) return checkMirror(request, spec);
    return checkSecrets(request, spec, context);
  },
};

/** The picture of a pod that a kubelet runs by itself, from a file of its node. */
function isMirror({ metadata }: Pod): boolean {
  return Object.hasOwn(metadata.annotations ?? {}, 'kubernetes.io/config.mirror');
}

/** What such a pod names was never asked for here, so it must not need anything from here. */
function checkMirror(request: AdmissionRequest, spec: PodSpec): void {
  const volumes = spec.volumes ?? [];
  const sources = volumes.flatMap((v) => v.projected?.sources ?? []);
  const wrong =
    (spec.serviceAccountName && 'reference service accounts') ||
    (podSecretNames(spec).length > 0 && 'reference secrets') ||
    (sources.some((s) => s.serviceAccountToken) && 'use ServiceAccountToken volume projections') ||
    (volumes.some((v) => v.persistentVolumeClaim) && 'reference persistentvolumeclaims');
  if (wrong) throw refuse(request, `a mirror pod may not ${wrong}`);
}

async function giveCredentials(
  request: AdmissionRequest,
  created: Pod,
  spec: PodSpec,
  context: AdmissionContext,
): Promise<void> {
  const account = await findAccount(request, spec.serviceAccountName!, context);
  if (spec.automountServiceAccountToken ?? account?.automountServiceAccountToken ?? true) mountToken(created, spec);
  if (!spec.imagePullSecrets?.length && account?.imagePullSecrets?.length)
    spec.imagePullSecrets = account.imagePullSecrets.map(({ name }) => ({ name }));
}

/** An account may be limited to the secrets that it names. */
async function checkSecrets(request: AdmissionRequest, spec: PodSpec, context: AdmissionContext): Promise<void> {
  const account = await findAccount(request, spec.serviceAccountName || 'default', context);
  if (!account || !limitsSecrets(account)) return;
  const why = foreignSecret(account, spec);
  if (why) throw refuse(request, why);
}

/** The account `default` of a namespace that has just been made comes in a moment: pods need not wait for it. */
async function findAccount(
  request: AdmissionRequest,
  name: string,
  context: AdmissionContext,
): Promise<ServiceAccount | undefined> {
  const { namespace } = request;
  const found = await find(context, serviceAccountKind, { namespace, name });
  if (found || name === 'default') return found;
  const why = `error looking up service account ${namespace}/${name}: serviceaccount "${name}" not found`;
  throw refuseUnnamed(request, why);
}

function mountToken(created: Pod, spec: PodSpec): void {
  const containers = allContainers({ ...spec, ephemeralContainers: [] });
  const without = containers.filter((c) => !c.volumeMounts?.some((m) => m.mountPath === TOKEN_FOLDER));
  if (without.length === 0) return;
  // What nobody has validated yet may lack a name.
  const there = spec.volumes?.find((volume: { name?: string }) => volume.name?.startsWith(VOLUME));
  const name = there?.name ?? VOLUME + suffixOf(created);
  const mount = { name, mountPath: TOKEN_FOLDER, readOnly: true };
  for (const container of without) container.volumeMounts = [...(container.volumeMounts ?? []), { ...mount }];
  if (there) return;
  spec.volumes = [...(spec.volumes ?? []), { name, projected: { defaultMode: 0o644, sources: tokenSources() } }];
}

function tokenSources() {
  const fieldRef = { apiVersion: 'v1', fieldPath: 'metadata.namespace' };
  return [
    { serviceAccountToken: { expirationSeconds: TOKEN_LIFETIME, path: 'token' } },
    { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
    { downwardAPI: { items: [{ path: 'namespace', fieldRef }] } },
  ];
}

/** Five letters and digits that no volume of the pod's author has. */
function suffixOf({ metadata }: Pod): string {
  const digest = createHash('sha256').update(metadata.uid).digest('hex');
  return BigInt(`0x${digest}`).toString(36).slice(0, 5);
}
