/** Why a node does not take a pod, as the event says it; the pod's status says it with a few words before. */
export interface Refusal {
  readonly reason: string;
  readonly message: string;
}
