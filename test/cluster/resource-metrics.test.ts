import { expect } from 'chai';
import { horizontalPodAutoscaler } from '../../src/api/autoscaling-v2/horizontal-pod-autoscaler.ts';
import { deployment } from '../../src/api/apps-v1/deployment.ts';
import { pod } from '../../src/api/core-v1/pod.ts';
import { nodeMetrics } from '../../src/api/metrics-v1beta1/node-metrics.ts';
import { podMetrics } from '../../src/api/metrics-v1beta1/pod-metrics.ts';
import { apiService } from '../../src/api/apiregistration-v1/api-service.ts';
import { sleep, realClock } from '../../src/base/clock.ts';
import { Cluster } from '../../src/cluster/cluster.ts';

async function until(done: () => Promise<boolean>): Promise<void> {
  while (!(await done())) await sleep(realClock, 50);
}

describe('resource metrics', () => {
  let cluster: Cluster;
  before(async () => (cluster = await Cluster.start({ nodes: 1 })));
  after(() => cluster.stop());

  it('are served of nodes and pods, and autoscalers go by them', async function () {
    this.timeout(60_000);
    const { client } = cluster;
    const labels = { app: 'web' };
    const resources = { requests: { cpu: '200m', memory: '64Mi' }, limits: { memory: '64Mi' } };
    const spec = {
      ...{ replicas: 2, selector: { matchLabels: labels } },
      template: { metadata: { labels }, spec: { containers: [{ name: 'a', image: 'web', resources }] } },
    };
    const metadata = { namespace: 'default', name: 'web' };
    await client.create(deployment, { metadata, spec });
    const names = async () => (await client.list(podMetrics, { namespace: 'default' })).items;
    const running = async () =>
      (await client.list(pod, { namespace: 'default' })).items.filter(({ status }) => status?.phase === 'Running');
    await until(async () => (await running()).length === 2);
    // An answer is good for ten seconds, so that the first question may come before the pods run.
    await until(async () => (await names()).length === 2);
    const [first] = await names();
    expect(first!.containers!.map(({ name }) => name)).to.deep.equal(['a']);
    expect(first!.containers![0]!.usage.memory).to.equal('32Mi');
    expect(await client.get(podMetrics, { namespace: 'default', name: first!.metadata.name })).to.deep.include({
      kind: 'PodMetrics',
    });
    const other = await client.list(podMetrics, { labelSelector: 'app=other' });
    expect(other.items).to.deep.equal([]);
    expect((await client.list(podMetrics, { labelSelector: 'app=web' })).items).to.have.lengthOf(2);
    expect((await client.get(nodeMetrics, { name: 'node-1' })).usage!.memory).to.match(/^\d+Mi$/);
    const missing = await client.get(nodeMetrics, { name: 'node-9' }).catch((error) => error.message);
    expect(missing).to.equal('nodes.metrics.k8s.io "node-9" not found');
    const target = { type: 'AverageValue', averageValue: '16Mi' };
    await client.create(horizontalPodAutoscaler, {
      metadata,
      spec: {
        minReplicas: 1,
        maxReplicas: 4,
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
        metrics: [{ type: 'Resource', resource: { name: 'memory', target } }],
      },
    });
    await until(async () => (await client.get(deployment, metadata)).spec!.replicas === 4);
  });

  it('have an API service that others can take over', async () => {
    const { client } = cluster;
    const name = 'v1beta1.metrics.k8s.io';
    const { metadata, status } = await client.get(apiService, { name });
    expect(metadata.labels).to.equal(undefined);
    expect(status?.conditions?.[0]).to.deep.include({ type: 'Available', status: 'True' });
  });
});
