import { expect } from 'chai';
import { event } from '../../src/api/core-v1/event.ts';
import { node, type Node } from '../../src/api/core-v1/node.ts';
import { pod, type Pod } from '../../src/api/core-v1/pod.ts';
import { Cluster } from '../../src/cluster/cluster.ts';
import { aNode, aPod } from './objects.ts';

describe('scheduler, against the API server', () => {
  let cluster: Cluster;
  beforeEach(async () => (cluster = await Cluster.start({ controllers: false, listen: false })));
  afterEach(() => cluster.stop());

  async function addNode(name: string, more: Parameters<typeof aNode>[1] = {}): Promise<void> {
    const { metadata, ...rest } = aNode(name, more);
    const created = await cluster.client.create(node, { ...rest, metadata: { name, labels: metadata.labels! } });
    await cluster.client.patch<Node>(
      node,
      { name: created.metadata.name },
      'merge',
      { status: rest.status },
      { subresource: 'status' },
    );
    // New nodes take no pods until the node lifecycle controller, which does not run here, has seen them ready.
    await cluster.client.patch<Node>(node, { name }, 'merge', { spec: { taints: null } });
  }

  function addPod(name: string, requests: Record<string, string> = {}, spec: object = {}): Promise<Pod> {
    const { spec: whole } = aPod(name, requests, spec);
    return cluster.client.create(pod, { metadata: { name, namespace: 'default' }, spec: whole! });
  }

  /** The pod as soon as `wanted` is true of it. */
  async function podWhen(name: string, wanted: (pod: Pod) => boolean): Promise<Pod> {
    const fieldSelector = `metadata.name=${name}`;
    const list = await cluster.client.list(pod, { namespace: 'default', fieldSelector });
    if (list.items[0] && wanted(list.items[0])) return list.items[0];
    const { resourceVersion } = list.metadata;
    for await (const e of cluster.client.watch(pod, { namespace: 'default', fieldSelector, resourceVersion })) {
      if (e.type !== 'ERROR' && wanted(e.object)) return e.object;
    }
    throw new Error('the watch ended');
  }

  it('places pods where they fit, and says so', async () => {
    await addNode('small', { status: { allocatable: { cpu: '1', memory: '1Gi', pods: '10' } } });
    await addNode('ssd', { labels: { disk: 'ssd' } });
    await addPod('big', { cpu: '2' });
    await addPod('picky', {}, { nodeSelector: { disk: 'ssd' } });
    for (const name of ['big', 'picky']) {
      const placed = await podWhen(name, (p) => Boolean(p.spec!.nodeName));
      expect(placed.spec!.nodeName).to.equal('ssd');
      expect(placed.status!.conditions!.find((c) => c.type === 'PodScheduled')!.status).to.equal('True');
    }
  });

  it('reports a pod that fits nowhere, and places it when a node comes', async () => {
    await addNode('small', { status: { allocatable: { cpu: '1', memory: '1Gi', pods: '10' } } });
    await addPod('big', { cpu: '2' });
    const waiting = await podWhen('big', (p) => p.status?.conditions?.[0]?.reason === 'Unschedulable');
    expect(waiting.status!.conditions![0]!.message).to.equal(
      '0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.',
    );
    await addNode('large');
    const placed = await podWhen('big', (p) => Boolean(p.spec!.nodeName));
    expect(placed.spec!.nodeName).to.equal('large');
    const events = await cluster.client.list(event, { namespace: 'default', fieldSelector: 'involvedObject.name=big' });
    expect(events.items.some((e) => e.reason === 'FailedScheduling' && e.type === 'Warning')).to.equal(true);
  });
});
