import { expect } from 'chai';
import { kinds } from '../../src/api/index.ts';
import { storageIndexes } from '../../src/apiserver/registry/indexes.ts';
import { realClock } from '../../src/base/clock.ts';
import { noLog } from '../../src/base/log.ts';
import { realRandom } from '../../src/base/random.ts';
import { CachedStorage } from '../../src/storage/cache/index.ts';
import { EtcdStorage } from '../../src/storage/etcd.ts';
import { EtcdProcess } from '../storage/etcd-process.ts';
import { configMap, configMaps, services, TestServer } from './test-server.ts';

const serviceCidr = '10.0.0.0/25';
const nodePortRange = { first: 30000, last: 30099 };
const web = (name: string, spec: object = {}) => ({ metadata: { name }, spec: { ports: [{ port: 80 }], ...spec } });
const items = async (server: TestServer, path: string): Promise<any[]> => (await server.get(path)).body.items;

/** One of several servers on one etcd. */
class Member {
  readonly api: TestServer;
  readonly #storage: CachedStorage;

  private constructor(storage: CachedStorage) {
    this.#storage = storage;
    this.api = new TestServer({ storage, clock: realClock, random: realRandom, serviceCidr, nodePortRange });
  }

  static async start(etcd: EtcdProcess): Promise<Member> {
    const options = { clock: realClock, log: noLog };
    const inner = new EtcdStorage({ endpoints: [etcd.endpoint], ...options });
    const storage = new CachedStorage(inner, { ...options, indexes: storageIndexes(kinds) });
    await storage.open();
    const member = new Member(storage);
    await member.api.server.start();
    return member;
  }

  /** Lets go of the store first, so that nothing of this server can be written any more. */
  async die(): Promise<void> {
    await this.#storage.close();
    await this.api.close();
  }

  async stop(): Promise<void> {
    await this.api.close();
    await this.#storage.close();
  }
}

