import { expect } from 'chai';
import { deployment } from '../../../src/api/apps-v1/deployment.ts';
import { configMap } from '../../../src/api/core-v1/config-map.ts';
import { namespace } from '../../../src/api/core-v1/namespace.ts';
import { pod } from '../../../src/api/core-v1/pod.ts';
import { secret } from '../../../src/api/core-v1/secret.ts';
import { serviceAccount } from '../../../src/api/core-v1/service-account.ts';
import { role } from '../../../src/api/rbac-v1/role.ts';
import type { ReconcileContext } from '../../../src/client/controller.ts';
import { reconcile } from '../../../src/controllers/namespace/namespace.ts';
import { deletionConditions } from '../../../src/controllers/namespace/status.ts';
import { crashTest } from '../crash-test.ts';
import { now, template } from '../objects.ts';
import { World } from '../world.ts';

describe('namespace: conditions', () => {
  const ns = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } } as any;
  const texts = (conditions: ReturnType<typeof deletionConditions>) =>
    Object.fromEntries(
      conditions.map(({ type, status, reason, message }) => [type, `${status} ${reason}: ${message}`]),
    );

  it('say that nothing is left', () => {
    expect(texts(deletionConditions(ns, { objects: [], errors: [] }, now))).to.deep.equal({
      NamespaceDeletionDiscoveryFailure: 'False ResourcesDiscovered: All resources successfully discovered',
      NamespaceDeletionGroupVersionParsingFailure:
        'False ParsedGroupVersions: All legacy kube types successfully parsed',
      NamespaceDeletionContentFailure:
        'False ContentDeleted: All content successfully deleted, may be waiting on finalization',
      NamespaceContentRemaining: 'False ContentRemoved: All content successfully removed',
      NamespaceFinalizersRemaining: 'False ContentHasNoFinalizers: All content-preserving finalizers finished',
    });
  });

  it('say what is left, and renew the words as it gets less', () => {
    const held = { metadata: { finalizers: ['example.com/hold'] } } as any;
    const first = deletionConditions(ns, { objects: [{ kind: configMap, items: [held, held] }], errors: ['no'] }, now);
    expect(texts(first)).to.include({
      NamespaceContentRemaining:
        'True SomeResourcesRemain: Some resources are remaining: configmaps. has 2 resource instances',
      NamespaceFinalizersRemaining:
        'True SomeFinalizersRemain: Some content in the namespace has finalizers remaining: example.com/hold in 2 resource instances',
      NamespaceDeletionContentFailure:
        'True ContentDeletionFailed: Failed to delete all resource types, 1 remaining: no',
    });
    const after = { ...ns, status: { conditions: first } };
    const second = deletionConditions(after, { objects: [{ kind: configMap, items: [held] }], errors: [] }, now + 5000);
    expect(texts(second).NamespaceContentRemaining).to.match(/has 1 resource instances$/);
    const transition = (all: typeof first) =>
      all.find((c) => c.type === 'NamespaceContentRemaining')!.lastTransitionTime;
    expect(transition(second)).to.equal(transition(first));
  });
});

