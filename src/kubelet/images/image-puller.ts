import type { Clock, Timer } from '../../base/clock.ts';
import { errorMessage } from '../../base/log.ts';
import type { Pod } from '../../api/core-v1/pod.ts';
import type { EventRecorder } from '../../client/events.ts';
import type { ConfigSource } from '../containers/config-source.ts';
import type { Waiting } from '../container-status.ts';
import { containerPath, type Container } from '../pod-spec.ts';
import type { Image, ImageCredentials, PullProgress, Runtime } from '../runtime/runtime.ts';
import { parseImageName, withDefaultTag } from './image-name.ts';
import type { PullRecords } from './pull-records.ts';
import { pullSecrets, type PullCredentials } from './pull-secrets.ts';

export interface ImagePullerOptions {
  readonly runtime: Runtime;
  readonly clock: Clock;
  readonly events: EventRecorder;
  /** Who may use which image; absent on simulated nodes, where everybody may. */
  readonly records?: PullRecords | undefined;
  /** Told of every image that a container gets. */
  readonly used?: ((image: Image) => void) | undefined;
  /** The credentials of the node itself for an image. */
  readonly nodeCredentials?: ((image: string) => Promise<readonly PullCredentials[]>) | undefined;
}

/** Milliseconds between two events that tell how far a pull is. */
const TELL_EVERY = 30_000;
/** Milliseconds: the first delay between two tries, and the longest. */
const FIRST_DELAY = 10_000;
const LONGEST_DELAY = 300_000;

interface Failure {
  readonly until: number;
  readonly delay: number;
  readonly message: string;
  /** Whether events have told that it backs off. */
  told: boolean;
}

/** An image, and what of which pod wants it. */
interface Wanted {
  readonly pod: Pod;
  readonly name: string;
  /** As events name the container. */
  readonly path: string;
}

/** Either the image, or why there is none; `after` says in how many milliseconds another try makes sense. */
export type ImageResult = { readonly image: Image } | { readonly waiting: Waiting; readonly after?: number };

/**
 * Makes sure that images are here, as each container's pull policy says, and that the pod may use them. Pulls that fail
 * wait longer each time.
 */
export class ImagePuller {
  readonly #options: ImagePullerOptions;
  #failures = new Map<string, Failure>();
  #pulls = new Map<string, Promise<void>>();
  #progress = new Map<string, PullProgress>();

  constructor(options: ImagePullerOptions) {
    this.#options = options;
  }

  async ensure(pod: Pod, container: Container, source: ConfigSource): Promise<ImageResult> {
    const result = await this.#ensure(pod, container, source);
    if ('image' in result) this.#options.used?.(result.image);
    return result;
  }

  async #ensure(pod: Pod, container: Container, source: ConfigSource): Promise<ImageResult> {
    const name = container.image ?? '';
    const { events, runtime } = this.#options;
    const part = { pod, name, path: containerPath(pod, container.name) };
    if (!parseImageName(name)) return this.#invalid(part);
    const policy = policyOf(container);
    const present = policy === 'Always' ? undefined : await runtime.findImage(name);
    if (present && (await this.#mayUse(part, present, source))) {
      const message = `Container image "${name}" already present on machine and can be accessed by the pod`;
      events.event(pod, 'Normal', 'Pulled', message, part.path);
      return { image: present };
    }
    if (policy === 'Never') return this.#never(part, present);
    return this.#pull(part, source);
  }

  /** Drops what is remembered of a pod. */
  forget(uid: string): void {
    for (const key of this.#failures.keys()) if (key.startsWith(`${uid}/`)) this.#failures.delete(key);
  }

  #never({ pod, name, path }: Wanted, present: Image | undefined): ImageResult {
    const { events } = this.#options;
    const message = present
      ? `Container image "${name}" is present with pull policy of Never but does not have the proper credentials to access the image`
      : `Container image "${name}" is not present with pull policy of Never`;
    events.event(pod, 'Warning', 'ErrImageNeverPull', message, path);
    events.event(pod, 'Warning', 'Failed', 'Error: ErrImageNeverPull', path);
    return { waiting: { reason: 'ErrImageNeverPull', message }, after: FIRST_DELAY };
  }

