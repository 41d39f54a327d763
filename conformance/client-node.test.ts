import { CoreV1Api, AppsV1Api, KubeConfig, makeInformer, Watch, ApiException } from '@kubernetes/client-node';
import { expect } from 'chai';
import { eventually, RunningCluster } from '../test/e2e/running-cluster.ts';

/** The official JavaScript client, unchanged, against a running control plane. */
describe('@kubernetes/client-node', function () {
  this.timeout(60_000);
  let cluster: RunningCluster;
  let config: KubeConfig;
  let core: CoreV1Api;

  before(async () => {
    cluster = await RunningCluster.start('--no-node');
    config = new KubeConfig();
    config.loadFromFile(cluster.kubeconfig);
    core = config.makeApiClient(CoreV1Api);
  });

  after(async () => {
    await cluster?.destroy();
  });

  const namespace = 'default';
  const body = (name: string, data: Record<string, string> = {}) => ({
    metadata: { name, labels: { made: 'here' } },
    data,
  });

  it('lists namespaces with typed metadata', async () => {
    const { items } = await core.listNamespace();
    expect(items.map((n) => n.metadata!.name)).to.include.members([
      'default',
      'kube-system',
      'kube-public',
      'kube-node-lease',
    ]);
    expect(items[0]!.metadata!.creationTimestamp).to.be.instanceOf(Date);
  });

  it('creates, reads, replaces, patches and deletes', async () => {
    const made = await core.createNamespacedConfigMap({ namespace, body: body('crud', { a: '1' }) });
    expect(made.metadata!.uid).to.be.a('string');
    made.data!.a = '2';
    const replaced = await core.replaceNamespacedConfigMap({ namespace, name: 'crud', body: made });
    expect(replaced.data).to.deep.equal({ a: '2' });
    const patch = [{ op: 'add', path: '/data/b', value: '3' }];
    const patched = await core.patchNamespacedConfigMap({ namespace, name: 'crud', body: patch });
    expect(patched.data).to.deep.equal({ a: '2', b: '3' });
    await core.deleteNamespacedConfigMap({ namespace, name: 'crud' });
    const error = await core.readNamespacedConfigMap({ namespace, name: 'crud' }).catch((e: unknown) => e);
    expect(error).to.be.instanceOf(ApiException).and.include({ code: 404 });
  });

  it('a stale replace is a conflict', async () => {
    const made = await core.createNamespacedConfigMap({ namespace, body: body('stale') });
    await core.replaceNamespacedConfigMap({ namespace, name: 'stale', body: { ...made, data: { x: 'y' } } });
    const error = await core
      .replaceNamespacedConfigMap({ namespace, name: 'stale', body: made })
      .catch((e: unknown) => e);
    expect(error).to.include({ code: 409 });
  });

  it('pages through a list', async () => {
    for (let i = 0; i < 7; i++) await core.createNamespacedConfigMap({ namespace, body: body(`page-${i}`) });
    const names: string[] = [];
    let token: string | undefined;
    do {
      const page = await core.listNamespacedConfigMap({
        namespace,
        labelSelector: 'made=here',
        limit: 3,
        ...(token && { _continue: token }),
      });
      expect(page.items.length).to.be.at.most(3);
      names.push(...page.items.map((c) => c.metadata!.name!));
      token = page.metadata?._continue;
    } while (token);
    expect(names.filter((n) => n.startsWith('page-'))).to.have.length(7);
  });

  it('watches', async () => {
    const seen: string[] = [];
    const watch = new Watch(config);
    const request = await watch.watch(
      `/api/v1/namespaces/${namespace}/configmaps`,
      { fieldSelector: 'metadata.name=watched' },
      (type: string, object: { metadata: { name: string } }) => seen.push(`${type} ${object.metadata.name}`),
      () => {},
    );
    await core.createNamespacedConfigMap({ namespace, body: body('watched') });
    await core.patchNamespacedConfigMap({
      namespace,
      name: 'watched',
      body: [{ op: 'add', path: '/data', value: { a: 'b' } }],
    });
    await core.deleteNamespacedConfigMap({ namespace, name: 'watched' });
    await eventually('three events', async () => seen.length >= 3);
    request.abort();
    expect(seen).to.deep.equal(['ADDED watched', 'MODIFIED watched', 'DELETED watched']);
  });

  it('runs an informer', async () => {
    const path = `/api/v1/namespaces/${namespace}/secrets`;
    const informer = makeInformer(config, path, () => core.listNamespacedSecret({ namespace }));
    const seen: string[] = [];
    informer.on('add', (object) => seen.push(`add ${object.metadata!.name}`));
    informer.on('update', (object) => seen.push(`update ${object.metadata!.name}`));
    informer.on('delete', (object) => seen.push(`delete ${object.metadata!.name}`));
    await informer.start();
    const made = await core.createNamespacedSecret({
      namespace,
      body: { metadata: { name: 'informed' }, stringData: { password: 'p' } },
    });
    expect(made.data).to.deep.equal({ password: Buffer.from('p').toString('base64') });
    await core.replaceNamespacedSecret({
      namespace,
      name: 'informed',
      body: { ...made, metadata: { ...made.metadata, labels: { a: 'b' } } },
    });
    await core.deleteNamespacedSecret({ namespace, name: 'informed' });
    await eventually('add, update and delete', async () => seen.includes('delete informed'));
    await informer.stop();
    expect(seen.filter((s) => s.endsWith(' informed'))).to.deep.equal([
      'add informed',
      'update informed',
      'delete informed',
    ]);
  });

  it('scales a deployment by its scale subresource', async () => {
    const apps = config.makeApiClient(AppsV1Api);
    const labels = { app: 'scaled' };
    const spec = {
      replicas: 0,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'x' }] } },
    };
    await apps.createNamespacedDeployment({ namespace, body: { metadata: { name: 'scaled' }, spec } });
    // The deployment controller writes its status meanwhile: whoever replaces must be ready to try again.
    await eventually('the scale is replaced', async () => {
      const scale = await apps.readNamespacedDeploymentScale({ namespace, name: 'scaled' });
      expect(scale).to.include({ kind: 'Scale', apiVersion: 'autoscaling/v1' });
      const body = { ...scale, spec: { replicas: 2 } };
      return apps
        .replaceNamespacedDeploymentScale({ namespace, name: 'scaled', body })
        .catch((e: ApiException<unknown>) => {
          if (e.code !== 409) throw e;
        });
    });
    expect((await apps.readNamespacedDeployment({ namespace, name: 'scaled' })).spec!.replicas).to.equal(2);
    await apps.deleteNamespacedDeployment({ namespace, name: 'scaled' });
  });
});
