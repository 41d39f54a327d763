/** What the conditions of all kinds have in common. */
export interface ConditionLike {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
}

/** The condition of this type, if there is one. */
export function findCondition<C extends ConditionLike>(
  conditions: readonly C[] | undefined,
  type: string,
): C | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/** The list without the condition of this type. */
export function withoutCondition<C extends ConditionLike>(conditions: readonly C[] | undefined, type: string): C[] {
  return (conditions ?? []).filter((condition) => condition.type !== type);
}

/**
 * The list with `next` in place. A condition of the same status and reason stays as it is, so that a message that
 * changes all the time does not cause writes; one of the same status keeps the time of its last transition.
 */
export function withCondition<C extends ConditionLike>(conditions: readonly C[] | undefined, next: C): C[] {
  const current = findCondition(conditions, next.type);
  if (current && current.status === next.status && current.reason === next.reason) return [...conditions!];
  const lastTransitionTime =
    current?.status === next.status ? (current.lastTransitionTime ?? next.lastTransitionTime) : next.lastTransitionTime;
  return [...withoutCondition(conditions, next.type), { ...next, lastTransitionTime }];
}

/**
 * The list with `next` in its place (or at the end), reason and message as they are now. Only a change of the status
 * changes the time of the last transition.
 */
export function updateCondition<C extends ConditionLike>(conditions: readonly C[] | undefined, next: C): C[] {
  const all = conditions ?? [];
  const current = findCondition(all, next.type);
  if (!current) return [...all, next];
  const lastTransitionTime =
    current.status === next.status ? (current.lastTransitionTime ?? next.lastTransitionTime) : next.lastTransitionTime;
  return all.map((one) => (one === current ? { ...next, lastTransitionTime } : one));
}
