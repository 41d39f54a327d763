import { expect } from 'chai';
import { configMap, configMaps, TestServer } from './test-server.ts';

const deployments = '/apis/apps/v1/namespaces/default/deployments';
const scheme = 'in scheme "pkg/api/legacyscheme/scheme.go:30"';

/** Objects whose type is not the path's. */
const wrongTypes: readonly (readonly [path: string, type: object, message: string])[] = [
  [
    configMaps,
    { kind: 'Secret', apiVersion: 'v1' },
    'Secret in version "v1" cannot be handled as a ConfigMap: converting (v1.Secret) to (core.ConfigMap): unknown conversion',
  ],
  [
    deployments,
    { kind: 'Pod', apiVersion: 'v1' },
    'Pod in version "v1" cannot be handled as a Deployment: converting (v1.Pod) to (apps.Deployment): unknown conversion',
  ],
  [
    configMaps,
    { kind: 'Foo' },
    `Foo in version "v1" cannot be handled as a ConfigMap: no kind "Foo" is registered for version "v1" ${scheme}`,
  ],
  [
    configMaps,
    { apiVersion: 'v2' },
    `ConfigMap in version "v2" cannot be handled as a ConfigMap: no kind "ConfigMap" is registered for version "v2" ${scheme}`,
  ],
  [
    '/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers',
    { kind: 'HorizontalPodAutoscaler', apiVersion: 'autoscaling/v2' },
    'the API version in the data (autoscaling/v2) does not match the expected API version (autoscaling/v1)',
  ],
];

