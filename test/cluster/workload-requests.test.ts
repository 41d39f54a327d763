import { expect } from 'chai';
import { controllerRevision } from '../../src/api/apps-v1/controller-revision.ts';
import { daemonSet } from '../../src/api/apps-v1/daemon-set.ts';
import { deployment } from '../../src/api/apps-v1/deployment.ts';
import { replicaSet } from '../../src/api/apps-v1/replica-set.ts';
import { statefulSet } from '../../src/api/apps-v1/stateful-set.ts';
import { cronJob } from '../../src/api/batch-v1/cron-job.ts';
import { job } from '../../src/api/batch-v1/job.ts';
import { limitRange } from '../../src/api/core-v1/limit-range.ts';
import { namespace as namespaceKind } from '../../src/api/core-v1/namespace.ts';
import { pod } from '../../src/api/core-v1/pod.ts';
import { replicationController } from '../../src/api/core-v1/replication-controller.ts';
import { podDisruptionBudget } from '../../src/api/policy-v1/pod-disruption-budget.ts';
import type { Kind } from '../../src/apimachinery/kind.ts';
import type { AnyObject } from '../../src/apimachinery/object.ts';
import { Cluster } from '../../src/cluster/index.ts';

const labels = { app: 'web' };
const containers = [{ name: 'c', image: 'i' }];
const template = { metadata: { labels }, spec: { containers } };
const ending = { spec: { restartPolicy: 'Never', containers: [{ ...containers[0]!, command: ['sleep', '9999'] }] } };
const selected = { selector: { matchLabels: labels }, template };

/** A kind of workload, and what one of it may ask for. */
interface Sample {
  readonly kind: Kind<any>;
  readonly spec: object;
  /** Whether it has a scale. */
  readonly scale?: true;
  /** Whether its status has conditions that anybody may add to. */
  readonly conditions?: true;
}

const samples: Sample[] = [
  { kind: daemonSet, spec: selected, conditions: true },
  { kind: deployment, spec: { ...selected, replicas: 1 }, scale: true, conditions: true },
  { kind: replicaSet, spec: { ...selected, replicas: 1 }, scale: true, conditions: true },
  { kind: statefulSet, spec: { ...selected, replicas: 1, serviceName: 'web' }, scale: true, conditions: true },
  { kind: replicationController, spec: { selector: labels, template, replicas: 1 }, scale: true, conditions: true },
  { kind: job, spec: { template: ending }, conditions: true },
  { kind: cronJob, spec: { schedule: '0 0 1 1 *', jobTemplate: { spec: { template: ending } } } },
  { kind: podDisruptionBudget, spec: { selector: { matchLabels: labels }, minAvailable: 1 }, conditions: true },
  { kind: limitRange, spec: { limits: [{ type: 'Container', default: { cpu: '500m' } }] } },
];