describe('namespace controller', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.start();
    await world.newNamespace('shop');
  });
  afterEach(() => world.stop());

  const shop = { name: 'shop' };
  const gone = () => world.eventually(async () => expect(await world.client.find(namespace, shop)).to.equal(undefined));

  it('empties a namespace and lets it go', async () => {
    await world.client.create(deployment, {
      metadata: { namespace: 'shop', name: 'web' },
      spec: { replicas: 2, selector: { matchLabels: { app: 'web' } }, template: template() },
    });
    await world.client.create(secret, { metadata: { namespace: 'shop', name: 's' } });
    await world.client.create(role, { metadata: { namespace: 'shop', name: 'r' }, rules: [] });
    await world.client.create(configMap, { metadata: { namespace: 'default', name: 'other' } });
    await world.eventually(async () =>
      expect((await world.client.list(pod, { namespace: 'shop' })).items).to.have.length(2),
    );
    await world.client.delete(namespace, shop);
    await gone();
    for (const kind of [pod, secret, role, deployment, serviceAccount]) {
      expect((await world.client.list(kind as typeof pod, { namespace: 'shop' })).items).to.deep.equal([]);
    }
    expect(await world.client.find(configMap, { namespace: 'default', name: 'other' })).not.to.equal(undefined);
  });

  it('says what holds it, and waits', async () => {
    await world.client.create(configMap, {
      metadata: { namespace: 'shop', name: 'held', finalizers: ['example.com/hold'] },
    });
    await world.client.delete(namespace, shop);
    await world.eventually(async () => {
      const { status } = await world.client.get(namespace, shop);
      expect(status!.phase).to.equal('Terminating');
      expect(status!.conditions!.find((c) => c.type === 'NamespaceFinalizersRemaining')).to.include({
        status: 'True',
        message: 'Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances',
      });
    });
    await world.client.patch(configMap, { namespace: 'shop', name: 'held' }, 'merge', {
      metadata: { finalizers: null },
    });
    await gone();
  });

  it('lets everything else stay until the pods are gone', async () => {
    world.podsGo = false;
    await world.client.create(secret, { metadata: { namespace: 'shop', name: 's' } });
    await world.client.create(pod, {
      metadata: { namespace: 'shop', name: 'p' },
      spec: { containers: [{ name: 'c', image: 'i' }] },
    });
    await world.eventually(async () =>
      expect((await world.client.get(pod, { namespace: 'shop', name: 'p' })).spec!.nodeName).to.equal('n1'),
    );
    await world.client.delete(namespace, shop);
    await world.eventually(async () =>
      expect((await world.client.get(pod, { namespace: 'shop', name: 'p' })).metadata.deletionTimestamp).to.be.a(
        'string',
      ),
    );
    await world.settle(2000);
    expect(await world.client.find(secret, { namespace: 'shop', name: 's' })).not.to.equal(undefined);
    await world.client.delete(pod, { namespace: 'shop', name: 'p' }, { gracePeriodSeconds: 0 });
    await gone();
  });
});

describe('namespace controller: a stale copy', () => {
  it('never costs a namespace of the same name its content', async () => {
    const world = await World.start({ only: [], kubelet: false });
    await world.newNamespace('shop');
    const old = await world.client.get(namespace, { name: 'shop' });
    const stale = { ...old, metadata: { ...old.metadata, uid: 'before', deletionTimestamp: '2026-01-01T00:00:00Z' } };
    await world.client.create(configMap, { metadata: { namespace: 'shop', name: 'new' } });
    const { client, clock } = world;
    const reader = { get: () => stale, list: () => [] };
    await reconcile('shop', { reader, client, clock } as unknown as ReconcileContext);
    expect((await client.list(configMap, { namespace: 'shop' })).items).to.have.length(1);
    await world.stop();
  });
});

describe('namespace controller: crashes', () => {
  it('survives them', () =>
    crashTest({
      name: 'namespace',
      controllers: ['namespace-controller'],
      setUp: async (client, world) => {
        await world.newNamespace('shop');
        await client.create(secret, { metadata: { namespace: 'shop', name: 's' } });
        await client.create(configMap, { metadata: { namespace: 'shop', name: 'c', finalizers: ['a.b/c'] } });
        await client.create(pod, {
          metadata: { namespace: 'shop', name: 'p' },
          spec: { containers: [{ name: 'c', image: 'i' }] },
        });
      },
      act: [
        (client) => client.delete(namespace, { name: 'shop' }),
        (client) =>
          client.patch(configMap, { namespace: 'shop', name: 'c' }, 'merge', { metadata: { finalizers: null } }),
      ],
      kinds: [namespace, pod, configMap, secret],
      check: ([namespaces, ...content]) => {
        expect(namespaces!.map(({ metadata }) => metadata.name)).not.to.include('shop');
        expect(content.flat().filter((one) => one.metadata.namespace === 'shop')).to.deep.equal([]);
      },
    }));
});
