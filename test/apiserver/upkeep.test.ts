import { expect } from 'chai';
import { setImmediate as turn } from 'node:timers/promises';
import { TestServer, type Answer } from './test-server.ts';

const apiServices = '/apis/apiregistration.k8s.io/v1/apiservices';
const flows = '/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas';
const levels = '/apis/flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations';
const asTable = { accept: 'application/json;as=Table;g=meta.k8s.io;v=v1' };

/** What `ask` answers once it looks as it should: it does, since what is waited for follows each change by itself. */
async function until(ask: () => Promise<Answer>, fits: (answer: Answer) => boolean): Promise<Answer> {
  for (;;) {
    const answer = await ask();
    if (fits(answer)) return answer;
    await turn();
  }
}

describe('what the server keeps in the store', () => {
  let api: TestServer;
  beforeEach(async () => {
    api = new TestServer();
    await api.server.start();
  });
  afterEach(() => api.close());

  it('has an APIService for each version that it serves', async () => {
    const { body } = await api.get(apiServices);
    const groups = (await api.get('/apis')).body.groups.flatMap((group: any) => group.versions);
    const names = groups.map(({ groupVersion }: any) => groupVersion.split('/').reverse().join('.'));
    const expected = ['v1.', ...names].filter((name) => !name.endsWith('apiregistration.k8s.io'));
    expect(body.items.map(({ metadata }: any) => metadata.name)).to.have.members(expected);
    const apps = body.items.find(({ metadata }: any) => metadata.name === 'v1.apps');
    expect(apps.metadata.labels).to.deep.equal({ 'kube-aggregator.kubernetes.io/automanaged': 'onstart' });
    expect(apps.spec).to.deep.equal({
      group: 'apps',
      version: 'v1',
      groupPriorityMinimum: 17800,
      versionPriority: 15,
    });
    expect(apps.status.conditions[0]).to.deep.include({ type: 'Available', status: 'True', reason: 'Local' });
  });

  it('shows them as users know them', async () => {
    const { body } = await api.get(apiServices, asTable);
    expect(body.rows[0].cells.slice(0, 3)).to.deep.equal(['v1.', 'Local', 'True']);
  });

  it('makes an APIService again that was deleted, and leaves changed ones alone', async () => {
    const { body: apps } = await api.get(`${apiServices}/v1.apps`);
    const mine = { ...apps, spec: { ...apps.spec, versionPriority: 3 } };
    expect((await api.put(`${apiServices}/v1.apps`, mine)).status).to.equal(200);
    const { body: batch } = await api.get(`${apiServices}/v1.batch`);
    await api.delete(`${apiServices}/v1.batch`);
    const again = await until(
      () => api.get(`${apiServices}/v1.batch`),
      ({ status }) => status === 200,
    );
    expect(again.body.metadata.uid).to.not.equal(batch.metadata.uid);
    expect((await api.get(`${apiServices}/v1.apps`)).body.spec.versionPriority).to.equal(3);
  });

  it('says of each flow that its level is there', async () => {
    const { body } = await api.get(flows, asTable);
    const missing = body.columnDefinitions.findIndex(({ name }: any) => name === 'MissingPL');
    expect(body.rows).to.have.length.above(10);
    for (const { cells } of body.rows) expect(cells[missing]).to.equal('False');
    const { conditions } = (await api.get(`${flows}/catch-all`)).body.status;
    expect(conditions[0]).to.deep.include({
      type: 'Dangling',
      status: 'False',
      reason: 'Found',
      message: 'This FlowSchema references the PriorityLevelConfiguration object named "catch-all" and it exists',
    });
  });

  it('says of a flow that its level is missing, until it comes', async () => {
    const spec = { priorityLevelConfiguration: { name: 'mine' }, matchingPrecedence: 500 };
    await api.post(flows, { metadata: { name: 'mine' }, spec });
    const told = (status: string) =>
      until(
        () => api.get(`${flows}/mine`),
        ({ body }) => body.status.conditions?.[0].status === status,
      );
    const { reason, message } = (await told('True')).body.status.conditions[0];
    expect(reason).to.equal('NotFound');
    expect(message).to.match(/named "mine" but there is no such object$/);
    const limited = { limitResponse: { type: 'Reject' } };
    expect(
      (await api.post(levels, { metadata: { name: 'mine' }, spec: { type: 'Limited', limited } })).status,
    ).to.equal(201);
    expect((await told('False')).body.status.conditions).to.have.lengthOf(1);
  });

  it('makes levels and flows of its own again, and as they were', async () => {
    for (const url of [`${levels}/exempt`, `${flows}/catch-all`, `${flows}/probes`]) {
      const { body: was } = await api.get(url);
      expect((await api.delete(url)).status, url).to.equal(200);
      const { body } = await until(
        () => api.get(url),
        ({ status }) => status === 200,
      );
      expect(body.spec, url).to.deep.equal(was.spec);
    }
  });

  it('takes back changes of a flow that is marked to follow the server, and no others', async () => {
    const change = async (name: string, annotations: object) => {
      const { body } = await api.get(`${flows}/${name}`);
      const spec = { ...body.spec, matchingPrecedence: 4321 };
      await api.put(`${flows}/${name}`, { ...body, metadata: { ...body.metadata, annotations }, spec });
    };
    await change('probes', { 'apf.kubernetes.io/autoupdate-spec': 'false' });
    await change('system-nodes', { 'apf.kubernetes.io/autoupdate-spec': 'true' });
    await until(
      () => api.get(`${flows}/system-nodes`),
      ({ body }) => body.spec.matchingPrecedence === 500,
    );
    expect((await api.get(`${flows}/probes`)).body.spec.matchingPrecedence).to.equal(4321);
  });

  it('writes nothing when all is as it should be', async () => {
    const revision = await api.storage.currentRevision();
    const second = new TestServer({ storage: api.storage });
    await second.server.start();
    expect(await api.storage.currentRevision()).to.equal(revision);
    await second.server.close();
  });
});
