import { expect } from 'chai';
import { pod, pods, TestServer } from '../test-server.ts';

const bindings = '/api/v1/namespaces/default/bindings';
const target = { apiVersion: 'v1', kind: 'Node', name: 'n1' };

describe('binding', () => {
  let api: TestServer;
  let uid: string;

  beforeEach(async () => {
    api = new TestServer();
    await api.server.start();
    const made = await api.post(pods, { ...pod('p'), metadata: { name: 'p', labels: { a: 'kept' } } });
    uid = made.body.metadata.uid;
  });
  afterEach(() => api.close());

  for (const path of [`${pods}/p/binding`, bindings]) {
    const what = path === bindings ? 'the collection' : 'the subresource';

    it(`through ${what} brings labels and annotations along`, async () => {
      const metadata = { name: 'p', uid, labels: { a: 'other', b: 'new' }, annotations: { c: 'd' } };
      const { status, body } = await api.post(path, { metadata, target });
      expect([status, body.status, body.code]).to.deep.equal([201, 'Success', 201]);
      const { body: bound } = await api.get(`${pods}/p`);
      expect(bound.metadata.labels).to.deep.equal({ a: 'kept', b: 'new' });
      expect(bound.metadata.annotations).to.deep.equal({ c: 'd' });
      expect(bound.spec.nodeName).to.equal('n1');
    });

    it(`through ${what} is to a node`, async () => {
      const { status, body } = await api.post(path, { metadata: { name: 'p' }, target: { kind: 'Pod' } });
      expect(status).to.equal(422);
      expect(body.details.causes.map((c: any) => `${c.field}: ${c.message}`)).to.deep.equal([
        'target.kind: Unsupported value: "Pod": supported values: "Node", "<empty>"',
        'target.name: Required value',
      ]);
      expect((await api.post(path, { metadata: { name: 'p' }, target: { name: 'n1' } })).status).to.equal(201);
    });

    it(`through ${what} is of the pod that is meant`, async () => {
      const other = await api.post(path, { metadata: { name: 'p', uid: 'other' }, target });
      expect([other.status, other.body.reason]).to.deep.equal([409, 'Conflict']);
      const stale = await api.post(path, { metadata: { name: 'p', resourceVersion: '1' }, target });
      expect(stale.status).to.equal(409);
      expect((await api.get(`${pods}/p`)).body.spec).not.to.have.property('nodeName');
    });

    it(`through ${what} as a dry run is none`, async () => {
      expect((await api.post(`${path}?dryRun=All`, { metadata: { name: 'p' }, target })).status).to.equal(201);
      expect((await api.get(`${pods}/p`)).body.spec).not.to.have.property('nodeName');
    });
  }

  it('takes back that the pod is promised a node', async () => {
    const { body: made } = await api.get(`${pods}/p`);
    const status = { ...made.status, nominatedNodeName: 'n2' };
    const { body: promised } = await api.put(`${pods}/p/status`, { ...made, status });
    expect(promised.status.nominatedNodeName).to.equal('n2');
    await api.post(`${pods}/p/binding`, { metadata: { name: 'p' }, target });
    const { body: bound } = await api.get(`${pods}/p`);
    expect([bound.spec.nodeName, bound.status.nominatedNodeName]).to.deep.equal(['n1', undefined]);
  });

  it('is of the pod of the path', async () => {
    const { status, body } = await api.post(`${pods}/p/binding`, { metadata: { name: 'q' }, target });
    expect([status, body.message]).to.deep.equal([400, 'name in URL does not match name in Binding object']);
  });

  it('of several schedulers at once happens once', async () => {
    const answers = await Promise.all(
      ['n1', 'n2', 'n3', 'n4'].map((name) =>
        api.post(`${pods}/p/binding`, { metadata: { name: 'p' }, target: { name } }),
      ),
    );
    expect(answers.map((a) => a.status).sort()).to.deep.equal([201, 409, 409, 409]);
  });
});
