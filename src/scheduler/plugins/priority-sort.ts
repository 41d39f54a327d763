import type { Plugin } from '../plugin.ts';

/** The more important pod first; the queue itself keeps equals in the order they came. */
export const prioritySort: Plugin = {
  name: 'PrioritySort',
  queueSort: (a, b) => b.priority - a.priority,
};
