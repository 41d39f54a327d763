import { quantityValue, milliValue } from '../apimachinery/quantity.ts';
import type { Pod } from '../api/core-v1/pod.ts';
import { allContainers } from './pod-spec.ts';

/** The quality of service that follows from requests and limits of CPU and memory. */
export function qosClassOf(pod: Pod): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  let any = false;
  let guaranteed = true;
  for (const { resources } of allContainers(pod)) {
    const { requests = {}, limits = {} } = resources ?? {};
    for (const [name, amount] of [
      ['cpu', milliValue],
      ['memory', quantityValue],
    ] as const) {
      const limit = amount(limits[name]);
      const request = requests[name] === undefined ? limit : amount(requests[name]);
      if (limit > 0 || request > 0) any = true;
      if (limit === 0 || request !== limit) guaranteed = false;
    }
  }
  if (!any) return 'BestEffort';
  return guaranteed ? 'Guaranteed' : 'Burstable';
}