describe('Cluster: requests of those who look after workloads', () => {
  let cluster: Cluster;
  /** Each test has its own. */
  let namespace: string;
  let web: { namespace: string; name: string };
  let count = 0;
  before(async () => {
    cluster = await Cluster.start({ nodes: 1, listen: false });
  });
  beforeEach(async () => {
    namespace = `n${++count}`;
    web = { namespace, name: 'web' };
    await cluster.client.create(namespaceKind, { metadata: { name: namespace } });
  });
  after(() => cluster.stop());

  async function until<T>(check: () => Promise<T>): Promise<T> {
    for (let tries = 0; ; tries++) {
      try {
        return await check();
      } catch (error) {
        if (tries === 500) throw error;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }
  }
  const create = ({ kind, spec }: Sample, name = 'web') =>
    cluster.client.create<AnyObject>(kind, { metadata: { namespace, name, labels }, spec });
  /** Sees the changes of objects until one satisfies `check`. */
  async function sees(kind: Kind<any>, since: string, check: (one: AnyObject) => boolean): Promise<void> {
    const signal = AbortSignal.timeout(5000);
    for await (const event of cluster.client.watch<AnyObject>(kind, { namespace, resourceVersion: since, signal })) {
      if (check(event.object as AnyObject)) return;
    }
    throw new Error('it was not seen');
  }

  for (const sample of samples) {
    const { kind } = sample;
    it(`${kind.kind}: many are listed everywhere, changed, and deleted together`, async () => {
      for (const name of ['a', 'b']) await create(sample, name);
      const metadataOfOther = { namespace, name: 'other', labels: { app: 'other' } };
      const other = await cluster.client.create<AnyObject>(kind, { metadata: metadataOfOther, spec: sample.spec });
      const { items } = await cluster.client.list(kind, { labelSelector: 'app=web' });
      const own = items.filter((one) => one.metadata.namespace === namespace);
      expect(own.map(({ metadata }) => metadata.name)).to.deep.equal(['a', 'b']);
      const metadata = { labels: { patched: 'yes' } };
      const changed = await cluster.client.patch<AnyObject>(kind, { namespace, name: 'a' }, 'strategic', { metadata });
      expect(changed.metadata.labels).to.deep.equal({ ...labels, patched: 'yes' });
      await cluster.client.deleteCollection(kind, {
        namespace,
        labelSelector: 'app=web',
        propagationPolicy: 'Background',
      });
      await until(async () => {
        const left = await cluster.client.list(kind, { namespace });
        expect(left.items.map((one) => one.metadata.uid)).to.deep.equal([other.metadata.uid]);
      });
    });
  }

  for (const sample of samples.filter(({ scale }) => scale)) {
    const { kind } = sample;
    it(`${kind.kind}: has a scale that can be read, written and patched`, async () => {
      await create(sample);
      const path = `${kind.group ? `/apis/${kind.group}` : '/api'}/${kind.version}/namespaces/${namespace}/${kind.plural}/web/scale`;
      const scale = await cluster.client.raw('GET', path);
      expect(scale).to.deep.include({ kind: 'Scale', apiVersion: 'autoscaling/v1', spec: { replicas: 1 } });
      await cluster.client.raw('PUT', path, { ...scale, spec: { replicas: 2 } });
      await until(async () => {
        const { items } = await cluster.client.list(pod, { namespace, labelSelector: 'app=web' });
        expect(items.filter(({ status }) => status?.phase === 'Running')).to.have.length(2);
        expect((await cluster.client.raw('GET', path)).status).to.deep.include({ replicas: 2, selector: 'app=web' });
      });
      await cluster.client.patch(kind, web, 'merge', { spec: { replicas: 4 } }, { subresource: 'scale' });
      expect((await cluster.client.get<AnyObject>(kind, web)).spec).to.include({ replicas: 4 });
    });
  }

  for (const sample of samples.filter(({ conditions }) => conditions)) {
    const { kind } = sample;
    it(`${kind.kind}: conditions of others stay in its status`, async () => {
      await create(sample);
      const condition = { type: 'StatusUpdate', status: 'True', reason: 'E2E', message: 'by a test' };
      const { metadata } = await until(async () => {
        const found: AnyObject = await cluster.client.get(kind, web, 'status');
        const status = { ...(found as any).status };
        const lastTransitionTime = '2026-01-01T00:00:00Z';
        status.conditions = [...(status.conditions ?? []), { ...condition, lastTransitionTime }];
        return cluster.client.updateStatus<AnyObject>(kind, { ...found, status });
      });
      const before = String(Number(metadata.resourceVersion) - 1);
      await sees(kind, before, ({ status }: any) => status?.conditions?.some((c: any) => c.type === 'StatusUpdate'));
      const patched = { type: 'StatusPatched', status: 'True', reason: 'E2E', message: '' };
      const times = { lastTransitionTime: '2026-01-01T00:00:00Z' };
      const patch = { status: { conditions: [{ ...patched, ...times }] } };
      const after = await cluster.client.patch<any>(kind, web, 'merge', patch, { subresource: 'status' });
      expect(after.status.conditions.map((c: { type: string }) => c.type)).to.include('StatusPatched');
    });
  }

  it('ControllerRevision: is made, labelled, added, replaced and removed', async () => {
    await create(samples[0]!);
    const list = async () =>
      (await cluster.client.list(controllerRevision, { namespace, labelSelector: 'app=web' })).items;
    const [first] = await until(async () => {
      const found = await list();
      expect(found).to.have.length(1);
      return found;
    });
    expect(first!.revision).to.equal(1);
    await cluster.client.patch(controllerRevision, first!.metadata, 'strategic', {
      metadata: { labels: { mine: 'yes' } },
    });
    const { metadata, ...rest } = first!;
    const { ownerReferences } = metadata;
    const copy = { ...rest, revision: 7, metadata: { namespace, name: 'web-more', labels, ownerReferences } };
    await cluster.client.create(controllerRevision, copy);
    await until(async () => expect(await list()).to.have.length(2));
    await cluster.client.delete(controllerRevision, first!.metadata);
    // The one of the present template is there again, newer than all.
    await until(async () => {
      const found = await list();
      expect(Math.max(...found.map(({ revision }) => revision))).to.be.greaterThan(0);
      expect(found.some(({ metadata: { uid } }) => uid === metadata.uid)).to.equal(false);
    });
    await cluster.client.patch(daemonSet, web, 'strategic', {
      spec: { template: { spec: { terminationGracePeriodSeconds: 1 } } },
    });
    await until(async () => expect(Math.max(...(await list()).map(({ revision }) => revision))).to.be.greaterThan(7));
    await cluster.client.deleteCollection(controllerRevision, { namespace, labelSelector: 'mine=yes' });
  });

  it('PodDisruptionBudget: holds an eviction up until it allows one', async () => {
    await create(samples[1]!);
    await create(samples[7]!);
    const [victim] = await until(async () => {
      const { items } = await cluster.client.list(pod, { namespace, labelSelector: 'app=web' });
      expect(items[0]?.status?.phase).to.equal('Running');
      const { status } = await cluster.client.get(podDisruptionBudget, web);
      expect(status).to.include({ currentHealthy: 1, disruptionsAllowed: 0 });
      return items;
    });
    const evict = () =>
      cluster.client
        .createSubresource(pod, victim!.metadata, 'eviction', {
          ...{ apiVersion: 'policy/v1', kind: 'Eviction' },
          metadata: { namespace, name: victim!.metadata.name },
        })
        .catch((error: { code: number }) => error.code);
    expect(await evict()).to.equal(429);
    await cluster.client.patch(podDisruptionBudget, web, 'merge', { spec: { minAvailable: 0 } });
    await until(async () => expect(await evict()).to.be.an('object'));
  });
});
