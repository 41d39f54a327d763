import { expect } from 'chai';
import { TestServer } from '../test-server.ts';

const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };
const selector = { matchLabels: { a: 'b' } };
const table = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';

const kinds: [string, object, string][] = [
  ['/apis/apps/v1/namespaces/default/deployments', { selector }, 'a=b'],
  ['/apis/apps/v1/namespaces/default/replicasets', { selector }, 'a=b'],
  ['/apis/apps/v1/namespaces/default/statefulsets', { selector, serviceName: 's' }, 'a=b'],
  ['/api/v1/namespaces/default/replicationcontrollers', { selector: { a: 'b' } }, 'a=b'],
];

describe('scale', () => {
  let api: TestServer;

  beforeEach(async () => {
    api = new TestServer();
    await api.server.start();
  });
  afterEach(() => api.close());

  for (const [path, spec, selectorText] of kinds) {
    describe(`of ${path.split('/').at(-1)}`, () => {
      beforeEach(async () => {
        const made = await api.post(path, { metadata: { name: 'web' }, spec: { ...spec, replicas: 2, template } });
        expect(made.status, made.text).to.equal(201);
      });

      it('is read and written', async () => {
        const { body } = await api.get(`${path}/web/scale`);
        expect(body).to.deep.include({ kind: 'Scale', apiVersion: 'autoscaling/v1', spec: { replicas: 2 } });
        expect(body.status).to.deep.equal({ replicas: 0, selector: selectorText });
        const written = await api.put(`${path}/web/scale`, { ...body, spec: { replicas: 5 } });
        expect([written.status, written.body.kind, written.body.spec]).to.deep.equal([200, 'Scale', { replicas: 5 }]);
        const patched = await api.patch(`${path}/web/scale`, 'merge-patch', { spec: { replicas: 0 } });
        expect([patched.status, patched.body.spec]).to.deep.equal([200, {}]);
        const { body: parent } = await api.get(`${path}/web`);
        expect([parent.spec.replicas, parent.metadata.generation]).to.deep.equal([0, 3]);
      });

      it('is a table of its own', async () => {
        const { body } = await api.get(`${path}/web/scale`, { accept: table });
        expect(body.kind).to.equal('Table');
        expect(body.columnDefinitions.map((c: any) => c.name)).to.deep.equal(['Name', 'Desired', 'Available', 'Age']);
        expect(body.rows[0].cells.slice(0, 3)).to.deep.equal(['web', 2, 0]);
      });

      it('keeps to the version and identity that the caller means', async () => {
        const { body } = await api.get(`${path}/web/scale`);
        await api.patch(`${path}/web/scale`, 'merge-patch', { spec: { replicas: 3 } });
        const stale = await api.put(`${path}/web/scale`, { ...body, spec: { replicas: 5 } });
        expect([stale.status, stale.body.reason]).to.deep.equal([409, 'Conflict']);
        const { resourceVersion: _version, ...metadata } = body.metadata;
        const other = await api.put(`${path}/web/scale`, { ...body, metadata: { ...metadata, uid: 'other' } });
        expect(other.status).to.equal(409);
        expect((await api.put(`${path}/web/scale`, { ...body, metadata, spec: { replicas: 5 } })).status).to.equal(200);
      });

      it('is refused as a Scale', async () => {
        const { status, body } = await api.patch(`${path}/web/scale`, 'merge-patch', { spec: { replicas: -1 } });
        expect([status, body.message]).to.deep.equal([
          422,
          'Scale.autoscaling "web" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
        ]);
        const wrong = await api.put(`${path}/web/scale`, {
          kind: 'Deployment',
          apiVersion: 'apps/v1',
          metadata: { name: 'web' },
        });
        expect(wrong.status).to.equal(400);
        expect((await api.get(`${path}/none/scale`)).status).to.equal(404);
        expect((await api.post(`${path}/web/scale`, {})).status).to.equal(405);
      });
    });
  }
});
