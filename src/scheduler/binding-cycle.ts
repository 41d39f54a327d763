import type { Cycle } from './cycle.ts';
import type { Refusal } from './diagnosis.ts';
import type { NodeInfo } from './node-info.ts';
import type { Plugin, Rejection } from './plugin.ts';

/** Has all plugins take what the pod needs on the node; when one cannot, all give back, and it is told who. */
export function reserve(cycle: Cycle, node: NodeInfo): Refusal | undefined {
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
  const { profile, pod } = cycle;
  const permits = profile.permit
    .map((plugin) => ({ plugin, answer: plugin.permit!(pod, nodeName, cycle.state(plugin), signal) }))
    .filter(({ answer }) => answer !== undefined);
  if (permits.length > 0) return permitted(cycle, nodeName, permits, signal);
  return preBind(cycle, nodeName, profile.preBind, signal);
}

async function permitted(
  cycle: Cycle,
  nodeName: string,
  permits: readonly { plugin: Plugin; answer: Rejection | undefined | Promise<Rejection | undefined> }[],
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
  return preBind(cycle, nodeName, cycle.profile.preBind, signal);
}

class Refused extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super('refused');
    this.refusal = refusal;
  }
}

/** One plugin after the other; undefined when none of them has anything to do. */
function preBind(
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
      return preBind(cycle, nodeName, plugins.slice(i + 1), signal);
    });
  }
  return undefined;
}

/** Binds by the first plugin that takes it on. */
export async function bind(cycle: Cycle, nodeName: string): Promise<void> {
  for (const plugin of cycle.profile.bind) {
    if (await plugin.bind!(cycle.pod, nodeName, cycle.state(plugin))) return;
  }
  throw new Error(`no plugin of the profile ${cycle.profile.schedulerName} binds pods`);
}
