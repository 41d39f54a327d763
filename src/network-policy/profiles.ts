import { hash } from 'node:crypto';
import type { PodFacts } from './pods.ts';
import type { Direction, Policy } from './policy.ts';

export const directions = ['egress', 'ingress'] as const satisfies readonly Direction[];

/** Pods of this node that the same policies isolate in one direction. */
export interface Profile {
  /** Follows from the direction and the names of the policies. */
  readonly id: string;
  readonly direction: Direction;
  readonly policies: readonly Policy[];
  readonly pods: readonly PodFacts[];
}

/**
 * Which pods of this node are isolated, and by what. A pod that no policy selects for a direction is in no profile of it.
 * @param policiesOf those of a namespace, in a fixed order
 */
export function profiles(
  locals: readonly PodFacts[],
  policiesOf: (namespace: string) => readonly Policy[],
): readonly Profile[] {
  const found = new Map<string, { profile: Omit<Profile, 'pods'>; pods: PodFacts[] }>();
  for (const pod of locals) {
    const selecting = policiesOf(pod.namespace).filter(({ subject }) => subject.pods.matches(pod.labels));
    for (const direction of directions) {
      const policies = selecting.filter((policy) => policy[direction]);
      if (policies.length === 0) continue;
      const id = digest([direction, ...policies.map(({ key }) => key)]);
      const known = found.get(id);
      if (known) known.pods.push(pod);
      else found.set(id, { profile: { id, direction, policies }, pods: [pod] });
    }
  }
  return [...found.values()].map(({ profile, pods }) => ({ ...profile, pods })).sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** 16 hexadecimal digits for names of chains (at most 28 characters) and sets (31). */
export function digest(parts: readonly unknown[]): string {
  return hash('sha256', JSON.stringify(parts), 'hex').slice(0, 16);
}
