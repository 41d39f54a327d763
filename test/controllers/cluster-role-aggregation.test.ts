import { expect } from 'chai';
import { clusterRole } from '../../src/api/rbac-v1/cluster-role.ts';
import { World } from './world.ts';

const rule = (resource: string) => ({ apiGroups: [''], resources: [resource], verbs: ['get'] });
const name = { name: 'all' };

describe('cluster role aggregation controller', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.start({ only: ['clusterrole-aggregation-controller'], kubelet: false });
  });
  afterEach(() => world.stop());

  const create = (role: string, labels: Record<string, string>, rules: ReturnType<typeof rule>[]) =>
    world.client.create(clusterRole, { metadata: { name: role, labels }, rules });
  const has = (...resources: string[]) =>
    world.eventually(async () => {
      const { rules } = await world.client.get(clusterRole, name);
      expect(rules?.map((one) => one.resources?.[0])).to.deep.equal(resources);
    });

  it('gathers the rules of all roles that its selectors match', async () => {
    const clusterRoleSelectors = ['b', 'a'].map((key) => ({ matchLabels: { [key]: 'yes' } }));
    await world.client.create(clusterRole, {
      metadata: { ...name, labels: { a: 'yes' } },
      aggregationRule: { clusterRoleSelectors },
      rules: [rule('mine')],
    });
    await create('one', { a: 'yes' }, [rule('pods'), rule('nodes')]);
    await has('pods', 'nodes');
    await create('two', { b: 'yes' }, [rule('secrets'), rule('pods')]);
    await has('secrets', 'pods', 'nodes');
    await create('other', {}, [rule('events')]);
    await world.client.patch(clusterRole, { name: 'one' }, 'merge', { rules: [rule('services')] });
    await has('secrets', 'pods', 'services');
    await world.client.delete(clusterRole, { name: 'two' });
    await has('services');
    const { metadata } = await world.client.get(clusterRole, name);
    expect(JSON.stringify(metadata.managedFields)).to.include('"clusterrole-aggregation-controller"');
    await world.settle(1000);
    expect((await world.client.get(clusterRole, name)).metadata.resourceVersion).to.equal(metadata.resourceVersion);
  });
});
