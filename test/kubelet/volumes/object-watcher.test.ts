import { expect } from 'chai';
import { configMap } from '../../../src/api/core-v1/config-map.ts';
import { noLog } from '../../../src/base/log.ts';
import { seededRandom } from '../../../src/base/random.ts';
import { ObjectWatcher } from '../../../src/kubelet/volumes/object-watcher.ts';
import { World } from '../../controllers/world.ts';

const namespace = 'default';

describe('ObjectWatcher', () => {
  let world: World;
  let watcher: ObjectWatcher;
  let told: string[];

  beforeEach(async () => {
    world = await World.start({ only: [], kubelet: false });
    told = [];
    const { client, clock } = world;
    watcher = new ObjectWatcher({
      ...{ client, clock, random: seededRandom(1), log: noLog },
      onChange: (uid) => told.push(uid),
    });
  });

  afterEach(async () => {
    await watcher.stop();
    await world.stop();
  });

  const uses = (uid: string, ...objects: [name: string, version: string][]) =>
    watcher.use(
      uid,
      objects.map(([name, version]) => ({ kind: configMap, namespace, name, version })),
    );
  const create = async (name: string, fields: object = {}) =>
    (await world.client.create(configMap, { metadata: { namespace, name }, data: { a: '1' }, ...fields })).metadata
      .resourceVersion;
  const change = async (name: string, value: string) => {
    const changed = await world.client.patch(configMap, { namespace, name }, 'merge', { data: { a: value } });
    return changed.metadata.resourceVersion;
  };
  const hears = (...uids: string[]) => world.eventually(async () => expect(told).to.include.members(uids));

  it('tells every pod that uses what changes, and no other', async () => {
    const [one, two] = [await create('one'), await create('two')];
    uses('a', ['one', one]);
    uses('b', ['one', one], ['two', two]);
    uses('c', ['two', two]);
    await change('one', '2');
    await hears('a', 'b');
    expect(told).not.to.include('c');
  });

  it('tells of what had changed before it looked, and of what comes and goes', async () => {
    const old = await create('one');
    await change('one', '2');
    uses('a', ['one', old]);
    await hears('a');
    uses('b', ['later', '']);
    const later = await create('later');
    await hears('b');
    uses('c', ['later', later]);
    await world.client.delete(configMap, { namespace, name: 'later' });
    await hears('c');
  });

  it('is silent about what a pod has seen, no longer uses, or left', async () => {
    const one = await create('one');
    uses('a', ['one', one]);
    uses('b', ['one', one]);
    uses('c', ['one', one]);
    uses('a');
    watcher.forget('b');
    await change('one', '2');
    await hears('c');
    expect(new Set(told)).to.deep.equal(new Set(['c']));
  });

  it('watches nothing that cannot change', async () => {
    const fixed = await create('fixed', { immutable: true });
    const one = await create('one');
    uses('a', ['fixed', fixed]);
    uses('b', ['one', one]);
    await change('one', '2');
    await hears('b');
    await world.client.delete(configMap, { namespace, name: 'fixed' });
    await change('one', '3');
    await world.eventually(async () => expect(told.length).to.be.greaterThan(1));
    expect(told).not.to.include('a');
  });
});
