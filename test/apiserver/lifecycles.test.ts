import { expect } from 'chai';
import { kinds } from '../../src/api/index.ts';
import type { Kind } from '../../src/apimachinery/kind.ts';
import { collectionOf, kindOf, samples } from './samples.ts';
import { TestServer, type Answer } from './test-server.ts';

const label = 'suite=lifecycles';
/** What only exists with keys and certificates inside is tried with those, in tests of its own. */
const signed = ['CertificateSigningRequest', 'ClusterTrustBundle', 'PodCertificateRequest'];

/** What the conformance tests of an API do with each kind: every verb, with and without a status. */
describe('the life of an object of every kind', () => {
  let api: TestServer;
  before(async () => {
    api = new TestServer();
    await api.server.start();
  });
  after(() => api.close());

  const ok = (answer: Answer, ...codes: number[]): any => {
    expect(codes.length ? codes : [200], answer.text.slice(0, 500)).to.include(answer.status);
    return answer.body;
  };
  const asMetadata = { accept: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1' };

  for (const sample of samples()) {
    const kind = kindOf(sample);
    it(`${sample.kind} of ${sample.apiVersion}`, async () => {
      const collection = collectionOf(kind);
      const at = `${collection}/${sample.metadata.name}`;
      const object = { ...sample, metadata: { ...sample.metadata, labels: { suite: 'lifecycles' } } };
      const create = () => api.post(`${collection}?fieldValidation=Strict&fieldManager=test`, object);

      ok(await api.post(`${collection}?dryRun=All`, object), 201);
      ok(await api.get(at), 404);
      const made = ok(await create(), 201);
      expect(made.metadata.uid).to.match(/^[0-9a-f-]{36}$/);
      ok(await create(), 409);
      const found = ok(await api.get(at));
      // Some have a status that the server itself writes, a moment later.
      expect({ ...found, status: 0, metadata: found.metadata.uid }).to.deep.equal({
        ...made,
        status: 0,
        metadata: made.metadata.uid,
      });
      const list = ok(await api.get(`${collection}?labelSelector=${label}`));
      expect([list.kind, list.items.length]).to.deep.equal([`${kind.kind}List`, 1]);
      expect(ok(await api.get(`${collection}?labelSelector=${label}`, asMetadata)).items[0].metadata.name).to.equal(
        made.metadata.name,
      );
      const table = ok(await api.get(at, { accept: 'application/json;as=Table;g=meta.k8s.io;v=v1' }));
      expect(table.rows[0].cells.length).to.equal(table.columnDefinitions.length);

      const watch = await api.watch(
        `${collection}?watch=1&labelSelector=${label}&resourceVersion=${made.metadata.resourceVersion}`,
      );
      const patched = ok(await api.patch(at, 'merge-patch', { metadata: { annotations: { patched: 'true' } } }));
      expect(patched.metadata.annotations.patched).to.equal('true');
      patched.metadata.annotations.updated = 'true';
      const updated = ok(await api.put(at, patched));
      expect(updated.metadata.annotations).to.include({ patched: 'true', updated: 'true' });
      expect(updated.metadata.uid).to.equal(made.metadata.uid);
      ok(
        await api.put(at, {
          ...updated,
          metadata: { ...updated.metadata, resourceVersion: made.metadata.resourceVersion },
        }),
        409,
      );
      await statusOf(kind, at);
      const applied = JSON.stringify(object);
      const headers = { 'content-type': 'application/apply-patch+yaml' };
      ok(await api.call('PATCH', `${at}?fieldManager=applier&force=true`, applied, { headers }), 200, 201);
      expect((await watch.next()).type).to.equal('MODIFIED');
      watch.end();

      await remove(kind, collection, at, create);
    });
  }

  async function statusOf(kind: Kind, at: string): Promise<void> {
    if (!kind.subresources.some((s) => s.name === 'status')) return;
    ok(await api.get(`${at}/status`));
    const patched = ok(
      await api.patch(`${at}/status`, 'merge-patch', { metadata: { annotations: { status: 'patched' } } }),
    );
    ok(await api.put(`${at}/status`, patched));
  }

  /** One by name, and all by label, where the kind can do that. */
  async function remove(kind: Kind, collection: string, at: string, create: () => Promise<Answer>): Promise<void> {
    const now = { gracePeriodSeconds: 0, propagationPolicy: 'Background' };
    ok(await api.delete(at, now), 200, 202);
    await withoutFinalizers(at);
    ok(await api.get(at), 404);
    if (!kind.verbs.includes('deletecollection')) return;
    ok(await create(), 201);
    ok(await api.delete(`${collection}?labelSelector=${label}`, now));
    await withoutFinalizers(at);
    expect(ok(await api.get(`${collection}?labelSelector=${label}`)).items).to.deep.equal([]);
  }

  /** What controllers would do that do not run here. */
  async function withoutFinalizers(at: string): Promise<void> {
    const { status, body } = await api.get(at);
    if (status === 404) return;
    if (body.kind === 'Namespace') ok(await api.put(`${at}/finalize`, { ...body, spec: { finalizers: [] } }));
    else ok(await api.patch(at, 'merge-patch', { metadata: { finalizers: null } }));
  }

  it('is tried for every kind that can be made and is kept', () => {
    const tried = new Set(samples().map((sample) => kindOf(sample).kind));
    const missing = kinds.filter(
      (kind) => kind.verbs.includes('create') && kind.verbs.includes('list') && !tried.has(kind.kind),
    );
    expect([...new Set(missing.map((kind) => kind.kind))]).to.have.members(signed);
  });
});
