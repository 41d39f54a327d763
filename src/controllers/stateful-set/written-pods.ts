import type { Pod } from '../../api/core-v1/pod.ts';

/**
 * The pods that a round has made and asked to go. The status counts them at once: told only when the local copy
 * shows them, each would cost a second status.
 */
export class WrittenPods {
  readonly #created: Pod[] = [];
  readonly #deleted = new Set<string>();

  created(pod: Pod): void {
    this.#created.push(pod);
  }

  deleted({ metadata }: Pod): void {
    this.#deleted.add(metadata.uid);
  }

  /** `pods` with what has come; what was asked to go stays for now, as terminating. */
  appliedTo(pods: readonly Pod[]): Pod[] {
    return [...pods, ...this.#created].map((pod) => (this.#deleted.has(pod.metadata.uid) ? terminating(pod) : pod));
  }
}

/** When it will be gone does not matter, only that it goes. */
function terminating(pod: Pod): Pod {
  const { deletionTimestamp = pod.metadata.creationTimestamp, ...metadata } = pod.metadata;
  return { ...pod, metadata: { ...metadata, deletionTimestamp } };
}
