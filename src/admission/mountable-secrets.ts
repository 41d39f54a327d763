import type { Container, EphemeralContainer, PodSpec } from '../api/core-v1/pod-spec.ts';
import type { ServiceAccount } from '../api/core-v1/service-account.ts';

const annotation = 'kubernetes.io/enforce-mountable-secrets';
const yes = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);

/** Whether pods of this account may only use the secrets that it names. */
export function limitsSecrets({ metadata }: ServiceAccount): boolean {
  return yes.has(metadata.annotations?.[annotation] ?? '');
}

/** Why a pod may not run as `account`, which does not name a secret that it uses; undefined when it may. */
export function foreignSecret(account: ServiceAccount, spec: PodSpec): string | undefined {
  const mountable = new Set(account.secrets?.map(({ name }) => name));
  const because = `is not allowed because service account ${account.metadata.name} does not reference that`;
  for (const { secret } of spec.volumes ?? []) {
    if (secret && !mountable.has(secret.secretName ?? '')) {
      return `volume with secret.secretName=${quoted(secret.secretName)} ${because} secret`;
    }
  }
  const inContainers =
    usedBy('init container', spec.initContainers, mountable) ??
    usedBy('container', spec.containers, mountable) ??
    usedBy('ephemeral container', spec.ephemeralContainers, mountable);
  if (inContainers) return `${inContainers} ${because} secret`;
  const pullable = new Set(account.imagePullSecrets?.map(({ name }) => name));
  const i = (spec.imagePullSecrets ?? []).findIndex(({ name }) => !pullable.has(name));
  if (i < 0) return undefined;
  return `imagePullSecrets[${i}].name=${quoted(spec.imagePullSecrets![i]!.name)} ${because} imagePullSecret`;
}

function usedBy(
  what: string,
  containers: readonly (Container | EphemeralContainer)[] = [],
  mountable: ReadonlySet<string | undefined>,
): string | undefined {
  for (const { name, env = [], envFrom = [] } of containers) {
    for (const { name: variable, valueFrom } of env) {
      const secret = valueFrom?.secretKeyRef;
      if (secret && !mountable.has(secret.name))
        return `${what} ${name} with envVar ${variable} referencing secret.secretName=${quoted(secret.name)}`;
    }
    for (const { secretRef } of envFrom) {
      if (secretRef && !mountable.has(secretRef.name))
        return `${what} ${name} with envFrom referencing secret.secretName=${quoted(secretRef.name)}`;
    }
  }
  return undefined;
}

function quoted(name = ''): string {
  return JSON.stringify(name);
}
