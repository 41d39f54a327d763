import type { V1Volume } from '@kubernetes/client-node';
import type { Plain } from '../../apimachinery/object.ts';
import type { Clock } from '../../base/clock.ts';
import type { Pod } from '../../api/core-v1/pod.ts';
import type { SelectableNode } from '../../api/core-v1/node-selector.ts';
import type { Client } from '../../client/client.ts';
import type { ConfigSource } from '../containers/config-source.ts';
import type { DownwardFacts } from '../containers/field-ref.ts';
import type { MountedVolume } from '../containers/volume-mounts.ts';
import type { Container } from '../pod-spec.ts';
import type { Mounter } from './mounter.ts';

export type Volume = Plain<V1Volume>;

/** An image whose files can be shown. */
export interface ImageFiles {
  /** The folders of its layers, the topmost first. */
  readonly layers: readonly string[];
  /** As `imageID` of a container's status names it. */
  readonly imageRef: string;
}

/** Fetches the image that a container of this kind would have. @throws Error when there is none */
export type FetchFiles = (pod: Pod, wanted: Container, source: ConfigSource) => Promise<ImageFiles>;

/** What volume types work with. */
export interface VolumeContext {
  readonly pod: Pod;
  readonly volume: Volume;
  /** A folder for this volume alone; it does not exist at first. */
  readonly folder: string;
  readonly client: Client;
  readonly clock: Clock;
  readonly mounter: Mounter;
  readonly source: ConfigSource;
  readonly facts: DownwardFacts;
  readonly node: SelectableNode;
  /** The folder below which provisioned volumes lie, which this node may make. */
  readonly localPaths: string;
  readonly imageFiles: FetchFiles;
  /** Keeps tokens between two calls. */
  readonly tokens: Map<string, IssuedToken>;
}

/** Times are milliseconds since the epoch. */
export interface IssuedToken {
  readonly token: string;
  readonly renewAt: number;
}

/** A type of volume, named by its field in the volume. */
export interface VolumeType {
  readonly field: Exclude<keyof Volume, 'name'>;
  /** Whether the content follows objects of the API, so that setting it up again updates it. */
  readonly dynamic?: boolean;
  /** Makes the volume ready, also when it is already. @throws Error with a sentence */
  setUp(context: VolumeContext): Promise<MountedVolume>;
}
