import { expect } from 'chai';
import { namespace } from '../../src/api/core-v1/namespace.ts';
import { persistentVolumeClaim, type PersistentVolumeClaim } from '../../src/api/core-v1/persistent-volume-claim.ts';
import { persistentVolume } from '../../src/api/core-v1/persistent-volume.ts';
import { pod } from '../../src/api/core-v1/pod.ts';
import { World } from './world.ts';

const at = (name: string) => ({ namespace: 'default', name });
const claimSpec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
const volumeSpec = { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, hostPath: { path: '/tmp/x' } };

describe('protection of storage in use', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.start({
      only: [
        'persistentvolumeclaim-protection-controller',
        'persistentvolume-protection-controller',
        'namespace-controller',
      ],
      kubelet: false,
    });
  });
  afterEach(() => world.stop());

  const claim = (name: string) => world.client.create(persistentVolumeClaim, { metadata: at(name), spec: claimSpec });
  const podWith = (name: string, volume: object, nodeName?: string) =>
    world.client.create(pod, {
      metadata: at(name),
      spec: { containers: [{ name: 'c', image: 'i' }], volumes: [{ name: 'data', ...volume }], nodeName },
    });
  const using = (claimName: string) => ({ persistentVolumeClaim: { claimName } });
  const find = (name: string) => world.client.find(persistentVolumeClaim, at(name));
  const gone = (name: string) => world.eventually(async () => expect(await find(name)).to.equal(undefined));
  const held = async (name: string): Promise<PersistentVolumeClaim> => {
    await world.settle(1000);
    const found = await find(name);
    expect(found?.metadata.deletionTimestamp, `${name} should wait`).to.be.a('string');
    return found!;
  };

  it('lets a claim go that nothing uses', async () => {
    expect((await claim('free')).metadata.finalizers).to.deep.equal(['kubernetes.io/pvc-protection']);
    await podWith('pending', using('free')); // has no node
    await world.client.delete(persistentVolumeClaim, at('free'));
    await gone('free');
  });

  it('keeps a claim until the last pod on a node has gone', async () => {
    await claim('used');
    await podWith('a', using('used'), 'n1');
    await podWith('b', using('used'), 'n1');
    await world.client.delete(persistentVolumeClaim, at('used'));
    await held('used');
    await world.client.delete(pod, at('a'), { gracePeriodSeconds: 0 });
    await held('used');
    await world.client.delete(pod, at('b'), { gracePeriodSeconds: 0 });
    await gone('used');
  });

  it('does not take a claim for that of a pod because of its name', async () => {
    await claim('a-data');
    await podWith('a', { ephemeral: { volumeClaimTemplate: { spec: claimSpec } } }, 'n1');
    await world.client.delete(persistentVolumeClaim, at('a-data'));
    await gone('a-data');
  });

  it('takes the claim that was made for a pod, also when the pod waits for that', async () => {
    const owner = await world.client.create(pod, {
      metadata: { ...at('web'), finalizers: ['example.com/waits'] },
      spec: {
        containers: [{ name: 'c', image: 'i' }],
        volumes: [{ name: 'data', ephemeral: { volumeClaimTemplate: { spec: claimSpec } } }],
        nodeName: 'n1',
      },
    });
    const ownerReferences = [{ apiVersion: 'v1', kind: 'Pod', name: 'web', uid: owner.metadata.uid, controller: true }];
    await world.client.create(persistentVolumeClaim, {
      metadata: { ...at('web-data'), ownerReferences },
      spec: claimSpec,
    });
    await world.client.delete(persistentVolumeClaim, at('web-data'));
    await held('web-data');
    await world.client.delete(pod, at('web'), { gracePeriodSeconds: 0 });
    await gone('web-data');
  });

  it('protects a claim again whose finalizer was taken away', async () => {
    await claim('bare');
    await world.client.patch(persistentVolumeClaim, at('bare'), 'merge', { metadata: { finalizers: null } });
    await world.eventually(async () =>
      expect((await find('bare'))?.metadata.finalizers).to.deep.equal(['kubernetes.io/pvc-protection']),
    );
  });

  it('keeps a volume until no claim is bound to it', async () => {
    const make = (name: string) => world.client.create(persistentVolume, { metadata: { name }, spec: volumeSpec });
    const findVolume = (name: string) => world.client.find(persistentVolume, { name });
    await make('free');
    const bound = await make('bound');
    await world.client.updateStatus(persistentVolume, { ...bound, status: { phase: 'Bound' } });
    await world.client.delete(persistentVolume, { name: 'free' });
    await world.client.delete(persistentVolume, { name: 'bound' });
    await world.eventually(async () => expect(await findVolume('free')).to.equal(undefined));
    await world.settle(1000);
    const waiting = (await findVolume('bound'))!;
    expect(waiting.metadata.deletionTimestamp).to.be.a('string');
    await world.client.updateStatus(persistentVolume, { ...waiting, status: { phase: 'Released' } });
    await world.eventually(async () => expect(await findVolume('bound')).to.equal(undefined));
  });

  it('does not hold up the end of a namespace', async () => {
    await world.newNamespace('short');
    await world.client.create(persistentVolumeClaim, {
      metadata: { namespace: 'short', name: 'c' },
      spec: claimSpec,
    });
    await world.client.delete(namespace, { name: 'short' });
    await world.eventually(async () =>
      expect(await world.client.find(namespace, { name: 'short' })).to.equal(undefined),
    );
  });
});
