import { expect } from 'chai';
import { configMap } from '../../../src/api/core-v1/config-map.ts';
import { pod } from '../../../src/api/core-v1/pod.ts';
import { persistentVolumeClaim } from '../../../src/api/core-v1/persistent-volume-claim.ts';
import { replicationController } from '../../../src/api/core-v1/replication-controller.ts';
import { resourceQuota, type ResourceQuota } from '../../../src/api/core-v1/resource-quota.ts';
import { secret } from '../../../src/api/core-v1/secret.ts';
import { service } from '../../../src/api/core-v1/service.ts';
import { replicaSet } from '../../../src/api/apps-v1/replica-set.ts';
import { customResourceDefinition } from '../../../src/api/apiextensions-v1/custom-resource-definition.ts';
import { isApiError } from '../../../src/apimachinery/api-error.ts';
import type { Kind } from '../../../src/apimachinery/kind.ts';
import { World } from '../world.ts';

type Quantities = Record<string, string>;

describe('resource quota controller', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.start({
      only: ['resourcequota-controller', 'persistentvolumeclaim-protection-controller'],
      kubelet: false,
    });
  });
  afterEach(() => world.stop());

  const at = (name: string) => ({ namespace: 'default', name });
  const find = (name = 'q') => world.client.get(resourceQuota, at(name));
  const limit = (hard: Quantities, spec: object = {}, name = 'q') =>
    world.client.create(resourceQuota, { metadata: at(name), spec: { hard, ...spec } });
  const shows = (used: Quantities, name?: string): Promise<ResourceQuota> =>
    world.eventually(async () => {
      const quota = await find(name);
      expect(quota.status?.used).to.deep.equal(used);
      return quota;
    });
  const podSpec = (requests?: Quantities, more: object = {}) => ({
    containers: [{ name: 'c', image: 'i', resources: { requests, limits: requests } }],
    ...more,
  });
  const run = (name: string, requests?: Quantities, more: object = {}) =>
    world.client.create(pod, { metadata: at(name), spec: podSpec(requests, more) });
  const end = (kind: Kind<any>, name: string) =>
    world.client.delete(kind, at(name), { gracePeriodSeconds: 0, propagationPolicy: 'Background' });
  const refusalOf = (made: Promise<unknown>): Promise<string> =>
    made.then(
      () => expect.fail('was created'),
      (error: unknown) => {
        expect(isApiError(error, 'Forbidden'), String(error)).to.equal(true);
        return (error as Error).message;
      },
    );

  it('calculates the status of a new quota promptly', async () => {
    const hard = { cpu: '1', pods: '5', 'count/replicasets.apps': '3', secrets: '2', 'services.nodeports': '1' };
    await limit(hard);
    const used = { cpu: '0', pods: '0', 'count/replicasets.apps': '0', secrets: '0', 'services.nodeports': '0' };
    expect((await shows(used)).status?.hard).to.deep.equal(hard);
  });

  it('counts what was there before the quota', async () => {
    await run('a', { cpu: '100m' });
    await run('b', { cpu: '200m' });
    for (const name of ['x', 'y', 'z']) await world.client.create(configMap, { metadata: at(name) });
    await limit({ 'requests.cpu': '1', pods: '2', configmaps: '9' });
    await shows({ 'requests.cpu': '300m', pods: '2', configmaps: '3' });
    expect(await refusalOf(run('c', { cpu: '1m' }))).to.contain('exceeded quota: q, requested: pods=1, used: pods=2');
  });

  it('captures the life of a pod', async () => {
    await limit({ pods: '2', 'requests.cpu': '500m', 'requests.example.com/gpu': '3' });
    await shows({ pods: '0', 'requests.cpu': '0', 'requests.example.com/gpu': '0' });
    await run('a', { cpu: '500m', 'example.com/gpu': '2' });
    await shows({ pods: '1', 'requests.cpu': '500m', 'requests.example.com/gpu': '2' });
    expect(await refusalOf(run('b', { cpu: '1m' }))).to.equal(
      'pods "b" is forbidden: exceeded quota: q, requested: requests.cpu=1m, used: requests.cpu=500m, limited: requests.cpu=500m',
    );
    expect(await refusalOf(run('b', { cpu: '0', 'example.com/gpu': '2' }))).to.contain('requests.example.com/gpu=2');
    await end(pod, 'a');
    await shows({ pods: '0', 'requests.cpu': '0', 'requests.example.com/gpu': '0' });
  });

  it('gives back what a pod used that has ended, but goes on counting it', async () => {
    await limit({ pods: '2', 'count/pods': '2' });
    await shows({ pods: '0', 'count/pods': '0' });
    const one = await run('a');
    await shows({ pods: '1', 'count/pods': '1' });
    await world.client.updateStatus(pod, { ...one, status: { ...one.status, phase: 'Succeeded' } });
    await shows({ pods: '0', 'count/pods': '1' });
    await end(pod, 'a');
    await shows({ pods: '0', 'count/pods': '0' });
  });

  const labels = { app: 'x' };
  const template = { metadata: { labels }, spec: podSpec() };
  const lives: [kind: Kind<any>, resource: string, rest: object][] = [
    [configMap, 'configmaps', {}],
    [secret, 'secrets', {}],
    [secret, 'count/secrets', {}],
    [service, 'services', { spec: { ports: [{ port: 80 }] } }],
    [replicationController, 'replicationcontrollers', { spec: { replicas: 0, selector: labels, template } }],
    [replicaSet, 'count/replicasets.apps', { spec: { replicas: 0, selector: { matchLabels: labels }, template } }],
    [
      persistentVolumeClaim,
      'persistentvolumeclaims',
      { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } },
    ],
  ];
  for (const [kind, resource, rest] of lives) {
    it(`captures the life of a ${kind.kind} as ${resource}`, async () => {
      await limit({ [resource]: '9' });
      // The service `kubernetes` and its like may be there before.
      const before = await world.eventually(async () => {
        const used = (await find()).status?.used?.[resource];
        expect(used).to.be.a('string');
        return Number(used);
      });
      await world.client.create(kind, { metadata: at('a'), ...rest });
      await shows({ [resource]: String(before + 1) });
      await end(kind, 'a');
      await shows({ [resource]: String(before) });
    });
  }

  it('counts ports and load balancers of services, also when they change', async () => {
    await limit({ services: '9', 'services.nodeports': '2', 'services.loadbalancers': '1' });
    await world.eventually(async () => expect((await find()).status?.used?.['services.nodeports']).to.equal('0'));
    const make = (name: string, type: string) =>
      world.client.create(service, { metadata: at(name), spec: { type, ports: [{ port: 80 }] } });
    const one = await make('one', 'NodePort');
    const used = async () => (await find()).status!.used!;
    expect((await used())['services.nodeports']).to.equal('1');
    await make('two', 'LoadBalancer');
    expect(await used()).to.include({ 'services.nodeports': '2', 'services.loadbalancers': '1' });
    expect(await refusalOf(make('three', 'NodePort'))).to.contain('requested: services.nodeports=1');
    await world.client.update(service, { ...one, spec: { ...one.spec, type: 'ClusterIP', ports: [{ port: 80 }] } });
    await world.eventually(async () => expect((await used())['services.nodeports']).to.equal('1'));
  });

  it('counts storage by class', async () => {
    const gold = 'gold.storageclass.storage.k8s.io/';
    await limit({
      'requests.storage': '10Gi',
      [`${gold}requests.storage`]: '3Gi',
      [`${gold}persistentvolumeclaims`]: '1',
    });
    const none = { 'requests.storage': '0', [`${gold}requests.storage`]: '0', [`${gold}persistentvolumeclaims`]: '0' };
    await shows(none);
    const claim = (name: string, storageClassName: string) =>
      world.client.create(persistentVolumeClaim, {
        metadata: at(name),
        spec: { storageClassName, accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '2Gi' } } },
      });
    await claim('a', 'gold');
    await claim('b', 'silver');
    await shows({
      'requests.storage': '4Gi',
      [`${gold}requests.storage`]: '2Gi',
      [`${gold}persistentvolumeclaims`]: '1',
    });
    expect(await refusalOf(claim('c', 'gold'))).to.contain(`${gold}persistentvolumeclaims=1`);
    await end(persistentVolumeClaim, 'a');
    await end(persistentVolumeClaim, 'b');
    await shows(none);
  });

  it('keeps to scopes: best effort and not', async () => {
    await limit({ pods: '5' }, { scopes: ['BestEffort'] }, 'best');
    await limit({ pods: '5' }, { scopes: ['NotBestEffort'] }, 'not');
    await shows({ pods: '0' }, 'best');
    await shows({ pods: '0' }, 'not');
    await run('poor');
    await shows({ pods: '1' }, 'best');
    await shows({ pods: '0' }, 'not');
    await run('rich', { cpu: '1' });
    await shows({ pods: '1' }, 'not');
    await end(pod, 'poor');
    await end(pod, 'rich');
    await shows({ pods: '0' }, 'best');
    await shows({ pods: '0' }, 'not');
  });

  it('keeps to scopes: terminating and not, also when a pod goes over', async () => {
    await limit({ pods: '5' }, { scopes: ['Terminating'] }, 'short');
    await limit({ pods: '5' }, { scopes: ['NotTerminating'] }, 'long');
    await shows({ pods: '0' }, 'short');
    await shows({ pods: '0' }, 'long');
    await run('a');
    await run('b', undefined, { activeDeadlineSeconds: 3600 });
    await shows({ pods: '1' }, 'short');
    await shows({ pods: '1' }, 'long');
    await world.client.patch(pod, at('a'), 'merge', { spec: { activeDeadlineSeconds: 60 } });
    await shows({ pods: '0' }, 'long');
    await shows({ pods: '2' }, 'short');
  });

  it('follows changes of the quota, and lets it go', async () => {
    await limit({ configmaps: '1' });
    await shows({ configmaps: '0' });
    await world.client.create(configMap, { metadata: at('a') });
    expect(await refusalOf(world.client.create(configMap, { metadata: at('b') }))).to.contain('exceeded quota');
    await world.client.patch(resourceQuota, at('q'), 'merge', { spec: { hard: { configmaps: '2', secrets: '1' } } });
    const quota = await shows({ configmaps: '1', secrets: '0' });
    expect(quota.status?.hard).to.deep.equal({ configmaps: '2', secrets: '1' });
    await world.client.create(configMap, { metadata: at('b') });
    await world.client.delete(resourceQuota, at('q'));
    await world.client.create(configMap, { metadata: at('c') });
  });

  it('puts a status right that somebody else has changed', async () => {
    await limit({ configmaps: '5' });
    await shows({ configmaps: '0' });
    const quota = await find();
    await world.client.updateStatus(resourceQuota, {
      ...quota,
      status: { hard: { configmaps: '1' }, used: { configmaps: '9' } },
    });
    await world.eventually(async () => expect((await find()).status?.hard).to.deep.equal({ configmaps: '5' }));
    await world.settle(13_000);
    await shows({ configmaps: '0' });
  });

  it('gives back what was charged for what was never stored', async () => {
    await limit({ configmaps: '5' });
    await shows({ configmaps: '0' });
    await world.client.create(configMap, { metadata: at('a') });
    const again = await world.client.create(configMap, { metadata: at('a') }).catch((error: unknown) => error);
    expect(isApiError(again, 'AlreadyExists')).to.equal(true);
    expect((await find()).status?.used).to.deep.equal({ configmaps: '1' });
  });

  it('does not believe a count that finds less while the quota is being charged', async () => {
    await limit({ configmaps: '5' });
    await shows({ configmaps: '0' });
    await world.settle(13_000);
    const quota = await find();
    // As if a request had charged it and not stored its object yet.
    await world.client.updateStatus(resourceQuota, {
      ...quota,
      status: { ...quota.status, used: { configmaps: '3' } },
    });
    await world.client.patch(resourceQuota, at('q'), 'merge', { spec: { hard: { configmaps: '6' } } });
    await world.eventually(async () => expect((await find()).status?.hard).to.deep.equal({ configmaps: '6' }));
    expect((await find()).status?.used).to.deep.equal({ configmaps: '3' });
    await world.settle(13_000);
    await shows({ configmaps: '0' });
  });

  it('never lets through more than there is, however many ask at once, while others go', async () => {
    await limit({ pods: '10' });
    await shows({ pods: '0' });
    let most = 0;
    for (let round = 0; round < 5; round++) {
      const asked = Array.from({ length: 40 }, (_, i) =>
        run(`p-${round}-${i}`).then(
          () => true,
          () => false,
        ),
      );
      const living = world.client.list(pod, { namespace: 'default' });
      const gone = (await living).items.slice(0, 4).map((one) => end(pod, one.metadata.name));
      await Promise.all([...asked, ...gone]);
      most = Math.max(most, (await world.client.list(pod, { namespace: 'default' })).items.length);
      await world.settle(50);
    }
    expect(most).to.equal(10);
  });

  it('says nothing of what nobody can count', async () => {
    await limit({ 'count/widgets.example.com': '1', configmaps: '5' });
    await shows({ configmaps: '0' });
  });

  it('counts custom resources from the time that they are defined', async () => {
    const name = 'widgets.example.com';
    await limit({ [`count/${name}`]: '1', configmaps: '5' });
    await shows({ configmaps: '0' });
    const schema = { openAPIV3Schema: { type: 'object' } };
    const made = await world.client.create(customResourceDefinition, {
      metadata: { name },
      spec: {
        group: 'example.com',
        scope: 'Namespaced',
        names: { kind: 'Widget', plural: 'widgets', singular: 'widget' },
        versions: [{ name: 'v1', served: true, storage: true, schema }],
      },
    });
    const conditions = [{ type: 'Established', status: 'True', reason: 'a', message: 'b' }];
    await world.client.updateStatus(customResourceDefinition, { ...made, status: { ...made.status, conditions } });
    await shows({ configmaps: '0', [`count/${name}`]: '0' });
  });
});