describe('several API servers on one etcd', function () {
  this.timeout(60_000);
  let etcd: EtcdProcess;
  let members: Member[];
  let a: TestServer;
  let b: TestServer;

  beforeEach(async () => {
    etcd = await EtcdProcess.start();
    // At the same time, for both want to make what every cluster has.
    members = await Promise.all([Member.start(etcd), Member.start(etcd)]);
    [a, b] = members.map(({ api }) => api) as [TestServer, TestServer];
  });
  afterEach(async () => {
    for (const member of members) await member.stop();
    await etcd.remove();
  });

  it('make what every cluster has once', async () => {
    for (const path of ['/api/v1/namespaces', '/apis/networking.k8s.io/v1/servicecidrs']) {
      const [one, other] = [await items(a, path), await items(b, path)];
      expect(one).to.deep.equal(other);
      expect(one.length).to.be.greaterThan(0);
    }
  });

  it('see what the other has acknowledged at once', async () => {
    for (let i = 0; i < 50; i++) {
      const [writer, reader] = i % 2 ? [a, b] : [b, a];
      await writer.post(configMaps, configMap(`c-${i}`));
      expect((await reader.get(`${configMaps}/c-${i}`)).status, `get ${i}`).to.equal(200);
      const names = (await items(reader, configMaps)).map(({ metadata }) => metadata.name);
      expect(names).to.include(`c-${i}`);
      await writer.delete(`${configMaps}/c-${i}`);
      expect((await reader.get(`${configMaps}/c-${i}`)).status, `get ${i} deleted`).to.equal(404);
    }
  });

  it('never give one address or port twice, and give all of them', async () => {
    const half = Math.floor(nodePortRange.last - nodePortRange.first + 1) / 2;
    const spec = { type: 'NodePort' };
    const made = await Promise.all(
      [a, b].flatMap((api, m) => Array.from({ length: half }, (_, i) => api.post(services, web(`s-${m}-${i}`, spec)))),
    );
    expect(made.map(({ status }) => status)).to.deep.equal(made.map(() => 201));
    const specs = made.map(({ body }) => body.spec);
    expect(new Set(specs.map(({ clusterIP }) => clusterIP)).size).to.equal(2 * half);
    expect(new Set(specs.map(({ ports }) => ports[0].nodePort)).size).to.equal(2 * half);
    expect((await b.post(services, web('full', spec))).body.message).to.contain('nodePort: range is full');
    const held = (await items(a, '/apis/networking.k8s.io/v1/ipaddresses')).map(({ metadata }) => metadata.name);
    expect(held).to.have.members(specs.map(({ clusterIP }) => clusterIP));
  });

  it('let one of those have an address or port that ask for the same', async () => {
    for (let round = 0; round < 5; round++) {
      const spec = {
        type: 'NodePort',
        clusterIP: `10.0.0.${9 + round}`,
        ports: [{ port: 80, nodePort: 30001 + round }],
      };
      const answers = await Promise.all([a, b].map((api, m) => api.post(services, web(`r-${round}-${m}`, spec))));
      const created = answers.filter(({ status }) => status === 201);
      expect(created.length, JSON.stringify(answers.map(({ body }) => body.message))).to.be.at.most(1);
      // Each may have been faster with one of the two; then neither gets both, and all is free again.
      if (created.length === 0) expect((await b.post(services, web(`r-${round}`, spec))).status).to.equal(201);
    }
  });

  it('give back what the other gave', async () => {
    const spec = { type: 'NodePort', clusterIP: '10.0.0.9', ports: [{ port: 80, nodePort: 30001 }] };
    expect((await a.post(services, web('a', spec))).status).to.equal(201);
    await b.delete(`${services}/a`);
    expect((await a.post(services, web('again', spec))).status).to.equal(201);
  });

  it('count updates of both without losing one', async () => {
    await a.post(configMaps, configMap('counter', { data: { n: '0' } }));
    const add = async (api: TestServer) => {
      for (;;) {
        const { body } = await api.get(`${configMaps}/counter`);
        const answer = await api.put(`${configMaps}/counter`, {
          ...body,
          data: { n: String(Number(body.data.n) + 1) },
        });
        if (answer.status === 200) return;
        expect(answer.body.reason).to.equal('Conflict');
      }
    };
    await Promise.all(Array.from({ length: 40 }, (_, i) => add(i % 2 ? a : b)));
    expect((await a.get(`${configMaps}/counter`)).body.data.n).to.equal('40');
  });

  it('tell all watchers the same in the same order under load, and one can be taken up at the other', async () => {
    const from = (await a.get(configMaps)).body.metadata.resourceVersion;
    const path = `${configMaps}?watch=1&resourceVersion=`;
    const watches = await Promise.all([a, b].map((api) => api.watch(path + from)));
    const write = async (api: TestServer, m: number) => {
      for (let i = 0; i < 60; i++) {
        const name = `w-${m}-${i}`;
        await api.post(configMaps, configMap(name));
        await (m ? b : a).patch(`${configMaps}/w-${m}-${i}`, 'merge-patch', { data: { m: String(m) } });
        if (i % 3 === 0) await (m ? a : b).delete(`${configMaps}/${name}`);
      }
    };
    await Promise.all([a, a, b, b].map((api, m) => write(api, m)));
    const count = 4 * (60 * 2 + 20);
    const told = await Promise.all(
      watches.map(async (watch) => {
        const events: string[] = [];
        while (events.length < count) {
          const { type, object } = await watch.next();
          events.push(`${type} ${object.metadata.name} ${object.metadata.resourceVersion}`);
        }
        watch.end();
        return events;
      }),
    );
    expect(told[0]).to.deep.equal(told[1]);
    const half = count / 2;
    const resumed = await b.watch(path + told[0]![half - 1]!.split(' ')[2]);
    for (const event of told[0]!.slice(half)) {
      const { type, object } = await resumed.next();
      expect(`${type} ${object.metadata.name} ${object.metadata.resourceVersion}`).to.equal(event);
    }
    resumed.end();
    expect(await items(a, configMaps)).to.deep.equal(await items(b, configMaps));
  });

  it('go on when one dies, and what it left half done is repaired', async () => {
    const load = Array.from({ length: 40 }, (_, i) =>
      (i % 2 ? a : b).post(services, web(`s-${i}`)).catch(() => ({ status: 0 })),
    );
    await members[0]!.die();
    await Promise.all(load);
    members = [members[1]!, await Member.start(etcd)];
    const stored = await items(b, '/api/v1/services');
    const held = await items(b, '/apis/networking.k8s.io/v1/ipaddresses');
    const holders = new Map(held.map(({ metadata, spec }) => [metadata.name, spec.parentRef.name]));
    for (const { metadata, spec } of stored) expect(holders.get(spec.clusterIP), metadata.name).to.equal(metadata.name);
    const asked = await Promise.all(members.map(({ api }, m) => api.post(services, web(`after-${m}`))));
    const all = [...stored, ...asked.map(({ body }) => body)].map(({ spec }) => spec.clusterIP);
    expect(new Set(all).size).to.equal(all.length);
  });

  it('follow pages of a list at the other server', async () => {
    for (let i = 0; i < 10; i++) await a.post(configMaps, configMap(`p-${i}`));
    const first = (await a.get(`${configMaps}?limit=4`)).body;
    await b.delete(`${configMaps}/p-7`);
    const token = encodeURIComponent(first.metadata.continue);
    const rest = (await b.get(`${configMaps}?limit=100&continue=${token}`)).body;
    const names = [...first.items, ...rest.items].map(({ metadata }: any) => metadata.name);
    expect(names).to.deep.equal(Array.from({ length: 10 }, (_, i) => `p-${i}`));
    expect(rest.metadata.resourceVersion).to.equal(first.metadata.resourceVersion);
  });

  it('never let through more than a quota allows, together', async () => {
    const quotas = '/api/v1/namespaces/default/resourcequotas';
    const [hard, used] = [{ configmaps: '50' }, { configmaps: '0' }];
    const quota = (await a.post(quotas, { metadata: { name: 'q' }, spec: { hard } })).body;
    expect((await b.put(`${quotas}/q/status`, { ...quota, status: { hard, used } })).status).to.equal(200);
    await Promise.all([items(a, quotas), items(b, quotas)]); // a fresh read brings a server's cache up to date
    const made = await Promise.all(
      Array.from({ length: 200 }, (_, i) => (i % 2 ? a : b).post(configMaps, configMap(`c-${i}`))),
    );
    expect(made.map(({ status }) => status).filter((status) => status === 201)).to.have.length(50);
    expect(new Set(made.map(({ status }) => status))).to.deep.equal(new Set([201, 403]));
    expect((await items(a, configMaps)).length).to.equal(50);
    expect((await b.get(`${quotas}/q`)).body.status.used).to.deep.equal({ configmaps: '50' });
  });
});
