import type { Clock, Timer } from '../base/clock.ts';
import type { Component } from '../base/component.ts';
import { errorMessage, type Log } from '../base/log.ts';
import { OneByOne } from '../base/one-by-one.ts';
import { realRandom, type Random } from '../base/random.ts';
import { Backoff } from '../base/backoff.ts';
import { namespace as namespaceKind } from '../api/core-v1/namespace.ts';
import { pod as podKind, type Pod } from '../api/core-v1/pod.ts';
import { endpointSlice, type EndpointSlice } from '../api/discovery-v1/endpoint-slice.ts';
import { networkPolicy } from '../api/networking-v1/network-policy.ts';
import type { Client } from '../client/client.ts';
import { InformerFactory } from '../client/informer-factory.ts';
import type { Run } from '../linux/exec.ts';
import { change, isEmpty, type Change, type Installed } from './change.ts';
import { ClusterView } from './cluster-view.ts';
import { dnsPod, dnsSlices } from './dns-pods.ts';
import { PolicyKernel } from './kernel.ts';
import { families } from './pods.ts';
import { hooksOf, noRules, type RuleSet } from './rules.ts';

export interface NetworkPolicyOptions {
  readonly client: Client;
  readonly nodeName: string;
  readonly clock: Clock;
  readonly random?: Random;
  readonly log: Log;
  /** Starts commands; `runIn(namespace)` enforces in another network namespace. Default: that of this process. */
  readonly run?: Run;
}

/** Milliseconds from the first change to the rules, so that changes that belong together are made together. */
const GATHER = 20;
/** Milliseconds between two looks at whether packets still come by our rules, and between two at all of these. */
const LOOK_EVERY = 3_000;
const CHECK_EVERY = 30_000;
/** Milliseconds that a pod's start waits for its policies before it is tried again. */
const PATIENCE = 10_000;

/** Enforces NetworkPolicies on the pods of one node: https://kubernetes.io/docs/concepts/services-networking/network-policies/ */
export class NetworkPolicyEnforcer implements Component {
  readonly name = 'network-policy';
  readonly #options: NetworkPolicyOptions;
  readonly #log: Log;
  readonly #kernel: PolicyKernel;
  readonly #informers: InformerFactory;
  readonly #view: ClusterView;
  readonly #backoff = new Backoff<'sync'>(200, 10_000);
  readonly #stop = new AbortController();
  readonly #following = Promise.withResolvers<void>();
  /** What was written last; undefined when what is in the kernel is unknown. */
  #written: RuleSet | undefined;
  /** How it looked in the kernel when it was right; undefined when it has been changed since. */
  #seen: string | undefined;
  /** Whether all that there is has been heard of; before that, rules would forbid and allow the wrong things. */
  #knowsAll = false;
  #bridged = false;
  #checks: readonly Timer[] = [];
  /** There is one writer of our rules. */
  readonly #work: OneByOne;

  constructor(options: NetworkPolicyOptions) {
    this.#options = options;
    this.#work = new OneByOne(options.clock);
    this.#log = options.log.child({ component: this.name });
    this.#kernel = new PolicyKernel(this.#log, options.run);
    const { client, clock, random = realRandom } = options;
    this.#informers = new InformerFactory({ client, clock, random, log: this.#log });
    this.#view = new ClusterView(options.nodeName);
    this.#following.promise.catch(() => {}); // nobody may wait for it
  }

  /** Resolves at once; the policies hold as soon as they are known, and pods that must wait for that do (`admit`). */
  async start(): Promise<void> {
    const view = this.#view;
    const follow = <T>(take: (object: T) => boolean, drop: (object: T) => boolean) => ({
      added: (object: T) => this.#changed(take(object)),
      updated: (object: T) => this.#changed(take(object)),
      deleted: (object: T) => this.#changed(drop(object)),
    });
    this.#informers.of(podKind).listen(follow(view.setPod.bind(view), view.dropPod.bind(view)));
    const dnsServers = this.#informers.of(endpointSlice, dnsSlices);
    dnsServers.listen(
      follow<EndpointSlice>(
        (s) => view.setPod(dnsPod(s)),
        (s) => view.dropPod(dnsPod(s)),
      ),
    );
    this.#informers.of(namespaceKind).listen(follow(view.setNamespace.bind(view), view.dropNamespace.bind(view)));
    this.#informers.of(networkPolicy).listen(follow(view.setPolicy.bind(view), view.dropPolicy.bind(view)));
    this.#informers.start();
    this.#informers.synced(this.#stop.signal).then(
      () => {
        this.#knowsAll = true;
        this.#following.resolve();
        this.#schedule(0);
      },
      (error) => this.#following.reject(error),
    );
    const { clock } = this.#options;
    this.#checks = [
      clock.every(LOOK_EVERY, () => this.#soon(() => this.#look())),
      clock.every(CHECK_EVERY, () => this.#soon(() => this.#verify())),
    ];
  }

