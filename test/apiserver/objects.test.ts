import { expect } from 'chai';
import { configMap, configMaps, pod, pods, TestServer } from './test-server.ts';

const deployments = '/apis/apps/v1/namespaces/default/deployments';
const deployment = (name: string, replicas: number, more: object = {}) => ({
  metadata: { name },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'c', image: 'x' }] } },
  },
  ...more,
});

describe('objects through the API', () => {
  let api: TestServer;

  beforeEach(async () => {
    api = new TestServer();
    await api.server.start();
  });
  afterEach(() => api.close());

  it('makes the system namespaces on start', async () => {
    const { body } = await api.get('/api/v1/namespaces');
    expect(body.kind).to.equal('NamespaceList');
    expect(body.items.map((n: any) => n.metadata.name)).to.have.members([
      'default',
      'kube-system',
      'kube-public',
      'kube-node-lease',
    ]);
  });

  it('warns of kinds that are deprecated, and of no others', async () => {
    const warnings = async (resource: string) => (await api.get(`/api/v1/${resource}`)).headers['warning'];
    expect(await warnings('endpoints')).to.deep.equal([
      '299 - "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"',
    ]);
    expect(await warnings('services')).to.equal(undefined);
  });

  it('tells how the store is, as a component', async () => {
    const { body } = await api.get('/api/v1/componentstatuses');
    expect(body.items.map((c: any) => [c.metadata.name, c.conditions])).to.deep.equal([
      ['etcd-0', [{ type: 'Healthy', status: 'True', message: 'ok' }]],
    ]);
    expect((await api.get('/api/v1/componentstatuses/etcd-0')).body.metadata.name).to.equal('etcd-0');
    expect((await api.get('/api/v1/componentstatuses/other')).status).to.equal(404);
    const none = await api.get('/api/v1/componentstatuses?fieldSelector=metadata.name=other');
    expect(none.body.items).to.deep.equal([]);
  });

  it('makes the priority classes of the system on start', async () => {
    const { body } = await api.get('/apis/scheduling.k8s.io/v1/priorityclasses');
    expect(body.items.map((c: any) => [c.metadata.name, c.value])).to.deep.equal([
      ['system-cluster-critical', 2_000_000_000],
      ['system-node-critical', 2_000_001_000],
    ]);
  });

  it('takes labels and annotations with a status, unless the kind keeps its metadata', async () => {
    const patch = { metadata: { annotations: { seen: 'yes' } }, status: { phase: 'Active' } };
    const { body } = await api.patch('/api/v1/namespaces/default/status', 'merge-patch', patch);
    expect(body.metadata.annotations).to.deep.equal({ seen: 'yes' });
    const schemas = '/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas';
    const spec = { priorityLevelConfiguration: { name: 'x' } };
    expect((await api.post(schemas, { metadata: { name: 'f' }, spec })).status).to.equal(201);
    const kept = await api.patch(`${schemas}/f/status`, 'merge-patch', { metadata: { annotations: { seen: 'yes' } } });
    expect(kept.body.metadata).not.to.have.property('annotations');
  });

  it('needs the version of what is changed where the kind says so', async () => {
    const leases = '/apis/coordination.k8s.io/v1/namespaces/default/leases';
    const lease = { metadata: { name: 'l' }, spec: { holderIdentity: 'a' } };
    await api.post(leases, lease);
    const { status, body } = await api.put(`${leases}/l`, lease);
    expect(status).to.equal(422);
    expect(body.message).to.match(/metadata.resourceVersion: Invalid value: 0: must be specified for an update$/);
  });

  describe('create', () => {
    it('fills in what only the server knows and answers with what GET gives', async () => {
      const sent = configMap('a', {
        data: { k: 'v' },
        metadata: { name: 'a', uid: 'mine', generation: 7, managedFields: [] },
      });
      const created = await api.post(configMaps, sent);
      expect(created.status).to.equal(201);
      expect(created.body.metadata).to.include({
        name: 'a',
        namespace: 'default',
        creationTimestamp: '2026-01-01T00:00:00Z',
      });
      expect(created.body.metadata.uid).to.match(/^[0-9a-f-]{36}$/);
      expect(created.body.metadata).not.to.have.any.keys('generation', 'selfLink');
      expect((await api.get(`${configMaps}/a`)).text).to.equal(created.text);
    });

    it('makes names from generateName', async () => {
      const { body } = await api.post(configMaps, { metadata: { generateName: 'web-' } });
      expect(body.metadata.name).to.match(/^web-[a-z0-9]{5}$/);
    });

    it('takes YAML in which 0644 is octal and times are text', async () => {
      const yaml = 'metadata:\n  name: yaml\n  annotations: {t: 2026-01-01}\ndata:\n  on: "1"\nbinaryData: {}\n';
      const { status, body } = await api.post(configMaps, yaml, { 'content-type': 'application/yaml' });
      expect(status).to.equal(201);
      expect(body.metadata.annotations.t).to.equal('2026-01-01');
      const spec =
        'metadata: {name: p}\nspec:\n  containers: [{name: c, image: x}]\n  volumes: [{name: v, configMap: {name: m, defaultMode: 0644}}]\n';
      const made = await api.post(pods, spec, { 'content-type': 'application/yaml' });
      expect(made.body.spec.volumes[0].configMap.defaultMode).to.equal(420);
    });

    it('drops the status that the creator sends', async () => {
      const { body } = await api.post(deployments, deployment('web', 1, { status: { replicas: 9 } }));
      expect(body.metadata.generation).to.equal(1);
      expect(body.status?.replicas).to.equal(undefined);
    });

    it('checks everything but stores nothing on a dry run', async () => {
      expect((await api.post(`${configMaps}?dryRun=All`, configMap('dry'))).status).to.equal(201);
      expect((await api.get(`${configMaps}/dry`)).status).to.equal(404);
    });

    it('says AlreadyExists the second time', async () => {
      await api.post(configMaps, configMap('a'));
      const { status, body } = await api.post(configMaps, configMap('a'));
      expect([status, body.reason, body.message]).to.deep.equal([
        409,
        'AlreadyExists',
        'configmaps "a" already exists',
      ]);
      expect(body.details).to.deep.equal({ name: 'a', kind: 'configmaps' });
    });
  });

  describe('update', () => {
    it('does not write what changes nothing', async () => {
      const { body } = await api.post(configMaps, configMap('a', { data: { k: 'v' } }));
      const again = await api.put(`${configMaps}/a`, configMap('a', { data: { k: 'v' } }));
      expect(again.body.metadata.resourceVersion).to.equal(body.metadata.resourceVersion);
    });

    it('keeps what callers cannot change', async () => {
      const { body } = await api.post(configMaps, configMap('a'));
      const metadata = { name: 'a', creationTimestamp: '2000-01-01T00:00:00Z', generation: 9 };
      const changed = (await api.put(`${configMaps}/a`, { ...configMap('a'), metadata, data: { x: 'y' } })).body;
      expect(changed.metadata.creationTimestamp).to.equal(body.metadata.creationTimestamp);
      expect(changed.metadata.uid).to.equal(body.metadata.uid);
    });

    it('refuses a stale resourceVersion and a wrong uid', async () => {
      const { body } = await api.post(configMaps, configMap('a'));
      await api.put(`${configMaps}/a`, configMap('a', { data: { k: '1' } }));
      const stale = await api.put(`${configMaps}/a`, { ...body, data: { k: '2' } });
      expect([stale.status, stale.body.reason]).to.deep.equal([409, 'Conflict']);
      expect(stale.body.message).to.contain('the object has been modified');
      const wrong = await api.put(`${configMaps}/a`, { ...configMap('a'), metadata: { name: 'a', uid: 'other' } });
      expect(wrong.body.message).to.contain('Precondition failed: UID in precondition: other');
    });

    it('counts generations of the spec, not of metadata or status', async () => {
      const { body } = await api.post(deployments, deployment('web', 1));
      const labelled = await api.patch(`${deployments}/web`, 'merge-patch', { metadata: { labels: { a: 'b' } } });
      expect(labelled.body.metadata.generation).to.equal(1);
      const scaled = await api.patch(`${deployments}/web`, 'merge-patch', { spec: { replicas: 2 } });
      expect(scaled.body.metadata.generation).to.equal(2);
      expect(body.metadata.generation).to.equal(1);
    });

    it('changes the status through its subresource alone', async () => {
      await api.post(deployments, deployment('web', 1));
      const put = { ...deployment('web', 5), status: { replicas: 3 } };
      const status = await api.put(`${deployments}/web/status`, put);
      expect([status.body.spec.replicas, status.body.status.replicas]).to.deep.equal([1, 3]);
      const main = await api.put(`${deployments}/web`, { ...put, status: { replicas: 8 } });
      expect([main.body.spec.replicas, main.body.status.replicas]).to.deep.equal([5, 3]);
    });

    it('scales through the scale subresource', async () => {
      await api.post(deployments, deployment('web', 1));
      const scale = await api.get(`${deployments}/web/scale`);
      expect(scale.body).to.deep.include({ apiVersion: 'autoscaling/v1', kind: 'Scale', spec: { replicas: 1 } });
      const set = await api.put(`${deployments}/web/scale`, { ...scale.body, spec: { replicas: 4 } });
      expect(set.body.spec.replicas).to.equal(4);
      const patched = await api.patch(`${deployments}/web/scale`, 'merge-patch', { spec: { replicas: 2 } });
      expect(patched.body.spec.replicas).to.equal(2);
      expect((await api.get(`${deployments}/web`)).body.spec.replicas).to.equal(2);
    });

    it('survives many writers of one object', async () => {
      await api.post(configMaps, configMap('a'));
      const writes = Array.from({ length: 30 }, (_, i) =>
        api.patch(`${configMaps}/a`, 'merge-patch', { data: { [`k${i}`]: 'v' } }),
      );
      expect((await Promise.all(writes)).map((w) => w.status)).to.deep.equal(Array(30).fill(200));
      expect(Object.keys((await api.get(`${configMaps}/a`)).body.data)).to.have.length(30);
    });
  });

  describe('patch', () => {
    beforeEach(() => api.post(configMaps, configMap('a', { data: { k: 'v' } })));

    it('knows JSON, merge and strategic merge patches', async () => {
      await api.patch(`${configMaps}/a`, 'json-patch', [{ op: 'add', path: '/data/j', value: '1' }]);
      await api.patch(`${configMaps}/a`, 'merge-patch', { data: { m: '2' } });
      const { body } = await api.patch(`${configMaps}/a`, 'strategic-merge-patch', { data: { s: '3', k: null } });
      expect(body.data).to.deep.equal({ j: '1', m: '2', s: '3' });
    });

    it('names the sorts of patches that it knows', async () => {
      const { status, body } = await api.patch(`${configMaps}/a`, 'strange', {});
      expect([status, body.reason]).to.deep.equal([415, 'UnsupportedMediaType']);
      expect(body.message).to.contain('application/apply-patch+yaml');
    });

    it('takes a resourceVersion in the patch as a condition', async () => {
      const { status } = await api.patch(`${configMaps}/a`, 'merge-patch', { metadata: { resourceVersion: '1' } });
      expect(status).to.equal(409);
    });

    it('says NotFound for what is not there', async () => {
      expect((await api.patch(`${configMaps}/none`, 'merge-patch', {})).status).to.equal(404);
    });
  });

  describe('delete', () => {
    it('answers with a Success that names the object', async () => {
      const { body } = await api.post(configMaps, configMap('a'));
      const deleted = await api.delete(`${configMaps}/a`);
      expect(deleted.body).to.deep.include({ kind: 'Status', status: 'Success' });
      expect(deleted.body.details).to.deep.equal({ name: 'a', kind: 'configmaps', uid: body.metadata.uid });
      expect((await api.get(`${configMaps}/a`)).status).to.equal(404);
      expect((await api.delete(`${configMaps}/a`)).status).to.equal(404);
    });

    it('waits for the last finalizer', async () => {
      await api.post(configMaps, { ...configMap('a'), metadata: { name: 'a', finalizers: ['example.com/x'] } });
      const marked = await api.delete(`${configMaps}/a`);
      expect(marked.body.metadata.deletionTimestamp).to.equal('2026-01-01T00:00:00Z');
      const added = await api.patch(`${configMaps}/a`, 'merge-patch', {
        metadata: { finalizers: ['example.com/x', 'example.com/y'] },
      });
      expect(added.status).to.equal(422);
      expect(added.body.message).to.contain('no new finalizers can be added if the object is being deleted');
      await api.patch(`${configMaps}/a`, 'merge-patch', { metadata: { finalizers: null } });
      expect((await api.get(`${configMaps}/a`)).status).to.equal(404);
    });

    it('turns the propagation policy into finalizers', async () => {
      await api.post(deployments, deployment('f', 1));
      await api.post(deployments, deployment('o', 1));
      const foreground = await api.delete(`${deployments}/f`, { propagationPolicy: 'Foreground' });
      const orphan = await api.delete(`${deployments}/o?propagationPolicy=Orphan`);
      expect(foreground.body.metadata.finalizers).to.deep.equal(['foregroundDeletion']);
      expect(orphan.body.metadata.finalizers).to.deep.equal(['orphan']);
    });

    it('checks preconditions', async () => {
      await api.post(configMaps, configMap('a'));
      const { status } = await api.delete(`${configMaps}/a`, { preconditions: { uid: 'other' } });
      expect(status).to.equal(409);
      expect((await api.get(`${configMaps}/a`)).status).to.equal(200);
    });

    it('gives a running pod its grace period, and removes it at once when asked', async () => {
      await api.post(pods, pod('p'));
      await api.post(`${pods}/p/binding`, { metadata: { name: 'p' }, target: { kind: 'Node', name: 'n1' } });
      const first = await api.delete(`${pods}/p`);
      expect(first.body.metadata).to.include({
        deletionGracePeriodSeconds: 30,
        deletionTimestamp: '2026-01-01T00:00:30Z',
      });
      const shorter = await api.delete(`${pods}/p`, { gracePeriodSeconds: 5 });
      expect(shorter.body.metadata.deletionGracePeriodSeconds).to.equal(5);
      const longer = await api.delete(`${pods}/p`, { gracePeriodSeconds: 50 });
      expect(longer.body.metadata.deletionGracePeriodSeconds).to.equal(5);
      await api.delete(`${pods}/p`, { gracePeriodSeconds: 0 });
      expect((await api.get(`${pods}/p`)).status).to.equal(404);
    });

    it('removes a pod without a node at once', async () => {
      await api.post(pods, pod('p'));
      await api.delete(`${pods}/p`);
      expect((await api.get(`${pods}/p`)).status).to.equal(404);
    });

    it('deletes what a selector names, and nothing else', async () => {
      await api.post(configMaps, { ...configMap('a'), metadata: { name: 'a', labels: { app: 'x' } } });
      await api.post(configMaps, configMap('b'));
      const { body } = await api.delete(`${configMaps}?labelSelector=app%3Dx`);
      expect(body.items.map((i: any) => i.metadata.name)).to.deep.equal(['a']);
      expect((await api.get(configMaps)).body.items.map((i: any) => i.metadata.name)).to.deep.equal(['b']);
    });
  });

  describe('namespaces', () => {
    it('go only when they have been finalized', async () => {
      await api.post('/api/v1/namespaces', { metadata: { name: 'n' } });
      const { body } = await api.delete('/api/v1/namespaces/n');
      expect([body.status.phase, body.spec.finalizers]).to.deep.equal(['Terminating', ['kubernetes']]);
      const refused = await api.post('/api/v1/namespaces/n/configmaps', configMap('a'));
      expect(refused.status).to.equal(403);
      expect(refused.body.message).to.contain('because it is being terminated');
      await api.put('/api/v1/namespaces/n/finalize', { ...body, spec: { finalizers: [] } });
      expect((await api.get('/api/v1/namespaces/n')).status).to.equal(404);
    });

    it('must exist, and the permanent ones stay', async () => {
      const { status, body } = await api.post('/api/v1/namespaces/none/configmaps', configMap('a'));
      expect([status, body.message]).to.deep.equal([404, 'namespaces "none" not found']);
      const kept = await api.delete('/api/v1/namespaces/default');
      expect([kept.status, kept.body.message]).to.deep.equal([
        403,
        'namespaces "default" is forbidden: this namespace may not be deleted',
      ]);
    });
  });
});
