import { chmod, chown, lchown, lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pod } from '../../api/core-v1/pod.ts';
import { allContainers, specOf } from '../pod-spec.ts';

/** Set-group-id: what is made in the folder belongs to its group. */
const SET_GROUP = 0o2000;
const readWrite = { file: 0o660, folder: SET_GROUP | 0o770 };
const readOnly = { file: 0o440, folder: SET_GROUP | 0o550 };

/** The mode with which a group can read a file of a read-only volume. */
export function groupReadable(mode: number): number {
  return mode | readOnly.file;
}

/** The same for a folder: its group can list it, and what is made in it belongs to the group. */
export function groupListable(mode: number): number {
  return mode | readOnly.folder;
}

/**
 * Lets the members of the pod's `fsGroup` read and write everything of a volume, as `fsGroupChangePolicy` says: with
 * `OnRootMismatch` only if the volume's own folder is not so already. Without an `fsGroup` nothing happens.
 */
export async function giveToGroup(pod: Pod, path: string): Promise<void> {
  const { fsGroup, fsGroupChangePolicy } = specOf(pod).securityContext ?? {};
  if (fsGroup === undefined) return;
  if (fsGroupChangePolicy === 'OnRootMismatch' && (await isOfGroup(path, fsGroup))) return;
  await giveAll(path, fsGroup);
}

async function isOfGroup(path: string, group: number): Promise<boolean> {
  const { gid, mode } = await lstat(path);
  return gid === group && (mode & readWrite.folder) === readWrite.folder;
}

async function giveAll(path: string, group: number): Promise<void> {
  const there = await lstat(path);
  if (there.isSymbolicLink()) return lchown(path, there.uid, group);
  // What is inside comes first: a folder that is right tells OnRootMismatch that all below is.
  if (there.isDirectory()) for (const name of await readdir(path)) await giveAll(join(path, name), group);
  if (there.gid !== group) await chown(path, there.uid, group);
  const more = there.isDirectory() ? readWrite.folder : readWrite.file;
  if ((there.mode & more) !== more || there.gid !== group) await chmod(path, (there.mode & 0o7777) | more);
}

/** The one user that all containers of a pod run as; undefined when they differ or do not say. */
export function commonUser(pod: Pod): number | undefined {
  const own = specOf(pod).securityContext?.runAsUser;
  const users = new Set(allContainers(pod).map((c) => c.securityContext?.runAsUser ?? own));
  return users.size === 1 ? [...users][0] : undefined;
}
