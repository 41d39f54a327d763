import { expect } from 'chai';
import { persistentVolumeClaim } from '../../src/api/core-v1/persistent-volume-claim.ts';
import { pod as podKind } from '../../src/api/core-v1/pod.ts';
import { controllerOf } from '../../src/apimachinery/object.ts';
import { template } from './objects.ts';
import { World } from './world.ts';

const claim = { namespace: 'default', name: 'web-scratch' };
const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };

describe('ephemeral volume controller', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.start({ only: ['ephemeral-volume-controller'], kubelet: false });
  });
  afterEach(() => world.stop());

  const createPod = () => {
    const volumeClaimTemplate = { metadata: { labels: { a: 'b' }, annotations: { c: 'd' } }, spec };
    return world.client.create(podKind, {
      metadata: { namespace: 'default', name: 'web' },
      spec: { ...template().spec, volumes: [{ name: 'scratch', ephemeral: { volumeClaimTemplate } }] },
    });
  };
  const find = () => world.client.find(persistentVolumeClaim, claim);

  it('makes the claim, owned by the pod, and again when it is gone', async () => {
    const { metadata } = await createPod();
    const made = await world.eventually(async () => {
      const found = await find();
      expect(found).to.be.an('object');
      return found!;
    });
    expect(controllerOf(made)).to.include({ kind: 'Pod', name: 'web', uid: metadata.uid, blockOwnerDeletion: true });
    expect(made.metadata.labels).to.deep.equal({ a: 'b' });
    expect(made.metadata.annotations).to.deep.equal({ c: 'd' });
    expect(made.spec?.resources).to.deep.equal({ requests: { storage: '1Gi' } });
    await world.client.patch(persistentVolumeClaim, claim, 'merge', { metadata: { finalizers: null } });
    await world.client.delete(persistentVolumeClaim, claim);
    await world.eventually(async () => {
      const found = await find();
      expect(found?.metadata.uid).to.be.a('string').and.not.equal(made.metadata.uid);
    });
  });

  it('does not use a claim of others, and says so', async () => {
    await world.client.create(persistentVolumeClaim, { metadata: claim, spec });
    await createPod();
    await world.eventually(async () =>
      expect(await world.events('web')).to.include(
        'FailedBinding: ephemeral volume scratch: PVC default/web-scratch was not created for pod default/web (pod is not owner)',
      ),
    );
    expect(controllerOf((await find())!)).to.equal(undefined);
  });
});
