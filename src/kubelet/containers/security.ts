import { readFile } from 'node:fs/promises';
import { join, normalize } from 'node:path';
import type { Pod } from '../../api/core-v1/pod.ts';
import { specOf, type Container, type PodSpec } from '../pod-spec.ts';
import type { ContainerSecurity, Image } from '../runtime/runtime.ts';
import { permittedCapabilities } from './capabilities.ts';

type SecurityContext = NonNullable<Container['securityContext']>;
type PodSecurityContext = NonNullable<PodSpec['securityContext']>;

/**
 * What a container may do, from its own security context and the pod's.
 * @param lacking capabilities that this machine cannot give to anybody
 * @throws Error when it must not run as root but would
 */
export function containerSecurity(
  pod: Pod,
  container: Container,
  image: Image | undefined,
  lacking: readonly string[] = [],
): ContainerSecurity {
  const ofPod = specOf(pod).securityContext ?? {};
  const own = container.securityContext ?? {};
  const uid = own.runAsUser ?? ofPod.runAsUser;
  const gid = own.runAsGroup ?? ofPod.runAsGroup;
  if (own.runAsNonRoot ?? ofPod.runAsNonRoot) requireNonRoot(uid, image?.user ?? '');
  const groups = [...(ofPod.supplementalGroups ?? []), ...(ofPod.fsGroup === undefined ? [] : [ofPod.fsGroup])];
  const privileged = own.privileged ?? false;
  const capabilities = permittedCapabilities({ ...own.capabilities, all: privileged }, lacking);
  return {
    user: userText(uid, gid, image?.user ?? ''),
    groups,
    privileged,
    readOnlyRootFilesystem: own.readOnlyRootFilesystem ?? false,
    addCapabilities: capabilities.add,
    dropCapabilities: capabilities.drop,
    refusedCapabilities: capabilities.refused,
    noNewPrivileges: own.allowPrivilegeEscalation === false,
    unmaskedProc: own.procMount === 'Unmasked',
    // What says nothing is not confined: the API's default.
    seccomp: (own.seccompProfile ?? ofPod.seccompProfile)?.type === 'RuntimeDefault' ? undefined : 'unconfined',
    appArmor: appArmorProfile(own, ofPod),
    seLinux: seLinuxLabels(own, ofPod),
  };
}

/**
 * The text of the seccomp profile that a container names on its node.
 * @param folder holds the node's profiles
 * @returns undefined when it names none
 * @throws Error with a sentence when there is none of that name
 */
export async function localSeccompProfile(pod: Pod, container: Container, folder: string): Promise<string | undefined> {
  const profile = container.securityContext?.seccompProfile ?? specOf(pod).securityContext?.seccompProfile;
  if (profile?.type !== 'Localhost') return undefined;
  const name = normalize(profile.localhostProfile ?? '');
  if (!name || name.startsWith('/') || name.startsWith('..')) {
    throw new Error(`localhost seccomp profile "${profile.localhostProfile ?? ''}" must be a path below ${folder}`);
  }
  const path = join(folder, name);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    const why = error.code === 'ENOENT' ? 'no such file or directory' : error.message;
    throw new Error(`cannot load seccomp profile "${path}": open ${path}: ${why}`);
  });
  return compactJson(text, path);
}

function compactJson(text: string, path: string): string {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    throw new Error(`cannot load seccomp profile "${path}": it is no JSON`);
  }
}

function appArmorProfile(own: SecurityContext, ofPod: PodSecurityContext): string | undefined {
  const profile = own.appArmorProfile ?? ofPod.appArmorProfile;
  if (profile?.type === 'Unconfined') return 'unconfined';
  return profile?.type === 'Localhost' ? profile.localhostProfile : undefined;
}

/** As the engine takes them: `level:s0:c1,c2`. */
function seLinuxLabels(own: SecurityContext, ofPod: PodSecurityContext): string[] {
  const { user, role, type, level } = own.seLinuxOptions ?? ofPod.seLinuxOptions ?? {};
  return Object.entries({ user, role, type, level }).flatMap(([name, value]) => (value ? [`${name}:${value}`] : []));
}

function userText(uid: number | undefined, gid: number | undefined, imageUser: string): string | undefined {
  if (uid !== undefined) return gid === undefined ? String(uid) : `${uid}:${gid}`;
  return gid === undefined ? undefined : `${imageUser.split(':')[0] || '0'}:${gid}`;
}

function requireNonRoot(uid: number | undefined, imageUser: string): void {
  if (uid === 0) throw new Error("container's runAsUser breaks non-root policy");
  if (uid !== undefined) return;
  const user = imageUser.split(':')[0]!;
  if (user === '' || user === '0' || user === 'root') {
    throw new Error('container has runAsNonRoot and image will run as root');
  }
  if (!/^\d+$/.test(user)) {
    throw new Error(
      `container has runAsNonRoot and image has non-numeric user (${user}), cannot verify user is non-root`,
    );
  }
}
