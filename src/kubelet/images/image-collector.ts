import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Timer } from '../../base/clock.ts';
import { errorMessage, type Log } from '../../base/log.ts';
import type { Image, Runtime } from '../runtime/runtime.ts';
import { planCollection, usualCollection, type DiskSpace, type UsedImage } from './collection-plan.ts';

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

  /** Looks, and removes what has to go. */
  collect(): Promise<void> {
    this.#running ??= this.#collectOnce()
      .catch((error) => {
        this.#options.log.warn('cannot look after images', { error: errorMessage(error) });
        this.#options.warn('ImageGCFailed', errorMessage(error));
      })
      .finally(() => (this.#running = undefined));
    return this.#running;
  }

  async #collectOnce(): Promise<void> {
    const { runtime, clock, disk, warn } = this.#options;
    const now = clock.now();
    const inUse = new Set(runtime.pods().flatMap(({ containers }) => containers.map(({ imageId }) => bare(imageId))));
    const images = await runtime.images();
    const uses = await this.#note(images, inUse, now);
    const known = images
      .filter(({ id }) => uses.has(id))
      .map((image): UsedImage => ({ image, lastUsed: uses.get(image.id)!, inUse: inUse.has(image.id) }));
    const { remove, wanted, found } = planCollection(known, await disk(), usualCollection, now);
    for (const image of remove) await this.#remove(image);
    if (found >= wanted) return;
    const amounts = `Attempted to free ${wanted} bytes, but only found ${found} bytes eligible to free.`;
    warn('FreeDiskSpaceFailed', `Failed to garbage collect required amount of images. ${amounts}`);
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
    const present = images.filter(({ id }) => before.has(id) || inUse.has(id));
    const uses: Uses = new Map(present.map(({ id }) => [id, inUse.has(id) ? now : before.get(id)!]));
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

/** `docker://sha256:...` without the part in front. */
function bare(imageId: string): string {
  return imageId.replace(/^[a-z]+:\/\//, '');
}
