import type { Plugin } from './plugin.ts';

/** A plugin that scores, and how much that counts. */
export interface Scorer {
  readonly plugin: Plugin;
  readonly weight: number;
}

/** What pods of one `spec.schedulerName` are scheduled by: the plugins of each step, in the order they are asked. */
export interface Profile {
  readonly schedulerName: string;
  /** Percent of all nodes that must be found feasible before the search ends; 0 or absent: by the size of the cluster. */
  readonly percentageOfNodesToScore?: number | undefined;
  readonly queueSort: Plugin;
  readonly preEnqueue: readonly Plugin[];
  readonly preFilter: readonly Plugin[];
  readonly filter: readonly Plugin[];
  readonly postFilter: readonly Plugin[];
  readonly preScore: readonly Plugin[];
  readonly score: readonly Scorer[];
  readonly reserve: readonly Plugin[];
  readonly permit: readonly Plugin[];
  readonly preBind: readonly Plugin[];
  readonly bind: readonly Plugin[];
  readonly postBind: readonly Plugin[];
}

/** The names of the steps, as configurations have them. */
export type Step = Exclude<keyof Profile, 'schedulerName' | 'percentageOfNodesToScore'>;

/** A profile in which each of `plugins` takes part in all steps it has, in this order. */
export function profileOf(
  schedulerName: string,
  plugins: readonly { readonly plugin: Plugin; readonly weight?: number | undefined }[],
): Profile {
  const having = (...steps: (keyof Plugin)[]) =>
    plugins.filter(({ plugin }) => steps.some((step) => plugin[step] !== undefined)).map(({ plugin }) => plugin);
  const queueSort = having('queueSort')[0];
  if (!queueSort) throw new Error(`the profile ${schedulerName} has no plugin that sorts the queue`);
  return {
    schedulerName,
    queueSort,
    preEnqueue: having('preEnqueue'),
    preFilter: having('preFilter'),
    filter: having('filter'),
    postFilter: having('postFilter'),
    preScore: having('preScore'),
    score: plugins
      .filter(({ plugin }) => plugin.score !== undefined)
      .map(({ plugin, weight = 1 }) => ({ plugin, weight })),
    reserve: having('reserve', 'unreserve'),
    permit: having('permit'),
    preBind: having('preBind'),
    bind: having('bind'),
    postBind: having('postBind'),
  };
}
