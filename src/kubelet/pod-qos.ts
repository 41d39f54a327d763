import { qosClass, type QosClass } from '../api/core-v1/qos-class.ts';
import type { Pod } from '../api/core-v1/pod.ts';
import { specOf } from './pod-spec.ts';

export type { QosClass };

/** The quality of service that follows from requests and limits of CPU and memory. */
export function qosClassOf(pod: Pod): QosClass {
  return qosClass(specOf(pod));
}
