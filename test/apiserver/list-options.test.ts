import { expect } from 'chai';
import { configMap, configMaps, TestServer } from './test-server.ts';

const names = (list: any) => list.items.map((i: any) => i.metadata.name);

/** Queries of a list that make no sense, and what is said about them. */
const refused: readonly (readonly [query: string, code: number, message: string])[] = [
  ['limit=abc', 400, 'strconv.ParseInt: parsing "abc": invalid syntax'],
  ['limit=99999999999999999999', 400, 'strconv.ParseInt: parsing "99999999999999999999": value out of range'],
  ['timeoutSeconds=x', 400, 'strconv.ParseInt: parsing "x": invalid syntax'],
  [
    'resourceVersion=abc',
    400,
    'resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax',
  ],
  [
    'resourceVersionMatch=Exact',
    422,
    'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided',
  ],
  [
    'resourceVersionMatch=x&resourceVersion=0',
    422,
    'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Unsupported value: "x": supported values: "Exact", "NotOlderThan", ""',
  ],
  [
    'resourceVersionMatch=Exact&resourceVersion=0',
    422,
    'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"',
  ],
  [
    'sendInitialEvents=true',
    422,
    'ListOptions.meta.k8s.io "" is invalid: sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list',
  ],
  [
    'continue=abc',
    400,
    'invalid continue token: continue key is not valid: take it unchanged from the metadata of the previous page',
  ],
  ['fieldSelector=x', 400, "invalid selector: 'x'; can't understand 'x'"],
  ['fieldSelector=x%3Da%3Db', 400, 'invalid field selector: unescaped character in value: 61'],
  ['labelSelector=a,,b', 400, "found ',', expected: identifier after ','"],
  ['labelSelector=a%20in%20b', 400, "unable to parse requirement: found 'b' expected: '('"],
];

/** The same of a watch. */
const refusedWatches: readonly (readonly [query: string, code: number, message: string])[] = [
  ['timeoutSeconds=x', 400, 'strconv.ParseInt: parsing "x": invalid syntax'],
  [
    'resourceVersionMatch=NotOlderThan',
    422,
    'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
  ],
  [
    'sendInitialEvents=true',
    422,
    'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
  ],
  [
    'sendInitialEvents=true&resourceVersionMatch=Exact',
    422,
    'ListOptions.meta.k8s.io "" is invalid: [resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan, resourceVersionMatch: Unsupported value: "Exact": supported values: "NotOlderThan"]',
  ],
];

describe('list options', () => {
  let api: TestServer;

  before(async () => {
    api = new TestServer();
    await api.server.start();
  });
  after(() => api.close());

  for (const [query, code, message] of refused) {
    it(`refuses ${query}`, async () => {
      const { status, body } = await api.get(`${configMaps}?${query}`);
      expect([status, body.message]).to.deep.equal([code, message]);
    });
  }

  for (const [query, code, message] of refusedWatches) {
    it(`refuses a watch with ${query}`, async () => {
      const { status, body } = await api.get(`${configMaps}?watch=1&${query}`);
      expect([status, body.message]).to.deep.equal([code, message]);
    });
  }

  it('says of a version that has not come when to try again', async () => {
    const { status, body, headers } = await api.get(`${configMaps}?resourceVersion=999999`);
    expect([status, body.reason, headers['retry-after']]).to.deep.equal([504, 'Timeout', '1']);
    expect(body.message).to.match(/^Timeout: Too large resource version: 999999, current: \d+$/);
    const { causes, retryAfterSeconds } = body.details;
    expect([causes[0].reason, retryAfterSeconds]).to.deep.equal(['ResourceVersionTooLarge', 1]);
  });

  it('gives an expired list a token with which it can go on in a newer state', async () => {
    for (const name of ['p1', 'p2', 'p3', 'p4']) await api.post(configMaps, configMap(name));
    const first = (await api.get(`${configMaps}?limit=2`)).body;
    await api.delete(`${configMaps}/p3`);
    await api.storage.compact(await api.storage.currentRevision());
    const gone = await api.get(`${configMaps}?limit=2&continue=${first.metadata.continue}`);
    expect([gone.status, gone.body.reason]).to.deep.equal([410, 'Expired']);
    expect(gone.body.message).to.match(
      /^The provided continue parameter is too old to display a consistent list result/,
    );
    const rest = await api.get(`${configMaps}?limit=2&continue=${gone.body.metadata.continue}`);
    expect([rest.status, ...names(rest.body)]).to.deep.equal([200, 'p4']);
    const old = await api.get(`${configMaps}?resourceVersion=1&resourceVersionMatch=Exact`);
    expect([old.status, old.body.message]).to.deep.equal([
      410,
      'The resourceVersion for the provided list is too old.',
    ]);
  });

  it('refuses a version beside a token', async () => {
    for (const name of ['q1', 'q2']) await api.post(configMaps, configMap(name));
    const { metadata } = (await api.get(`${configMaps}?limit=1`)).body;
    const wrong = await api.get(
      `${configMaps}?continue=${metadata.continue}&resourceVersion=${metadata.resourceVersion}`,
    );
    expect(wrong.body.message).to.equal('specifying resource version is not allowed when using continue');
    const fine = await api.get(`${configMaps}?continue=${metadata.continue}&resourceVersion=0`);
    expect(fine.status).to.equal(200);
  });

  it('selects one name without reading the others, also where it is the beginning of another', async () => {
    for (const name of ['one', 'one-more']) await api.post(configMaps, configMap(name));
    expect(names((await api.get(`${configMaps}?fieldSelector=metadata.name%3Done`)).body)).to.deep.equal(['one']);
    expect(names((await api.get('/api/v1/configmaps?fieldSelector=metadata.name%3Done')).body)).to.deep.equal(['one']);
    const other = await api.get('/api/v1/namespaces?fieldSelector=metadata.name%3Ddefault');
    expect(names(other.body)).to.deep.equal(['default']);
  });

  it('tells a version that does not come as an event of a watch', async () => {
    const query = 'watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=999999';
    const watch = await api.watch(`${configMaps}?${query}`);
    const event = await watch.next();
    expect([watch.status, event.type, event.object.reason]).to.deep.equal([200, 'ERROR', 'Timeout']);
  });
});
