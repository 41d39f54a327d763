import { join } from 'node:path';

/** Where the control group of a process is: one folder for all (v2), or one for each controller (v1). */
export type CgroupFolders =
  | { readonly version: 2; readonly unified: string }
  | { readonly version: 1; readonly cpuacct: string; readonly memory: string; readonly pids: string | undefined };

/**
 * Finds the folders of a process's control group, from `/proc/<pid>/cgroup` and our own `/proc/self/mountinfo`. On a
 * hybrid system, where both versions are mounted, the controllers are those of v1. Undefined when nothing is mounted.
 */
export function cgroupFolders(groups: string, mounts: string): CgroupFolders | undefined {
  const mounted = mountsOf(mounts);
  const paths = new Map<string, string>();
  for (const line of groups.split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (path === undefined) continue;
    for (const controller of (controllers ?? '').split(',')) {
      const folder = folderOf(mounted.get(controller), path);
      if (folder) paths.set(controller, folder);
    }
  }
  const [cpuacct, memory] = [paths.get('cpuacct'), paths.get('memory')];
  if (cpuacct && memory) return { version: 1, cpuacct, memory, pids: paths.get('pids') };
  const unified = paths.get('');
  return unified === undefined ? undefined : { version: 2, unified };
}

interface Mount {
  readonly root: string;
  readonly point: string;
}

/** The mounts by controller; that of v2 is under the empty name, as in `/proc/<pid>/cgroup`. */
function mountsOf(text: string): Map<string, Mount> {
  const mounts = new Map<string, Mount>();
  for (const line of text.split('\n')) {
    const [before = '', after = ''] = line.split(' - ');
    const [, , , root = '/', point = ''] = before.split(' ');
    const [type, , options = ''] = after.split(' ');
    if (type === 'cgroup2') mounts.set('', { root, point });
    if (type !== 'cgroup') continue;
    for (const option of options.split(',')) if (!mounts.has(option)) mounts.set(option, { root, point });
  }
  return mounts;
}

function folderOf(mount: Mount | undefined, path: string): string | undefined {
  if (!mount) return undefined;
  // Of a hierarchy, only what is below the mount's root can be seen.
  const below = mount.root !== '/' && path.startsWith(mount.root) ? path.slice(mount.root.length) : path;
  return join(mount.point, below);
}
