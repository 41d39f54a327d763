import { isDeepStrictEqual } from 'node:util';
import { isApiError } from '../../apimachinery/api-error.ts';
import type { New } from '../../apimachinery/object.ts';
import { formatMicroTime } from '../../apimachinery/time.ts';
import { retry } from '../../base/backoff.ts';
import type { Clock, Timer } from '../../base/clock.ts';
import { errorMessage, type Log } from '../../base/log.ts';
import type { Random } from '../../base/random.ts';
import { lease as leaseKind, type Lease } from '../../api/coordination-v1/lease.ts';
import { node as nodeKind, type Node } from '../../api/core-v1/node.ts';
import type { Client } from '../../client/client.ts';
import type { EventRecorder } from '../../client/events.ts';
import { conditionReasons, isGivenUp, schedulableReason } from './node-events.ts';
import { nodeStatus, type NodeFacts, type NodeStatus } from './node-status.ts';

export interface NodeAgentOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Log;
  readonly events: EventRecorder;
  readonly nodeName: string;
  /** What the node brings; absent: it is given a range. */
  readonly podCidr?: string | undefined;
  readonly architecture: () => string;
  readonly labels: Readonly<Record<string, string>>;
  /** Everything that goes into the status, read anew. */
  readonly facts: () => Promise<NodeFacts>;
  /** The node as a watch shows it; undefined: the API server is asked. */
  readonly seen?: (() => Node | undefined) | undefined;
  /** Milliseconds after which the lease is renewed, and the status looked at. Default 10,000. */
  readonly heartbeat?: number | undefined;
  /** Spreads over time what kubelets that start together do again and again. Default: nothing is spread. */
  readonly random?: Random | undefined;
}

/** Milliseconds between two signs of life: upstream's default. */
const HEARTBEAT = 10_000;
/** For so many of them a lease holds, and after so many a status that has not changed is told again. */
const LEASE = 4;
const REPORT = 30;

const leaseNamespace = 'kube-node-lease';

/** Keeps the node's object and lease in the API. */
export class NodeAgent {
  readonly #options: NodeAgentOptions;
  #timers: Timer[] = [];
  #stop = new AbortController();
  #reported: { status: NodeStatus; at: number } | undefined;
  #lease: Lease | undefined;
  #reporting: Promise<void> | undefined;
  #again = false;
  #renewing: Promise<void> | undefined;
  #node: Node | undefined;
  /** Whether this agent has made the node, so that it has no lease yet. */
  #isNew = false;

  constructor(options: NodeAgentOptions) {
    this.#options = options;
  }

  /** The node's object as this agent last saw it. */
  get node(): Node | undefined {
    return this.#node;
  }

