import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../base/clock.ts';
import type { KubeletConnector } from '../subresources/kubelet-connection.ts';
import type { Registry } from '../registry/registry.ts';

/** What a kubelet says of a moment: of its summary API, what we read. */
export interface UsageStats {
  readonly cpu?: { readonly time: string; readonly usageNanoCores?: number };
  readonly memory?: { readonly workingSetBytes?: number };
}

export interface NodeSummary {
  readonly node: UsageStats;
  readonly pods: readonly {
    readonly podRef: { readonly name: string; readonly namespace: string; readonly uid: string };
    readonly containers: readonly (UsageStats & { readonly name: string })[];
  }[];
}

/** Who knows what nodes use. */
export interface UsageSource {
  /** Undefined when the node does not tell. */
  summary(nodeName: string): Promise<NodeSummary | undefined>;
}

/** Milliseconds for which an answer is good (also that there is none), and that a kubelet has for it. */
const GOOD_FOR = 10_000;
const PATIENCE = 5_000;
const LARGEST = 16 * 2 ** 20;
/** How many kubelets are asked at a time. */
const AT_ONCE = 16;

/** Asks kubelets, when somebody wants to know, and then not again for a while. */
export class KubeletUsage implements UsageSource {
  readonly #kubelets: KubeletConnector;
  readonly #clock: Clock;
  readonly #registry: () => Registry;
  #known = new Map<string, { readonly at: number; readonly summary: Promise<NodeSummary | undefined> }>();
  #asking = 0;
  #waiting: (() => void)[] = [];

  constructor(kubelets: KubeletConnector, clock: Clock, registry: () => Registry) {
    this.#kubelets = kubelets;
    this.#clock = clock;
    this.#registry = registry;
  }

  summary(nodeName: string): Promise<NodeSummary | undefined> {
    const now = this.#clock.now();
    const known = this.#known.get(nodeName);
    if (known && now - known.at < GOOD_FOR) return known.summary;
    for (const [name, { at }] of this.#known) if (now - at >= GOOD_FOR) this.#known.delete(name);
    const summary = this.#inTurn(() => this.#ask(nodeName)).catch(() => undefined);
    this.#known.set(nodeName, { at: now, summary });
    return summary;
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#asking >= AT_ONCE) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#asking++;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#asking--;
    }
  }

  async #ask(nodeName: string): Promise<NodeSummary | undefined> {
    const address = await this.#kubelets.locate(this.#registry(), nodeName);
    const abort = new AbortController();
    const timer = this.#clock.after(PATIENCE, () => abort.abort());
    try {
      const path = '/stats/summary?only_cpu_and_memory=true';
      const answer = await this.#kubelets.get(address, path, abort.signal);
      return answer.statusCode === 200 ? (JSON.parse(await textOf(answer)) as NodeSummary) : void answer.resume();
    } finally {
      timer.cancel();
    }
  }
}

async function textOf(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LARGEST) throw new Error('the kubelet says too much');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
