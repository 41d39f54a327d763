import type { Clock } from '../../base/clock.ts';
import { sleep } from '../../base/clock.ts';
import { errorMessage, type Log } from '../../base/log.ts';
import type { Node } from '../../api/core-v1/node.ts';
import type { PodNetwork } from './network.ts';

export interface NodeRangeOptions {
  readonly network: PodNetwork;
  readonly clock: Clock;
  readonly log: Log;
  /** Called when the network has become ready, or is not any more. */
  readonly changed: () => void;
}

/** Milliseconds before the network is opened anew that could not be. */
const AGAIN = 1_000;
const NOT_READY = 'container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:';

/** Opens the pods' network as soon as the node has been given its part of their addresses. */
export class NodeRange {
  readonly #options: NodeRangeOptions;
  #wanted: readonly string[] = [];
  #open: string | undefined;
  #problem: string | undefined = 'the node has no range of pod addresses yet';
  #opening: Promise<void> | undefined;
  readonly #opened = Promise.withResolvers<void>();
  readonly #stop = new AbortController();

  constructor(options: NodeRangeOptions) {
    this.#options = options;
  }

  /** Why pods cannot be connected, in the words in which a node tells it. */
  get problem(): string | undefined {
    return this.#problem === undefined ? undefined : NOT_READY + this.#problem;
  }

  /** Whether the node has a range, be its network open or not. */
  get isGiven(): boolean {
    return this.#wanted.length > 0;
  }

  /** Takes in the node as it is now. */
  observe(node: Node | undefined): void {
    const { podCIDRs, podCIDR } = node?.spec ?? {};
    this.use(podCIDRs ?? (podCIDR ? [podCIDR] : []));
  }

  /** Ranges, the primary first; none changes nothing: what was given is not taken away from pods that run. */
  use(podCidrs: readonly string[]): void {
    if (podCidrs.length === 0) return;
    this.#wanted = podCidrs;
    this.#opening ??= this.#openUntilDone().finally(() => (this.#opening = undefined));
  }

  /** Resolves when the network is open, or after so many milliseconds. */
  async ready(patience: number): Promise<void> {
    if (this.#problem === undefined) return;
    const end = new AbortController();
    const waited = sleep(this.#options.clock, patience, end.signal).catch(() => {});
    await Promise.race([this.#opened.promise, waited]);
    end.abort(new Error('the network is open'));
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error('the kubelet stops'));
    await this.#opening;
  }

  async #openUntilDone(): Promise<void> {
    while (this.#open !== this.#wanted.join() && !this.#stop.signal.aborted) {
      try {
        const next = this.#wanted;
        await this.#options.network.open(next);
        this.#open = next.join();
        this.#told(undefined);
      } catch (error) {
        this.#options.log.error('the network of the pods cannot be opened', { error: errorMessage(error) });
        this.#told(errorMessage(error));
        await sleep(this.#options.clock, AGAIN, this.#stop.signal).catch(() => {});
      }
    }
  }

  #told(problem: string | undefined): void {
    const before = this.#problem;
    this.#problem = problem;
    if (problem === undefined) this.#opened.resolve();
    if (before !== problem) this.#options.changed();
  }
}
