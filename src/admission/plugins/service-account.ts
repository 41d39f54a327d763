import { createHash } from 'node:crypto';
import { forbiddenAccess } from '../../apimachinery/api-error.ts';
import { gvkKey } from '../../apimachinery/kind.ts';
import { pod, type Pod } from '../../api/core-v1/pod.ts';
import { serviceAccount as serviceAccountKind, type ServiceAccount } from '../../api/core-v1/service-account.ts';
import type { AdmissionPlugin, AdmissionReader } from '../plugin.ts';

type PodSpec = NonNullable<Pod['spec']>;

/** Where client libraries look for the credentials of the pod they run in. */
const TOKEN_FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';
/** Seconds; an hour and a little, as on any cluster. */
const TOKEN_LIFETIME = 3607;

/**
 * Pods that name no service account run as `default`, and every container finds a token of its account, the cluster's CA
 * and its namespace where client libraries look for them, unless the pod or the account wants none.
 */
export const serviceAccount: AdmissionPlugin = {
  name: 'ServiceAccount',
  operations: ['CREATE'],
  admit({ kind, subresource, object, namespace }, reader) {
    if (subresource || gvkKey(kind) !== gvkKey(pod)) return undefined;
    const created = object as Pod;
    if (!created.spec || created.metadata.annotations?.['kubernetes.io/config.mirror']) return undefined;
    created.spec.serviceAccountName ||= created.spec.serviceAccount || 'default';
    created.spec.serviceAccount = created.spec.serviceAccountName;
    return giveCredentials(created, created.spec, namespace, reader);
  },
};

async function giveCredentials(created: Pod, spec: PodSpec, namespace: string, reader: AdmissionReader): Promise<void> {
  const account = await findAccount(created, spec.serviceAccountName!, namespace, reader);
  if (!spec.imagePullSecrets?.length && account?.imagePullSecrets?.length)
    spec.imagePullSecrets = account.imagePullSecrets.map(({ name }) => ({ name }));
  if (spec.automountServiceAccountToken ?? account?.automountServiceAccountToken ?? true) mountToken(created, spec);
}

/** The account `default` of a namespace that has just been made comes in a moment: pods need not wait for it. */
async function findAccount(
  created: Pod,
  name: string,
  namespace: string,
  reader: AdmissionReader,
): Promise<ServiceAccount | undefined> {
  const wanted = { namespace, name };
  const found = (await reader.get(serviceAccountKind, wanted)) ?? (await reader.get(serviceAccountKind, wanted, true));
  if (found || name === 'default') return found;
  const why = `error looking up service account ${namespace}/${name}: serviceaccount "${name}" not found`;
  throw forbiddenAccess(pod, created.metadata.name, why);
}

function mountToken(created: Pod, spec: PodSpec): void {
  const containers = [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
  const without = containers.filter((c) => !c.volumeMounts?.some((m) => m.mountPath === TOKEN_FOLDER));
  if (without.length === 0) return;
  const name = `kube-api-access-${suffixOf(created)}`;
  const mount = { name, mountPath: TOKEN_FOLDER, readOnly: true };
  for (const container of without) container.volumeMounts = [...(container.volumeMounts ?? []), { ...mount }];
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
