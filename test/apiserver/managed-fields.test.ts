import { expect } from 'chai';
import { configMap, configMaps, pod, pods, TestServer } from './test-server.ts';

const entry = (manager: string, fieldsV1: object, more: object = {}) => ({
  manager,
  operation: 'Update',
  apiVersion: 'v1',
  time: '2026-01-01T00:00:00Z',
  fieldsType: 'FieldsV1',
  fieldsV1,
  ...more,
});

describe('managed fields of every writer', () => {
  let api: TestServer;

  beforeEach(async () => {
    api = new TestServer();
    await api.server.start();
  });

  afterEach(() => api.close());

  const as = (manager: string, method: string, url: string, body: unknown, type = 'application/json') =>
    api.call(method, url, body, { headers: { 'content-type': type, 'user-agent': `${manager}/v1.0 (test)` } });
  const managers = async (url: string) => (await api.get(url)).body.metadata.managedFields;
  const create = (object: object, manager = 'creator') => as(manager, 'POST', configMaps, object);
  const merge = (manager: string, url: string, patch: object) =>
    as(manager, 'PATCH', url, patch, 'application/merge-patch+json');

  describe('create', () => {
    it('gives everything to the creator, in upstream’s form', async () => {
      await create(configMap('a', { data: { b: '1', a: '2' }, metadata: { name: 'a', labels: { x: 'y' } } }));
      expect(await managers(`${configMaps}/a`)).to.deep.equal([
        entry('creator', {
          'f:data': { '.': {}, 'f:a': {}, 'f:b': {} },
          'f:metadata': { 'f:labels': { '.': {}, 'f:x': {} } },
        }),
      ]);
    });

    it('owns no status, and the defaults too', async () => {
      await as('creator', 'POST', pods, { ...pod('a'), status: { phase: 'Running' } });
      const [only, ...others] = await managers(`${pods}/a`);
      expect(others).to.deep.equal([]);
      expect(only.fieldsV1).to.have.all.keys('f:spec');
      expect(only.fieldsV1['f:spec']['f:containers']['k:{"name":"c"}']).to.deep.include({
        '.': {},
        'f:image': {},
        'f:resources': {},
      });
      expect(only.fieldsV1['f:spec']).to.include.keys('f:restartPolicy', 'f:dnsPolicy');
      expect(only.fieldsV1['f:spec']).not.to.have.any.keys('f:tolerations', 'f:serviceAccountName'); // admission's
    });

    it('has no entry when there is nothing to own', async () => {
      await create(configMap('a'));
      expect(await managers(`${configMaps}/a`)).to.equal(undefined);
    });
  });

  describe('names of managers', () => {
    const cases: [what: string, query: string, agent: string, manager: string][] = [
      ['the parameter', '?fieldManager=mine', 'kubectl/v1', 'mine'],
      ['the program', '', 'kubectl/v1.36.0 (linux/amd64) kubernetes/abc', 'kubectl'],
      ['nobody', '', '', 'unknown'],
      ['printable characters of the program only', '', 'a\tb/1', 'ab'],
      ['at most 128 bytes of the program', '', `${'x'.repeat(200)}/1`, 'x'.repeat(128)],
    ];
    for (const [what, query, agent, manager] of cases) {
      it(`are ${what}`, async () => {
        const headers = { 'user-agent': agent };
        const { body } = await api.post(configMaps + query, configMap('a', { data: { a: '1' } }), headers);
        expect(body.metadata.managedFields[0].manager).to.equal(manager);
      });
    }

    it('are refused when too long or not printable', async () => {
      const long = await api.post(`${configMaps}?fieldManager=${'x'.repeat(129)}`, configMap('a'));
      expect(long.status).to.equal(422);
      expect(long.body.message).to.match(/^CreateOptions.meta.k8s.io "" is invalid: fieldManager: Too long: /);
      const strange = await api.put(`${configMaps}/a?fieldManager=a%07`, configMap('a'));
      expect(strange.body.message).to.contain('UpdateOptions.meta.k8s.io "" is invalid: fieldManager: Invalid value');
      expect(strange.body.message).to.contain('invalid character U+0007 (at position 1)');
    });
  });

  describe('update and patch', () => {
    const url = `${configMaps}/a`;
    beforeEach(() => create(configMap('a', { data: { a: '1', b: '1' } })));

    it('take what they change from its owner', async () => {
      await merge('other', url, { data: { a: '2', c: '3' } });
      expect(await managers(url)).to.deep.equal([
        entry('creator', { 'f:data': { '.': {}, 'f:b': {} } }),
        entry('other', { 'f:data': { 'f:a': {}, 'f:c': {} } }),
      ]);
    });

    it('leave what they do not change', async () => {
      const { body } = await api.get(url);
      await as('other', 'PUT', url, { ...body, data: { ...body.data, b: '2' } });
      expect((await managers(url))[0]).to.deep.equal(entry('creator', { 'f:data': { '.': {}, 'f:a': {} } }));
    });

    it('drop what goes, and owners who have nothing left', async () => {
      await merge('other', url, { data: { c: '3' } });
      await merge('third', url, { data: { c: null } });
      expect(await managers(url)).to.deep.equal([entry('creator', { 'f:data': { '.': {}, 'f:a': {}, 'f:b': {} } })]);
    });

    it('write the time at which a manager last set a field', async () => {
      await api.clock.advance(60_000);
      await merge('creator', url, { data: { a: '2' } });
      expect((await managers(url))[0].time).to.equal('2026-01-01T00:01:00Z');
    });

    it('are not written when they change nothing', async () => {
      const before = (await api.get(url)).text;
      await api.clock.advance(60_000);
      await merge('other', url, { data: { a: '1' } });
      const { body } = await api.get(url);
      await as('other', 'PUT', url, { ...body, metadata: { name: 'a' } });
      expect((await api.get(url)).text).to.equal(before);
    });

    it('count each subresource apart', async () => {
      await as('creator', 'POST', pods, pod('p'));
      await merge('kubelet', `${pods}/p/status`, { status: { phase: 'Running' } });
      const [, status] = await managers(`${pods}/p`);
      expect(status).to.deep.equal(entry('kubelet', { 'f:status': { 'f:phase': {} } }, { subresource: 'status' }));
    });

    it('merge the oldest of more than ten updaters', async () => {
      for (let i = 0; i < 12; i++) {
        await api.clock.advance(1000);
        await merge(`m${i}`, url, { data: { [`k${i}`]: '1' } });
      }
      const list = await managers(url);
      expect(list).to.have.length(10);
      const [ancient] = list;
      expect(ancient.manager).to.equal('ancient-changes');
      expect(ancient.time).to.equal('2026-01-01T00:00:03Z');
      expect(ancient.fieldsV1).to.deep.equal({
        'f:data': { '.': {}, 'f:a': {}, 'f:b': {}, 'f:k0': {}, 'f:k1': {}, 'f:k2': {} },
      });
    });
  });

  describe('managedFields sent by a writer', () => {
    const url = `${configMaps}/a`;
    const set = (managedFields: unknown) => merge('other', url, { metadata: { managedFields } });
    const own = entry('creator', { 'f:data': { '.': {}, 'f:a': {} } });
    beforeEach(() => create(configMap('a', { data: { a: '1' } })));

    for (const reset of [[], [{}]]) {
      it(`${JSON.stringify(reset)} forgets them all, and nobody is noted until an apply`, async () => {
        await set(reset);
        expect(await managers(url)).to.equal(undefined);
        await merge('other', url, { data: { a: '2' } });
        expect(await managers(url)).to.equal(undefined);
      });
    }

    it('replaces them', async () => {
      const mine = entry('mine', { 'f:data': { 'f:a': {} } }, { operation: 'Apply' });
      await set([mine]);
      expect(await managers(url)).to.deep.equal([mine]);
    });

    const wrong: [what: string, sent: unknown][] = [
      ['an unknown operation', [{ ...own, operation: 'Look' }]],
      ['no apiVersion', [{ ...own, apiVersion: '' }]],
      ['an unknown fieldsType', [{ ...own, fieldsType: 'FieldsV2' }]],
      ['malformed fields', [{ ...own, fieldsV1: { 'k:x': {} } }]],
      ['fields that are no object', [{ ...own, fieldsV1: 'f:a' }]],
    ];
    for (const [what, sent] of wrong) {
      it(`is ignored when it has ${what}`, async () => {
        await set(sent);
        expect(await managers(url)).to.deep.equal([own]);
      });
    }

    it('is ignored in subresources', async () => {
      await as('creator', 'POST', pods, pod('p'));
      const before = await managers(`${pods}/p`);
      await merge('x', `${pods}/p/status`, { metadata: { managedFields: [] } });
      expect(await managers(`${pods}/p`)).to.deep.equal(before);
    });

    it('of a copied object goes to its creator', async () => {
      const copied = [entry('old', { 'f:data': { 'f:a': {}, 'f:gone': {} } })];
      await create(configMap('b', { data: { a: '1' }, metadata: { name: 'b', managedFields: copied } }));
      expect(await managers(`${configMaps}/b`)).to.deep.equal([
        entry('creator', { 'f:data': { '.': {}, 'f:a': {} } }),
        entry('old', { 'f:data': { 'f:gone': {} } }),
      ]);
    });
  });

  describe('versions of one kind', () => {
    const v1 = '/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers';
    const v2 = '/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers';
    const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };

    it('own fields as each version has them, and lose them when another version changes them', async () => {
      const sent = {
        metadata: { name: 'a' },
        spec: { scaleTargetRef, maxReplicas: 3, targetCPUUtilizationPercentage: 50 },
      };
      await as('one', 'POST', v1, { apiVersion: 'autoscaling/v1', kind: 'HorizontalPodAutoscaler', ...sent });
      const [before] = await managers(`${v2}/a`);
      expect(before.apiVersion).to.equal('autoscaling/v1');
      expect(before.fieldsV1['f:spec']).to.include.keys('f:targetCPUUtilizationPercentage', 'f:maxReplicas');
      await merge('two', `${v2}/a`, {
        spec: {
          maxReplicas: 4,
          metrics: [
            { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
          ],
        },
      });
      const after = await managers(`${v1}/a`);
      const [one, two] = ['one', 'two'].map((name) => after.find((e: any) => e.manager === name));
      expect(one.fieldsV1['f:spec']).not.to.have.any.keys('f:targetCPUUtilizationPercentage', 'f:maxReplicas');
      expect(two).to.deep.include({
        apiVersion: 'autoscaling/v2',
        fieldsV1: { 'f:spec': { 'f:maxReplicas': {}, 'f:metrics': {} } },
      });
    });
  });
});
