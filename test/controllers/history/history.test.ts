import { expect } from 'chai';
import { controllerRevision } from '../../../src/api/apps-v1/controller-revision.ts';
import { statefulSet, type StatefulSet } from '../../../src/api/apps-v1/stateful-set.ts';
import { deleteRevisions, ensureRevision } from '../../../src/controllers/history/history.ts';
import { newRevision, revisionHashLabel } from '../../../src/controllers/history/revisions.ts';
import { template } from '../objects.ts';
import { World } from '../world.ts';

describe('history: on a server', () => {
  let world: World;
  beforeEach(async () => void (world = await World.start({ only: [], kubelet: false })));
  afterEach(() => world.stop());

  const create = () =>
    world.client.create(statefulSet, {
      metadata: { name: 'web', namespace: 'default' },
      spec: { serviceName: '', selector: { matchLabels: { app: 'web' } }, template: template() },
    });
  const withImage = (set: StatefulSet, image: string): StatefulSet => ({
    ...set,
    spec: { ...set.spec!, template: template(image) },
  });
  const snapshot = (workload: StatefulSet) => ({ workload, kind: statefulSet, hashLabel: revisionHashLabel });
  const stored = async () => (await world.client.list(controllerRevision, { namespace: 'default' })).items;

  it('makes a revision once, also for one who does not know it yet', async () => {
    const set = await create();
    const first = await ensureRevision(world.client, snapshot(set), [], 0);
    const again = await ensureRevision(world.client, snapshot(set), [], 0);
    expect(again).to.deep.equal(first);
    expect(await stored()).to.deep.equal([first.revision]);
  });

  it('finds another name when one is taken, and counts that', async () => {
    const set = await create();
    const taken = newRevision(snapshot(set), 1, 0);
    await world.client.create(controllerRevision, { ...taken, data: { other: true } });
    const { revision, collisionCount } = await ensureRevision(world.client, snapshot(set), [], 0);
    expect(collisionCount).to.equal(1);
    expect(revision.metadata.name).to.equal(newRevision(snapshot(set), 1, 1).metadata.name);
  });

  it('raises the number of a template that came back', async () => {
    const set = await create();
    const { revision: one } = await ensureRevision(world.client, snapshot(set), [], 0);
    const { revision: two } = await ensureRevision(world.client, snapshot(withImage(set, 'b')), [one], 0);
    const { revision: three } = await ensureRevision(world.client, snapshot(set), [one, two], 0);
    expect([one.revision, two.revision, three.revision]).to.deep.equal([1, 2, 3]);
    expect(three.metadata.uid).to.equal(one.metadata.uid);
  });

  it('deletes what nobody needs, and only the very objects meant', async () => {
    const set = await create();
    const { revision } = await ensureRevision(world.client, snapshot(set), [], 0);
    const other = { ...revision, metadata: { ...revision.metadata, uid: 'another' } };
    await deleteRevisions(world.client, [other]);
    expect(await stored()).to.have.length(1);
    await deleteRevisions(world.client, [revision, revision]);
    expect(await stored()).to.have.length(0);
  });
});
