import type { StatefulSet } from '../../api/apps-v1/stateful-set.ts';
import { pod as podKind, type Pod } from '../../api/core-v1/pod.ts';
import type { PodTemplateSpec } from '../../api/core-v1/pod-template-spec.ts';
import { isApiError, type ApiError } from '../../apimachinery/api-error.ts';
import { controllerOf, keyOf, type New } from '../../apimachinery/object.ts';
import { errorMessage } from '../../base/log.ts';
import type { ReconcileContext } from '../../client/controller.ts';
import type { Expectations } from '../expectations.ts';
import { slowStart } from '../slow-start.ts';
import { createClaims, ownClaims } from './claims.ts';
import type { CurrentCheck } from './current-check.ts';
import { newPod, ordinalOf, repairedPod } from './identity.ts';
import { isOrdered, type Step } from './plan.ts';
import type { WrittenPods } from './written-pods.ts';

/** A revision's name and the template it keeps. */
export interface NamedTemplate {
  readonly name: string;
  readonly template: PodTemplateSpec;
}

/** What carrying out the plan of a set needs. */
export interface Actor {
  readonly set: StatefulSet;
  readonly current: NamedTemplate;
  readonly update: NamedTemplate;
  readonly context: ReconcileContext;
  readonly assertCurrent: CurrentCheck;
  readonly expectations: Expectations;
  /** Is told which pods come and go. */
  readonly written: WrittenPods;
}

/** Carries out the phases of a plan one after the other, up to the first error, which is returned. */
export async function carryOut(actor: Actor, phases: readonly (readonly Step[])[]): Promise<unknown> {
  if (phases.every((steps) => steps.length === 0)) return undefined;
  try {
    await actor.assertCurrent();
    for (const steps of phases) await carryOutPhase(actor, steps);
    return undefined;
  } catch (error) {
    return error;
  }
}

async function carryOutPhase(actor: Actor, steps: readonly Step[]): Promise<void> {
  if (isOrdered(actor.set)) {
    for (const step of steps) await carryOutStep(actor, step);
    return;
  }
  const { error } = await slowStart(steps.length, (index) => carryOutStep(actor, steps[index]!));
  if (error) throw error;
}

function carryOutStep(actor: Actor, step: Step): Promise<void> {
  if (step.do === 'create') return createPod(actor, step);
  const run = { recreate: recreatePod, claims: completeClaims, repair: repairPod, own: ownClaims, delete: deletePod };
  return run[step.do](actor, step.pod);
}

async function createPod(actor: Actor, { ordinal, revision }: Step & { do: 'create' }): Promise<void> {
  const { name, template } = actor[revision];
  const wanted = newPod(actor.set, template, name, ordinal);
  try {
    const created = await reported(actor, 'create', wanted.metadata.name!, async () => {
      await createClaims(actor, ordinal);
      return actor.context.client.create(podKind, wanted);
    });
    actor.expectations.created(keyOf(actor.set), created);
    actor.written.created(created);
  } catch (error) {
    if (!isApiError(error, 'AlreadyExists')) throw error;
    await awaitOwn(actor, wanted, error);
  }
}

/** The name is taken. When it is by our own pod, the local copy has yet to show it. */
async function awaitOwn({ set, context, expectations }: Actor, wanted: New<Pod>, taken: ApiError): Promise<void> {
  const { namespace, name } = wanted.metadata;
  const found = await context.client.find(podKind, { namespace, name: name! });
  if (found && controllerOf(found)?.uid !== set.metadata.uid) throw taken;
  if (found) expectations.created(keyOf(set), found);
}

/** Removes exactly this pod, in its own time: nothing may run twice, so it is never forced. */
async function deletePod(actor: Actor, pod: Pod): Promise<void> {
  const { uid, name } = pod.metadata;
  try {
    await reported(actor, 'delete', name, () =>
      actor.context.client.delete(podKind, pod.metadata, { preconditions: { uid } }),
    );
  } catch (error) {
    if (!isApiError(error, 'NotFound', 'Conflict')) throw error;
  }
  actor.expectations.deleted(keyOf(actor.set), pod);
  actor.written.deleted(pod);
}

function recreatePod(actor: Actor, pod: Pod): Promise<void> {
  const { namespace, name } = actor.set.metadata;
  const [reason, state] = pod.status?.phase === 'Failed' ? ['Failed', 'failed'] : ['Terminated', 'terminated'];
  const message = `StatefulSet ${namespace}/${name} is recreating ${state} Pod ${pod.metadata.name}`;
  actor.context.events.event(actor.set, 'Warning', `Recreating${reason}Pod`, message);
  return deletePod(actor, pod);
}

async function repairPod(actor: Actor, pod: Pod): Promise<void> {
  await reported(actor, 'update', pod.metadata.name, async () => {
    const repaired = repairedPod(actor.set, pod);
    if (repaired) await createClaims(actor, ordinalOf(pod));
    await ownClaims(actor, pod);
    if (repaired) await actor.context.client.update(podKind, repaired);
  });
}

async function completeClaims(actor: Actor, pod: Pod): Promise<void> {
  await createClaims(actor, ordinalOf(pod));
  await ownClaims(actor, pod);
}

/** Says in an event what was done to a pod, or that it failed. What only came too late is said by nobody. */
async function reported<T>({ set, context }: Actor, verb: Verb, podName: string, work: () => Promise<T>): Promise<T> {
  const what = `${verb} Pod ${podName} in StatefulSet ${set.metadata.name}`;
  const reason = verb[0]!.toUpperCase() + verb.slice(1);
  try {
    const result = await work();
    context.events.event(set, 'Normal', `Successful${reason}`, `${what} successful`);
    return result;
  } catch (error) {
    if (!isApiError(error, 'Conflict', 'AlreadyExists', 'NotFound')) {
      context.events.event(set, 'Warning', `Failed${reason}`, `${what} failed error: ${errorMessage(error)}`);
    }
    throw error;
  }
}

type Verb = 'create' | 'update' | 'delete';
