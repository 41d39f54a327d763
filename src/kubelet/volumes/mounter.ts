import { isBlank, makeFileSystem } from '../../linux/disk.ts';
import { bindMount, isMounted, listMounts, mount, unmount, unmountAll } from '../../linux/mount.ts';

/** How volumes are mounted: the machine's mounts, or none where tests have no right to mount. */
export interface Mounter {
  mount(type: string, source: string, target: string, options?: readonly string[]): Promise<void>;
  /** Mounts a device; makes a file system of this type on it if it has none. */
  mountDevice(type: string, device: string, target: string, options?: readonly string[]): Promise<void>;
  /** Makes `source` appear at `target`; the source's links are not looked at by us. */
  bind(source: string, target: string, options?: { readonly readOnly?: boolean }): Promise<void>;
  /** It is no error when nothing is mounted there. */
  unmount(target: string): Promise<void>;
  /** Unmounts everything at and below a folder. */
  unmountAll(folder: string): Promise<void>;
  isMounted(target: string): Promise<boolean>;
  /** The mount points at and below a folder. */
  below(folder: string): Promise<string[]>;
}

/** The mounts of this machine. */
export const machineMounter: Mounter = {
  mount,
  async mountDevice(type, device, target, options) {
    if (await isBlank(device)) await makeFileSystem(type, device);
    await mount(type, device, target, options);
  },
  bind: (source, target, options) => bindMount(source, target, { ...options, canonicalize: false }),
  unmount,
  unmountAll,
  isMounted,
  async below(folder) {
    const targets = (await listMounts()).map((m) => m.target);
    return targets.filter((target) => target === folder || target.startsWith(`${folder}/`));
  },
};
