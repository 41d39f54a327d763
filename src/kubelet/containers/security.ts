import type { Pod } from '../../api/core-v1/pod.ts';
import { specOf, type Container } from '../pod-spec.ts';
import type { ContainerSecurity, Image } from '../runtime/runtime.ts';

/**
 * What a container may do, from its own security context and the pod's.
 * @throws Error when it must not run as root but would
 */
export function containerSecurity(pod: Pod, container: Container, image: Image | undefined): ContainerSecurity {
  const ofPod = specOf(pod).securityContext ?? {};
  const own = container.securityContext ?? {};
  const uid = own.runAsUser ?? ofPod.runAsUser;
  const gid = own.runAsGroup ?? ofPod.runAsGroup;
  if (own.runAsNonRoot ?? ofPod.runAsNonRoot) requireNonRoot(uid, image?.user ?? '');
  const groups = [...(ofPod.supplementalGroups ?? []), ...(ofPod.fsGroup === undefined ? [] : [ofPod.fsGroup])];
  return {
    user: userText(uid, gid, image?.user ?? ''),
    groups,
    privileged: own.privileged ?? false,
    readOnlyRootFilesystem: own.readOnlyRootFilesystem ?? false,
    addCapabilities: own.capabilities?.add ?? [],
    dropCapabilities: own.capabilities?.drop ?? [],
    noNewPrivileges: own.allowPrivilegeEscalation === false,
    seccomp: (own.seccompProfile ?? ofPod.seccompProfile)?.type === 'Unconfined' ? 'unconfined' : undefined,
  };
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
