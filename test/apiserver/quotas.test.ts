import { expect } from 'chai';
import { noLog } from '../../src/base/log.ts';
import { CachedStorage } from '../../src/storage/cache/index.ts';
import type { MemoryStorage } from '../../src/storage/memory.ts';
import { configMap, configMaps, pod, pods, TestServer } from './test-server.ts';

const quotas = '/api/v1/namespaces/default/resourcequotas';

/** Makes a quota as the quota controller would leave it. */
async function limit(server: TestServer, hard: Record<string, string>, used: Record<string, string>): Promise<void> {
  const quota = { metadata: { name: 'q' }, spec: { hard } };
  const made = await server.post(quotas, quota);
  expect(made.status, made.text).to.equal(201);
  const status = await server.put(`${quotas}/q/status`, { ...made.body, status: { hard, used } });
  expect(status.status, status.text).to.equal(200);
}

describe('quotas on the API server', () => {
  let server: TestServer;
  beforeEach(async () => {
    server = new TestServer();
    await server.server.start();
  });
  afterEach(() => server.close());

  const used = async () => (await server.get(`${quotas}/q`)).body.status.used;

  it('lets exactly as many through as there is room for, of many at once', async () => {
    await limit(server, { pods: '50' }, { pods: '0' });
    const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => server.post(pods, pod(`p-${i}`))));
    expect(answers.filter(({ status }) => status === 201)).to.have.length(50);
    const [refused] = answers.filter(({ status }) => status === 403);
    expect(refused!.body.message).to.match(
      /^pods "p-\d+" is forbidden: exceeded quota: q, requested: pods=1, used: pods=50, limited: pods=50$/,
    );
    expect(refused!.body).to.include({ reason: 'Forbidden', code: 403 });
    expect((await server.get(pods)).body.items).to.have.length(50);
    expect(await used()).to.deep.equal({ pods: '50' });
  });

  it('lets no more through with several servers on one store, each with a cache of its own', async () => {
    await limit(server, { pods: '50' }, { pods: '0' });
    const others = await Promise.all([1, 2, 3].map(() => another(server.storage)));
    const all = await Promise.all(
      Array.from({ length: 200 }, (_, i) => others[i % others.length]!.post(pods, pod(`p-${i}`))),
    );
    expect(all.filter(({ status }) => status === 201)).to.have.length(50);
    expect(all.filter(({ status }) => status === 403)).to.have.length(150);
    expect(await used()).to.deep.equal({ pods: '50' });
    for (const other of others) await other.server.close();
  });

  it('takes back the charge of what could not be stored', async () => {
    await limit(server, { configmaps: '5' }, { configmaps: '0' });
    expect((await server.post(configMaps, configMap('a'))).status).to.equal(201);
    expect((await server.post(configMaps, configMap('a'))).status).to.equal(409);
    expect(await used()).to.deep.equal({ configmaps: '1' });
  });

  it('charges nothing for what is invalid or only tried', async () => {
    await limit(server, { configmaps: '1' }, { configmaps: '0' });
    expect((await server.post(`${configMaps}?dryRun=All`, configMap('a'))).status).to.equal(201);
    expect((await server.post(configMaps, configMap('NO'))).status).to.equal(422);
    expect(await used()).to.deep.equal({ configmaps: '0' });
    expect((await server.post(configMaps, configMap('a'))).status).to.equal(201);
    expect((await server.post(`${configMaps}?dryRun=All`, configMap('b'))).status).to.equal(403);
  });

  it('charges changes once, however often they are tried again', async () => {
    await limit(server, { 'services.nodeports': '40' }, { 'services.nodeports': '0' });
    const url = '/api/v1/namespaces/default/services';
    const spec = { ports: [{ port: 80 }, { port: 81, name: 'b' }] };
    await server.post(url, { metadata: { name: 's' }, spec: { ...spec, ports: [{ port: 80, name: 'a' }] } });
    const patches = Array.from({ length: 20 }, (_, i) =>
      server.patch(`${url}/s`, 'merge-patch', { metadata: { labels: { [`l${i}`]: 'x' } }, spec: { type: 'NodePort' } }),
    );
    for (const { status, text } of await Promise.all(patches)) expect(status, text).to.equal(200);
    expect(await used()).to.deep.equal({ 'services.nodeports': '1' });
  });

  it('gives back what goes, however it goes, and what becomes less', async () => {
    const hard = { pods: '5', 'count/pods': '5', configmaps: '9' };
    await limit(server, hard, { pods: '0', 'count/pods': '0', configmaps: '0' });
    for (const name of ['a', 'b', 'c']) await server.post(pods, pod(name));
    expect(await used()).to.include({ pods: '3', 'count/pods': '3' });
    const ended = (await server.get(`${pods}/a`)).body;
    await server.put(`${pods}/a/status`, { ...ended, status: { ...ended.status, phase: 'Succeeded' } });
    expect(await used()).to.include({ pods: '2', 'count/pods': '3' });
    await server.delete(`${pods}/a`);
    expect(await used()).to.include({ pods: '2', 'count/pods': '2' });
    await server.delete(pods);
    expect(await used()).to.include({ pods: '0', 'count/pods': '0' });
    await server.post(configMaps, { ...configMap('held'), metadata: { name: 'held', finalizers: ['x.io/y'] } });
    await server.delete(`${configMaps}/held`);
    expect(await used()).to.include({ configmaps: '1' });
    await server.patch(`${configMaps}/held`, 'merge-patch', { metadata: { finalizers: null } });
    expect(await used()).to.include({ configmaps: '0' });
    await server.post(configMaps, configMap('kept'));
    await server.delete(`${configMaps}/kept?dryRun=All`);
    expect(await used()).to.include({ configmaps: '1' });
  });

  it('gives pods the defaults of a limit range before they are counted', async () => {
    await limit(server, { 'requests.cpu': '150m' }, { 'requests.cpu': '0' });
    const why = (await server.post(pods, pod('bare'))).body.message;
    expect(why).to.equal('pods "bare" is forbidden: failed quota: q: must specify requests.cpu for: c');
    const limits = [{ type: 'Container', default: { cpu: '100m' }, max: { cpu: '1' } }];
    await server.post('/api/v1/namespaces/default/limitranges', { metadata: { name: 'l' }, spec: { limits } });
    expect((await server.post(pods, pod('a'))).status).to.equal(201);
    expect(await used()).to.deep.equal({ 'requests.cpu': '100m' });
    expect((await server.post(pods, pod('b'))).body.message).to.contain('requested: requests.cpu=100m');
  });
});

/** Another server over the same store, with a cache that follows it. */
async function another(storage: MemoryStorage): Promise<TestServer> {
  const other = new TestServer();
  const cached = new CachedStorage(storage, { clock: other.clock, log: noLog });
  await cached.open();
  const server = new TestServer({ storage: cached });
  await server.server.start();
  return server;
}
