import { podDisruptionBudget, type PodDisruptionBudget } from '../../api/policy-v1/pod-disruption-budget.ts';
import { errorMessage, type Log } from '../../base/log.ts';
import type { Informer } from '../../client/informer.ts';
import { defaultArguments, type DefaultPreemptionArguments } from '../config/arguments.ts';
import type { Cycle } from '../cycle.ts';
import { rejectionOf, type Diagnosis } from '../diagnosis.ts';
import type { Extender } from '../extenders/extender.ts';
import type { NodeInfo } from '../node-info.ts';
import type { Plugin, PluginFactory, PluginHandle, PostFilterResult } from '../plugin.ts';
import type { PodInfo } from '../pod-info.ts';
import { bestCandidate, findCandidates, type Search } from '../preemption/candidates.ts';
import { execute } from '../preemption/execute.ts';
import { isPreempted, type Candidate } from '../preemption/victims.ts';

/** Makes room for a pod that fits nowhere by removing less important ones, and promises it the node. */
export const defaultPreemption: PluginFactory = {
  name: 'DefaultPreemption',
  create: (args, handle) =>
    new DefaultPreemption((args as DefaultPreemptionArguments) ?? defaultArguments.DefaultPreemption, handle),
};

class DefaultPreemption implements Plugin {
  readonly name = 'DefaultPreemption';
  readonly #limits: DefaultPreemptionArguments;
  readonly #handle: PluginHandle;
  readonly #budgets: Informer<PodDisruptionBudget>;
  /** Victims, by uid, whose removal has been asked for and may not show yet, with their nodes. */
  readonly #doomed = new Map<string, string>();

  constructor(limits: DefaultPreemptionArguments, handle: PluginHandle) {
    this.#limits = limits;
    this.#handle = handle;
    this.#budgets = handle.informers.of(podDisruptionBudget);
  }

  postFilter(cycle: Cycle, diagnosis: Diagnosis): PostFilterResult | Promise<PostFilterResult> {
    const why = this.#whyNotEligible(cycle, diagnosis);
    if (why) return { message: `preemption: ${why}` };
    const { random } = this.#handle;
    const search = findCandidates(cycle, diagnosis, this.#budgets.list(), this.#limits, random);
    const extenders = this.#extendersFor(cycle.pod);
    if (extenders.length === 0 || search.candidates.length === 0) return this.#choose(cycle, search);
    const asked = askExtenders(extenders, cycle.pod, search.candidates, this.#handle.log);
    return asked.then((candidates) => this.#choose(cycle, { ...search, candidates }));
  }

  #extendersFor(pod: PodInfo): readonly Extender[] {
    return (this.#handle.extenders ?? []).filter((one) => one.preempts && one.isInterested(pod));
  }

  #choose({ pod }: Cycle, { candidates, message }: Search): PostFilterResult {
    const best = bestCandidate(candidates);
    if (!best) return { nominatedNode: '', message: `preemption: ${message}` };
    void this.#execute(pod, best);
    return { nominatedNode: best.node.name };
  }

  /** A pod that has made room already waits for its victims to go before it has others removed. */
  #whyNotEligible({ pod, snapshot }: Cycle, diagnosis: Diagnosis): string | undefined {
    if (pod.spec.preemptionPolicy === 'Never') return 'not eligible due to preemptionPolicy=Never.';
    const name = snapshot.nominations.nodeOf(pod.uid);
    const node = name === undefined ? undefined : snapshot.existing(name);
    if (!node || rejectionOf(diagnosis, node.name)?.unresolvable) return undefined;
    return this.#isClearing(node, pod) ? 'not eligible due to a terminating pod on the nominated node.' : undefined;
  }

  #isClearing(node: NodeInfo, { priority }: PodInfo): boolean {
    for (const other of node.pods.values()) {
      const leaves = isPreempted(other) || this.#doomed.has(other.uid);
      if (leaves && other.priority < priority) return true;
    }
    return false;
  }

  /** In the background: the next pods need not wait for what is written. */
  async #execute(preemptor: PodInfo, candidate: Candidate): Promise<void> {
    const { log } = this.#handle;
    this.#forgetThoseThatGo();
    for (const { uid } of candidate.victims) this.#doomed.set(uid, candidate.node.name);
    try {
      await execute(preemptor, candidate, this.#handle);
    } catch (error) {
      log.warn('preemption failed', { pod: preemptor.key, node: candidate.node.name, error: errorMessage(error) });
      for (const { uid } of candidate.victims) this.#doomed.delete(uid);
      this.#handle.happened({ name: 'AssignedPodDelete' }); // it is tried again
    }
  }

  #forgetThoseThatGo(): void {
    for (const [uid, nodeName] of this.#doomed) {
      const victim = this.#handle.snapshot.node(nodeName)?.pods.get(uid);
      if (!victim || victim.pod.metadata.deletionTimestamp) this.#doomed.delete(uid);
    }
  }
}

/** Each extender sees what the one before it left. @throws Error of one that may not fail */
async function askExtenders(
  extenders: readonly Extender[],
  pod: PodInfo,
  candidates: readonly Candidate[],
  log: Log,
): Promise<readonly Candidate[]> {
  let left = candidates;
  for (const extender of extenders) {
    if (left.length === 0) break;
    try {
      left = await extender.preempt(pod, left);
    } catch (error) {
      if (!extender.ignorable) throw error;
      log.warn('an extender failed and is left out', { extender: extender.url, error: errorMessage(error) });
    }
  }
  return left;
}
