import { expect } from 'chai';
import { configMap, configMaps, TestServer } from './test-server.ts';

const deployments = '/apis/apps/v1/namespaces/default/deployments';

interface Case {
  what: string;
  method?: string;
  url?: string;
  body?: unknown;
  type?: string;
  code: number;
  says: RegExp;
}

const cases: Case[] = [
  {
    what: 'malformed JSON',
    body: '{"metadata":',
    code: 400,
    says: /the object provided is unrecognized \(must be of type ConfigMap\): couldn't get version\/kind; json parse error/,
  },
  { what: 'malformed YAML', body: 'a: [', type: 'application/yaml', code: 400, says: /unrecognized .*YAML/ },
  { what: 'an empty body', body: '', code: 400, says: /unrecognized/ },
  { what: 'a list instead of an object', body: '[]', code: 400, says: /cannot be handled as a ConfigMap/ },
  {
    what: 'a wrong type',
    url: deployments,
    body: { metadata: { name: 'a' }, spec: { replicas: 'many' } },
    code: 400,
    says: /Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal string/,
  },
  {
    what: 'a wrong content type',
    body: '<a/>',
    type: 'application/xml',
    code: 415,
    says: /accepted media types include: application\/json/,
  },
  {
    what: 'a missing name',
    body: { metadata: {} },
    code: 422,
    says: /metadata.name: Required value: name or generateName is required/,
  },
  {
    what: 'a bad name',
    body: configMap('Not_Good'),
    code: 422,
    says: /ConfigMap "Not_Good" is invalid: metadata.name: Invalid value: "Not_Good": a lowercase RFC 1123 subdomain/,
  },
  {
    what: 'a bad label',
    body: { metadata: { name: 'a', labels: { 'b c': 'd' } } },
    code: 422,
    says: /metadata.labels: Invalid value: "b c": name part must consist/,
  },
  {
    what: 'annotations that are too large',
    body: { metadata: { name: 'a', annotations: { a: 'x'.repeat(262_144) } } },
    code: 422,
    says: /metadata.annotations: Too long: may not be more than 262144 bytes/,
  },
  {
    what: 'an owner without uid',
    body: { metadata: { name: 'a', ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: '' }] } },
    code: 422,
    says: /metadata.ownerReferences.uid: Invalid value: "": must not be empty/,
  },
  {
    what: 'another kind',
    body: { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a' } },
    code: 400,
    says: /Secret in version "v1" cannot be handled as a ConfigMap/,
  },
  {
    what: 'another version',
    body: { apiVersion: 'v2', kind: 'ConfigMap', metadata: { name: 'a' } },
    code: 400,
    says: /no kind "ConfigMap" is registered for version "v2"/,
  },
  {
    what: 'another namespace',
    body: { metadata: { name: 'a', namespace: 'kube-system' } },
    code: 400,
    says: /the namespace of the provided object does not match the namespace sent on the request/,
  },
  {
    what: 'a resourceVersion on create',
    body: { metadata: { name: 'a', resourceVersion: '5' } },
    code: 400,
    says: /resourceVersion should not be set on objects to be created/,
  },
  {
    what: 'a body over 3 MB',
    body: { metadata: { name: 'a' }, data: { k: 'x'.repeat(3 * 1024 * 1024) } },
    code: 413,
    says: /Request entity too large: limit is 3145728/,
  },
  {
    what: 'deep nesting',
    body: `{"metadata":{"name":"a"},"x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
    code: 400,
    says: /max depth/,
  },
  { what: '__proto__', body: '{"metadata":{"name":"a"},"data":{"__proto__":"x"}}', code: 400, says: /__proto__/ },
  {
    what: 'an unknown field when strict',
    url: `${configMaps}?fieldValidation=Strict`,
    body: configMap('a', { nope: 1 }),
    code: 400,
    says: /strict decoding error: unknown field "nope"/,
  },
  {
    what: 'an unknown dryRun',
    url: `${configMaps}?dryRun=Some`,
    body: configMap('a'),
    code: 422,
    says: /^CreateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: \[\]string\{"Some"\}: supported values: "All"$/,
  },
  {
    what: 'an unknown dryRun of a deletion',
    method: 'DELETE',
    url: `${configMaps}/a`,
    body: { dryRun: ['Some'] },
    code: 422,
    says: /^DeleteOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: \[\]string\{"Some"\}/,
  },
  {
    what: 'an unknown fieldValidation',
    url: `${configMaps}?fieldValidation=Loud`,
    body: configMap('a'),
    code: 422,
    says: /^CreateOptions.meta.k8s.io "" is invalid: fieldValidation: Unsupported value: "Loud": supported values: "", "Ignore", "Strict", "Warn"$/,
  },
  {
    what: 'another name on PUT',
    method: 'PUT',
    url: `${configMaps}/b`,
    body: configMap('a'),
    code: 400,
    says: /the name of the object \(a\) does not match the name on the URL \(b\)/,
  },
  {
    what: 'no name on PUT',
    method: 'PUT',
    url: `${configMaps}/b`,
    body: { data: {} },
    code: 400,
    says: /name must be provided/,
  },
  {
    what: 'an unknown resource',
    url: '/api/v1/namespaces/default/nothings',
    body: {},
    code: 404,
    says: /the server could not find the requested resource/,
  },
  { what: 'an unknown version', method: 'GET', url: '/apis/apps/v9/such', code: 404, says: /could not find/ },
  { what: 'an unknown subresource', method: 'GET', url: `${configMaps}/a/status`, code: 404, says: /could not find/ },
  {
    what: 'a create in no namespace',
    url: '/api/v1/configmaps',
    body: configMap('a'),
    code: 405,
    says: /does not allow this method/,
  },
  {
    what: 'a method that makes no sense',
    method: 'POST',
    url: '/version',
    body: {},
    code: 405,
    says: /does not allow this method/,
  },
  { what: 'bad percent-encoding', method: 'GET', url: `${configMaps}/%zz`, code: 400, says: /percent-encoded/ },
  {
    what: 'a bad label selector',
    method: 'GET',
    url: `${configMaps}?labelSelector=a%3D%3D%3Db`,
    code: 400,
    says: /unable to parse requirement/,
  },
  { what: 'a bad limit', method: 'GET', url: `${configMaps}?limit=lots`, code: 400, says: /parsing "lots"/ },
  {
    what: 'a bad timeout',
    method: 'GET',
    url: `${configMaps}?watch=1&timeoutSeconds=x`,
    code: 400,
    says: /parsing "x"/,
  },
  {
    what: 'a bad propagation policy',
    method: 'DELETE',
    url: `${configMaps}/a`,
    body: { propagationPolicy: 'Sideways' },
    code: 422,
    says: /propagationPolicy: Unsupported value: "Sideways"/,
  },
  {
    what: 'damaged protobuf',
    body: 'nonsense',
    type: 'application/vnd.kubernetes.protobuf',
    code: 400,
    says: /no valid protobuf/,
  },
  {
    what: 'a port that is none',
    method: 'GET',
    url: '/api/v1/namespaces/default/pods/p/portforward?ports=99999999999999999999',
    code: 400,
    says: /invalid syntax/,
  },
];

/** Far more than a slow machine needs, and far less than comparing each with each takes. */
const LONG_ENOUGH = 20_000;

describe('bad input', () => {
  let api: TestServer;

  before(async () => {
    api = new TestServer();
    await api.server.start();
  });
  after(() => api.close());

  for (const { what, method = 'POST', url = configMaps, body, type, code, says } of cases) {
    it(`answers ${code} to ${what}`, async () => {
      const headers: Record<string, string> = type ? { 'content-type': type } : {};
      const answer = await api.call(method, url, body, { headers });
      expect(answer.body).to.include({ kind: 'Status', status: 'Failure', code });
      expect(answer.body.message).to.match(says);
      expect(answer.status).to.equal(code);
    });
  }

  it('has stored nothing of it', async () => {
    expect((await api.get(configMaps)).body.items).to.deep.equal([]);
  });

  it('warns of unknown and of doubled fields otherwise', async () => {
    const sent = '{"metadata":{"name":"warned"},"nope":1,"data":{"a":"1","a":"2"}}';
    const { status, headers } = await api.post(configMaps, sent);
    expect(status).to.equal(201);
    expect(headers['warning']).to.have.members([
      '299 - "unknown field \\"nope\\""',
      '299 - "duplicate field \\"data.a\\""',
    ]);
    const { headers: quiet } = await api.post(
      `${configMaps}?fieldValidation=Ignore&dryRun=All`,
      sent.replace('warned', 'quiet'),
    );
    expect(quiet).not.to.have.property('warning');
  });

  it('tells the causes field by field', async () => {
    const { body } = await api.post(configMaps, { metadata: { name: 'A', labels: { '-': '-' } } });
    expect(body.details.causes.map((c: any) => c.field)).to.include.members(['metadata.name', 'metadata.labels']);
    expect(body.details.causes[0].reason).to.equal('FieldValueInvalid');
  });

  it('tells so many causes and no more', async () => {
    const labels = Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`!${i}`, '']));
    const { body } = await api.post(configMaps, { metadata: { name: 'a', labels } });
    expect(body.details.causes).to.have.length(1000);
    const owners = { name: 'a', ownerReferences: Array.from({ length: 3000 }, (_, i) => ({ uid: `u${i}` })) };
    expect((await api.post(configMaps, { metadata: owners })).body.details.causes).to.have.length(1000);
  });

  it('compares many owners in a time that grows with their number alone', async function () {
    this.timeout(LONG_ENOUGH);
    const owner = (i: number) => ({ apiVersion: 'v1', kind: 'Pod', name: `p${i}`, uid: `u-${i}` });
    const ownerReferences = [...Array.from({ length: 30_000 }, (_, i) => owner(i)), owner(7)];
    const { headers } = await api.post(`${configMaps}?dryRun=All`, { metadata: { name: 'owned', ownerReferences } });
    expect(headers['warning']).to.match(/duplicate UID\(s\) observed: u-7"$/);
  });
});