  /** Registers the node and tells its first status; from then on keeps both current. */
  async start(): Promise<void> {
    const { clock, log } = this.#options;
    const onFailure = (error: unknown) => log.warn('cannot register the node yet', { error: errorMessage(error) });
    await retry(clock, { initial: 100, max: 5_000 }, () => this.#register(), { signal: this.#stop.signal, onFailure });
    this.#options.events.event(this.#node!, 'Normal', 'Starting', 'Starting kubelet.');
    if (this.#reported) for (const reason of conditionReasons(undefined, this.#reported.status)) this.#tell(reason);
    await Promise.all([this.#reported ? undefined : this.report(), this.#renew()]);
    this.#repeat(this.#heartbeat, () => this.#renew());
    this.#repeat(this.#heartbeat, () => this.report());
  }

  get #heartbeat(): number {
    return this.#options.heartbeat ?? HEARTBEAT;
  }

  /** Does something every so many milliseconds, the first time at any moment of the first of these spans. */
  #repeat(ms: number, work: () => Promise<void>): void {
    const { clock, random = () => 1 } = this.#options;
    const first = clock.after(random() * ms, () => {
      this.#timers = this.#timers.filter((timer) => timer !== first);
      this.#timers.push(clock.every(ms, () => void work()));
      void work();
    });
    this.#timers.push(first);
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error('the kubelet stops'));
    for (const timer of this.#timers) timer.cancel();
    await Promise.all([this.#reporting, this.#renewing]);
  }

  /** Tells the status if it has changed (or has not been told for minutes). Calls that come meanwhile become one. */
  report(): Promise<void> {
    this.#again = true;
    this.#reporting ??= this.#reportWhileDue().finally(() => (this.#reporting = undefined));
    return this.#reporting;
  }

  /** Takes in that somebody has changed the node: they may have taken our silence for death. */
  observe(node: Node, before: Node): void {
    if (this.#stop.signal.aborted) return;
    const reason = schedulableReason(before, node);
    if (reason) this.#tell(reason);
    if (!isGivenUp(node) || isGivenUp(before)) return;
    this.#node = node;
    this.#reported = undefined;
    void this.report();
  }

  /** Tells of something that is wrong with the node, in an event. */
  warn(reason: string, message: string): void {
    if (this.#node) this.#options.events.event(this.#node, 'Warning', reason, message);
  }

  #tell(reason: string): void {
    const { events, nodeName } = this.#options;
    events.event(this.#node!, 'Normal', reason, `Node ${nodeName} status is now: ${reason}`);
  }

  async #register(): Promise<void> {
    const { client, nodeName } = this.#options;
    // What a watch shows may be gone by now: it spares the question only where nothing has been told yet.
    const seen = this.#node ? undefined : this.#options.seen;
    this.#node = seen ? seen() : await client.find(nodeKind, { name: nodeName });
    this.#node ??= await this.#create();
    const labels = this.#labels();
    const missing = Object.entries(labels).filter(([key, value]) => this.#node!.metadata.labels?.[key] !== value);
    const spec = this.#node.spec?.podCIDR ? {} : this.#range();
    if (missing.length === 0 && !('spec' in spec)) return;
    this.#node = await client.patch(nodeKind, { name: nodeName }, 'merge', { metadata: { labels }, ...spec });
  }

  /** Makes the node with its first status, unless somebody was faster. */
  async #create(): Promise<Node> {
    const { client, clock, nodeName } = this.#options;
    const status = nodeStatus(await this.#options.facts(), { capacity: {} });
    const made: New<Node> = {
      metadata: { name: nodeName, labels: this.#labels() },
      ...this.#range(),
      status,
    };
    try {
      const node = await client.create(nodeKind, made);
      this.#isNew = true;
      this.#reported = { status, at: clock.now() };
      return node;
    } catch (error) {
      if (isApiError(error, 'AlreadyExists')) return client.get(nodeKind, { name: nodeName });
      throw error;
    }
  }

  #range(): Pick<New<Node>, 'spec'> {
    const { podCidr } = this.#options;
    return podCidr === undefined ? {} : { spec: { podCIDR: podCidr, podCIDRs: [podCidr] } };
  }

  #labels(): Record<string, string> {
    const { nodeName, architecture, labels } = this.#options;
    return {
      'beta.kubernetes.io/arch': architecture(),
      'beta.kubernetes.io/os': 'linux',
      'kubernetes.io/arch': architecture(),
      'kubernetes.io/hostname': nodeName,
      'kubernetes.io/os': 'linux',
      ...labels,
    };
  }

  async #reportWhileDue(): Promise<void> {
    while (this.#again && !this.#stop.signal.aborted) {
      this.#again = false;
      try {
        await this.#reportOnce();
      } catch (error) {
        this.#options.log.warn('cannot report the status of the node', { error: errorMessage(error) });
        if (!isApiError(error, 'NotFound')) continue;
        this.#reported = undefined; // somebody removed the node: it is made anew, and told anew
        await this.#register().catch(() => {});
      }
    }
  }

  async #reportOnce(): Promise<void> {
    const { client, clock, nodeName } = this.#options;
    const facts = await this.#options.facts();
    const told = (this.#options.seen?.() ?? (await client.find(nodeKind, { name: nodeName })))?.status;
    const before = this.#reported?.status ?? told;
    const status = nodeStatus(facts, { ...before, capacity: told?.capacity ?? {} });
    const gone = goneResources(told, status);
    const due = !this.#reported || clock.now() - this.#reported.at >= REPORT * this.#heartbeat;
    const same = !due && isDeepStrictEqual(withoutTimes(status), withoutTimes(this.#reported!.status));
    if (same && Object.keys(gone).length === 0) return;
    // Conditions are merged by type, so that those of others stay; images are replaced.
    const patch = { status: { ...status, allocatable: { ...status.allocatable, ...gone } } };
    this.#node = await client.patch(nodeKind, { name: nodeName }, 'strategic', patch, { subresource: 'status' });
    this.#reported = { status, at: clock.now() };
    for (const reason of conditionReasons(before, status)) this.#tell(reason);
  }

  #renew(): Promise<void> {
    this.#renewing ??= this.#renewOnce()
      .catch((error) => {
        this.#lease = undefined;
        if (!this.#stop.signal.aborted)
          this.#options.log.warn('cannot renew the lease of the node', { error: errorMessage(error) });
      })
      .finally(() => (this.#renewing = undefined));
    return this.#renewing;
  }

  async #renewOnce(): Promise<void> {
    const { client, clock, nodeName } = this.#options;
    if (this.#isNew && (await this.#createLease())) return;
    this.#lease ??= await client.find(leaseKind, { namespace: leaseNamespace, name: nodeName });
    if (!this.#lease) return void (await this.#createLease());
    const spec = { ...this.#lease.spec, ...this.#leaseSpec(clock.now()) };
    this.#lease = await client.update(leaseKind, { ...this.#lease, spec });
  }

  /** @returns whether there was none */
  async #createLease(): Promise<boolean> {
    const { client, clock, nodeName } = this.#options;
    this.#isNew = false;
    const uid = this.#node?.metadata.uid;
    const owner = { apiVersion: 'v1', kind: 'Node', name: nodeName, uid: uid ?? '' };
    try {
      this.#lease = await client.create(leaseKind, {
        metadata: { namespace: leaseNamespace, name: nodeName, ...(uid && { ownerReferences: [owner] }) },
        spec: this.#leaseSpec(clock.now()),
      });
      return true;
    } catch (error) {
      if (isApiError(error, 'AlreadyExists')) return false;
      throw error;
    }
  }

  #leaseSpec(now: number) {
    const leaseDurationSeconds = Math.round((LEASE * this.#heartbeat) / 1000);
    return { holderIdentity: this.#options.nodeName, leaseDurationSeconds, renewTime: formatMicroTime(now) };
  }
}

/** What the node is still said to offer of resources that it is no longer said to have: to be removed. */
function goneResources(told: NodeStatus | undefined, now: NodeStatus): Record<string, null> {
  const names = Object.keys(told?.allocatable ?? {}).filter((name) => !Object.hasOwn(now.allocatable ?? {}, name));
  return Object.fromEntries(names.map((name) => [name, null]));
}

/** What counts as a change: heartbeats and what memory is free at the moment do not. */
function withoutTimes(status: NodeStatus): object {
  const conditions = status.conditions?.map((c) => ({ ...c, lastHeartbeatTime: '' }));
  return { ...status, conditions };
}
