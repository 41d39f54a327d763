import type { Pod } from '../../api/core-v1/pod.ts';
import type { ConfigSource } from '../containers/config-source.ts';
import { secretFiles } from '../containers/config-source.ts';
import { specOf } from '../pod-spec.ts';
import type { ImageCredentials } from '../runtime/runtime.ts';
import { parseImageName } from './image-name.ts';

/** The credentials for an image's registry among the pod's pull secrets; a secret that is missing or broken is passed over. */
export async function pullCredentials(
  pod: Pod,
  image: string,
  source: ConfigSource,
): Promise<ImageCredentials | undefined> {
  const registry = parseImageName(image)?.registry;
  if (!registry) return undefined;
  for (const { name } of specOf(pod).imagePullSecrets ?? []) {
    const found = name ? await source.secret(name, true) : undefined;
    const text = found && secretFiles(found).get('.dockerconfigjson')?.toString('utf8');
    const credentials = text && fromDockerConfig(text, registry);
    if (credentials) return credentials;
  }
  return undefined;
}

/** The entry for `registry` in the text of a `.dockerconfigjson`. */
export function fromDockerConfig(text: string, registry: string): ImageCredentials | undefined {
  let auths: Record<string, { username?: string; password?: string; auth?: string }>;
  try {
    auths = JSON.parse(text)?.auths ?? {};
  } catch {
    return undefined;
  }
  for (const [server, entry] of Object.entries(auths)) {
    const host = server.replace(/^https?:\/\//, '').split('/')[0]!;
    if (host !== registry && !(registry === 'docker.io' && host === 'index.docker.io')) continue;
    const pair = Buffer.from(entry.auth ?? '', 'base64').toString('utf8');
    const colon = pair.indexOf(':');
    const username = entry.username ?? (colon >= 0 ? pair.slice(0, colon) : '');
    const password = entry.password ?? (colon >= 0 ? pair.slice(colon + 1) : '');
    return { username, password, serveraddress: server };
  }
  return undefined;
}
