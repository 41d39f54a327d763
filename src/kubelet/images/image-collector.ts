import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Timer } from '../../base/clock.ts';
import { errorMessage, type Log } from '../../base/log.ts';
import type { Image, Runtime } from '../runtime/runtime.ts';
import {
  everyCollection,
  planCollection,
  usualCollection,
  type CollectionPlan,
  type CollectionSettings,
  type DiskSpace,
  type UsedImage,
} from './collection-plan.ts';

export interface ImageCollectorOptions {
  readonly runtime: Runtime;
  readonly clock: Clock;
  readonly log: Log;
  /** Where it is noted which images pods have used, so that a new kubelet knows. */
  readonly rootDir: string;
  readonly disk: () => Promise<DiskSpace>;
  /** Tells of what did not succeed, as an event of the node. */
  readonly warn: (reason: string, message: string) => void;
}

/** Milliseconds between two looks, as upstream's. */
const EVERY = 300_000;

/** When each image was last seen in use, by its id. */
type Uses = Map<string, number>;

/**
 * Removes images when the disk gets full. Only those that pods of this node have used are considered: what else is on the
 * engine belongs to others.
 */
export class ImageCollector {
  readonly #options: ImageCollectorOptions;
  readonly #file: string;
  #uses: Uses | undefined;
  /** Since the last look. */
  readonly #lately: Uses = new Map();
  #timer: Timer | undefined;
  #running: Promise<void> | undefined;

  constructor(options: ImageCollectorOptions) {
    this.#options = options;
    this.#file = join(options.rootDir, 'images.json');
  }

  start(): void {
    this.#timer = this.#options.clock.every(EVERY, () => void this.collect());
  }

  async stop(): Promise<void> {
    this.#timer?.cancel();
    await this.#running;
  }

  /** Notes that a pod of this node uses an image, so that it may go when none does any more. */
  used({ id }: Pick<Image, 'id'>): void {
    this.#lately.set(id, this.#options.clock.now());
  }

  /** Looks, and removes what has to go. */
  collect(): Promise<void> {
    return this.#alone(() => this.#collectOnce());
  }

  /** Removes every image that pods have used and none uses now, however much of the disk is free. */
  removeUnused(): Promise<void> {
    return this.#alone(async () => {
      for (const image of (await this.#plan(everyCollection)).remove) await this.#remove(image);
    });
  }

  /** Whoever asks while it works waits for that. */
  #alone(work: () => Promise<void>): Promise<void> {
    this.#running ??= work()
      .catch((error) => {
        this.#options.log.warn('cannot look after images', { error: errorMessage(error) });
        this.#options.warn('ImageGCFailed', errorMessage(error));
      })
      .finally(() => (this.#running = undefined));
    return this.#running;
  }

  async #collectOnce(): Promise<void> {
    const { remove, wanted, found } = await this.#plan(usualCollection);
    for (const image of remove) await this.#remove(image);
    if (found >= wanted) return;
    const amounts = `Attempted to free ${wanted} bytes, but only found ${found} bytes eligible to free.`;
    this.#options.warn('FreeDiskSpaceFailed', `Failed to garbage collect required amount of images. ${amounts}`);
  }

  async #plan(settings: CollectionSettings): Promise<CollectionPlan> {
    const { runtime, clock, disk } = this.#options;
    const now = clock.now();
    const images = await runtime.images();
    const inUse = this.#inUse(images);
    const uses = await this.#note(images, inUse, now);
    const known = images
      .filter(({ id }) => uses.has(id))
      .map((image): UsedImage => ({ image, lastUsed: uses.get(image.id)!, inUse: inUse.has(image.id) }));
    return planCollection(known, await disk(), settings, now);
  }

  /** The ids of images that containers have, which name them by id or by digest. */
  #inUse(images: readonly Image[]): Set<string> {
    const refs = new Set(this.#options.runtime.pods().flatMap((pod) => pod.containers.map(({ imageId }) => imageId)));
    return new Set(images.filter(({ id, names }) => [id, ...names].some((name) => refs.has(name))).map(({ id }) => id));
  }

  /** The engine keeps what containers of others use; that is no failure. */
  async #remove(image: Image): Promise<void> {
    const { runtime, log } = this.#options;
    try {
      await runtime.removeImage(image);
      log.info('removed an image that nobody uses, to free the disk', { image: image.names[0], bytes: image.size });
    } catch (error) {
      log.debug('an image stays', { image: image.names[0], error: errorMessage(error) });
    }
  }

  async #note(images: readonly Image[], inUse: ReadonlySet<string>, now: number): Promise<Uses> {
    const before = (this.#uses ??= await this.#read());
    const known = (id: string) => (inUse.has(id) ? now : (this.#lately.get(id) ?? before.get(id)));
    const uses: Uses = new Map();
    for (const { id } of images) {
      const at = known(id);
      if (at !== undefined) uses.set(id, at);
    }
    this.#uses = uses;
    const text = JSON.stringify(Object.fromEntries(uses));
    await writeFile(`${this.#file}.new`, text, { mode: 0o600 });
    await rename(`${this.#file}.new`, this.#file);
    return uses;
  }

  async #read(): Promise<Uses> {
    try {
      return new Map(Object.entries(JSON.parse(await readFile(this.#file, 'utf8')) as Record<string, number>));
    } catch {
      return new Map(); // the first time, or half a file
    }
  }
}