  /** Stops following the API. The rules stay, for the pods that go on running. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error('the enforcement of network policies was stopped'));
    this.#work.stop();
    for (const timer of this.#checks) timer.cancel();
    await this.#informers.stop();
    await this.#work.idle;
  }

  /**
   * Called with a pod's addresses before anything runs in it; resolves when the policies that select it hold.
   * @throws Error when they cannot be made to hold: the pod must not start
   */
  async admit(pod: Pod, addresses: readonly string[]): Promise<void> {
    if (this.#view.knows(pod, addresses)) return;
    this.#view.tell(pod, addresses);
    await this.#patiently(this.#following.promise);
    if (!this.#view.isolates(pod)) return this.#schedule(0);
    await this.#patiently(this.#work.run(() => this.#sync()));
    this.#view.settled(pod, addresses);
  }

  /** Called when nothing is left of a pod. */
  forget(uid: string): void {
    this.#changed(this.#view.forget(uid));
  }

  /** Resolves when nothing is being written. */
  async idle(): Promise<void> {
    await this.#work.idle;
  }

  async #patiently(work: Promise<void>): Promise<void> {
    const { promise, reject } = Promise.withResolvers<never>();
    const timer = this.#options.clock.after(PATIENCE, () =>
      reject(new Error('the network policies of the pod are not in place yet')),
    );
    await Promise.race([work, promise]).finally(() => timer.cancel());
  }

  #changed(something: boolean): void {
    if (something) this.#schedule(GATHER);
  }

  #schedule(delay: number): void {
    this.#work.gather(delay, () => {
      this.#work
        .run(() => this.#sync())
        .then(
          () => this.#backoff.forget('sync'),
          (error) => {
            this.#log.error('network policies could not be enforced', { error: errorMessage(error), announce: true });
            this.#schedule(this.#backoff.next('sync'));
          },
        );
    });
  }

  #soon(check: () => Promise<void>): void {
    this.#work.run(check).catch((error) => {
      this.#log.error('the rules of network policies could not be checked', { error: errorMessage(error) });
      this.#schedule(this.#backoff.next('sync'));
    });
  }

  async #sync(): Promise<void> {
    if (this.#stop.signal.aborted || !this.#knowsAll) return;
    const wanted = this.#view.rules();
    const before = this.#written;
    // Until it has succeeded nobody knows what is in the kernel.
    this.#written = undefined;
    await this.#write(change(before ? asWritten(before) : withUnknownRules(await this.#kernel.read()), wanted));
    this.#written = wanted;
  }

  async #write(what: Change): Promise<void> {
    if (isEmpty(what)) return;
    this.#seen = undefined;
    if (!this.#bridged) await this.#kernel.filterBridged();
    this.#bridged = true;
    const started = this.#options.clock.monotonic();
    await this.#kernel.apply(what);
    const milliseconds = Math.round(this.#options.clock.monotonic() - started);
    this.#log.debug('wrote network policies', { milliseconds });
  }

  /** Puts our rules back when somebody has flushed them, or the rules that lead to them. */
  async #look(): Promise<void> {
    const written = this.#written;
    if (this.#stop.signal.aborted || !written) return;
    const looks = families.map((family) => this.#kernel.isLed(family, hooksOf(written.chains[family])));
    if ((await Promise.all(looks)).includes(false)) await this.#verify();
  }

  /** Puts our rules back when somebody changed them. */
  async #verify(): Promise<void> {
    if (this.#stop.signal.aborted || !this.#written) return;
    if (this.#written.chains[4].size + this.#written.chains[6].size === 0) return;
    const now = fingerprint(await this.#kernel.read());
    if (now === this.#seen) return;
    if (this.#seen) this.#log.warn('network policies were changed in the kernel by somebody else; writing them again');
    this.#written = undefined;
    await this.#sync();
    this.#seen = fingerprint(await this.#kernel.read());
  }
}

function asWritten(rules: RuleSet): Installed {
  return { ...rules, led: { 4: hooksOf(rules.chains[4]), 6: hooksOf(rules.chains[6]) } };
}

/** The kernel writes rules in words of its own, so none of them is taken for right. */
function withUnknownRules(installed: Installed): Installed {
  const unknown = (chains: ReadonlyMap<string, unknown>) => new Map([...chains.keys()].map((name) => [name, ['?']]));
  return { ...installed, chains: { 4: unknown(installed.chains[4]), 6: unknown(installed.chains[6]) } };
}

function fingerprint({ sets, chains, led }: Installed): string {
  const members = [...sets].map(([name, set]) => [name, set.type, [...set.members].sort()]).sort();
  return JSON.stringify([members, [...chains[4]], [...chains[6]], [...led[4]], [...led[6]]]);
}

/** Removes all of ours from the kernel. For `cox down`: nobody may enforce policies meanwhile. */
export async function removePolicyRules(log: Log, run?: Run): Promise<void> {
  const kernel = new PolicyKernel(log, run);
  const what = change(await kernel.read(), noRules);
  if (!isEmpty(what)) await kernel.apply(what);
}
