import type { Node } from '../api/core-v1/node.ts';
import type { Clock } from '../base/clock.ts';

/** Milliseconds after which a change that is not in the rules yet means that the proxy does not work. */
const LATE = 60_000;

/** Taint of nodes that a cluster's autoscaler is about to remove. */
const TO_BE_DELETED = 'ToBeDeletedByClusterAutoscaler';

/** Whether the proxy keeps up, and whether this node should get connections from load balancers (KEP-3836). */
export class ProxyHealth {
  readonly #clock: Clock;
  #synced: number | undefined;
  #waitingSince: number | undefined;
  #eligible = true;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A change has come in. */
  changed(): void {
    this.#waitingSince ??= this.#clock.now();
  }

  /** The rules say what was known at `started`. */
  synced(started: number): void {
    this.#synced = this.#clock.now();
    if (this.#waitingSince !== undefined && this.#waitingSince <= started) this.#waitingSince = undefined;
  }

  /** Takes in this node; a node that nobody knows is as good as any. */
  node(node: Node | undefined): void {
    const leaving = node?.metadata.deletionTimestamp ?? node?.spec?.taints?.some(({ key }) => key === TO_BE_DELETED);
    this.#eligible = !leaving;
  }

  get keepsUp(): boolean {
    if (this.#waitingSince !== undefined) return this.#clock.now() - this.#waitingSince < LATE;
    return this.#synced !== undefined;
  }

  /** The answer of `/healthz`, or of `/livez`, which says nothing about the node. */
  answer(path: 'healthz' | 'livez'): { status: number; body: string } {
    const now = this.#clock.now();
    const told = {
      // What was last known to be right: now, as long as nothing waits.
      lastUpdated: this.#time(this.keepsUp ? now : this.#synced),
      currentTime: this.#time(now),
      ...(path === 'healthz' && { nodeEligible: this.#eligible }),
    };
    const good = this.keepsUp && (path === 'livez' || this.#eligible);
    return { status: good ? 200 : 503, body: JSON.stringify(told) };
  }

  #time(at: number | undefined): string {
    return new Date(at ?? 0).toISOString();
  }
}
