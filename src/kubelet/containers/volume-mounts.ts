import type { Pod } from '../../api/core-v1/pod.ts';
import { errorMessage } from '../../base/log.ts';
import type { Container } from '../pod-spec.ts';
import type { Device, Mount } from '../runtime/runtime.ts';
import { expand, unknownNames } from './expand.ts';

/** A volume that is ready to be mounted into containers. */
export interface MountedVolume {
  /** On the host. */
  readonly path: string;
  /** Whether it is a device, for `volumeDevices`, and not files. */
  readonly block?: boolean | undefined;
  /** Whether no container may write, whatever it asks for. */
  readonly readOnly: boolean;
  /** How it is measured: by counting its files, or as a file system of its own. Absent: not at all. */
  readonly measured?: 'files' | 'file system' | undefined;
  /** The claim behind it. */
  readonly claim?: { readonly namespace: string; readonly name: string } | undefined;
  /** The image that it shows, as `imageID` of a container's status names it. */
  readonly imageRef?: string | undefined;
}

/** What turns a container's volume mounts into the runtime's. */
export interface MountInputs {
  /** By the volumes' names. */
  readonly volumes: ReadonlyMap<string, MountedVolume>;
  /** Makes a part of a volume ready, safe from links. @returns the host's path of it @throws Error */
  readonly bindSubPath: (request: SubPathRequest) => Promise<string>;
}

export interface SubPathRequest {
  readonly uid: string;
  readonly volume: string;
  readonly volumePath: string;
  readonly container: string;
  /** Which of the container's mounts it is. */
  readonly index: number;
  readonly subPath: string;
}

type VolumeMount = NonNullable<Container['volumeMounts']>[number];

const propagations: Readonly<Record<string, Mount['propagation']>> = {
  HostToContainer: 'rslave',
  Bidirectional: 'rshared',
};

/** @throws Error with the sentence of CreateContainerConfigError */
export async function volumeMounts(
  pod: Pod,
  container: Container,
  inputs: MountInputs,
  env: ReadonlyMap<string, string>,
): Promise<Mount[]> {
  if (inputs.volumes.size === 0) return [];
  const mounts = (container.volumeMounts ?? []).map(async (mount, index): Promise<Mount> => {
    const volume = inputs.volumes.get(mount.name);
    if (!volume) throw new Error(`cannot find volume "${mount.name}" to mount into container "${container.name}"`);
    checkRecursive(mount);
    const subPath = subPathOf(mount, env);
    return {
      hostPath: subPath ? await partOf(pod, container, index, volume, subPath, inputs) : volume.path,
      containerPath: mount.mountPath.startsWith('/') ? mount.mountPath : `/${mount.mountPath}`,
      readOnly: volume.readOnly || (mount.readOnly ?? false),
      propagation: propagations[mount.mountPropagation ?? ''],
    };
  });
  return Promise.all(mounts);
}

/**
 * The devices that a container has of the pod's block volumes.
 * @throws Error with the sentence of CreateContainerConfigError
 */
export function volumeDevices(container: Container, volumes: MountInputs['volumes']): Device[] {
  if (volumes.size === 0) return [];
  return (container.volumeDevices ?? []).map(({ name, devicePath }) => {
    const volume = volumes.get(name);
    if (!volume?.block) throw new Error(`cannot find device "${name}" for container "${container.name}"`);
    return { hostPath: volume.path, containerPath: devicePath, readOnly: volume.readOnly };
  });
}

/** No engine that we speak to (API 1.41) makes mounts below a mount read-only too. */
function checkRecursive({ name, recursiveReadOnly }: VolumeMount): void {
  if (recursiveReadOnly !== 'Enabled') return;
  throw new Error(`volume "${name}" requested recursive read-only mode, but it is not supported by the runtime`);
}

function subPathOf(mount: VolumeMount, env: ReadonlyMap<string, string>): string {
  const { subPath = '', subPathExpr } = mount;
  if (!subPathExpr) return checked(subPath);
  const [missing] = unknownNames(subPathExpr, env);
  if (missing !== undefined) throw new Error(`missing value for "${missing}"`);
  return checked(expand(subPathExpr, env));
}

function checked(subPath: string): string {
  if (subPath.startsWith('/')) throw new Error(`error SubPath \`${subPath}\` must not be an absolute path`);
  if (subPath.split('/').includes('..')) {
    throw new Error(`unable to provision SubPath \`${subPath}\`: must not contain '..'`);
  }
  return subPath;
}

async function partOf(
  pod: Pod,
  container: Container,
  index: number,
  volume: MountedVolume,
  subPath: string,
  { bindSubPath }: MountInputs,
): Promise<string> {
  const { name } = container.volumeMounts![index]!;
  const request = { uid: pod.metadata.uid, volume: name, volumePath: volume.path, container: container.name };
  try {
    return await bindSubPath({ ...request, index, subPath });
  } catch (error) {
    const what = `failed to prepare subPath for volumeMount "${name}" of container "${container.name}"`;
    throw new Error(`${what}: ${errorMessage(error)}`, { cause: error });
  }
}
