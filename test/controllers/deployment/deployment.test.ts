import { expect } from 'chai';
import { deployment, type Deployment } from '../../../src/api/apps-v1/deployment.ts';
import { replicaSet, type ReplicaSet } from '../../../src/api/apps-v1/replica-set.ts';
import { pod } from '../../../src/api/core-v1/pod.ts';
import { ApiError } from '../../../src/apimachinery/api-error.ts';
import { controllerOf } from '../../../src/apimachinery/object.ts';
import { template } from '../objects.ts';
import { World } from '../world.ts';

const name = { namespace: 'default', name: 'web' };
const revisionAnnotation = 'deployment.kubernetes.io/revision';

describe('deployment controller', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.start({
      only: ['deployment-controller', 'replicaset-controller', 'garbage-collector-controller'],
    });
  });
  afterEach(() => world.stop());

  const create = (spec: object = {}, annotations: Record<string, string> = {}) =>
    world.client.create(deployment, {
      metadata: { ...name, annotations },
      spec: { replicas: 3, selector: { matchLabels: { app: 'web' } }, template: template(), ...spec },
    });
  const get = () => world.client.get(deployment, name);
  const sets = async () => (await world.client.list(replicaSet, { namespace: 'default' })).items;
  const pods = async () => (await world.client.list(pod, { namespace: 'default' })).items;
  const patch = (spec: object) => world.client.patch(deployment, name, 'merge', { spec });
  const setImage = (image: string) => patch({ template: { spec: { containers: [{ name: 'c', image }] } } });
  const imageOf = (set: ReplicaSet) => set.spec!.template!.spec!.containers[0]!.image;
  const setOf = async (image: string) => (await sets()).find((set) => imageOf(set) === image)!;
  const revisionOf = (object: Deployment | ReplicaSet) => object.metadata.annotations?.[revisionAnnotation];
  const progressing = (object: Deployment) => object.status?.conditions?.find((c) => c.type === 'Progressing');

  /** As `kubectl rollout status` decides it. */
  const done = (replicas = 3) =>
    world.eventually(async () => {
      const { metadata, status = {} } = await get();
      expect(status).to.include({ observedGeneration: metadata.generation, updatedReplicas: replicas });
      expect(status).to.include({ replicas, availableReplicas: replicas });
      expect(progressing({ status } as Deployment)?.reason).to.equal('NewReplicaSetAvailable');
    });

  it('brings up a replica set and says how it went', async () => {
    await create();
    await done();
    const found = await get();
    const [set] = await sets();
    expect(revisionOf(found)).to.equal('1');
    expect(revisionOf(set!)).to.equal('1');
    expect(controllerOf(set!)).to.include({ kind: 'Deployment', uid: found.metadata.uid });
    expect(set!.metadata.name).to.match(/^web-[bcdfghjklmnpqrstvwxz2-9]{10}$/);
    expect(
      found.status?.conditions?.map(({ type, status, reason, message }) => ({ type, status, reason, message })),
    ).to.have.deep.members([
      {
        type: 'Available',
        status: 'True',
        reason: 'MinimumReplicasAvailable',
        message: 'Deployment has minimum availability.',
      },
      {
        type: 'Progressing',
        status: 'True',
        reason: 'NewReplicaSetAvailable',
        message: `ReplicaSet "${set!.metadata.name}" has successfully progressed.`,
      },
    ]);
    expect(found.status).not.to.have.property('unavailableReplicas');
    expect(await world.events('web')).to.deep.equal([
      `ScalingReplicaSet: Scaled up replica set ${set!.metadata.name} from 0 to 3`,
    ]);
  });

  it('rolls to a new template within its limits', async () => {
    await create({ strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } });
    await done();
    await setImage('nginx:2');
    let most = 0;
    let fewest = 99;
    await world.eventually(async () => {
      const active = (await pods()).filter((one) => !one.metadata.deletionTimestamp);
      most = Math.max(most, active.length);
      fewest = Math.min(
        fewest,
        active.filter((one) => one.status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True')).length,
      );
      expect((await get()).status).to.include({
        observedGeneration: 2,
        updatedReplicas: 3,
        replicas: 3,
        availableReplicas: 3,
      });
    });
    expect(most).to.equal(4);
    expect(fewest).to.equal(3);
    expect((await setOf('nginx:1')).spec!.replicas).to.equal(0);
    expect((await setOf('nginx:2')).spec!.replicas).to.equal(3);
    expect(revisionOf(await get())).to.equal('2');
    const news = (await setOf('nginx:2')).metadata.name;
    const olds = (await setOf('nginx:1')).metadata.name;
    await world.eventually(async () =>
      expect(await world.events('web')).to.deep.equal([
        `ScalingReplicaSet: Scaled up replica set ${olds} from 0 to 3`,
        `ScalingReplicaSet: Scaled up replica set ${news} from 0 to 1`,
        `ScalingReplicaSet: Scaled down replica set ${olds} from 3 to 2`,
        `ScalingReplicaSet: Scaled up replica set ${news} from 1 to 2`,
        `ScalingReplicaSet: Scaled down replica set ${olds} from 2 to 1`,
        `ScalingReplicaSet: Scaled up replica set ${news} from 2 to 3`,
        `ScalingReplicaSet: Scaled down replica set ${olds} from 1 to 0`,
      ]),
    );
  });

  it('goes back to an old replica set and raises its revision', async () => {
    await create({}, { 'kubernetes.io/change-cause': 'first' });
    await done();
    await setImage('nginx:2');
    await world.eventually(async () => expect(revisionOf(await get())).to.equal('2'));
    await done();
    await setImage('nginx:1');
    await world.eventually(async () => expect(revisionOf(await get())).to.equal('3'));
    await done();
    expect(await sets()).to.have.length(2);
    const back = await setOf('nginx:1');
    expect(revisionOf(back)).to.equal('3');
    expect(back.metadata.annotations).to.include({
      'deployment.kubernetes.io/revision-history': '1',
      'kubernetes.io/change-cause': 'first',
    });
    expect(back.spec!.replicas).to.equal(3);
  });

  it('scales without a new revision', async () => {
    await create();
    await done();
    const { uid } = (await sets())[0]!.metadata;
    await patch({ replicas: 5 });
    await done(5);
    await patch({ replicas: 1 });
    await done(1);
    const [set] = await sets();
    expect(set!.metadata.uid).to.equal(uid);
    expect(set!.metadata.annotations).to.include({
      'deployment.kubernetes.io/desired-replicas': '1',
      'deployment.kubernetes.io/max-replicas': '2',
    });
    expect(revisionOf(await get())).to.equal('1');
  });

  it('scales to nothing and back', async () => {
    await create();
    await done();
    await patch({ replicas: 0 });
    await world.eventually(async () => {
      expect(await pods()).to.have.length(0);
      expect((await get()).status).not.to.have.property('replicas');
    });
    await patch({ replicas: 2 });
    await done(2);
  });

  it('shares a change of size in the middle of a rolling update', async () => {
    await create({
      replicas: 10,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } },
    });
    await done(10);
    world.podsBecomeReady = false;
    await setImage('nginx:broken');
    const sizes = async () => [(await setOf('nginx:1')).spec!.replicas, (await setOf('nginx:broken')).spec!.replicas];
    await world.eventually(async () => expect(await sizes()).to.deep.equal([8, 5]));
    await patch({ replicas: 15 });
    await world.eventually(async () => expect(await sizes()).to.deep.equal([11, 7]));
  });

  it('stops all old pods before it starts new ones when it recreates', async () => {
    await create({ strategy: { type: 'Recreate' } });
    await done();
    world.podsGo = false;
    await setImage('nginx:2');
    await world.eventually(async () => expect((await setOf('nginx:1')).status).to.include({ replicas: 0 }));
    await world.settle(1000);
    expect(await setOf('nginx:2')).to.equal(undefined);
    world.podsGo = true;
    for (const one of await pods()) await world.client.delete(pod, one.metadata, { gracePeriodSeconds: 0 });
    await world.eventually(async () =>
      expect((await get()).status).to.include({ updatedReplicas: 3, availableReplicas: 3 }),
    );
    expect((await pods()).map((one) => one.spec!.containers[0]!.image)).to.deep.equal([
      'nginx:2',
      'nginx:2',
      'nginx:2',
    ]);
  });

  it('does not roll out while it is paused, and does when it is resumed', async () => {
    await create();
    await done();
    await patch({ paused: true });
    await world.eventually(async () =>
      expect(progressing(await get())).to.include({ status: 'Unknown', reason: 'DeploymentPaused' }),
    );
    await setImage('nginx:2');
    await patch({ replicas: 4 });
    await world.eventually(async () =>
      expect((await get()).status).to.include({ observedGeneration: 4, availableReplicas: 4 }),
    );
    expect(await sets()).to.have.length(1);
    await patch({ paused: false });
    await done(4);
    expect((await setOf('nginx:2')).spec!.replicas).to.equal(4);
  });

  it('gives up waiting after its deadline, and says so', async () => {
    world.podsBecomeReady = false;
    await create({ progressDeadlineSeconds: 60 });
    await world.eventually(async () => expect(progressing(await get())?.reason).to.equal('ReplicaSetUpdated'));
    await world.settle(50_000);
    expect(progressing(await get())?.status).to.equal('True');
    await world.settle(15_000);
    const [set] = await sets();
    expect(progressing(await get())).to.include({
      status: 'False',
      reason: 'ProgressDeadlineExceeded',
      message: `ReplicaSet "${set!.metadata.name}" has timed out progressing.`,
    });
    for (const one of await pods()) await world.ready(one);
    await done();
  });

  it('does not take the success of another replica set for its own', async () => {
    await create();
    await done();
    await setImage('nginx:2');
    await done();
    const old = (await setOf('nginx:1')).metadata.name;
    const { status, ...rest } = await get();
    const conditions = status!.conditions!.map((c) =>
      c.type === 'Progressing' ? { ...c, message: `ReplicaSet "${old}" has successfully progressed.` } : c,
    );
    // As if another writer had won when the news of the new set was to be written.
    await world.client.updateStatus(deployment, { ...rest, status: { ...status, conditions } });
    await world.eventually(async () =>
      expect(progressing(await get())?.message).to.equal(
        `ReplicaSet "${(await setOf('nginx:2')).metadata.name}" has successfully progressed.`,
      ),
    );
  });

  it('keeps as many old replica sets as its history is long', async () => {
    await create({ revisionHistoryLimit: 2 });
    await done();
    for (const [i, image] of ['nginx:2', 'nginx:3', 'nginx:4', 'nginx:5'].entries()) {
      await setImage(image);
      await world.eventually(async () => expect(revisionOf(await get())).to.equal(String(i + 2)));
      await done();
    }
    await world.eventually(async () => {
      const images = (await sets()).map(imageOf);
      expect(images).to.have.members(['nginx:3', 'nginx:4', 'nginx:5']);
    });
  });

  it('passes on the annotations of the deployment but not what kubectl applied', async () => {
    await create({}, { team: 'a', 'kubectl.kubernetes.io/last-applied-configuration': '{}' });
    await done();
    const annotations = (await sets())[0]!.metadata.annotations!;
    expect(annotations)
      .to.include({ team: 'a' })
      .and.not.have.property('kubectl.kubernetes.io/last-applied-configuration');
  });

  it('takes another name when a replica set of that name is not its own', async () => {
    await create({ paused: true, replicas: 1 });
    await world.settle();
    const { metadata, spec } = await get();
    const labels = { app: 'other' };
    const { templateHash } = await import('../../../src/controllers/deployment/template-hash.ts');
    const taken = `web-${templateHash(spec!.template)}`;
    await world.client.create(replicaSet, {
      metadata: { namespace: 'default', name: taken },
      spec: {
        replicas: 0,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: spec!.template.spec! },
      },
    });
    await patch({ paused: false });
    await done(1);
    const own = (await sets()).find((set) => controllerOf(set)?.uid === metadata.uid)!;
    expect(own.metadata.name).not.to.equal(taken);
    expect((await get()).status).to.include({ collisionCount: 1 });
  });

  it('adopts the replica set that a deployment before it left', async () => {
    await create();
    await done();
    const [before] = await sets();
    await world.client.delete(deployment, name, { propagationPolicy: 'Orphan' });
    await world.eventually(async () => expect(controllerOf((await sets())[0]!)).to.equal(undefined));
    expect(await pods()).to.have.length(3);
    const { metadata } = await create();
    await done();
    const after = await sets();
    expect(after.map((set) => set.metadata.uid)).to.deep.equal([before!.metadata.uid]);
    expect(controllerOf(after[0]!)!.uid).to.equal(metadata.uid);
  });

  it('shows that pods cannot be made', async () => {
    world.noPodsBecause = 'exceeded quota';
    await create();
    await world.eventually(async () => {
      const failure = (await get()).status?.conditions?.find((c) => c.type === 'ReplicaFailure');
      expect(failure).to.include({ status: 'True', reason: 'FailedCreate', message: 'exceeded quota' });
    });
  });

  it('says that it cannot make a replica set, also when it has no deadline', async () => {
    const refusal = new ApiError(403, 'Forbidden', 'replicasets.apps "web" is forbidden: exceeded quota');
    world.answer = (method, url) => (method === 'POST' && url.endsWith('/replicasets') ? refusal : undefined);
    await create({ progressDeadlineSeconds: 2 ** 31 - 1 });
    await world.eventually(async () => {
      const [event] = await world.events('web');
      expect(event).to.match(
        /^ReplicaSetCreateError: Failed to create new replica set "web-[a-z0-9]+": replicasets.apps "web" is forbidden: exceeded quota$/,
      );
    });
    expect(progressing(await get())).to.equal(undefined);
    await patch({ progressDeadlineSeconds: 60 });
    await world.eventually(async () =>
      expect(progressing(await get())).to.include({ status: 'False', reason: 'ReplicaSetCreateError' }),
    );
    world.answer = undefined;
    await done();
  });

  it('waits with recreation until the old replica set shows no pods', async () => {
    await create({ strategy: { type: 'Recreate' } });
    await done();
    // As if the replica set controller came late: the pods are gone and it still counts them.
    world.answer = (method, url) =>
      method === 'PUT' && /replicasets\/[^/]*\/status/.test(url) ? new ApiError(409, 'Conflict', 'late') : undefined;
    await setImage('nginx:2');
    await world.eventually(async () => expect(await pods()).to.have.length(0));
    await world.settle(1000);
    expect(await setOf('nginx:2')).to.equal(undefined);
    world.answer = undefined;
    await done();
  });

  it('takes everything with it when it is deleted', async () => {
    await create();
    await done();
    await world.client.delete(deployment, name);
    await world.eventually(async () => expect([...(await sets()), ...(await pods())]).to.deep.equal([]));
  });
});
