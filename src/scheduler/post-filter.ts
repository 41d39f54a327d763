import type { Cycle } from './cycle.ts';
import type { Diagnosis } from './diagnosis.ts';
import type { PostFilterResult } from './plugin.ts';

/** Asks the plugins to make room; the first that promises a node wins, else all messages are told. */
export function postFilter(cycle: Cycle, failure: Diagnosis): PostFilterResult | Promise<PostFilterResult> {
  return cycle.timed(
    'PostFilter',
    () => askFrom(0, [], cycle, failure),
    ({ nominatedNode }) => (nominatedNode ? 'Success' : 'Unschedulable'),
  );
}

function askFrom(
  i: number,
  results: readonly PostFilterResult[],
  cycle: Cycle,
  failure: Diagnosis,
): PostFilterResult | Promise<PostFilterResult> {
  const plugin = cycle.profile.postFilter[i];
  if (!plugin) return joined(results);
  const take = (result: PostFilterResult) => {
    const all = [...results, result];
    return result.nominatedNode ? joined(all) : askFrom(i + 1, all, cycle, failure);
  };
  const result = plugin.postFilter!(cycle, failure, cycle.state(plugin));
  return result instanceof Promise ? result.then(take) : take(result);
}

function joined(results: readonly PostFilterResult[]): PostFilterResult {
  const nominatedNode = results.findLast((result) => result.nominatedNode !== undefined)?.nominatedNode;
  const messages = results.map(({ message }) => message).filter(Boolean);
  return { nominatedNode, message: messages.length > 0 ? messages.join(', ') : undefined };
}