  #invalid({ pod, name, path }: Wanted): ImageResult {
    const message = `Failed to apply default image tag "${name}": couldn't parse image name "${name}": invalid reference format`;
    this.#options.events.event(pod, 'Warning', 'InspectFailed', message, path);
    this.#options.events.event(pod, 'Warning', 'Failed', 'Error: InvalidImageName', path);
    return { waiting: { reason: 'InvalidImageName', message } };
  }

  async #pull(wanted: Wanted, source: ConfigSource): Promise<ImageResult> {
    const { pod, name, path } = wanted;
    const { clock, events, runtime } = this.#options;
    const key = `${pod.metadata.uid}/${name}`;
    const failure = this.#failures.get(key);
    if (failure && clock.now() < failure.until) return this.#backOff(wanted, failure);
    events.event(pod, 'Normal', 'Pulling', `Pulling image "${name}"`, path);
    const started = clock.monotonic();
    const telling = this.#tellProgress(wanted);
    try {
      await this.#pullOnce(wanted, source);
    } catch (error) {
      return this.#failed(wanted, key, errorMessage(error));
    } finally {
      telling.cancel();
    }
    this.#failures.delete(key);
    const image = await runtime.findImage(name);
    if (!image) return this.#failed(wanted, key, 'the image is not there after it was pulled');
    const took = `${((clock.monotonic() - started) / 1000).toFixed(3)}s`;
    const size = `Image size: ${image.size} bytes.`;
    events.event(
      pod,
      'Normal',
      'Pulled',
      `Successfully pulled image "${name}" in ${took} (${took} including waiting). ${size}`,
      path,
    );
    return { image };
  }

  async #mayUse(wanted: Wanted, image: Image, source: ConfigSource): Promise<boolean> {
    const credentials = async () => (await this.#credentials(wanted, source)).credentials;
    return (await this.#options.records?.mayUse(withDefaultTag(wanted.name), image, credentials)) ?? true;
  }

  /** What the pod brings, then what the node has. */
  async #credentials({ pod, name }: Wanted, source: ConfigSource): ReturnType<typeof pullSecrets> {
    const [own, ofNode = []] = await Promise.all([
      pullSecrets(pod, name, source),
      this.#options.nodeCredentials?.(name),
    ]);
    return { credentials: [...own.credentials, ...ofNode], missing: own.missing };
  }

  /** Containers that need the same image at once share one pull, unless they bring credentials. */
  async #pullOnce(wanted: Wanted, source: ConfigSource): Promise<void> {
    const { credentials, missing } = await this.#credentials(wanted, source);
    if (missing.length > 0) this.#tellMissing(wanted.pod, missing);
    const full = withDefaultTag(wanted.name);
    if (credentials.length > 0) return this.#pullWith(full, credentials);
    let pull = this.#pulls.get(full);
    if (!pull) {
      pull = this.#pullWith(full, [undefined]).finally(() => this.#pulls.delete(full));
      this.#pulls.set(full, pull);
    }
    return pull;
  }

  /** Tries one after the other. @throws what the last one met */
  async #pullWith(full: string, all: readonly (PullCredentials | undefined)[]): Promise<void> {
    const { records } = this.#options;
    await records?.begin(full);
    for (const [i, credentials] of all.entries()) {
      try {
        return await this.#fetch(full, credentials);
      } catch (error) {
        if (i < all.length - 1) continue;
        await records?.failed(full);
        throw error;
      }
    }
  }

  async #fetch(full: string, credentials: PullCredentials | undefined): Promise<void> {
    const { runtime, records } = this.#options;
    const { secret: _, ...login } = credentials ?? {};
    const progress = (seen: PullProgress) => void this.#progress.set(full, seen);
    try {
      await runtime.pullImage(full, credentials && (login as ImageCredentials), progress);
    } finally {
      this.#progress.delete(full);
    }
    const image = records && (await runtime.findImage(full));
    if (image) await records.pulled(full, image.id, credentials);
  }

  /** Says now and then how far a pull is that takes long. */
  #tellProgress({ pod, name, path }: Wanted): Timer {
    const { clock, events } = this.#options;
    let last = 0;
    return clock.every(TELL_EVERY, () => {
      const { done, total } = this.#progress.get(withDefaultTag(name)) ?? { done: 0, total: 0 };
      if (done === last) return;
      last = done;
      events.event(
        pod,
        'Normal',
        'Pulling',
        `Pulling image "${name}": ${megabytes(done)} of ${megabytes(total)}`,
        path,
      );
    });
  }

  #tellMissing(pod: Pod, names: readonly string[]): void {
    const message = `Unable to retrieve some image pull secrets (${names.join(', ')}); attempting to pull the image may not succeed.`;
    this.#options.events.event(pod, 'Warning', 'FailedToRetrieveImagePullSecret', message);
  }

  #failed({ pod, name, path }: Wanted, key: string, why: string): ImageResult {
    const { clock, events } = this.#options;
    const message = `failed to pull image "${name}": ${why}`;
    events.event(pod, 'Warning', 'Failed', `Failed to pull image "${name}": ${why}`, path);
    events.event(pod, 'Warning', 'Failed', 'Error: ErrImagePull', path);
    const delay = Math.min(LONGEST_DELAY, (this.#failures.get(key)?.delay ?? FIRST_DELAY / 2) * 2);
    this.#failures.set(key, { until: clock.now() + delay, delay, message, told: false });
    // The next look finds the image backing off, and says so.
    return { waiting: { reason: 'ErrImagePull', message }, after: Math.min(2_000, delay) };
  }

  #backOff({ pod, name, path }: Wanted, failure: Failure): ImageResult {
    const { events, clock } = this.#options;
    if (!failure.told) {
      failure.told = true;
      events.event(pod, 'Normal', 'BackOff', `Back-off pulling image "${name}"`, path);
      events.event(pod, 'Warning', 'Failed', 'Error: ImagePullBackOff', path);
    }
    const message = `Back-off pulling image "${name}": ErrImagePull: ${failure.message}`;
    return { waiting: { reason: 'ImagePullBackOff', message }, after: failure.until - clock.now() };
  }
}

function policyOf(container: Container): string {
  if (container.imagePullPolicy) return container.imagePullPolicy;
  const name = parseImageName(container.image ?? '');
  const latest = name?.tag === 'latest' || (!name?.tag && !name?.digest);
  return latest ? 'Always' : 'IfNotPresent';
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
