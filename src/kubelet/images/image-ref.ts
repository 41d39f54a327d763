import type { Image } from '../runtime/runtime.ts';
import { parseImageName } from './image-name.ts';

/**
 * How statuses name the image that a container runs: by the digest of the registry it came from (`name@sha256:...`), of
 * which anybody can pull the same again; an image that was only ever here by its id.
 * @param name as the pod asked for it: an image may have come from several registries
 */
export function imageRefOf({ id, names }: Pick<Image, 'id' | 'names'>, name: string): string {
  const digests = names.filter((one) => one.includes('@') && !one.startsWith('<none>'));
  const repository = parseImageName(name)?.repository;
  return digests.find((one) => one.split('@')[0] === repository) ?? digests[0] ?? id;
}
