import { expect } from 'chai';
import { authenticated } from '../../src/auth/user.ts';
import { configMap, configMaps, TestServer, type Answer } from './test-server.ts';

const deployments = '/apis/apps/v1/namespaces/default/deployments';
const web = `${deployments}/web`;
const labels = { app: 'web' };

const deployment = (spec: object = {}, container: object = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'nginx', ...container }] } },
    ...spec,
  },
});

const scale = (replicas: number) => ({
  apiVersion: 'autoscaling/v1',
  kind: 'Scale',
  metadata: { name: 'web' },
  spec: { replicas },
});

describe('server-side apply', () => {
  let api: TestServer;

  beforeEach(async () => {
    api = new TestServer();
    await api.server.start();
  });

  afterEach(() => api.close());

  const send = (url: string, body: unknown, options: object = {}) =>
    api.call('PATCH', url, body, { headers: { 'content-type': 'application/apply-patch+yaml' }, ...options });
  const apply = (url: string, body: unknown, manager: string, more = ''): Promise<Answer> =>
    send(`${url}?fieldManager=${manager}${more}`, body);
  const read = async (url: string) => (await api.get(url)).body;
  const entryOf = async (url: string, manager: string) =>
    (await read(url)).metadata.managedFields.find((e: any) => e.manager === manager);
  const data = (values: object, more: object = {}) => configMap('a', { data: values, ...more });
  const a = `${configMaps}/a`;

  describe('creates what is not there', () => {
    it('with 201 and an Apply entry of what was said', async () => {
      const { status, body } = await apply(a, data({ k: 'v' }, { metadata: { name: 'a', labels } }), 'me');
      expect(status).to.equal(201);
      expect(body.metadata.managedFields).to.deep.equal([
        {
          manager: 'me',
          operation: 'Apply',
          apiVersion: 'v1',
          time: '2026-01-01T00:00:00Z',
          fieldsType: 'FieldsV1',
          fieldsV1: { 'f:data': { 'f:k': {} }, 'f:metadata': { 'f:labels': { 'f:app': {} } } },
        },
      ]);
    });

    it('with defaults, which nobody owns', async () => {
      await apply(web, deployment(), 'me');
      expect((await read(web)).spec.replicas).to.equal(1);
      expect((await entryOf(web, 'me')).fieldsV1['f:spec']).not.to.have.property('f:replicas');
    });

    it('from YAML', async () => {
      const text = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  k: "on"\n';
      expect((await apply(a, text, 'me')).body.data).to.deep.equal({ k: 'on' });
    });

    it('not on a dry run', async () => {
      expect((await apply(a, data({}), 'me', '&dryRun=All')).status).to.equal(201);
      expect((await api.get(a)).status).to.equal(404);
    });

    it('not with a uid, which means an object that was', async () => {
      const { status, body } = await apply(a, { ...data({}), metadata: { name: 'a', uid: 'u' } }, 'me');
      expect([status, body.reason]).to.deep.equal([409, 'Conflict']);
      expect(body.message).to.contain('uid mismatch: the provided object specified uid u, and no existing object');
    });

    it('not with a resourceVersion, which means one too', async () => {
      const { status, body } = await apply(a, { ...data({}), metadata: { name: 'a', resourceVersion: '5' } }, 'me');
      expect([status, body.reason]).to.deep.equal([409, 'Conflict']);
      expect(body.message).to.contain('the object has been modified');
    });

    it('not through a subresource', async () => {
      expect((await apply(`${web}/status`, { ...deployment(), status: {} }, 'me')).status).to.equal(404);
    });

    it('not for those who may only patch', async () => {
      const user = authenticated('patcher', []);
      const rule = { apiGroups: [''], resources: ['configmaps'], verbs: ['patch', 'get'] };
      const roles = '/apis/rbac.authorization.k8s.io/v1/namespaces/default';
      await api.post(`${roles}/roles`, { metadata: { name: 'p' }, rules: [rule] });
      const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'p' };
      const subjects = [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'patcher' }];
      await api.post(`${roles}/rolebindings`, { metadata: { name: 'p' }, roleRef, subjects });
      const { status, body } = await send(`${a}?fieldManager=me`, data({}), { user });
      if (status === 201) return; // a server without RBAC
      expect([status, body.reason]).to.deep.equal([403, 'Forbidden']);
      expect(body.message).to.contain('cannot create resource "configmaps"');
      await api.post(configMaps, data({}));
      expect((await send(`${a}?fieldManager=me`, data({ k: 'v' }), { user })).status).to.equal(200);
    });
  });

  describe('merges', () => {
    it('leaves alone what it does not name, and the order of what it names', async () => {
      const env = (...names: string[]) => ({ env: names.map((name) => ({ name, value: '1' })) });
      await apply(web, deployment({}, env('A', 'B', 'C')), 'me');
      await apply(web, deployment({}, env('D', 'B')), 'other');
      const [container] = (await read(web)).spec.template.spec.containers;
      expect(container.env.map((e: any) => e.name)).to.deep.equal(['A', 'D', 'B', 'C']);
    });

    it('removes what it no longer names, down to what holds it', async () => {
      await apply(a, data({ k: '1', l: '2' }, { metadata: { name: 'a', labels } }), 'me');
      await apply(a, data({ k: '1' }), 'me');
      const { data: left, metadata } = await read(a);
      expect(left).to.deep.equal({ k: '1' });
      expect(metadata).not.to.have.property('labels');
    });

    it('removes items of lists', async () => {
      const ports = (...list: number[]) => ({ ports: list.map((containerPort) => ({ containerPort })) });
      await apply(web, deployment({}, ports(80, 81)), 'me');
      await apply(web, deployment({}, ports(81)), 'me');
      const [container] = (await read(web)).spec.template.spec.containers;
      expect(container.ports).to.deep.equal([{ containerPort: 81, protocol: 'TCP' }]);
    });

    it('keeps what another names too', async () => {
      await apply(a, data({ k: '1' }), 'me');
      await apply(a, data({ k: '1' }), 'you');
      await apply(a, data({}), 'me');
      expect((await read(a)).data).to.deep.equal({ k: '1' });
      await apply(a, data({}), 'you');
      expect(await read(a)).not.to.have.property('data');
    });

    it('lets a default come back when the field is given up', async () => {
      await apply(web, deployment({ replicas: 5 }), 'me');
      await apply(web, deployment(), 'me');
      expect((await read(web)).spec.replicas).to.equal(1);
    });

    it('replaces atomic lists and maps', async () => {
      const spec = { nodeSelector: { disk: 'ssd', zone: 'a' } };
      const object = deployment();
      const withSelector = (nodeSelector: object) => ({
        ...object,
        spec: {
          ...object.spec,
          template: { ...object.spec.template, spec: { ...object.spec.template.spec, nodeSelector } },
        },
      });
      await apply(web, withSelector(spec.nodeSelector), 'me');
      await apply(web, withSelector({ zone: 'b' }), 'me');
      expect((await read(web)).spec.template.spec.nodeSelector).to.deep.equal({ zone: 'b' });
    });

    it('writes nothing when it says what is', async () => {
      await apply(a, data({ k: '1' }), 'me');
      const before = (await api.get(a)).text;
      await api.clock.advance(60_000);
      const { status } = await apply(a, data({ k: '1' }), 'me');
      expect(status).to.equal(200);
      expect((await api.get(a)).text).to.equal(before);
    });
  });

  describe('conflicts', () => {
    const create = (manager: string) => api.post(`${configMaps}?fieldManager=${manager}`, data({ k: '1', l: '1' }));

    it('name the field and its manager', async () => {
      await create('creator');
      const { status, body } = await apply(a, data({ k: '2' }), 'me');
      expect(status).to.equal(409);
      expect(body.reason).to.equal('Conflict');
      expect(body.message).to.equal('Apply failed with 1 conflict: conflict with "creator" using v1: .data.k');
      expect(body.details.causes).to.deep.equal([
        { reason: 'FieldManagerConflict', message: 'conflict with "creator" using v1', field: '.data.k' },
      ]);
    });

    it('are listed by manager', async () => {
      await create('creator');
      await apply(a, data({ m: '1' }), 'applier');
      const { body } = await apply(a, data({ k: '2', l: '2', m: '2' }), 'me');
      expect(body.message).to.equal(
        'Apply failed with 3 conflicts: conflicts with "applier":\n- .data.m\nconflicts with "creator" using v1:\n- .data.k\n- .data.l',
      );
      expect(body.details.causes).to.have.length(3);
    });

    it('name items of lists by their keys, and subresources', async () => {
      await api.post(`${deployments}?fieldManager=creator`, deployment());
      await api.patch(`${web}/scale?fieldManager=scaler`, 'merge-patch', { spec: { replicas: 3 } });
      const { body } = await apply(web, deployment({ replicas: 4 }, { image: 'other' }), 'me');
      expect(body.details.causes.map((c: any) => `${c.message}: ${c.field}`)).to.have.members([
        'conflict with "creator" using apps/v1: .spec.template.spec.containers[name="c"].image',
        'conflict with "scaler" with subresource "scale" using apps/v1: .spec.replicas',
      ]);
    });

    it('are none when the value is the same: then both own it', async () => {
      await create('creator');
      expect((await apply(a, data({ k: '1' }), 'me')).status).to.equal(200);
      expect((await entryOf(a, 'creator')).fieldsV1['f:data']).to.have.property('f:k');
      expect((await entryOf(a, 'me')).fieldsV1).to.deep.equal({ 'f:data': { 'f:k': {} } });
    });

    it('are won by force, which takes the fields', async () => {
      await create('creator');
      expect((await apply(a, data({ k: '2' }), 'me', '&force=true')).status).to.equal(200);
      expect((await read(a)).data.k).to.equal('2');
      expect((await entryOf(a, 'creator')).fieldsV1['f:data']).not.to.have.property('f:k');
    });

    it('are found on objects that nobody manages', async () => {
      await create('creator');
      await api.patch(a, 'merge-patch', { metadata: { managedFields: [] } });
      const { body } = await apply(a, data({ k: '2' }), 'me');
      expect(body.message).to.contain('conflict with "before-first-apply" using v1: .data.k');
      await apply(a, data({ m: '2' }), 'me');
      expect((await entryOf(a, 'before-first-apply')).operation).to.equal('Update');
    });
  });

  describe('kubectl', () => {
    const LAST = 'kubectl.kubernetes.io/last-applied-configuration';
    const clientSide = (values: object) => {
      const config = data(values);
      const annotations = { [LAST]: JSON.stringify(config) };
      return api.post(`${configMaps}?fieldManager=kubectl-client-side-apply`, {
        ...config,
        metadata: { ...config.metadata, annotations },
      });
    };

    it('goes on with what it applied on its own side, without conflicts', async () => {
      await clientSide({ k: '1' });
      expect((await apply(a, data({ k: '2' }), 'kubectl')).status).to.equal(200);
    });

    it('still conflicts with what others have changed since', async () => {
      await clientSide({ k: '1', l: '1' });
      await api.patch(`${a}?fieldManager=other`, 'merge-patch', { data: { l: '3' } });
      const { body } = await apply(a, data({ k: '2', l: '2' }), 'kubectl');
      expect(body.message).to.equal('Apply failed with 1 conflict: conflict with "other" using v1: .data.l');
    });

    it('keeps the annotation in step', async () => {
      await clientSide({ k: '1' });
      await apply(a, data({ k: '2' }), 'kubectl');
      expect(JSON.parse((await read(a)).metadata.annotations[LAST])).to.deep.equal(data({ k: '2' }));
    });

    it('has no such rights under another name', async () => {
      await clientSide({ k: '1' });
      expect((await apply(a, data({ k: '2' }), 'other')).status).to.equal(409);
    });
  });

  describe('subresources', () => {
    it('status is owned apart', async () => {
      await apply(web, deployment(), 'me');
      const { apiVersion, kind, metadata } = deployment();
      const conditions = [{ type: 'Ready', status: 'True' }];
      const { status } = await apply(`${web}/status`, { apiVersion, kind, metadata, status: { conditions } }, 'me');
      expect(status).to.equal(200);
      const entries = (await read(web)).metadata.managedFields.filter((e: any) => e.manager === 'me');
      expect(entries.map((e: any) => e.subresource)).to.have.members([undefined, 'status']);
      await apply(web, deployment(), 'me');
      expect((await read(web)).status.conditions).to.have.length(1);
      await apply(`${web}/status`, { apiVersion, kind, metadata, status: {} }, 'me');
      expect((await read(web)).status).to.deep.equal({});
    });

    it('status sent to the object is not owned, nor the spec sent to the status', async () => {
      await apply(web, { ...deployment(), status: { replicas: 9 } }, 'me');
      expect((await entryOf(web, 'me')).fieldsV1).not.to.have.property('f:status');
      await apply(`${web}/status`, { ...deployment({ replicas: 7 }), status: { replicas: 2 } }, 'other');
      expect((await entryOf(web, 'other')).fieldsV1).to.deep.equal({ 'f:status': { 'f:replicas': {} } });
      expect((await read(web)).spec.replicas).to.equal(1);
    });

    it('scale shares the replicas with its parent', async () => {
      await apply(web, deployment({ replicas: 2 }), 'me');
      const refused = await apply(`${web}/scale`, scale(3), 'scaler');
      expect(refused.body.message).to.equal('Apply failed with 1 conflict: conflict with "me": .spec.replicas');
      const done = await apply(`${web}/scale`, scale(3), 'scaler', '&force=true');
      expect(done.body).to.deep.include({ kind: 'Scale', spec: { replicas: 3 } });
      expect((await entryOf(web, 'me')).fieldsV1['f:spec']).not.to.have.property('f:replicas');
      expect(await entryOf(web, 'scaler')).to.deep.include({
        operation: 'Apply',
        apiVersion: 'apps/v1',
        subresource: 'scale',
        fieldsV1: { 'f:spec': { 'f:replicas': {} } },
      });
      await apply(web, deployment(), 'me');
      expect((await read(web)).spec.replicas).to.equal(3);
    });
  });

  describe('refuses', () => {
    const cases: [what: string, query: string, body: unknown, status: number, message: RegExp][] = [
      [
        'a nameless manager',
        '',
        data({}),
        422,
        /^PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch$/,
      ],
      [
        'managed fields',
        '?fieldManager=x',
        { ...data({}), metadata: { name: 'a', managedFields: [] } },
        400,
        /^metadata.managedFields must be nil$/,
      ],
      [
        'another version',
        '?fieldManager=x',
        { ...data({}), apiVersion: 'v2' },
        400,
        /^invalid object type: \/v2, Kind=ConfigMap$/,
      ],
      [
        'another kind',
        '?fieldManager=x',
        { ...data({}), kind: 'Secret' },
        400,
        /^invalid object type: \/v1, Kind=Secret$/,
      ],
      ['no type', '?fieldManager=x', { data: {} }, 400, /^invalid object type: \/, Kind=$/],
      ['no body', '?fieldManager=x', '', 400, /^invalid object type: \/, Kind=$/],
      [
        'another name',
        '?fieldManager=x',
        { ...data({}), metadata: { name: 'b' } },
        400,
        /does not match the name on the URL/,
      ],
      [
        'no name for a new object',
        '?fieldManager=x',
        { ...data({}), metadata: {} },
        400,
        /undeterminable: name must be provided/,
      ],
      ['a list', '?fieldManager=x', '[]', 400, /^error decoding YAML: .*cannot unmarshal array/],
      ['what is no YAML', '?fieldManager=x', 'a: b: c', 400, /^error decoding YAML: /],
      [
        'unknown fields',
        '?fieldManager=x',
        data({}, { foo: 1 }),
        500,
        /^failed to create typed patch object \(\/a; \/v1, Kind=ConfigMap\): .foo: field not declared in schema$/,
      ],
      [
        'wrong types',
        '?fieldManager=x',
        data({ k: 7 }),
        500,
        /\.data\.k: expected string, got &value.valueUnstructured\{Value:7\}$/,
      ],
      [
        '__proto__',
        '?fieldManager=x',
        '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"__proto__":"x"}}',
        400,
        /__proto__/,
      ],
    ];
    for (const [what, query, body, status, message] of cases) {
      it(what, async () => {
        const answer = await send(a + query, body);
        expect([answer.status, answer.body.message]).to.satisfy(
          ([s, m]: [number, string]) => s === status && message.test(m),
          JSON.stringify(answer.body),
        );
      });
    }

    const lists: [what: string, container: object, message: string][] = [
      [
        'items with the same keys',
        { env: [{ name: 'A' }, { name: 'A' }] },
        '.env: duplicate entries for key [name="A"]',
      ],
      [
        'a port twice, once by its default',
        { ports: [{ containerPort: 80 }, { containerPort: 80, protocol: 'TCP' }] },
        '.ports: duplicate entries for key [containerPort=80,protocol="TCP"]',
      ],
      [
        'items that are no objects',
        { env: ['A'] },
        '.env: element 0: associative list with keys may not have non-map elements',
      ],
      ['objects for lists', { env: {} }, '.env: expected list, got &{map[]}'],
    ];
    for (const [what, container, message] of lists) {
      it(what, async () => {
        const { status, body } = await apply(web, deployment({}, container), 'x');
        expect(status).to.equal(500);
        expect(body.message).to.equal(
          `failed to create typed patch object (/web; apps/v1, Kind=Deployment): .spec.template.spec.containers[name="c"]${message}`,
        );
      });
    }

    it('force for other patches', async () => {
      const { status, body } = await api.patch(`${a}?force=true`, 'merge-patch', {});
      expect(status).to.equal(422);
      expect(body.message).to.equal(
        'PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch',
      );
    });

    it('a version of the object that is not the stored one', async () => {
      await apply(a, data({ k: '1' }), 'me');
      const { status, body } = await apply(
        a,
        { ...data({ k: '2' }), metadata: { name: 'a', resourceVersion: '1' } },
        'me',
      );
      expect([status, body.reason]).to.deep.equal([409, 'Conflict']);
      expect(body.message).to.contain('the object has been modified');
    });

    it('objects that are not valid', async () => {
      const { status, body } = await apply(web, deployment({ replicas: -1 }), 'me');
      expect([status, body.reason]).to.deep.equal([422, 'Invalid']);
    });

    it('keys that occur twice when strict, and warns of them else', async () => {
      const text = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  k: "1"\n  k: "2"\n';
      const strict = await apply(a, text, 'me', '&fieldValidation=Strict');
      expect(strict.status).to.equal(400);
      expect(strict.body.message)
        .to.contain('error strict decoding YAML')
        .and.to.contain('line 6: key "k" already set in map');
      const warned = await apply(a, text, 'me');
      expect(warned.status).to.equal(201);
      expect(String(warned.headers['warning'])).to.contain('already set in map');
    });
  });

  it('of two managers at once leaves both', async () => {
    await Promise.all([apply(a, data({ k: '1' }), 'one'), apply(a, data({ l: '2' }), 'two')]);
    expect((await read(a)).data).to.deep.equal({ k: '1', l: '2' });
  });
});
