import type { PodIdentity } from '../pod-spec.ts';
import type { Sandbox } from '../runtime/runtime.ts';
import type { GrpcHealth } from './grpc-health.ts';
import type { HttpAnswer, PodNetwork } from './network.ts';

/** A network that only hands out addresses. Every probe succeeds, because every simulated container is well. */
export class FakeNetwork implements PodNetwork {
  readonly #base: number;
  readonly #size: number;
  #next = 2;
  #free: number[] = [];
  #offsets = new Map<string, number>();

  /** @param podCidr e.g. `10.244.0.0/24`; when it is used up, addresses are taken from beyond it */
  constructor(podCidr: string) {
    const [address = '', prefix = '24'] = podCidr.split('/');
    this.#base = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
    this.#size = 2 ** (32 - Number(prefix));
  }

  async start(): Promise<void> {}

  async open(): Promise<void> {}

  async stop(): Promise<void> {}

  async attach(_pod: PodIdentity, sandbox: Sandbox): Promise<readonly string[]> {
    if (!this.#offsets.has(sandbox.id)) this.#offsets.set(sandbox.id, this.#free.shift() ?? this.#next++);
    return this.ips(sandbox.id);
  }

  async detach(_pod: PodIdentity, sandbox: Sandbox): Promise<void> {
    const offset = this.#offsets.get(sandbox.id);
    if (offset !== undefined && offset < this.#size) this.#free.push(offset);
    this.#offsets.delete(sandbox.id);
  }

  async sweep(): Promise<void> {}

  ips(sandboxId: string): readonly string[] {
    const offset = this.#offsets.get(sandboxId);
    if (offset === undefined) return [];
    const value = this.#base + offset;
    return [[24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.')];
  }

  async httpGet(): Promise<HttpAnswer> {
    return { status: 200, body: 'ok' };
  }

  async connect(): Promise<void> {}

  async grpcHealth(): Promise<GrpcHealth> {
    return 'SERVING';
  }
}
