import { isQuantity, milliValue, quantityValue } from '../../apimachinery/quantity.ts';
import type { Pod } from '../../api/core-v1/pod.ts';
import { withDefaultTag } from '../images/image-name.ts';
import { programOf, type Program } from '../runtime/fake-program.ts';
import type { ToldUsage } from '../runtime/fake-usage.ts';

/** What annotations of a pod on a simulated node begin with: `simulate.coxswain.io/run: 30s`. */
export const simulationPrefix = 'simulate.coxswain.io/';

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** Milliseconds of a duration as Go writes them (`1m30s`, `250ms`) or of a number of seconds; undefined of anything else. */
export function durationOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,9}(\.\d{1,3})?$/.test(text)) return Number(text) * 1_000;
  if (!/^(\d{1,9}(\.\d{1,9})?(ms|s|m|h)){1,4}$/.test(text)) return undefined;
  const parts = text.matchAll(/([\d.]+)(ms|s|m|h)/g);
  return [...parts].reduce((sum, [, amount, unit]) => sum + Number(amount) * units[unit!]!, 0);
}

/** What the pod's annotations say of one of its containers: `run.NAME` is said of one alone, and goes before `run`. */
export function annotationFor(pod: Pod | undefined, container: string, what: string): string | undefined {
  const annotations = pod?.metadata.annotations ?? {};
  return annotations[`${simulationPrefix}${what}.${container}`] ?? annotations[`${simulationPrefix}${what}`];
}

/** How a container of a simulated pod behaves: as its command says, and before that as the pod's annotations say. */
export function stagesOf(pod: Pod | undefined, container: string, command: readonly string[]): Program {
  const program = programOf(command);
  const say = (what: string) => annotationFor(pod, container, what);
  const code = say('exit-code');
  const exitCode = code !== undefined && /^\d{1,3}$/.test(code) ? Number(code) : undefined;
  const log = say('log');
  return {
    ...program,
    startsIn: durationOf(say('start')) ?? program.startsIn ?? 0,
    // Who says how it ends says that it ends.
    runsFor: durationOf(say('run')) ?? program.runsFor ?? (exitCode === undefined ? undefined : 0),
    exitCode: exitCode ?? program.exitCode,
    stopsIn: durationOf(say('stop')) ?? program.stopsIn,
    ...(log !== undefined && { output: `${log.replace(/\n$/, '')}\n`, errors: '' }),
  };
}

/** Milliseconds that the pods of a node let an image take to come: the longest that one says; 0: it is there. */
export function pullTime(pods: readonly Pod[], image: string): number {
  const times = pods.flatMap((pod) => {
    const { initContainers = [], containers = [] } = pod.spec ?? {};
    const users = [...initContainers, ...containers].filter(
      (c) => withDefaultTag(c.image ?? '') === withDefaultTag(image),
    );
    return users.map(({ name }) => durationOf(annotationFor(pod, name, 'pull')) ?? 0);
  });
  return Math.max(0, ...times);
}

/** What a container uses, as `cpu: 250m` and `memory: 64Mi` say at the moment. */
export function usageOf(pod: Pod | undefined, container: string): ToldUsage {
  const [cpu, memory] = ['cpu', 'memory'].map((what) => annotationFor(pod, container, what));
  return {
    ...(isQuantity(cpu) && { cpu: milliValue(cpu) * 1e6 }),
    ...(isQuantity(memory) && { memory: quantityValue(memory) }),
  };
}

/** Why a probe (`startup`, `liveness`, `readiness`) of a container fails, as `fails: readiness,liveness` says. */
export function failureOf(pod: Pod | undefined, container: string, probe: string): string | undefined {
  const named = annotationFor(pod, container, 'fails')
    ?.split(',')
    .map((name) => name.trim());
  return named?.includes(probe) ? `the annotation ${simulationPrefix}fails says so` : undefined;
}
