import type { Node } from '../../api/core-v1/node.ts';

/** Labels of old, and those that say what they should. */
const former: Readonly<Record<string, string>> = {
  'beta.kubernetes.io/os': 'kubernetes.io/os',
  'beta.kubernetes.io/arch': 'kubernetes.io/arch',
};

/** The labels by their former names that a node lacks or that say something else; selectors of old still use them. */
export function missingLabels({ metadata: { labels = {} } }: Node): Record<string, string> {
  const wanted = Object.entries(former).flatMap(([old, name]) => {
    const value = labels[name];
    return value === undefined || labels[old] === value ? [] : [[old, value] as const];
  });
  return Object.fromEntries(wanted);
}
