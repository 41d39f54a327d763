import { PassThrough } from 'node:stream';
import { KubeConfig, CoreV1Api, Log } from '@kubernetes/client-node';
import { expect } from 'chai';
import { deployment, type Deployment } from '../../src/api/apps-v1/deployment.ts';
import { replicaSet } from '../../src/api/apps-v1/replica-set.ts';
import { componentStatus } from '../../src/api/core-v1/component-status.ts';
import { configMap } from '../../src/api/core-v1/config-map.ts';
import { endpoints } from '../../src/api/core-v1/endpoints.ts';
import { namespace } from '../../src/api/core-v1/namespace.ts';
import { node } from '../../src/api/core-v1/node.ts';
import { pod } from '../../src/api/core-v1/pod.ts';
import { endpointSlice } from '../../src/api/discovery-v1/endpoint-slice.ts';
import { service } from '../../src/api/core-v1/service.ts';
import type { New } from '../../src/apimachinery/object.ts';
import { Cluster, VirtualClock, type ClusterOptions } from '../../src/cluster/index.ts';

const labels = { app: 'web' };

function web(replicas: number, image = 'web:1'): New<Deployment> {
  return {
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: 'web', image, ports: [{ containerPort: 80 }] }] },
      },
    },
  };
}

describe('Cluster.start()', () => {
  const running: Cluster[] = [];
  const start = async (options?: ClusterOptions) => {
    const cluster = await Cluster.start(options);
    running.push(cluster);
    return cluster;
  };

  afterEach(async () => {
    await Promise.all(running.splice(0).map((cluster) => cluster.stop()));
  });

  async function until<T>(probe: () => Promise<T | undefined | false>): Promise<T> {
    for (let i = 0; i < 500; i++) {
      const answer = await probe();
      if (answer) return answer;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error('it did not come to that within 5 s');
  }

  const readyPods = (cluster: Cluster) => async () => {
    const { items } = await cluster.client.list(pod, { namespace: 'default', labelSelector: 'app=web' });
    return items.filter((p) => p.status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True'));
  };

  it('has the metrics of its store and of its controllers beside those of the server', async () => {
    const cluster = await start({ listen: false });
    await cluster.client.create(deployment, web(1));
    await until(async () => (await cluster.client.list(pod, { namespace: 'default' })).items.length > 0);
    const text: string = await cluster.client.raw('GET', '/metrics');
    expect(text).to.match(/^workqueue_adds_total\{name="deployment"\} [1-9]/m);
    expect(text).to.match(/^rest_client_requests_total\{code="201",method="POST",host="in-process"\} [1-9]/m);
    expect(text).to.match(/^etcd_requests_total\{operation="create",type="deployments.apps",.*\} 1$/m);
    expect(text).to.match(/^apiserver_request_total\{verb="POST".*resource="pods".*code="201"\} 1$/m);
  });

  it('has endpoints of its API server when it listens', async () => {
    const { client, url } = await start({ controllers: false, scheduler: false });
    const at = { namespace: 'default', name: 'kubernetes' };
    const [subset] = (await client.get(endpoints, at)).subsets ?? [];
    expect(subset?.ports?.map(({ port }) => port)).to.deep.equal([Number(new URL(url).port)]);
    expect((await client.get(endpointSlice, at)).endpoints).to.have.length(1);
  });

  it('stops while somebody follows a log', async () => {
    const cluster = await Cluster.start({ nodes: 1 });
    await cluster.client.create(pod, {
      metadata: { namespace: 'default', name: 'p' },
      spec: { containers: [{ name: 'c', image: 'nginx' }] },
    });
    await until(async () =>
      (await cluster.client.get(pod, { namespace: 'default', name: 'p' })).status?.conditions?.some(
        ({ type, status }) => type === 'Ready' && status === 'True',
      ),
    );
    const config = new KubeConfig();
    config.loadFromString(cluster.kubeconfig);
    const out = new PassThrough().resume().on('error', () => {}); // it is cut off
    await new Log(config).log('default', 'p', 'c', out, { follow: true });
    await cluster.stop();
  });

  it('says how its parts are', async () => {
    const both = await start();
    const parts = async (cluster: Cluster) =>
      (await cluster.client.list(componentStatus)).items.map(({ metadata, conditions }) => [
        metadata.name,
        conditions?.[0]?.status,
      ]);
    expect(await parts(both)).to.deep.equal([
      ['controller-manager', 'True'],
      ['etcd-0', 'True'],
      ['scheduler', 'True'],
    ]);
    const few = await start({ controllers: false });
    expect((await parts(few)).map(([name]) => name)).to.deep.equal(['etcd-0', 'scheduler']);
  });

  it('serves clients outside the process', async () => {
    const cluster = await start();
    const config = new KubeConfig();
    config.loadFromString(cluster.kubeconfig);
    const { items } = await config.makeApiClient(CoreV1Api).listNamespace();
    expect(items.map((n) => n.metadata?.name)).to.include('default');
  });

  it('runs a deployment on simulated nodes, and its service has endpoints', async () => {
    const cluster = await start({ nodes: 2 });
    await cluster.client.create(deployment, web(4));
    await cluster.client.create(service, {
      metadata: { name: 'web', namespace: 'default' },
      spec: { selector: labels, ports: [{ port: 80 }] },
    });
    const pods = await until(async () => {
      const ready = await readyPods(cluster)();
      return ready.length === 4 && ready;
    });
    expect(new Set(pods.map((p) => p.spec?.nodeName)).size).to.equal(2);
    await until(async () => {
      const { items } = await cluster.client.list(endpointSlice, { labelSelector: 'kubernetes.io/service-name=web' });
      return items.flatMap((s) => s.endpoints ?? []).filter((e) => e.conditions?.ready).length === 4;
    });
  });

  it('rolls out a new image without losing availability', async () => {
    const cluster = await start({ nodes: 1 });
    await cluster.client.create(deployment, web(3));
    await until(async () => (await readyPods(cluster)()).length === 3);
    await cluster.client.patch(deployment, { namespace: 'default', name: 'web' }, 'strategic', {
      spec: { template: { spec: { containers: [{ name: 'web', image: 'web:2' }] } } },
    });
    await until(async () => {
      const ready = await readyPods(cluster)();
      expect(ready.length).to.be.at.least(2);
      return ready.length === 3 && ready.every((p) => p.spec?.containers[0]?.image === 'web:2');
    });
    const sets = await cluster.client.list(replicaSet, { namespace: 'default' });
    expect(sets.items.map((rs) => rs.metadata.annotations?.['deployment.kubernetes.io/revision']).sort()).to.deep.equal(
      ['1', '2'],
    );
  });

  it('removes what a deleted deployment owned', async () => {
    const cluster = await start({ nodes: 1 });
    await cluster.client.create(deployment, web(2));
    await until(async () => (await readyPods(cluster)()).length === 2);
    await cluster.client.delete(deployment, { namespace: 'default', name: 'web' }, { propagationPolicy: 'Background' });
    await until(async () => {
      const [pods, sets] = await Promise.all([cluster.client.list(pod), cluster.client.list(replicaSet)]);
      return pods.items.length === 0 && sets.items.length === 0;
    });
  });

  it('removes a namespace with everything in it', async () => {
    const cluster = await start({ nodes: 1 });
    await cluster.client.create(namespace, { metadata: { name: 'short' } });
    await cluster.client.create(configMap, { metadata: { name: 'c', namespace: 'short' } });
    await cluster.client.delete(namespace, { name: 'short' });
    await until(async () => (await cluster.client.find(namespace, { name: 'short' })) === undefined);
  });

  it('runs several clusters side by side that know nothing of each other', async () => {
    const [one, two] = await Promise.all([start(), start()]);
    await one.client.create(configMap, { metadata: { name: 'mine', namespace: 'default' } });
    expect(await two.client.find(configMap, { namespace: 'default', name: 'mine' })).to.equal(undefined);
    expect(one.url).to.not.equal(two.url);
  });

  it('lives in virtual time: an hour without a kubelet makes the node unreachable', async () => {
    const clock = new VirtualClock();
    const cluster = await start({ clock, listen: false });
    await cluster.client.create(node, { metadata: { name: 'lost' } });
    for (let minute = 0; minute < 60; minute++) await clock.advance(60_000);
    const lost = await cluster.client.get(node, { name: 'lost' });
    expect(lost.spec?.taints?.map((t) => t.key)).to.include('node.kubernetes.io/unreachable');
  });

  it('without a scheduler, pods stay Pending', async () => {
    const cluster = await start({ nodes: 1, scheduler: false });
    await cluster.client.create(deployment, web(1));
    const { items } = await until(async () => {
      const pods = await cluster.client.list(pod);
      return pods.items.length === 1 && pods;
    });
    expect(items[0]?.status?.phase).to.equal('Pending');
    expect(items[0]?.spec?.nodeName).to.equal(undefined);
  });

  it('runs the controllers that are asked for, by the names that upstream gives them', async () => {
    const cluster = await start({ controllers: ['deployment', 'serviceaccount'], listen: false });
    await cluster.client.create(deployment, web(1));
    await until(async () => (await cluster.client.list(replicaSet)).items.length === 1);
    const metrics = String(await cluster.client.raw('GET', '/metrics'));
    expect(metrics).to.match(/^workqueue_adds_total\{name="deployment"\} [1-9]/m);
    expect(metrics).not.to.include('name="replicaset"');
    expect((await cluster.client.list(pod)).items).to.deep.equal([]);
  });

  it('refuses controllers that nobody knows', async () => {
    const failure = await Cluster.start({ controllers: ['*', 'nope'] }).catch((error: Error) => error);
    expect(failure).to.be.instanceOf(Error);
    expect((failure as Error).message).to.include('"nope" is not in the list of known controllers');
  });
});
