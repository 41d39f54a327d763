import { expect } from 'chai';
import { event } from '../../src/api/core-v1/event.ts';
import { node, type Node } from '../../src/api/core-v1/node.ts';
import { pod, type Pod } from '../../src/api/core-v1/pod.ts';
import { priorityClass } from '../../src/api/scheduling-v1/priority-class.ts';
import type { Client } from '../../src/client/client.ts';
import { Cluster, type ClusterOptions } from '../../src/cluster/cluster.ts';
import { aNode, aPod } from './objects.ts';

const namespace = 'default';

/** A real API server and scheduler with nodes that nobody lives on: what is bound to them stays as it is. */
export class BareCluster {
  readonly client: Client;
  readonly cluster: Cluster;

  private constructor(cluster: Cluster) {
    this.cluster = cluster;
    this.client = cluster.client;
  }

  static async start(options: ClusterOptions = {}): Promise<BareCluster> {
    return new BareCluster(await Cluster.start({ controllers: false, listen: false, ...options }));
  }

  stop(): Promise<void> {
    return this.cluster.stop();
  }

  async addNode(name: string, more: Parameters<typeof aNode>[1] = {}): Promise<void> {
    const { metadata, status, ...rest } = aNode(name, more);
    await this.client.create(node, { ...rest, metadata: { name, labels: metadata.labels! } });
    await this.client.patch<Node>(node, { name }, 'merge', { status }, { subresource: 'status' });
    // New nodes take no pods until the node lifecycle controller, which does not run here, has seen them ready.
    await this.client.patch<Node>(node, { name }, 'merge', { spec: { taints: null } });
  }

  async addPriorities(priorities: Readonly<Record<string, number>>): Promise<void> {
    for (const [name, value] of Object.entries(priorities)) {
      await this.client.create(priorityClass, { metadata: { name }, value });
    }
  }

  addPod(name: string, requests: Record<string, string> = {}, spec: object = {}, labels = {}): Promise<Pod> {
    const { spec: whole } = aPod(name, requests, spec);
    return this.client.create(pod, { metadata: { name, namespace, labels }, spec: whole! });
  }

  /** As a kubelet does in the end. */
  removePod(name: string): Promise<void> {
    return this.client.delete(pod, { namespace, name }, { gracePeriodSeconds: 0 });
  }

  /** The pod as soon as `wanted` is true of it. */
  async podWhen(name: string, wanted: (pod: Pod) => boolean): Promise<Pod> {
    return this.eventually(async () => {
      const found = await this.client.get(pod, { namespace, name });
      expect(wanted(found), `${name}: ${JSON.stringify([found.spec?.nodeName, found.status])}`).to.equal(true);
      return found;
    });
  }

  /** The node on which the pod comes to be. */
  async nodeOf(name: string): Promise<string> {
    return (await this.podWhen(name, (p) => Boolean(p.spec?.nodeName))).spec!.nodeName!;
  }

  /** Why the pod has no node, as soon as that reads so. */
  async unschedulable(name: string, message: string | RegExp): Promise<void> {
    await this.podWhen(name, ({ status }) => {
      const told = status?.conditions?.find(({ type }) => type === 'PodScheduled')?.message ?? '';
      return typeof message === 'string' ? told === message : message.test(told);
    });
  }

  async events(name: string, reason: string): Promise<string[]> {
    const { items } = await this.client.list(event, { namespace, fieldSelector: `involvedObject.name=${name}` });
    return items.filter((one) => one.reason === reason).map((one) => `${one.type} ${one.message}`);
  }

  /** The answer of `check` as soon as it does not throw. */
  async eventually<T>(check: () => Promise<T>): Promise<T> {
    let last: unknown;
    for (let i = 0; i < 400; i++) {
      try {
        return await check();
      } catch (error) {
        last = error;
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw last;
  }
}
