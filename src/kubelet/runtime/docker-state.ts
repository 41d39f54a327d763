import type { PodIdentity } from '../pod-spec.ts';
import type { Known } from './docker-labels.ts';
import { emptyState, type ContainerState, type PodState, type Sandbox } from './runtime.ts';

interface Entry {
  identity: PodIdentity;
  sandboxes: Map<string, Sandbox>;
  containers: Map<string, ContainerState>;
  /** Built when asked for. */
  state: PodState | undefined;
}

/** What is known of all our containers, by pod. */
export class DockerState {
  #pods = new Map<string, Entry>();
  #uids = new Map<string, string>();
  #waiting = new Map<string, Set<() => void>>();

  pods(): PodState[] {
    return [...this.#pods.values()].map((entry) => this.#stateOf(entry));
  }

  pod(identity: PodIdentity): PodState {
    const entry = this.#pods.get(identity.uid);
    return entry ? this.#stateOf(entry) : emptyState(identity);
  }

  ids(): string[] {
    return [...this.#uids.keys()];
  }

  /** The pod that a container belongs to. */
  uidOf(id: string): string | undefined {
    return this.#uids.get(id);
  }

  container(id: string): ContainerState | undefined {
    return this.#pods.get(this.#uids.get(id) ?? '')?.containers.get(id);
  }

  put(known: Known): void {
    const { uid } = known.pod;
    let entry = this.#pods.get(uid);
    if (!entry) {
      entry = { identity: known.pod, sandboxes: new Map(), containers: new Map(), state: undefined };
      this.#pods.set(uid, entry);
    }
    if (known.type === 'sandbox') entry.sandboxes.set(known.sandbox.id, known.sandbox);
    else entry.containers.set(known.container.id, known.container);
    const { id } = known.type === 'sandbox' ? known.sandbox : known.container;
    entry.state = undefined;
    this.#uids.set(id, uid);
    if (known.type === 'container' && known.container.state !== 'running') this.#release(id);
  }

  remove(id: string): void {
    const uid = this.#uids.get(id);
    const entry = uid && this.#pods.get(uid);
    this.#uids.delete(id);
    this.#release(id);
    if (!uid || !entry) return;
    entry.sandboxes.delete(id);
    entry.containers.delete(id);
    entry.state = undefined;
    if (entry.sandboxes.size === 0 && entry.containers.size === 0) this.#pods.delete(uid);
  }

  /** Resolves when a container does not run (any more). */
  exited(id: string): Promise<void> {
    if (this.container(id)?.state !== 'running') return Promise.resolve();
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(id) ?? new Set();
      waiting.add(resolve);
      this.#waiting.set(id, waiting);
    });
  }

  #release(id: string): void {
    for (const resolve of this.#waiting.get(id) ?? []) resolve();
    this.#waiting.delete(id);
  }

  #stateOf(entry: Entry): PodState {
    entry.state ??= {
      ...emptyState(entry.identity),
      sandboxes: [...entry.sandboxes.values()].sort(newestFirst),
      containers: [...entry.containers.values()].sort(newestFirst),
    };
    return entry.state;
  }
}

function newestFirst(a: { attempt: number; createdAt: number }, b: { attempt: number; createdAt: number }): number {
  return b.attempt - a.attempt || b.createdAt - a.createdAt;
}
