import { expect } from 'chai';
import { configMap, configMaps, pod, pods, TestServer } from './test-server.ts';

const labelled = (name: string, app: string) => ({ ...configMap(name), metadata: { name, labels: { app } } });
const names = (list: any) => list.items.map((i: any) => i.metadata.name);

async function openWatches(api: TestServer): Promise<number> {
  return Number(/^apiserver_longrunning_requests.* (\d+)$/m.exec(await api.server.metrics.render())?.[1]);
}

describe('lists and watches', () => {
  let api: TestServer;

  beforeEach(async () => {
    api = new TestServer();
    await api.server.start();
  });
  afterEach(() => api.close());

  describe('list', () => {
    beforeEach(async () => {
      for (const [name, app] of [
        ['a', 'x'],
        ['b', 'y'],
        ['c', 'x'],
        ['d', 'y'],
      ] as const)
        await api.post(configMaps, labelled(name, app));
    });

    it('names the type of the objects once, as upstream does', async () => {
      const list = await api.get(`${configMaps}?limit=2`);
      expect(list.body).to.include({ apiVersion: 'v1', kind: 'ConfigMapList' });
      for (const item of list.body.items) expect(item).to.have.all.keys('metadata');
      expect((await api.get(`${configMaps}/a`)).body).to.include({ apiVersion: 'v1', kind: 'ConfigMap' });
    });

    it('selects by labels and fields', async () => {
      expect(names((await api.get(`${configMaps}?labelSelector=app%3Dx`)).body)).to.deep.equal(['a', 'c']);
      expect(names((await api.get(`${configMaps}?fieldSelector=metadata.name%3Db`)).body)).to.deep.equal(['b']);
      const all = '/api/v1/configmaps?fieldSelector=metadata.namespace%3Ddefault&labelSelector=app+notin+(x)';
      expect(names((await api.get(all)).body)).to.deep.equal(['b', 'd']);
    });

    it('refuses a field that cannot be selected by', async () => {
      const { status, body } = await api.get(`${configMaps}?fieldSelector=data.x%3Db`);
      const known = 'only "metadata.name", "metadata.namespace"';
      expect([status, body.message]).to.deep.equal([400, `"data.x" is not a known field selector: ${known}`]);
      const ofPods = await api.get(`${pods}?fieldSelector=data.x%3Db`);
      expect(ofPods.body.message).to.equal('field label not supported: data.x');
    });

    it('comes in pages that tell of one moment', async () => {
      const first = (await api.get(`${configMaps}?limit=3`)).body;
      expect([names(first), first.metadata.remainingItemCount]).to.deep.equal([['a', 'b', 'c'], 1]);
      await api.post(configMaps, configMap('e'));
      const rest = (await api.get(`${configMaps}?limit=3&continue=${encodeURIComponent(first.metadata.continue)}`))
        .body;
      expect(names(rest)).to.deep.equal(['d']);
      expect(rest.metadata.resourceVersion).to.equal(first.metadata.resourceVersion);
    });

    it('comes as a Table, as metadata alone, or not at all', async () => {
      const table = await api.get(configMaps, {
        accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json',
      });
      expect(table.body.kind).to.equal('Table');
      expect(table.body.columnDefinitions.map((c: any) => c.name)).to.include.members(['Name', 'Age']);
      expect(table.body.rows[0].object.kind).to.equal('PartialObjectMetadata');
      const partial = await api.get(configMaps, {
        accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io',
      });
      expect(partial.body.kind).to.equal('PartialObjectMetadataList');
      expect(partial.body.items[0]).to.have.all.keys('kind', 'apiVersion', 'metadata');
      expect((await api.get(configMaps, { accept: 'image/png' })).status).to.equal(406);
    });

    it('checks resourceVersionMatch', async () => {
      expect((await api.get(`${configMaps}?resourceVersionMatch=Exact`)).status).to.equal(422);
      expect((await api.get(`${configMaps}?resourceVersion=x`)).status).to.equal(400);
      const future = await api.get(`${configMaps}?resourceVersion=999999`);
      expect([future.status, future.body.details.causes[0].reason]).to.deep.equal([504, 'ResourceVersionTooLarge']);
    });
  });

  describe('watch', () => {
    it('tells what happens after a version, each once and in order', async () => {
      const { body } = await api.get(configMaps);
      const watch = await api.watch(`${configMaps}?watch=1&resourceVersion=${body.metadata.resourceVersion}`);
      await api.post(configMaps, configMap('a'));
      await api.put(`${configMaps}/a`, configMap('a', { data: { k: 'v' } }));
      await api.delete(`${configMaps}/a`);
      const events = [await watch.next(), await watch.next(), await watch.next()];
      expect(events.map((e) => e.type)).to.deep.equal(['ADDED', 'MODIFIED', 'DELETED']);
      const versions = events.map((e) => Number(e.object.metadata.resourceVersion));
      expect([...versions].sort((a, b) => a - b)).to.deep.equal(versions);
      expect(events[2].object.data).to.deep.equal({ k: 'v' });
      watch.end();
    });

    it('begins with what is there when no version is given', async () => {
      await api.post(configMaps, configMap('a'));
      for (const version of ['', '&resourceVersion=0']) {
        const watch = await api.watch(`${configMaps}?watch=true${version}`);
        expect((await watch.next()).object.metadata.name).to.equal('a');
        watch.end();
      }
    });

    it('shows objects that come into and leave the selection', async () => {
      const watch = await api.watch(`${configMaps}?watch=1&labelSelector=app%3Dx`);
      await api.post(configMaps, labelled('a', 'y'));
      await api.put(`${configMaps}/a`, { ...labelled('a', 'x'), data: { n: '1' } });
      const left = (await api.put(`${configMaps}/a`, { ...labelled('a', 'y'), data: { n: '2' } })).body;
      const [came, gone] = [await watch.next(), await watch.next()];
      expect([came.type, gone.type]).to.deep.equal(['ADDED', 'DELETED']);
      expect(gone.object.data).to.deep.equal({ n: '1' });
      expect(gone.object.metadata.resourceVersion).to.equal(left.metadata.resourceVersion);
      watch.end();
    });

    it('marks the end of the first events when asked', async () => {
      await api.post(configMaps, configMap('a'));
      const query = 'watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
      const watch = await api.watch(`${configMaps}?${query}`);
      expect((await watch.next()).type).to.equal('ADDED');
      const mark = await watch.next();
      expect([mark.type, mark.object.kind]).to.deep.equal(['BOOKMARK', 'ConfigMap']);
      expect(mark.object.metadata.annotations).to.deep.equal({ 'k8s.io/initial-events-end': 'true' });
      watch.end();
      expect((await api.get(`${configMaps}?watch=1&sendInitialEvents=true`)).status).to.equal(422);
    });

    it('sends bookmarks every minute, and a last one when its time is over', async () => {
      const watch = await api.watch(`${configMaps}?watch=1&allowWatchBookmarks=true&timeoutSeconds=90`);
      await api.clock.advance(61_000);
      expect((await watch.next()).type).to.equal('BOOKMARK');
      await api.clock.advance(30_000);
      expect((await watch.next()).type).to.equal('BOOKMARK');
      expect(await watch.next()).to.equal(undefined);
    });

    it('ends by itself after half an hour to an hour when nobody said when', async () => {
      const watch = await api.watch(`${configMaps}?watch=1`);
      await api.clock.advance(3_600_000);
      expect(await watch.next()).to.equal(undefined);
    });

    it('says Expired for a past that is forgotten', async () => {
      const { body } = await api.post(configMaps, configMap('a'));
      await api.put(`${configMaps}/a`, configMap('a', { data: { k: 'v' } }));
      await api.storage.compact(await api.storage.currentRevision());
      const watch = await api.watch(`${configMaps}?watch=1&resourceVersion=${body.metadata.resourceVersion - 1}`);
      const event = await watch.next();
      expect([event.type, event.object.code, event.object.reason]).to.deep.equal(['ERROR', 410, 'Expired']);
      expect(await watch.next()).to.equal(undefined);
    });

    it('shows Tables, with the columns in the first only', async () => {
      const watch = await api.watch(`${pods}?watch=1`, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' });
      await api.post(pods, pod('p'));
      await api.post(pods, pod('q'));
      const [first, second] = [await watch.next(), await watch.next()];
      expect(first.object.rows[0].cells[0]).to.equal('p');
      expect(first.object.columnDefinitions[0].name).to.equal('Name');
      expect(second.object.columnDefinitions).to.equal(null);
      watch.end();
    });

    it('cuts off a watcher that does not read, and no other', async () => {
      const abort = new AbortController();
      const exchange = api.server.exchange({ username: 'slow', groups: ['system:authenticated'] });
      const slow = await exchange({ method: 'GET', url: `${configMaps}?watch=1`, headers: {}, signal: abort.signal });
      const quick = await api.watch(`${configMaps}?watch=1&fieldSelector=metadata.name%3Dlast`);
      const data = { k: 'x'.repeat(900_000) };
      for (let i = 0; i < 25; i++) await api.post(configMaps, configMap(`big-${i}`, { data }));
      await api.post(configMaps, configMap('last'));
      expect((await quick.next()).object.metadata.name).to.equal('last');
      let failure: unknown;
      try {
        for await (const chunk of slow.body) void chunk;
      } catch (error) {
        failure = error;
      }
      expect(failure).to.be.instanceOf(Error);
      quick.end();
    });

    it('cuts off one of many watchers that takes nothing for a minute, and tells the others everything', async () => {
      const exchange = api.server.exchange({ username: 'slow', groups: ['system:authenticated'] });
      const request = { method: 'GET', url: `${configMaps}?watch=1`, headers: {} };
      const stalled = await exchange(request);
      const quick = await Promise.all(Array.from({ length: 200 }, () => api.watch(`${configMaps}?watch=1`)));
      for (let i = 0; i < 20; i++) await api.post(configMaps, configMap(`c-${i}`));
      for (const watch of quick) {
        for (let i = 0; i < 20; i++) expect((await watch.next()).object.metadata.name).to.equal(`c-${i}`);
      }
      await api.clock.advance(59_000);
      expect(await openWatches(api)).to.equal(201);
      await api.clock.advance(2_000);
      expect(await openWatches(api)).to.equal(200);
      await api.post(configMaps, configMap('last'));
      for (const watch of quick) {
        expect((await watch.next()).object.metadata.name).to.equal('last');
        watch.end();
      }
      let failure: unknown;
      try {
        for await (const chunk of stalled.body) void chunk;
      } catch (error) {
        failure = error;
      }
      expect(failure).to.be.instanceOf(Error);
    });

    it('keeps a watcher that is slow but takes something', async () => {
      const exchange = api.server.exchange({ username: 'slow', groups: ['system:authenticated'] });
      const slow = await exchange({ method: 'GET', url: `${configMaps}?watch=1`, headers: {} });
      const chunks = slow.body[Symbol.asyncIterator]();
      for (let i = 0; i < 5; i++) {
        await api.post(configMaps, configMap(`c-${i}`));
        await api.clock.advance(40_000);
        expect(String((await chunks.next()).value)).to.contain(`c-${i}`);
      }
      await chunks.return?.();
    });

    it('ends politely when the server stops', async () => {
      const watch = await api.watch(`${configMaps}?watch=1`);
      await api.server.close();
      expect(await watch.next()).to.equal(undefined);
    });
  });
});
