import type { Pod } from '../../api/core-v1/pod.ts';
import type { ConfigSource } from '../containers/config-source.ts';
import { secretFiles } from '../containers/config-source.ts';
import { specOf } from '../pod-spec.ts';
import type { ImageCredentials } from '../runtime/runtime.ts';
import { entriesFor, type RegistryEntry } from './registry-entries.ts';

/** A secret, told from others that had its name before. */
export interface SecretIdentity {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
}

/** What one can try to pull with. */
export interface PullCredentials extends ImageCredentials {
  /** Where it is from; absent: from the node itself, so that all of its pods may use it. */
  readonly secret?: SecretIdentity | undefined;
}

/** What the pull secrets of a pod give for an image. */
export interface PullSecrets {
  /** In the order in which they are to be tried: those for the longest path first. Empty: pull without. */
  readonly credentials: readonly PullCredentials[];
  /** The names of secrets that are not there. */
  readonly missing: readonly string[];
}

/** The credentials for an image among the pod's pull secrets; a secret that is broken is passed over. */
export async function pullSecrets(pod: Pod, image: string, source: ConfigSource): Promise<PullSecrets> {
  const found: (RegistryEntry & { secret: SecretIdentity })[] = [];
  const missing: string[] = [];
  for (const { name } of specOf(pod).imagePullSecrets ?? []) {
    if (!name) continue;
    const secret = await source.secret(name, true);
    if (!secret) {
      missing.push(name);
      continue;
    }
    const identity = { uid: secret.metadata.uid, namespace: source.namespace, name };
    found.push(...entriesFor(image, secretFiles(secret)).map((entry) => ({ ...entry, secret: identity })));
  }
  found.sort((a, b) => b.place.length - a.place.length);
  return { credentials: found.map(({ credentials, secret }) => ({ ...credentials, secret })), missing };
}
