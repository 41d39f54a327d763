import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import type { EventRecorder } from '../../client/events.ts';
import type { Image, Runtime } from '../runtime/runtime.ts';
import { readMachineInfo } from '../node/machine-info.ts';
import type { CredentialProviders } from './credential-providers.ts';
import { ImageCollector } from './image-collector.ts';
import { ImagePuller } from './image-puller.ts';
import { nodeCredentials } from './node-credentials.ts';
import { PullRecords } from './pull-records.ts';

export interface KubeletImagesOptions {
  readonly runtime: Runtime;
  readonly clock: Clock;
  readonly events: EventRecorder;
  /** Undefined on simulated nodes: images are everybody's. */
  readonly rootDir?: string | undefined;
  /** Told of every image that a container gets. */
  readonly used?: ((image: Image) => void) | undefined;
  /** Plugins that know credentials. */
  readonly providers?: Pick<CredentialProviders, 'of'> | undefined;
  /** Files as `docker login` writes them, besides `config.json` in `rootDir`. */
  readonly credentialFiles?: readonly string[] | undefined;
}

/** The images of the pods of a node, and who may use them. */
export function kubeletImages({ rootDir, credentialFiles, ...rest }: KubeletImagesOptions): ImagePuller {
  if (rootDir === undefined) return new ImagePuller(rest);
  const { providers } = rest;
  const files = [join(rootDir, 'config.json'), ...(credentialFiles ?? [])];
  return new ImagePuller({
    ...rest,
    records: new PullRecords(join(rootDir, 'image_manager')),
    nodeCredentials: async (image) => [
      ...(await nodeCredentials(image, files)),
      ...((await providers?.of(image)) ?? []),
    ],
  });
}

/** Removes images that nobody has used for long when the disk of the pods' files is too full. */
export function kubeletCollector(
  options: Omit<ConstructorParameters<typeof ImageCollector>[0], 'disk'>,
): ImageCollector {
  const disk = async () => {
    const { disk: capacity, diskAvailable: available } = await readMachineInfo(options.rootDir);
    return { capacity, available };
  };
  return new ImageCollector({ ...options, disk });
}
