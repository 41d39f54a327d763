import { pod, type Pod } from '../../src/api/core-v1/pod.ts';
import { isApiError } from '../../src/apimachinery/api-error.ts';
import { formatTime } from '../../src/apimachinery/time.ts';
import { sleep, type Clock } from '../../src/base/clock.ts';
import { noLog } from '../../src/base/log.ts';
import type { Random } from '../../src/base/random.ts';
import type { Client } from '../../src/client/client.ts';
import { InformerFactory } from '../../src/client/informer-factory.ts';

/**
 * Nodes that take their time: a pod's processes start some time after it is bound, and go on until some time after its
 * deletion was asked for. Then the pod is removed. When a pod vanishes without having been asked, its processes go on for
 * a while: nobody told them. So two processes of one name show that somebody was in a hurry.
 */
export class SlowNodes {
  /** What must never be and was. */
  readonly violations: string[] = [];
  /** The longest that anything takes, in milliseconds. */
  longest = 10_000;
  /** The uids of the pods that run, by name. */
  readonly #running = new Map<string, Set<string>>();
  readonly #known = new Set<string>();
  readonly #stopping = new Set<string>();
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #informers: InformerFactory;
  readonly #end = new AbortController();
  #errors: unknown[] = [];

  constructor(parts: { client: Client; clock: Clock; random: Random }) {
    this.#client = parts.client;
    this.#clock = parts.clock;
    this.#random = parts.random;
    this.#informers = new InformerFactory({ ...parts, log: noLog });
  }

  start(): void {
    this.#informers.of(pod).listen({
      added: (one) => this.#see(one),
      updated: (one) => this.#see(one),
      deleted: (one) => this.#background(this.#forget(one)),
    });
    this.#informers.start();
  }

  async stop(): Promise<void> {
    this.#end.abort(new Error('the nodes were stopped'));
    await this.#informers.stop();
    if (this.#errors.length > 0) throw this.#errors[0];
  }

  #see(one: Pod): void {
    const { uid, deletionTimestamp } = one.metadata;
    if (!this.#known.has(uid)) this.#background(this.#run(one));
    this.#known.add(uid);
    if (!deletionTimestamp || this.#stopping.has(uid)) return;
    this.#stopping.add(uid);
    this.#background(this.#remove(one));
  }

  async #run(one: Pod): Promise<void> {
    const { namespace, name, uid } = one.metadata;
    const binding = { apiVersion: 'v1', kind: 'Binding', metadata: { namespace, name } };
    const target = { apiVersion: 'v1', kind: 'Node', name: 'n1' };
    await this.#client.createSubresource(pod, one.metadata, 'binding', { ...binding, target });
    await this.#wait();
    if (this.#stopping.has(uid)) return;
    this.#started(name, uid);
    const ready = { type: 'Ready', status: 'True', lastTransitionTime: formatTime(this.#clock.now()) };
    const status = { phase: 'Running', conditions: [ready] };
    await this.#client.patch(pod, one.metadata, 'merge', { metadata: { uid }, status }, { subresource: 'status' });
  }

  #started(name: string, uid: string): void {
    const running = this.#running.get(name) ?? new Set();
    running.add(uid);
    this.#running.set(name, running);
    if (running.size > 1) this.violations.push(`${name} runs ${running.size} times: ${[...running].join(', ')}`);
  }

  async #remove(one: Pod): Promise<void> {
    const { name, uid } = one.metadata;
    await this.#wait();
    this.#running.get(name)?.delete(uid);
    await this.#client.delete(pod, one.metadata, { gracePeriodSeconds: 0, preconditions: { uid } });
  }

  /** The pod is gone. Of one that was not stopped before, the node learns late. */
  async #forget({ metadata: { name, uid } }: Pod): Promise<void> {
    if (this.#stopping.has(uid)) return;
    await this.#wait();
    this.#stopping.add(uid);
    this.#running.get(name)?.delete(uid);
  }

  #wait(): Promise<void> {
    return sleep(this.#clock, this.longest * this.#random(), this.#end.signal);
  }

  #background(work: Promise<void>): void {
    void work.catch((error: unknown) => {
      if (this.#end.signal.aborted || isApiError(error, 'Conflict', 'NotFound')) return;
      this.#errors.push(error);
    });
  }
}
