import { expect } from 'chai';
import { deployment } from '../../../src/api/apps-v1/deployment.ts';
import { replicaSet } from '../../../src/api/apps-v1/replica-set.ts';
import { statefulSet } from '../../../src/api/apps-v1/stateful-set.ts';
import { pod, type Pod } from '../../../src/api/core-v1/pod.ts';
import { replicationController } from '../../../src/api/core-v1/replication-controller.ts';
import { podDisruptionBudget } from '../../../src/api/policy-v1/pod-disruption-budget.ts';
import { isApiError } from '../../../src/apimachinery/api-error.ts';
import type { Kind } from '../../../src/apimachinery/kind.ts';
import { controllerRef } from '../../../src/apimachinery/object.ts';
import { template } from '../objects.ts';
import { World } from '../world.ts';

const only = ['deployment-controller', 'replicaset-controller', 'disruption-controller'];
const selector = { matchLabels: { app: 'web' } };

describe('disruption controller', () => {
  let world: World;

  beforeEach(async () => {
    world = await World.start({ only });
  });
  afterEach(() => world.stop());

  const status = async () =>
    (await world.client.get(podDisruptionBudget, { namespace: 'default', name: 'web' })).status!;
  const pods = async () => (await world.client.list(pod, { namespace: 'default' })).items;
  const evict = ({ metadata }: Pod) => world.client.createSubresource(pod, metadata, 'eviction', { metadata });

  async function aDeployment(replicas: number, spec: object): Promise<void> {
    const meta = { name: 'web', namespace: 'default' };
    await world.client.create(deployment, {
      metadata: meta,
      spec: { replicas, selector, template: template() as any },
    });
    await world.client.create(podDisruptionBudget, { metadata: meta, spec: { selector, ...spec } });
  }

  const allowed = (count: number, of: number) =>
    world.eventually(async () =>
      expect(await status()).to.include({ disruptionsAllowed: count, expectedPods: of, observedGeneration: 1 }),
    );

  it('allows what the deployment can spare, and again when new pods are ready', async () => {
    await aDeployment(4, { maxUnavailable: '25%' });
    await allowed(1, 4);
    const [first, second] = await pods();
    world.podsBecomeReady = false;
    await evict(first!);
    await allowed(0, 4);
    const refusal = await evict(second!).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(isApiError(refusal, 'TooManyRequests')).to.equal(true);
    await world.settle();
    world.podsBecomeReady = true;
    for (const one of await pods()) if (one.status?.phase === 'Running') await world.ready(one);
    await allowed(1, 4);
    await evict(second!);
  });

  for (const kind of [replicaSet, statefulSet, replicationController] as const) {
    it(`counts anew when the ${kind.kind} wants another number, whether or not pods come`, async () => {
      const meta = { name: 'db', namespace: 'default' };
      const labels = { app: 'db' };
      const spec = { replicas: 2, template: { ...template(), metadata: { labels } } };
      const own = kind === replicationController ? { selector: labels } : { selector: { matchLabels: labels } };
      const world = await World.start({ only: ['disruption-controller'] });
      try {
        const owner = await world.client.create(kind as Kind<any>, { metadata: meta, spec: { ...spec, ...own } });
        await world.client.create(pod, {
          metadata: { ...meta, name: 'db-0', labels, ownerReferences: [controllerRef(owner, kind)] },
          spec: template().spec,
        });
        const budget = { selector: { matchLabels: labels }, maxUnavailable: 1 };
        await world.client.create(podDisruptionBudget, { metadata: meta, spec: budget });
        const expected = (count: number) =>
          world.eventually(async () =>
            expect((await world.client.get(podDisruptionBudget, meta)).status).to.include({ expectedPods: count }),
          );
        await expected(2);
        await world.client.patch(kind as Kind<any>, meta, 'merge', { spec: { replicas: 5 } });
        await expected(5);
      } finally {
        await world.stop();
      }
    });
  }

  it('says why it cannot tell', async () => {
    await aDeployment(1, { minAvailable: '50%' });
    const owner = { apiVersion: 'batch/v1', kind: 'Job', name: 'j', uid: 'u', controller: true };
    const meta = { name: 'of-job', namespace: 'default', labels: { app: 'web' }, ownerReferences: [owner] };
    await world.client.create(pod, { metadata: meta, spec: { containers: [{ name: 'c', image: 'i' }] } });
    await world.eventually(async () =>
      expect((await status()).conditions![0]).to.include({
        status: 'False',
        reason: 'SyncFailed',
        message: 'found no controllers for pod "of-job"',
      }),
    );
  });

  it("says that pods are nobody's", async () => {
    const meta = { name: 'bare', namespace: 'default', labels: { app: 'web' } };
    await world.client.create(pod, { metadata: meta, spec: template().spec });
    const spec = { selector, minAvailable: '50%' };
    await world.client.create(podDisruptionBudget, { metadata: { name: 'web', namespace: 'default' }, spec });
    await allowed(0, 0);
    await world.eventually(async () =>
      expect((await world.events('web'))[0]).to.match(
        /^UnmanagedPods: Pods selected by this PodDisruptionBudget \(selector: &LabelSelector{MatchLabels:map\[string]string{app: web,},MatchExpressions:\[]LabelSelectorRequirement{},}\) were found to be unmanaged\. /,
      ),
    );
  });

  it('says once of each pod that it has several budgets', async () => {
    await aDeployment(2, { minAvailable: 1 });
    await allowed(1, 2);
    const second = { metadata: { name: 'zweb', namespace: 'default' }, spec: { selector, minAvailable: 1 } };
    await world.client.create(podDisruptionBudget, second);
    const [one, other] = await pods();
    await world.ready(one!);
    const told = (name: string) =>
      `MultiplePodDisruptionBudgets: Pod "default"/"${name}" matches multiple PodDisruptionBudgets.  Chose "web" arbitrarily.`;
    for (const { metadata } of [one!, other!]) {
      await world.eventually(async () =>
        expect(await world.events(metadata.name)).to.deep.equal([told(metadata.name)]),
      );
    }
  });

  it('counts a replica set whose deployment is gone for itself', async () => {
    await aDeployment(3, { maxUnavailable: 1 });
    await allowed(1, 3);
    await world.client.delete(deployment, { name: 'web', namespace: 'default' }, { propagationPolicy: 'Orphan' });
    const [one] = await pods();
    world.podsBecomeReady = false;
    await world.client.delete(pod, one!.metadata);
    await allowed(0, 3);
  });

  it('forgets an eviction that never happened', async () => {
    await aDeployment(2, { minAvailable: 1 });
    await allowed(1, 2);
    const budget = await world.client.get(podDisruptionBudget, { namespace: 'default', name: 'web' });
    const [one] = await pods();
    const disruptedPods = { [one!.metadata.name]: new Date(world.clock.now()).toISOString() as any };
    await world.client.updateStatus(podDisruptionBudget, { ...budget, status: { ...budget.status!, disruptedPods } });
    await allowed(0, 2);
    await world.settle(125_000);
    await allowed(1, 2);
    expect(await world.events(one!.metadata.name)).to.include(
      "NotDeleted: Pod was expected by PDB default/web to be deleted but it wasn't",
    );
  });
});