describe('bodies', () => {
  let api: TestServer;

  before(async () => {
    api = new TestServer();
    await api.server.start();
    await api.post(configMaps, configMap('a'));
  });
  after(() => api.close());

  const yaml = (text: string, query = '') =>
    api.post(`${configMaps}?dryRun=All${query}`, text, { 'content-type': 'application/yaml' });

  for (const [path, type, message] of wrongTypes) {
    it(`refuses ${JSON.stringify(type)} at ${path}`, async () => {
      const { status, body } = await api.post(path, { ...type, metadata: { name: 'x' } });
      expect([status, body.message]).to.deep.equal([400, message]);
    });
  }

  it('says of an empty body that it is', async () => {
    const { body } = await api.post(configMaps, '');
    expect(body.message).to.equal(
      "the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: unexpected end of JSON input (<empty>)",
    );
  });

  it('takes JSON when no type is said, and refuses types that it does not know', async () => {
    const send = async (type: Record<string, string>) => {
      const { status, body } = await api.call('POST', configMaps, Buffer.from('null'), { headers: type });
      return [status, body.message];
    };
    const nameless = 'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required';
    const unknown =
      'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf';
    expect(await send({ 'content-type': 'application/json; charset=utf-8' })).to.deep.equal([422, nameless]);
    for (const type of ['application/cbor', 'text/plain', ';;', 'application/json-patch+json']) {
      expect(await send({ 'content-type': type }), type).to.deep.equal([415, unknown]);
    }
  });

  it('create what is not there, where the kind allows it, unless they mean a certain object', async () => {
    const leases = '/apis/coordination.k8s.io/v1/namespaces/default/leases';
    const put = (name: string, more: object = {}) => api.put(`${leases}/${name}`, { metadata: { name, ...more } });
    expect((await put('one')).status).to.equal(201);
    expect((await put('two', { resourceVersion: '5' })).status).to.equal(201);
    const certain = await put('three', { uid: 'x' });
    expect([certain.status, certain.body.reason]).to.deep.equal([409, 'Conflict']);
    expect((await api.put(`${configMaps}/none`, configMap('none'))).status).to.equal(404);
  });

  it('tells where a name or namespace is another one than the path', async () => {
    const message = async (metadata: object) => (await api.put(`${configMaps}/a`, { metadata })).body.message;
    expect(await message({})).to.equal(
      'the name of the object (a based on URL) was undeterminable: name must be provided',
    );
    expect(await message({ name: 'b' })).to.equal('the name of the object (b) does not match the name on the URL (a)');
    expect(await message({ name: 'a', namespace: 'other' })).to.equal(
      'the namespace of the object (other) does not match the namespace on the request (default)',
    );
    expect((await api.post(configMaps, { metadata: { name: 'c', namespace: 'other' } })).body.message).to.equal(
      'the namespace of the provided object does not match the namespace sent on the request',
    );
  });

  it('finds fields that are unknown or doubled in JSON', async () => {
    const text = '{"metadata":{"name":"b","foo":1},"data":{"a":"1","a":"2"},"spec":{}}';
    const strict = await api.post(`${configMaps}?fieldValidation=Strict`, text);
    expect([strict.status, strict.body.message]).to.deep.equal([
      400,
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "metadata.foo", unknown field "spec", duplicate field "data.a"',
    ]);
    const warned = await api.post(`${configMaps}?dryRun=All`, text);
    expect(warned.headers['warning']).to.deep.equal([
      '299 - "unknown field \\"metadata.foo\\""',
      '299 - "unknown field \\"spec\\""',
      '299 - "duplicate field \\"data.a\\""',
    ]);
    const ignored = await api.post(`${configMaps}?dryRun=All&fieldValidation=Ignore`, text);
    expect([ignored.status, ignored.headers['warning']]).to.deep.equal([201, undefined]);
  });

  it('finds fields that are doubled in patches', async () => {
    const send = (type: string, text: string, more = '') =>
      api.call('PATCH', `${configMaps}/a?dryRun=All${more}`, text, {
        headers: { 'content-type': `application/${type}+json` },
      });
    for (const type of ['merge-patch', 'strategic-merge-patch']) {
      const text = '{"data":{"a":"1","a":"2"},"spec":1}';
      const strict = await send(type, text, '&fieldValidation=Strict');
      expect(strict.status).to.equal(422);
      expect(strict.body.details.causes[0].message).to.match(
        /strict decoding error: duplicate field "data.a", unknown field "spec"$/,
      );
      expect((await send(type, text)).headers['warning']).to.deep.equal([
        '299 - "duplicate field \\"data.a\\""',
        '299 - "unknown field \\"spec\\""',
      ]);
      expect((await send(type, text, '&fieldValidation=Ignore')).headers['warning']).to.equal(undefined);
    }
    const operations = '[{"op":"add","path":"/metadata/labels","value":{"a":"b"},"value":{}}]';
    expect((await send('json-patch', operations)).headers['warning']).to.deep.equal([
      '299 - "json patch duplicate field \\"[0].value\\""',
    ]);
  });

  it('finds them in YAML too, with their lines', async () => {
    const text = 'metadata:\n  name: b\ndata:\n  a: "1"\n  b: "1"\n  a: "2"\n  "b": "2"\nfoo: 1\n';
    const strict = await yaml(text, '&fieldValidation=Strict');
    expect([strict.status, strict.body.message]).to.deep.equal([
      400,
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: yaml: unmarshal errors:\n  line 6: key "a" already set in map\n  line 7: key "b" already set in map, unknown field "foo"',
    ]);
    const warned = await yaml(text);
    expect(warned.body.data).to.deep.equal({ a: '2', b: '2' });
    expect(warned.headers['warning']).to.deep.equal([
      '299 - "line 6: key \\"a\\" already set in map"',
      '299 - "line 7: key \\"b\\" already set in map"',
      '299 - "unknown field \\"foo\\""',
    ]);
    expect((await yaml(text, '&fieldValidation=Ignore')).headers['warning']).to.equal(undefined);
  });

  it('takes two references to one owner as one, and says so', async () => {
    const owner = { apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u-1' };
    const other = { ...owner, name: 'q', uid: 'u-2' };
    const metadata = { name: 'owned', ownerReferences: [owner, other, owner] };
    const { body, headers } = await api.post(configMaps, { metadata });
    expect(body.metadata.ownerReferences).to.deep.equal([owner, other]);
    expect(headers['warning']).to.match(/duplicate UID\(s\) observed: u-1"$/);
  });
});
