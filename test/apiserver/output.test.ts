import { expect } from 'chai';
import { gunzipSync } from 'node:zlib';
import { parse } from 'yaml';
import { configMap, configMaps, pod, pods, TestServer } from './test-server.ts';

const form = (type: string, as: string) => `application/${type};as=${as};v=v1;g=meta.k8s.io`;
const table = form('json', 'Table');
const accepted =
  'only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf';

describe('representations', () => {
  let api: TestServer;

  before(async () => {
    api = new TestServer();
    await api.server.start();
    for (const name of ['a', 'b']) await api.post(configMaps, configMap(name, { data: { k: 'on' } }));
    await api.post(pods, pod('p'));
  });
  after(() => api.close());

  const get = (path: string, accept: string, more: Record<string, string> = {}) => api.get(path, { accept, ...more });

  it('come as YAML, each form and also lists without an item', async () => {
    const json = (await api.get(configMaps)).body;
    const list = await get(configMaps, 'application/yaml');
    expect([list.status, list.headers['content-type']]).to.deep.equal([200, 'application/yaml']);
    expect(parse(list.text)).to.deep.equal(json);
    const { apiVersion, kind, ...item } = parse((await get(`${configMaps}/a`, 'application/yaml')).text);
    expect([apiVersion, kind, item]).to.deep.equal(['v1', 'ConfigMap', json.items[0]]);
    const none = await get(`${configMaps}?labelSelector=none`, 'application/yaml');
    expect(parse(none.text).items).to.deep.equal([]);
    const rows = parse((await get(configMaps, form('yaml', 'Table'))).text);
    expect([rows.kind, rows.rows[1].cells[0]]).to.deep.equal(['Table', 'b']);
    const partial = parse((await get(configMaps, form('yaml', 'PartialObjectMetadataList'))).text);
    expect(partial.items[0]).to.have.all.keys('kind', 'apiVersion', 'metadata');
    const failure = await get(`${configMaps}/none`, 'application/yaml');
    expect([failure.headers['content-type'], parse(failure.text).reason]).to.deep.equal([
      'application/yaml',
      'NotFound',
    ]);
  });

  it('have line breaks when asked for, or for programs that show them as they are', async () => {
    const json = (await api.get(configMaps)).body;
    const pretty = `${JSON.stringify(json, undefined, 2)}\n`;
    const cases: [query: string, headers: Record<string, string>, text: string][] = [
      ['?pretty=1', {}, pretty],
      ['?pretty=true', {}, pretty],
      ['?pretty=false', { 'user-agent': 'curl/8.0' }, JSON.stringify(json)],
      ['', { 'user-agent': 'curl/8.0' }, pretty],
      ['', { 'user-agent': 'Mozilla/5.0 (X11)' }, pretty],
      ['', { 'user-agent': 'kubectl/v1.36.0' }, JSON.stringify(json)],
      ['', { accept: 'application/json;pretty=1' }, pretty],
    ];
    for (const [query, headers, text] of cases) {
      expect((await api.get(configMaps + query, headers)).text, query + JSON.stringify(headers)).to.equal(text);
    }
    const none = await api.get(`${configMaps}?labelSelector=none&pretty=1`);
    expect(none.text).to.equal(`${JSON.stringify(none.body, undefined, 2)}\n`);
    expect((await api.get(`${configMaps}/none?pretty=1`)).text).to.match(/^\{\n {2}"kind": "Status",\n/);
    expect((await api.get(`${configMaps}/a?pretty=1`)).text).to.match(/^\{\n {2}"apiVersion": "v1",\n/);
  });

  it('come as Tables, with what is wanted beside the cells', async () => {
    const { body, headers } = await get(pods, table);
    expect([body.kind, body.apiVersion, headers['content-type']]).to.deep.equal([
      'Table',
      'meta.k8s.io/v1',
      'application/json',
    ]);
    expect(body.columnDefinitions[0]).to.include({ name: 'Name', type: 'string', format: 'name', priority: 0 });
    expect(body.rows[0].cells).to.have.length(body.columnDefinitions.length);
    expect(body.rows[0].object).to.have.all.keys('kind', 'apiVersion', 'metadata');
    const object = async (include: string) =>
      (await get(`${pods}/p?includeObject=${include}`, table)).body.rows[0].object;
    expect(await object('None')).to.equal(null);
    expect((await object('Object')).spec.containers).to.have.length(1);
    expect((await object('')).kind).to.equal('PartialObjectMetadata');
    const old = await get(pods, 'application/json;as=Table;v=v1beta1;g=meta.k8s.io');
    expect(old.body.apiVersion).to.equal('meta.k8s.io/v1beta1');
    for (const path of [`${pods}/p?includeObject=x`, `${pods}?includeObject=x`, `${pods}?watch=1&includeObject=x`]) {
      const { status, body } = await get(path, table);
      expect([status, body.message]).to.deep.equal([
        400,
        `Unable to convert to Table as requested: includeObject: Invalid value: "x": must be 'Metadata', 'Object', 'None', or empty`,
      ]);
    }
  });

  it('leave a Status as it is, whatever form is asked for', async () => {
    expect((await get(`${configMaps}/none`, table)).body.kind).to.equal('Status');
    await api.post(configMaps, configMap('gone'));
    const deleted = await api.call('DELETE', `${configMaps}/gone`, undefined, { headers: { accept: table } });
    expect(deleted.body).to.include({ kind: 'Status', status: 'Success' });
  });

  it('are refused when the client takes none of them', async () => {
    const cases: [path: string, accept: string, message: string][] = [
      [configMaps, 'image/png', accepted],
      [configMaps, 'application/cbor', accepted],
      [configMaps, 'application/json;as=Foo;v=v1;g=meta.k8s.io', accepted],
      [configMaps, form('vnd.kubernetes.protobuf', 'Table'), accepted],
      [configMaps, 'application/json;q=0', accepted],
      [
        configMaps,
        form('json', 'PartialObjectMetadata'),
        'you requested PartialObjectMetadata, but the requested object is a list (*core.ConfigMapList)',
      ],
      [
        `${configMaps}/a`,
        form('json', 'PartialObjectMetadataList'),
        'you requested PartialObjectMetadataList, but the requested object is not a list (*core.ConfigMap)',
      ],
      [
        `${configMaps}?watch=1`,
        'application/yaml',
        'only the following media types are accepted: application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch',
      ],
    ];
    for (const [path, accept, message] of cases) {
      const { status, text } = await get(path, accept);
      const told = text.startsWith('{') ? JSON.parse(text) : parse(text);
      expect([status, told.reason, told.message], accept).to.deep.equal([406, 'NotAcceptable', message]);
    }
  });

  it('are taken by quality, then in order', async () => {
    const type = async (accept: string) => (await get(`${configMaps}/a`, accept)).headers['content-type'];
    expect(await type('application/json;q=0.1,application/yaml')).to.equal('application/yaml');
    expect(await type('application/yaml;q=0.1,*/*;q=0.5')).to.equal('application/json');
    expect(await type('text/html,application/xml;q=0.9,*/*;q=0.8')).to.equal('application/json');
    expect(await type('application/json;charset=utf-8')).to.equal('application/json');
    expect(await type('application/vnd.kubernetes.protobuf, application/json')).to.equal(
      'application/vnd.kubernetes.protobuf',
    );
  });

  it('are compressed when they are large and the client takes that', async () => {
    const large = new TestServer();
    await large.server.start();
    const data = { k: 'x'.repeat(1000) };
    for (let i = 0; i < 150; i++) await large.post(configMaps, configMap(`c-${i}`, { data }));
    const exchange = large.server.exchange({ username: 'admin', groups: ['system:masters'] });
    const fetch = async (url: string, headers: Record<string, string>) => {
      const response = await exchange({ method: 'GET', url, headers });
      const chunks: Buffer[] = [];
      for await (const chunk of response.body) chunks.push(chunk);
      return {
        encoding: response.headers['content-encoding'],
        vary: response.headers['vary'],
        body: Buffer.concat(chunks),
      };
    };
    const plain = await fetch(configMaps, {});
    expect(plain.encoding).to.equal(undefined);
    for (const value of ['gzip', 'br, gzip;q=0.5', 'deflate , gzip']) {
      const packed = await fetch(configMaps, { 'accept-encoding': value });
      expect([packed.encoding, packed.vary], value).to.deep.equal(['gzip', 'Accept-Encoding']);
      expect(gunzipSync(packed.body).equals(plain.body)).to.equal(true);
      expect(packed.body.length).to.be.lessThan(plain.body.length / 4);
    }
    for (const value of ['identity', 'gzip;q=0', 'gzip;q=0.0, br', 'xgzip']) {
      expect((await fetch(configMaps, { 'accept-encoding': value })).encoding, value).to.equal(undefined);
    }
    expect((await fetch(`${configMaps}?limit=5`, { 'accept-encoding': 'gzip' })).encoding).to.equal(undefined);
    const rows = await fetch(configMaps, { 'accept-encoding': 'gzip', accept: `${table};x` });
    expect(JSON.parse(rows.body.toString()).rows).to.have.length(150);
    await large.close();
  });

  it('leave the event loop to others while a long list is made', async () => {
    const long = new TestServer();
    await long.server.start();
    for (let i = 0; i < 1000; i++) await long.post(configMaps, configMap(`c-${i}`));
    const forms: [accept: string, length: (text: string) => number][] = [
      [table, (text) => JSON.parse(text).rows.length],
      [form('json', 'PartialObjectMetadataList'), (text) => JSON.parse(text).items.length],
      ['application/json;pretty=1', (text) => JSON.parse(text).items.length],
      ['application/vnd.kubernetes.protobuf', () => 1000],
    ];
    for (const [accept, length] of forms) {
      const order: string[] = [];
      const list = long.get(configMaps, { accept }).then((answer) => {
        order.push('list');
        return answer;
      });
      await long.get(`${configMaps}/c-1`).then(() => order.push('get'));
      expect(length((await list).text)).to.equal(1000);
      expect(order, accept).to.deep.equal(['get', 'list']);
    }
    await long.close();
  });
});
