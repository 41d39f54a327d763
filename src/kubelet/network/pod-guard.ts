import type { Pod } from '../../api/core-v1/pod.ts';

/** Whoever must know of a pod's addresses before anything runs in it, to let through only what may. */
export interface PodGuard {
  /**
   * Resolves when containers may start; called again before every start.
   * @throws Error when they must not
   */
  admit(pod: Pod, addresses: readonly string[]): Promise<void>;
  /** Nothing is left of the pod with this uid: its addresses may become another's. */
  forget(uid: string): void;
}
