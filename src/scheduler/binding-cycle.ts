import type { Cycle } from './cycle.ts';
import type { Refusal } from './diagnosis.ts';
import type { NodeInfo } from './node-info.ts';
import type { Plugin, Rejection } from './plugin.ts';
import { statusOf } from './step-times.ts';

/** Has all plugins take what the pod needs on the node; when one cannot, all give back, and it is told who. */
export function reserve(cycle: Cycle, node: NodeInfo): Refusal | undefined {
  return cycle.timed('Reserve', () => reserveAll(cycle, node), refusalStatus);
}

function refusalStatus(refusal: Refusal | undefined) {
  return statusOf(refusal?.rejection);
}

function reserveAll(cycle: Cycle, node: NodeInfo): Refusal | undefined {
  try {
    for (const plugin of cycle.profile.reserve) {
      const rejection = plugin.reserve?.(cycle.pod, node, cycle.state(plugin));
      if (rejection) {
        unreserve(cycle, node.name);
        return { plugin, rejection };
      }
    }
    return undefined;
  } catch (error) {
    unreserve(cycle, node.name);
    throw error;
  }
}

/** Has all plugins give back what they reserved, the last one first. */
export function unreserve(cycle: Cycle, nodeName: string): void {
  for (const plugin of cycle.profile.reserve.toReversed()) {
    plugin.unreserve?.(cycle.pod, nodeName, cycle.state(plugin));
  }
}

/**
 * What comes before binding: plugins that hold the pod up, then what they must do at the API. Undefined when there is
 * nothing to wait for, as with most pods.
 */
export function beforeBinding(
  cycle: Cycle,
  nodeName: string,
  signal: AbortSignal,
): Promise<Refusal | undefined> | undefined {
  const permits = cycle.timed('Permit', () => permitsOf(cycle, nodeName, signal), permitStatus);
  if (permits.length > 0) return permitted(cycle, nodeName, permits, signal);
  return preBind(cycle, nodeName, signal);
}

interface Permit {
  readonly plugin: Plugin;
  readonly answer: Rejection | undefined | Promise<Rejection | undefined>;
}

/** Those that do not agree at once. */
function permitsOf(cycle: Cycle, nodeName: string, signal: AbortSignal): Permit[] {
  return cycle.profile.permit
    .map((plugin) => ({ plugin, answer: plugin.permit!(cycle.pod, nodeName, cycle.state(plugin), signal) }))
    .filter(({ answer }) => answer !== undefined);
}

function permitStatus(permits: readonly Permit[]) {
  const refusal = permits.map(({ answer }) => answer).find((answer) => !(answer instanceof Promise));
  return permits.length > 0 && !refusal ? 'Wait' : statusOf(refusal as Rejection | undefined);
}

async function permitted(
  cycle: Cycle,
  nodeName: string,
  permits: readonly Permit[],
  signal: AbortSignal,
): Promise<Refusal | undefined> {
  // The first to say no decides, not the first in the list.
  const refusals = permits.map(async ({ plugin, answer }) => {
    const rejection = await answer;
    if (rejection) throw new Refused({ plugin, rejection });
  });
  try {
    await Promise.all(refusals);
  } catch (error) {
    if (error instanceof Refused) return error.refusal;
    throw error;
  }
  return preBind(cycle, nodeName, signal);
}

class Refused extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super('refused');
    this.refusal = refusal;
  }
}

function preBind(cycle: Cycle, nodeName: string, signal: AbortSignal): Promise<Refusal | undefined> | undefined {
  return cycle.timed('PreBind', () => preBindBy(cycle, nodeName, cycle.profile.preBind, signal), refusalStatus);
}

/** One plugin after the other; undefined when none of them has anything to do. */
function preBindBy(
  cycle: Cycle,
  nodeName: string,
  plugins: readonly Plugin[],
  signal: AbortSignal,
): Promise<Refusal | undefined> | undefined {
  for (const [i, plugin] of plugins.entries()) {
    const work = plugin.preBind!(cycle.pod, nodeName, cycle.state(plugin), signal);
    if (!work) continue;
    return work.then((rejection) => {
      if (rejection) return { plugin, rejection };
      return preBindBy(cycle, nodeName, plugins.slice(i + 1), signal);
    });
  }
  return undefined;
}

/** Binds by the first plugin that takes it on. */
export function bind(cycle: Cycle, nodeName: string): Promise<void> {
  return cycle.timed('Bind', () => bindBy(cycle, nodeName));
}

async function bindBy(cycle: Cycle, nodeName: string): Promise<void> {
  for (const plugin of cycle.profile.bind) {
    if (await plugin.bind!(cycle.pod, nodeName, cycle.state(plugin))) return;
  }
  throw new Error(`no plugin of the profile ${cycle.profile.schedulerName} binds pods`);
}

/** Tells all plugins that the pod is bound. */
export function postBind(cycle: Cycle, nodeName: string): void {
  const { pod, profile } = cycle;
  cycle.timed('PostBind', () => {
    for (const plugin of profile.postBind) plugin.postBind!(pod, nodeName, cycle.state(plugin));
  });
}
