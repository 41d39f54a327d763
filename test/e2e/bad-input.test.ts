import { expect } from 'chai';
import { request } from 'node:https';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RunningCluster } from './running-cluster.ts';

/** What kubectl shows, and the server answers, when it is given nonsense. Nothing of it may be stored or do harm. */
describe('bad input', function () {
  this.timeout(60_000);
  let cluster: RunningCluster;
  let token: string;

  before(async () => {
    cluster = await RunningCluster.start('--no-node');
    token = readFileSync(join(cluster.dataDir, 'pki/admin.token'), 'utf8').trim();
  });

  after(async () => {
    // The server is unharmed by all of it.
    expect(await cluster.ok('get --raw /readyz')).to.equal('ok');
    expect(await cluster.ok('get configmaps -o name')).to.equal('configmap/kube-root-ca.crt\n');
    await cluster.destroy();
  });

  interface Answer {
    status: number;
    body: any;
  }

  function send(
    method: string,
    path: string,
    body: string | Buffer,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const call = request(
        {
          host: '127.0.0.1',
          port: cluster.port,
          method,
          path,
          rejectUnauthorized: false,
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
        },
        (response) => {
          let text = '';
          response.on('data', (chunk: Buffer) => (text += chunk.toString()));
          response.on('end', () =>
            resolve({ status: response.statusCode!, body: text.startsWith('{') ? JSON.parse(text) : text }),
          );
        },
      );
      call.on('error', reject);
      call.end(body);
    });
  }

  const configMaps = '/api/v1/namespaces/default/configmaps';
  const good = (name: string) =>
    JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { a: 'b' } });

  const cases: [string, [string, string, string, Record<string, string>?], number, string, RegExp][] = [
    ['malformed JSON', ['POST', configMaps, '{"metadata": {'], 400, 'BadRequest', /./],
    ['an array instead of an object', ['POST', configMaps, '[]'], 400, 'BadRequest', /./],
    ['malformed YAML', ['POST', configMaps, 'a: [', { 'content-type': 'application/yaml' }], 400, 'BadRequest', /./],
    ['an empty body', ['POST', configMaps, ''], 400, 'BadRequest', /./],
    [
      'a field of the wrong type',
      ['POST', configMaps, '{"metadata":{"name":"x"},"data":{"a":1}}'],
      400,
      'BadRequest',
      /cannot unmarshal number/,
    ],
    ['a missing name', ['POST', configMaps, '{"metadata":{}}'], 422, 'Invalid', /name or generateName is required/],
    [
      'a name that breaks the rules',
      ['POST', configMaps, good('Not_A_Name')],
      422,
      'Invalid',
      /lowercase RFC 1123 subdomain/,
    ],
    [
      'another kind',
      ['POST', configMaps, '{"apiVersion":"v1","kind":"Secret","metadata":{"name":"x"}}'],
      400,
      'BadRequest',
      /Secret/,
    ],
    [
      'another namespace',
      ['POST', configMaps, '{"metadata":{"name":"x","namespace":"other"}}'],
      400,
      'BadRequest',
      /namespace of the provided object does not match/,
    ],
    [
      'an unknown field, strictly',
      ['POST', `${configMaps}?fieldValidation=Strict`, '{"metadata":{"name":"x"},"nope":1}'],
      400,
      'BadRequest',
      /unknown field "nope"/,
    ],
    [
      'a duplicate field, strictly',
      ['POST', `${configMaps}?fieldValidation=Strict`, '{"metadata":{"name":"x"},"data":{"a":"1","a":"2"}}'],
      400,
      'BadRequest',
      /duplicate field "data.a"/,
    ],
    [
      'an unknown content type',
      ['POST', configMaps, good('x'), { 'content-type': 'text/plain' }],
      415,
      'UnsupportedMediaType',
      /./,
    ],
    [
      'an unknown resource',
      ['GET', '/api/v1/namespaces/default/nothings', ''],
      404,
      'NotFound',
      /could not find the requested resource/,
    ],
    [
      'an unknown version of a group',
      ['GET', '/apis/apps/v9/things', ''],
      404,
      'NotFound',
      /could not find the requested resource/,
    ],
    [
      'a name that is not there',
      ['GET', `${configMaps}/nothing`, ''],
      404,
      'NotFound',
      /configmaps "nothing" not found/,
    ],
    [
      'a namespace that is not there',
      ['POST', '/api/v1/namespaces/nowhere/configmaps', good('x')],
      404,
      'NotFound',
      /namespaces "nowhere" not found/,
    ],
    ['a bad label selector', ['GET', `${configMaps}?labelSelector=a%3D%3D%3D`, ''], 400, 'BadRequest', /./],
    [
      'an unsupported field selector',
      ['GET', `${configMaps}?fieldSelector=data.a%3Db`, ''],
      400,
      'BadRequest',
      /"data.a" is not a known field selector/,
    ],
    ['a bad limit', ['GET', `${configMaps}?limit=many`, ''], 400, 'BadRequest', /./],
    ['a bad continue token', ['GET', `${configMaps}?limit=1&continue=xyz`, ''], 400, 'BadRequest', /./],
    ['a bad resourceVersion', ['GET', `${configMaps}?resourceVersion=abc`, ''], 400, 'BadRequest', /./],
    [
      'a JSON patch to nowhere',
      [
        'PATCH',
        '/api/v1/namespaces/default',
        '[{"op":"remove","path":"/nope"}]',
        { 'content-type': 'application/json-patch+json' },
      ],
      422,
      'Invalid',
      /./,
    ],
    [
      'a patch of an unknown type',
      ['PATCH', '/api/v1/namespaces/default', '{}', { 'content-type': 'application/json' }],
      415,
      'UnsupportedMediaType',
      /./,
    ],
    ['a method that does not exist', ['POST', `${configMaps}/x`, good('x')], 405, 'MethodNotAllowed', /./],
    [
      'nesting beyond reason',
      ['POST', configMaps, `{"metadata":{"name":"x","annotations":${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}}}`],
      400,
      'BadRequest',
      /./,
    ],
  ];
  for (const [what, [method, path, body, headers], status, reason, message] of cases) {
    it(`${what} is ${status} ${reason}`, async () => {
      const answer = await send(method, path, body, headers);
      expect(answer.body, JSON.stringify(answer)).to.include({
        kind: 'Status',
        apiVersion: 'v1',
        status: 'Failure',
        reason,
        code: status,
      });
      expect(answer.status).to.equal(status);
      expect(answer.body.message).to.match(message);
    });
  }

  it('an unknown group is a page that says so', async () => {
    const { status, body } = await send('GET', '/apis/nowhere.io/v1/things', '');
    expect([status, body]).to.deep.equal([404, '404 page not found\n']);
  });

  it('a body over 3 MB is refused', async () => {
    const answer = await send(
      'POST',
      configMaps,
      JSON.stringify({ metadata: { name: 'x' }, data: { a: 'x'.repeat(3_200_000) } }),
    ).catch((e: Error) => e);
    if (answer instanceof Error) throw answer;
    expect(answer.status).to.equal(413);
    expect(answer.body.reason).to.equal('RequestEntityTooLarge');
  });

  it('a stale resourceVersion is a conflict', async () => {
    const made = await send('POST', configMaps, good('stale'));
    const first = await send('PUT', `${configMaps}/stale`, JSON.stringify({ ...made.body, data: { a: 'c' } }));
    expect(first.status).to.equal(200);
    const second = await send('PUT', `${configMaps}/stale`, JSON.stringify({ ...made.body, data: { a: 'd' } }));
    expect(second.body).to.include({ code: 409, reason: 'Conflict' });
    expect(second.body.message).to.contain(
      'the object has been modified; please apply your changes to the latest version and try again',
    );
    await send('DELETE', `${configMaps}/stale`, '');
  });

  it('__proto__ keys pollute nothing', async () => {
    await send(
      'POST',
      configMaps,
      '{"metadata":{"name":"proto"},"data":{"__proto__":"x"},"__proto__":{"polluted":"yes"}}',
    );
    const answer = await send('GET', '/api/v1/namespaces/default', '');
    expect(answer.body.polluted).to.equal(undefined);
    await send('DELETE', `${configMaps}/proto`, '');
  });

  it('no credentials, wrong credentials', async () => {
    const anonymous = await send('GET', '/api/v1/pods', '', { authorization: '' });
    expect(anonymous.body).to.include({ code: 403, reason: 'Forbidden' });
    const wrong = await send('GET', '/api/v1/pods', '', { authorization: 'Bearer nonsense' });
    expect(wrong.body).to.include({ code: 401, reason: 'Unauthorized' });
    expect((await send('GET', '/version', '', { authorization: '' })).status).to.equal(200);
  });

  it('kubectl prints an invalid object as on any cluster', async () => {
    const deployment =
      'apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: -1\n  selector:\n    matchLabels: {a: b}\n  template:\n    metadata:\n      labels: {a: c}\n    spec:\n      containers: []\n';
    const done = await cluster.kubectl('apply -f -', deployment);
    expect(done.code).to.equal(1);
    expect(done.stderr).to.contain('The Deployment "web" is invalid');
    expect(done.stderr).to.contain('spec.replicas: Invalid value: -1: must be greater than or equal to 0');
    expect(done.stderr).to.contain('spec.template.spec.containers: Required value');
  });

  it('kubectl says that there is no such kind', async () => {
    for (const apiVersion of ['v1', 'nowhere.io/v1']) {
      const done = await cluster.kubectl('apply -f -', `apiVersion: ${apiVersion}\nkind: Foo\nmetadata:\n  name: x\n`);
      expect(done.stderr).to.contain(`no matches for kind "Foo" in version "${apiVersion}"`);
      expect(done.code).to.equal(1);
    }
  });

  it('kubectl is told of a misspelt field', async () => {
    const done = await cluster.kubectl(
      'apply -f -',
      'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: typo\ndatta: {}\n',
    );
    expect(done.stderr).to.contain('unknown field "datta"');
    expect(done.code).to.equal(1);
  });
});
