import { expect } from 'chai';
import type { TokenSubject } from '../../src/auth/tokens.ts';
import { pod, pods, TestServer } from './test-server.ts';

const binding = (name: string, node: string, more: object = {}) => ({
  metadata: { name, ...more },
  target: { apiVersion: 'v1', kind: 'Node', name: node },
});

describe('subresources and reviews', () => {
  let api: TestServer;
  const issued: TokenSubject[] = [];

  beforeEach(async () => {
    const expirationTimestamp = '2026-01-01T01:00:00Z';
    api = new TestServer({
      issueToken: async (subject) => (issued.push(subject), { token: 'signed', expirationTimestamp }),
    });
    await api.server.start();
    await api.post(pods, pod('p'));
  });
  afterEach(() => api.close());

  it('bind a pod once', async () => {
    const bound = await api.post(`${pods}/p/binding`, binding('p', 'n1', { annotations: { a: 'b' } }));
    expect([bound.status, bound.body.status]).to.deep.equal([201, 'Success']);
    const { body } = await api.get(`${pods}/p`);
    expect(body.spec.nodeName).to.equal('n1');
    expect(body.metadata.annotations).to.deep.equal({ a: 'b' });
    expect(body.metadata.generation).to.equal(1);
    expect(body.status.conditions[0]).to.include({ type: 'PodScheduled', status: 'True' });
    const again = await api.post(`${pods}/p/binding`, binding('p', 'n2'));
    expect([again.status, again.body.message]).to.deep.equal([
      409,
      'Operation cannot be fulfilled on pods/binding "p": pod p is already assigned to node "n1"',
    ]);
  });

  it('bind a pod through the older collection too', async () => {
    expect((await api.post('/api/v1/namespaces/default/bindings', binding('p', 'n1'))).status).to.equal(201);
    expect((await api.get(`${pods}/p`)).body.spec.nodeName).to.equal('n1');
    expect((await api.post('/api/v1/namespaces/default/bindings', binding('none', 'n1'))).status).to.equal(404);
  });

  it('name the scale of what is not there as upstream does', async () => {
    const message = async (path: string) => (await api.get(`${path}/scale`)).body.message;
    const apps = '/apis/apps/v1/namespaces/default';
    expect(await message(`${apps}/deployments/d`)).to.equal('deployments/scale.apps "d" not found');
    expect(await message(`${apps}/replicasets/d`)).to.equal('replicasets/scale.apps "d" not found');
    expect(await message(`${apps}/statefulsets/d`)).to.equal('statefulsets.apps "d" not found');
    expect(await message('/api/v1/namespaces/default/replicationcontrollers/d')).to.equal(
      'replicationcontrollers/scale.autoscaling "d" not found',
    );
  });

  it('evict a pod', async () => {
    const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'p' } };
    expect((await api.post(`${pods}/p/eviction?dryRun=All`, eviction)).status).to.equal(201);
    expect((await api.get(`${pods}/p`)).status).to.equal(200);
    expect((await api.post(`${pods}/p/eviction`, eviction)).status).to.equal(201);
    expect((await api.get(`${pods}/p`)).status).to.equal(404);
  });

  it('evict a pod for old clients too', async () => {
    await api.post(pods, pod('old'));
    const eviction = (version: string) => ({
      apiVersion: `policy/${version}`,
      kind: 'Eviction',
      metadata: { name: 'old' },
    });
    expect((await api.post(`${pods}/old/eviction`, eviction('v1alpha1'))).status).to.equal(400);
    expect((await api.post(`${pods}/old/eviction`, eviction('v1beta1'))).status).to.equal(201);
  });

  it('give service accounts tokens, bound to a pod of theirs', async () => {
    const accounts = '/api/v1/namespaces/default/serviceaccounts';
    const { body: account } = await api.post(accounts, { metadata: { name: 'robot' } });
    await api.post(pods, pod('own', { serviceAccountName: 'robot' }));
    const ask = (spec: object) => api.post(`${accounts}/robot/token`, { spec: { audiences: ['a'], ...spec } });
    const made = await ask({ boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'own' } });
    expect(made.status).to.equal(201);
    expect(made.body.status).to.deep.equal({ token: 'signed', expirationTimestamp: '2026-01-01T01:00:00Z' });
    expect(issued.at(-1)).to.deep.include({
      namespace: 'default',
      serviceAccount: { name: 'robot', uid: account.metadata.uid },
      expirationSeconds: 3600,
    });
    expect(issued.at(-1)!.pod!.name).to.equal('own');
    expect((await ask({ boundObjectRef: { kind: 'Pod', name: 'p' } })).body.message).to.contain(
      'different serviceaccount name',
    );
    expect((await ask({ expirationSeconds: 10 })).body.message).to.contain(
      'may not specify a duration less than 10 minutes',
    );
    expect((await api.post(`${accounts}/none/token`, { spec: { audiences: [] } })).status).to.equal(404);
  });

  it('say who somebody is', async () => {
    const review = (token: string) => api.post('/apis/authentication.k8s.io/v1/tokenreviews', { spec: { token } });
    expect((await review('good')).body.status).to.deep.include({ authenticated: true });
    expect((await review('bad')).body.status).to.deep.equal({ user: {}, error: 'invalid bearer token' });
  });

  it('say what somebody may do', async () => {
    const base = '/apis/authorization.k8s.io/v1';
    const resourceAttributes = { verb: 'create', resource: 'pods', namespace: 'default' };
    const self = await api.post(`${base}/selfsubjectaccessreviews`, { spec: { resourceAttributes } });
    expect([self.status, self.body.status.allowed]).to.deep.equal([201, true]);
    const other = await api.post(`${base}/subjectaccessreviews`, {
      spec: { resourceAttributes, user: 'x', groups: ['system:unauthenticated'] },
    });
    expect(other.body.status.allowed).to.equal(false);
    expect((await api.post(`${base}/subjectaccessreviews`, { spec: { user: 'x' } })).status).to.equal(422);
    const rules = await api.post(`${base}/selfsubjectrulesreviews`, { spec: { namespace: 'default' } });
    expect(rules.body.status.resourceRules[0].verbs).to.deep.equal(['*']);
    expect((await api.get(`${base}/selfsubjectaccessreviews`)).status).to.equal(405);
  });

  it('of a pod without an address cannot be reached', async () => {
    expect((await api.get(`${pods}/p/proxy/`)).body.message).to.equal('address not allowed');
  });
});
