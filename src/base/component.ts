/**
 * A part of the cluster with a life: the scheduler, the proxy, a controller, a kubelet. `start` resolves when it works
 * (or rejects with a sentence that says why it cannot); `stop` resolves when nothing of it runs any more, and is safe
 * to call twice.
 */
export interface Component {
  readonly name: string;
  start(): Promise<void>;
  stop(): Promise<void>;
}
