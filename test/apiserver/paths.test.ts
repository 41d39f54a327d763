import { expect } from 'chai';
import { noLog, type Log } from '../../src/base/log.ts';
import { configMap, configMaps, pods, TestServer } from './test-server.ts';

const noSuchThing = 'the server could not find the requested resource';
const notAllowed = 'the server does not allow this method on the requested resource';

const missing = [
  '/api/v1/foos',
  '/api/v2/pods',
  '/apis/apps/v1/foos',
  '/api/v1/pods/p',
  `${configMaps}/a/b`,
  `${configMaps}/a%2Fb`,
  `${pods}/p/status/more`,
  '/api/v1/namespaces/default/nodes',
];

/** What each path knows, of methods that it does not. */
const refused: readonly (readonly [method: string, path: string, allow: string])[] = [
  ['PUT', '/api/v1/pods', 'GET'],
  ['POST', '/api/v1/pods', 'GET'],
  ['DELETE', '/api/v1/pods', 'GET'],
  ['PATCH', configMaps, 'DELETE, GET, POST'],
  ['PUT', configMaps, 'DELETE, GET, POST'],
  ['OPTIONS', configMaps, 'DELETE, GET, POST'],
  ['HEAD', configMaps, 'DELETE, GET, POST'],
  ['POST', `${configMaps}/a`, 'DELETE, GET, PATCH, PUT'],
  ['DELETE', `${pods}/p/status`, 'GET, PATCH, PUT'],
  ['GET', '/apis/authorization.k8s.io/v1/subjectaccessreviews', 'POST'],
  ['POST', '/api/v1/watch/namespaces/default/configmaps', 'GET'],
  ['DELETE', '/api/v1/watch/namespaces/default/configmaps/a', 'GET'],
];

describe('paths', () => {
  let api: TestServer;

  before(async () => {
    api = new TestServer();
    await api.server.start();
    await api.post(configMaps, configMap('a'));
  });
  after(() => api.close());

  for (const path of missing) {
    it(`knows no ${path}`, async () => {
      const { status, body } = await api.get(path);
      expect([status, body.message, body.details]).to.deep.equal([404, noSuchThing, {}]);
    });
  }

  it('answers with a Status for versions that are not served', async () => {
    for (const path of ['/apis/apps/v9/deployments', '/apis/apps/v9']) {
      expect((await api.get(path)).body).to.include({ kind: 'Status', message: noSuchThing });
    }
  });

  it('answers with a page for groups that are not served', async () => {
    for (const path of ['/apis/example.com/v1/foos', '/apis/example.com/v1', '/apis/example.com']) {
      const { status, text, headers } = await api.get(path);
      expect([status, text, headers['content-type']]).to.deep.equal([
        404,
        '404 page not found\n',
        'text/plain; charset=utf-8',
      ]);
    }
  });

  it('answers with the paths that there are where no API is', async () => {
    for (const path of ['/nope', '/nope/deep?x=1', '/healthz/nope', '/metrics/nope', '/openapi/v9', '/__proto__']) {
      const { status, body } = await api.get(path);
      expect([status, Object.keys(body)], path).to.deep.equal([404, ['paths']]);
      expect(body.paths).to.include.members(['/apis', '/healthz/ping', '/version']);
    }
    expect((await api.post('/nope', {})).status).to.equal(404);
  });

  it('keeps to itself what went wrong inside', async () => {
    const logged: unknown[] = [];
    const log: Log = { ...noLog, error: (_message, fields) => void logged.push(fields?.['error']), child: () => log };
    const authorize = () => Promise.reject(new TypeError('cannot read /etc/passwd of undefined'));
    const faulty = new TestServer({ log, authorizer: { authorize } });
    const { status, body } = await faulty.get(configMaps);
    expect([status, body.reason, logged]).to.deep.equal([
      500,
      'InternalError',
      ['cannot read /etc/passwd of undefined'],
    ]);
    const said = 'the server met a fault of its own, which its log describes';
    expect(body.message).to.equal(`Internal error occurred: ${said}`);
    expect(body.details).to.deep.equal({ causes: [{ message: said }] });
  });

  for (const [method, path, allow] of refused) {
    it(`allows no ${method} on ${path}`, async () => {
      const { status, headers, body } = await api.call(method, path, method === 'POST' ? configMap('new') : undefined);
      expect([status, headers['allow']]).to.deep.equal([405, allow]);
      expect([body.message, body.details]).to.deep.equal([notAllowed, {}]);
    });
  }

  it('ignores a slash at the end and parameters that it does not know', async () => {
    for (const path of [`${configMaps}/a/`, `${configMaps}/a?foo=bar&watch=1`, '/api/v1/namespaces/default/']) {
      expect((await api.get(path)).status, path).to.equal(200);
    }
  });

  it('refuses names that cannot be segments of a path', async () => {
    for (const [path, message] of [
      [`${configMaps}/a%25b`, 'Name parameter invalid: "a%b": may not contain \'%\''],
      [`${configMaps}/..`, 'Name parameter invalid: "..": may not be \'..\''],
      ['/api/v1/namespaces/%2E/configmaps/a', 'Namespace parameter invalid: ".": may not be \'.\''],
    ] as const) {
      const { status, body } = await api.get(path);
      expect([status, body.message]).to.deep.equal([400, message]);
    }
  });

  it('lets somebody list and watch the one name that is allowed', async () => {
    const careful = new TestServer({
      storage: api.storage,
      authorizer: { authorize: async (_user, what) => ({ allowed: what.resourceRequest && what.name === 'a' }) },
    });
    const status = async (query: string) => (await careful.get(`${configMaps}?${query}`)).status;
    expect(await status('fieldSelector=metadata.name%3Da')).to.equal(200);
    expect(await status('fieldSelector=metadata.name%3Db')).to.equal(403);
    expect(await status('')).to.equal(403);
  });

  it('serves watches under their old paths', async () => {
    const watch = await api.watch('/api/v1/watch/namespaces/default/configmaps/a');
    expect((await watch.next()).object.metadata.name).to.equal('a');
    await api.post(configMaps, configMap('ab'));
    await api.delete(`${configMaps}/a`);
    expect((await watch.next()).type).to.equal('DELETED');
    watch.end();
  });
});
