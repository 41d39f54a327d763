import { expect } from 'chai';
import { configMap, type ConfigMap } from '../../src/api/core-v1/config-map.ts';
import { event } from '../../src/api/core-v1/event.ts';
import { pod } from '../../src/api/core-v1/pod.ts';
import { isApiError } from '../../src/apimachinery/api-error.ts';
import { realClock } from '../../src/base/clock.ts';
import { noLog } from '../../src/base/log.ts';
import { realRandom } from '../../src/base/random.ts';
import { Client } from '../../src/client/client.ts';
import { controller } from '../../src/client/controller.ts';
import { createEventRecorder } from '../../src/client/events.ts';
import { httpsExchange, type HttpsExchange } from '../../src/client/https-transport.ts';
import { InformerFactory } from '../../src/client/informer-factory.ts';
import { parseKubeconfig } from '../../src/client/kubeconfig.ts';
import { Cluster } from '../../src/cluster/cluster.ts';

let cluster: Cluster;
let https: HttpsExchange;
const transports: [string, () => Client][] = [
  ['in process', () => cluster.client],
  ['over https', () => new Client(https)],
];

describe('client, against the API server', () => {
  before(async () => {
    cluster = await Cluster.start({ controllers: false, scheduler: false });
    https = httpsExchange(parseKubeconfig(cluster.kubeconfig));
  });
  after(async () => {
    await https.close();
    await cluster.stop();
  });

  const name = { namespace: 'default', name: 'c' };
  const reason = (promise: Promise<unknown>) =>
    promise.then(
      () => 'success',
      (error) => (isApiError(error) ? error.reason : String(error)),
    );

  for (const [transport, make] of transports) {
    describe(transport, () => {
      let client: Client;
      before(() => (client = make()));
      afterEach(() => client.deleteCollection(configMap, { namespace: 'default' }));
      const create = (n: string, data: Record<string, string> = {}) =>
        client.create(configMap, { metadata: { name: n, namespace: 'default', labels: { n } }, data });

      it('creates, gets, updates, patches, lists and deletes', async () => {
        const created = await create('c', { a: '1' });
        expect(created).to.include({ apiVersion: 'v1', kind: 'ConfigMap' });
        expect(await client.get(configMap, name)).to.deep.equal(created);
        const updated = await client.update(configMap, { ...created, data: { a: '2' } });
        expect(await reason(client.update(configMap, { ...created, data: { a: '3' } }))).to.equal('Conflict');
        const patched = await client.patch(configMap, name, 'merge', { data: { b: '3' } });
        expect([updated.data, patched.data]).to.deep.equal([{ a: '2' }, { a: '2', b: '3' }]);
        await client.patch(configMap, name, 'json', [{ op: 'remove', path: '/data/a' }]);
        await create('d');
        expect(
          (await client.list(configMap, { namespace: 'default', labelSelector: 'n in (c)' })).items[0]!.data,
        ).to.deep.equal({ b: '3' });
        expect(await reason(create('c'))).to.equal('AlreadyExists');
        await client.delete(configMap, name);
        expect(await client.find(configMap, name)).to.equal(undefined);
        expect(await reason(client.delete(configMap, name))).to.equal('NotFound');
      });

      it('lists in pages', async () => {
        for (let i = 0; i < 5; i++) await create(`p${i}`);
        const seen: string[] = [];
        let next: string | undefined;
        do {
          const page = await client.list(configMap, { namespace: 'default', limit: 2, continue: next });
          seen.push(...page.items.map((o) => o.metadata.name));
          next = page.metadata.continue;
        } while (next);
        expect(seen).to.deep.equal(['p0', 'p1', 'p2', 'p3', 'p4']);
      });

      it('watches from a version on, and from the present state', async () => {
        const { metadata } = await create('first');
        await create('second');
        await client.delete(configMap, { namespace: 'default', name: 'first' });
        const seen: string[] = [];
        const abort = new AbortController();
        const watch = { namespace: 'default', signal: abort.signal };
        for await (const e of client.watch(configMap, { ...watch, resourceVersion: metadata.resourceVersion })) {
          if (e.type !== 'ERROR') seen.push(`${e.type} ${e.object.metadata.name}`);
          if (seen.length === 2) abort.abort();
        }
        expect(seen).to.deep.equal(['ADDED second', 'DELETED first']);
      });

      it('keeps an informer current', async () => {
        await create('before', { v: '0' });
        const factory = new InformerFactory({ client, clock: realClock, random: realRandom, log: noLog });
        const informer = factory.of(configMap, { namespace: 'default' });
        factory.start();
        await factory.synced();
        const reached = Promise.withResolvers<ConfigMap>();
        const deleted = Promise.withResolvers<void>();
        informer.listen({
          updated: (o) => o.data?.['v'] === '300' && reached.resolve(o),
          deleted: (o) => o.metadata.name === 'before' && deleted.resolve(),
        });
        for (let i = 1; i <= 300; i++) {
          await client.patch(configMap, { namespace: 'default', name: 'before' }, 'merge', { data: { v: `${i}` } });
        }
        const newest = await reached.promise;
        expect(informer.get('default/before')).to.deep.equal(newest);
        await client.delete(configMap, { namespace: 'default', name: 'before' });
        await deleted.promise;
        expect(informer.list('default')).to.deep.equal([]);
        await factory.stop();
      });

      it('runs a controller that brings the world about', async () => {
        const informers = new InformerFactory({ client, clock: realClock, random: realRandom, log: noLog });
        const copied = Promise.withResolvers<void>();
        const copier = controller<ConfigMap>({
          name: 'copier',
          for: configMap,
          async reconcile(key, { reader, client }) {
            const from = reader.get(configMap, key);
            if (!from || from.metadata.labels?.['n'] !== 'source') return undefined;
            const to = reader.get(configMap, 'default/copy');
            if (!to)
              await client.create(configMap, { metadata: { name: 'copy', namespace: 'default' }, data: from.data! });
            else if (to.data!['x'] !== from.data!['x']) await client.update(configMap, { ...to, data: from.data! });
            else if (to.data!['x'] === '2') copied.resolve();
            else return undefined;
            return { after: 1 };
          },
        });
        const running = copier.start({ client, informers, clock: realClock, random: realRandom, log: noLog });
        informers.start();
        const source = await create('source', { x: '1' });
        await client.update(configMap, { ...source, data: { x: '2' } });
        await copied.promise;
        await running.stop();
        await informers.stop();
      });

      it('records events that can be counted up', async () => {
        const about = await create('c');
        const recorder = createEventRecorder({
          client,
          clock: realClock,
          component: transport.replace(' ', '-'),
          log: noLog,
        });
        recorder.event(about, 'Normal', 'Tested', 'hello');
        recorder.event(about, 'Normal', 'Tested', 'hello');
        await recorder.flush();
        const events = await client.list(event, {
          namespace: 'default',
          fieldSelector: `involvedObject.uid=${about.metadata.uid}`,
        });
        expect(events.items.map((e) => [e.reason, e.message, e.count])).to.deep.equal([['Tested', 'hello', 2]]);
      });

      it('binds a pod and changes its status', async () => {
        const metadata = { name: transport.replace(' ', '-'), namespace: 'default' };
        await client.create(pod, { metadata, spec: { containers: [{ name: 'c', image: 'web' }] } });
        const target = { apiVersion: 'v1', kind: 'Node', name: 'n1' };
        await client.createSubresource(pod, metadata, 'binding', {
          apiVersion: 'v1',
          kind: 'Binding',
          metadata,
          target,
        });
        const condition = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: 'm' };
        const patch = { status: { conditions: [condition] } };
        const patched = await client.patch(pod, metadata, 'strategic', patch, { subresource: 'status' });
        expect(patched.spec!.nodeName).to.equal('n1');
        expect(patched.status!.conditions!.filter((c) => c.type === 'PodScheduled')).to.have.length(1);
        expect(patched.status!.conditions!.find((c) => c.type === 'PodScheduled')).to.include(condition);
      });
    });
  }
});
