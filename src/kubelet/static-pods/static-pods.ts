import { isApiError } from '../../apimachinery/api-error.ts';
import type { Node } from '../../api/core-v1/node.ts';
import { pod as podKind, type Pod } from '../../api/core-v1/pod.ts';
import type { Clock, Timer } from '../../base/clock.ts';
import { errorMessage, type Log } from '../../base/log.ts';
import type { Client } from '../../client/client.ts';
import type { PodStatus } from '../pod-spec.ts';
import type { PodStatuses, StatusWriter } from '../status-writer.ts';
import { readManifests, staticPod } from './manifest.ts';
import { fullName, mirrorOf, planMirrors, shows } from './mirror-plan.ts';

export interface StaticPodsOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Log;
  readonly nodeName: string;
  /** The folder (or file) of the manifests; it need not be there. */
  readonly path: string;
  readonly statuses: StatusWriter;
  readonly node: () => Node | undefined;
  /** The mirrors that the API has for this node. */
  readonly mirrors: () => readonly Pod[];
  readonly begin: (pod: Pod) => void;
  readonly end: (uid: string) => void;
}

/** Milliseconds between two looks at the folder. */
const LOOK_EVERY = 2_000;

interface Entry {
  readonly pod: Pod;
  status?: PodStatus | undefined;
}

/**
 * Runs the pods of the node's own manifests, and shows each in the API by a mirror pod: made when there is none, remade
 * when somebody deletes it, removed with its manifest.
 */
export class StaticPods implements PodStatuses {
  readonly #options: StaticPodsOptions;
  #entries = new Map<string, Entry>();
  /** The uids of pods that have been begun and are not gone, by full name. */
  #busy = new Map<string, string>();
  #broken = new Map<string, string>();
  #timer: Timer | undefined;
  #scanning: Promise<void> | undefined;
  #mirroring: Promise<void> | undefined;
  #again = false;
  /** Whether the manifests have been read: until then a mirror seems to show nothing, and must not be taken away. */
  #read = false;
  #stopped = false;

  constructor(options: StaticPodsOptions) {
    this.#options = options;
  }

  /** The pods, with the last status of each. */
  get pods(): Pod[] {
    return [...this.#entries.values()].map(({ pod, status }) => (status ? { ...pod, status } : pod));
  }

  /** Resolves when all manifests that are there have been read and their pods begun. */
  async start(): Promise<void> {
    await this.#scan();
    this.#timer = this.#options.clock.every(LOOK_EVERY, () => {
      this.#scanning ??= this.#scan().finally(() => (this.#scanning = undefined));
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await Promise.all([this.#scanning, this.#mirroring]);
  }

  /** A mirror has changed in the API, or come, or gone. */
  mirrorChanged(mirror: Pod, gone = false): void {
    const { statuses } = this.#options;
    if (gone) statuses.forget(mirror.metadata.uid);
    else statuses.observe(mirror);
    for (const { pod, status } of this.#entries.values()) {
      if (!gone && status && shows(mirror, pod)) statuses.set(mirror, status);
    }
    this.#mirror();
  }

  /** Nothing is left of a pod; one of the same name that waited for that may begin. */
  gone(uid: string): void {
    for (const [name, busy] of this.#busy) if (busy === uid) this.#busy.delete(name);
    for (const { pod } of this.#entries.values()) this.#begin(pod);
  }

  set(pod: Pod, status: PodStatus): void {
    const entry = this.#entries.get(pod.metadata.uid);
    if (!entry) return;
    entry.status = status;
    const mirror = this.#mirrorOf(pod);
    if (mirror) this.#options.statuses.set(mirror, status);
  }

  overlay(pod: Pod): Pod {
    const status = this.#entries.get(pod.metadata.uid)?.status ?? this.#mirrorOf(pod)?.status;
    return status ? { ...pod, status } : pod;
  }

  /** Nobody waits for the mirror of a pod that is over. */
  async flushed(): Promise<void> {}

  forget(): void {}

  #mirrorOf(pod: Pod): Pod | undefined {
    return this.#options.mirrors().find((mirror) => shows(mirror, pod));
  }

  async #scan(): Promise<void> {
    const { path, nodeName, clock, end } = this.#options;
    const manifests = await readManifests(path);
    const broken = new Map<string, string>();
    const found = new Map<string, Pod>();
    for (const manifest of manifests) {
      try {
        const pod = staticPod(manifest, nodeName, clock.now());
        found.set(pod.metadata.uid, pod);
      } catch (error) {
        broken.set(manifest.path, errorMessage(error));
      }
    }
    if (this.#stopped) return;
    this.#complain(broken);
    const before = this.#entries;
    const known = [...found].map(([uid, pod]): [string, Entry] => [uid, before.get(uid) ?? { pod }]);
    const changed = known.length !== before.size || known.some(([uid]) => !before.has(uid));
    if (this.#read && !changed) return;
    this.#read = true;
    this.#entries = new Map(known);
    for (const uid of before.keys()) if (!found.has(uid)) end(uid);
    for (const pod of found.values()) this.#begin(pod);
    this.#mirror();
  }

  /** A manifest that is wrong is told of once. */
  #complain(broken: Map<string, string>): void {
    for (const [manifest, why] of broken)
      if (this.#broken.get(manifest) !== why) this.#options.log.warn('a manifest is no pod', { manifest, why });
    this.#broken = broken;
  }

  #begin(pod: Pod): void {
    const name = fullName(pod);
    if (this.#stopped || this.#busy.has(name)) return;
    this.#busy.set(name, pod.metadata.uid);
    this.#options.begin(pod);
  }

  #mirror(): void {
    this.#again = true;
    if (this.#stopped || !this.#read) return;
    this.#mirroring ??= this.#mirrorWhileDue().finally(() => (this.#mirroring = undefined));
  }

  async #mirrorWhileDue(): Promise<void> {
    while (this.#again && !this.#stopped) {
      this.#again = false;
      const pods = [...this.#entries.values()].map(({ pod }) => pod);
      const { create, remove } = planMirrors(pods, this.#options.mirrors());
      await Promise.all([...create.map((pod) => this.#create(pod)), ...remove.map((pod) => this.#remove(pod))]);
    }
  }

  async #create(pod: Pod): Promise<void> {
    const { client, node } = this.#options;
    await client.create(podKind, mirrorOf(pod, node())).catch((error) => this.#failed(pod, error, 'AlreadyExists'));
  }

  async #remove({ metadata }: Pod): Promise<void> {
    const { name, namespace, uid } = metadata;
    const at = { name, namespace };
    await this.#options.client
      .delete(podKind, at, { gracePeriodSeconds: 0, preconditions: { uid } })
      .catch((error) => this.#failed({ metadata }, error, 'NotFound', 'Conflict'));
  }

  /** What the cache does not know yet, it will tell of itself; everything else is tried again. */
  #failed(
    pod: Pick<Pod, 'metadata'>,
    error: unknown,
    ...expected: ('AlreadyExists' | 'NotFound' | 'Conflict')[]
  ): void {
    if (isApiError(error, ...expected)) return;
    const { clock, log } = this.#options;
    log.warn('cannot keep the mirror of a static pod', { pod: pod.metadata.name, error: errorMessage(error) });
    clock.after(LOOK_EVERY, () => this.#mirror());
  }
}
