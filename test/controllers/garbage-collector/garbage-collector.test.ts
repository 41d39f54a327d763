import { expect } from 'chai';
import { configMap, type ConfigMap } from '../../../src/api/core-v1/config-map.ts';
import { namespace } from '../../../src/api/core-v1/namespace.ts';
import { persistentVolume } from '../../../src/api/core-v1/persistent-volume.ts';
import { secret } from '../../../src/api/core-v1/secret.ts';
import type { KubeObject, OwnerReference } from '../../../src/apimachinery/object.ts';
import { World } from '../world.ts';

describe('garbage collector', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.start({ only: ['garbage-collector-controller'], kubelet: false });
  });
  afterEach(() => world.stop());

  const at = (name: string, inNamespace = 'default') => ({ namespace: inNamespace, name });
  const refTo = (owner: KubeObject, rest: Partial<OwnerReference> = {}): OwnerReference => {
    const { apiVersion, kind, metadata } = owner;
    return { apiVersion, kind, name: metadata.name, uid: metadata.uid, ...rest };
  };
  const create = (name: string, owners: OwnerReference[] = [], meta: object = {}) =>
    world.client.create(configMap, { metadata: { ...at(name), ownerReferences: owners, ...meta } });
  const createSecret = (name: string, owners: OwnerReference[], inNamespace = 'default') =>
    world.client.create(secret, { metadata: { ...at(name, inNamespace), ownerReferences: owners } });
  const find = (name: string) => world.client.find(configMap, at(name));
  const gone = (...names: string[]) =>
    world.eventually(async () => expect(await Promise.all(names.map(find))).to.deep.equal(names.map(() => undefined)));
  const stays = async (name: string): Promise<ConfigMap> => {
    await world.settle(1000);
    const found = await find(name);
    expect(found, `${name} should have stayed`).not.to.equal(undefined);
    return found!;
  };

  it('deletes what an owner leaves behind, through all generations and kinds', async () => {
    const a = await create('a');
    const b = await createSecret('b', [refTo(a)]);
    await create('c', [refTo(b)]);
    await world.settle();
    await world.client.delete(configMap, at('a'));
    await gone('c');
    expect(await world.client.find(secret, at('b'))).to.equal(undefined);
  });

  it('deletes what was born without its owner', async () => {
    await create('b', [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'never', uid: 'never' }]);
    await gone('b');
  });

  it('deletes what names another object of the same name', async () => {
    const a = await create('a');
    await create('b', [refTo(a, { uid: 'before' })]);
    await gone('b');
  });

  it('keeps what has another owner, and strikes the one that is gone', async () => {
    const [a, b] = [await create('a'), await create('b')];
    await create('c', [refTo(a), refTo(b)]);
    await world.settle();
    await world.client.delete(configMap, at('a'));
    await world.eventually(async () => expect((await find('c'))?.metadata.ownerReferences).to.deep.equal([refTo(b)]));
  });

  it('orphans dependents when asked to', async () => {
    const a = await create('a');
    await create('b', [refTo(a)]);
    await world.settle();
    await world.client.delete(configMap, at('a'), { propagationPolicy: 'Orphan' });
    await gone('a');
    expect((await stays('b')).metadata.ownerReferences).to.equal(undefined);
  });

  it('deletes dependents before the owner when asked to', async () => {
    const a = await create('a');
    await create('b', [refTo(a, { blockOwnerDeletion: true })], { finalizers: ['example.com/hold'] });
    await world.settle();
    await world.client.delete(configMap, at('a'), { propagationPolicy: 'Foreground' });
    await world.eventually(async () => expect((await find('b'))?.metadata.deletionTimestamp).to.be.a('string'));
    expect((await stays('a')).metadata.finalizers).to.deep.equal(['foregroundDeletion']);
    await world.client.patch(configMap, at('b'), 'merge', { metadata: { finalizers: null } });
    await gone('a', 'b');
  });

  it('deletes grandchildren first in the foreground', async () => {
    const block = { blockOwnerDeletion: true };
    const a = await create('a');
    const b = await create('b', [refTo(a, block)]);
    await create('c', [refTo(b, block)], { finalizers: ['example.com/hold'] });
    await world.settle();
    await world.client.delete(configMap, at('a'), { propagationPolicy: 'Foreground' });
    await world.eventually(async () => expect((await find('c'))?.metadata.deletionTimestamp).to.be.a('string'));
    expect((await stays('b')).metadata.finalizers).to.deep.equal(['foregroundDeletion']);
    await world.client.patch(configMap, at('c'), 'merge', { metadata: { finalizers: null } });
    await gone('a', 'b', 'c');
  });

  it('does not wait for dependents that do not block', async () => {
    const a = await create('a');
    await create('b', [refTo(a)], { finalizers: ['example.com/hold'] });
    await world.settle();
    await world.client.delete(configMap, at('a'), { propagationPolicy: 'Foreground' });
    await gone('a');
    await world.eventually(async () => expect((await find('b'))?.metadata.deletionTimestamp).to.be.a('string'));
  });

  it('gets through a circle of owners', async () => {
    const block = { blockOwnerDeletion: true };
    const a = await create('a');
    const b = await create('b', [refTo(a, block)]);
    await world.client.patch(configMap, at('a'), 'merge', { metadata: { ownerReferences: [refTo(b, block)] } });
    await world.settle();
    await world.client.delete(configMap, at('a'), { propagationPolicy: 'Foreground' });
    await gone('a', 'b');
  });

  it('deletes what names an owner in another namespace', async () => {
    await world.newNamespace('other');
    const a = await create('a');
    await createSecret('b', [refTo(a)], 'other');
    await world.eventually(async () => expect(await world.client.find(secret, at('b', 'other'))).to.equal(undefined));
    const what = `[v1/ConfigMap, namespace: other, name: a, uid: ${a.metadata.uid}]`;
    await world.eventually(async () =>
      expect(await world.events('b', 'other')).to.deep.equal([
        `OwnerRefInvalidNamespace: ownerRef ${what} does not exist in namespace "other"`,
      ]),
    );
  });

  it('finds out that an owner is not there once for all of its dependents', async () => {
    const ref = { apiVersion: 'v1', kind: 'ConfigMap', name: 'never', uid: 'never' };
    await Promise.all(Array.from({ length: 100 }, (_, i) => createSecret(`s${i}`, [ref])));
    const left = async () => (await world.client.list(secret, { namespace: 'default' })).items;
    await world.eventually(async () => expect(await left()).to.deep.equal([]));
    expect(world.requests(/configmaps\/never$/)).to.be.lessThan(20);
  });

  it('lets an owner of thousands go when the last that holds it is gone, and looks at it few times', async () => {
    const a = await create('a');
    const block = [refTo(a, { blockOwnerDeletion: true })];
    await Promise.all(Array.from({ length: 1000 }, (_, i) => createSecret(`s${i}`, block)));
    await world.settle();
    const before = world.requests(/configmaps\/a$/);
    await world.client.delete(configMap, at('a'), { propagationPolicy: 'Foreground' });
    await gone('a');
    expect((await world.client.list(secret, { namespace: 'default' })).items).to.deep.equal([]);
    // Each dependent asks for its owner before it goes; the owner itself is looked at when it starts to wait and at the end.
    expect(world.requests(/configmaps\/a$/) - before).to.be.lessThan(1100);
  });

  it('keeps what a cluster-scoped owner owns', async () => {
    await create('b', [refTo(await world.client.get(namespace, { name: 'default' }))]);
    await stays('b');
  });

  it('concludes nothing from a namespaced owner of a cluster-scoped object, and says so', async () => {
    const a = await create('a');
    const volume = (name: string, uid: string) =>
      world.client.create(persistentVolume, {
        metadata: { name, ownerReferences: [refTo(a, { uid })] },
        spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/x' } },
      });
    await volume('v', a.metadata.uid);
    await volume('w', 'gone');
    await world.settle(1000);
    for (const name of ['v', 'w']) expect(await world.client.find(persistentVolume, { name })).not.to.equal(undefined);
    const what = `[v1/ConfigMap, namespace: , name: a, uid: ${a.metadata.uid}]`;
    expect(await world.events('v')).to.deep.equal([
      `OwnerRefInvalidNamespace: ownerRef ${what} does not exist in namespace ""`,
    ]);
  });

  it('concludes nothing from an owner of an unknown kind', async () => {
    await create('b', [{ apiVersion: 'example.com/v1', kind: 'Widget', name: 'w', uid: 'w' }]);
    await stays('b');
  });

  it('leaves objects alone whose owner is there', async () => {
    const a = await create('a');
    await create('b', [refTo(a, { blockOwnerDeletion: true, controller: true })]);
    await world.client.patch(configMap, at('a'), 'merge', { data: { x: 'y' } });
    await stays('b');
  });
});
