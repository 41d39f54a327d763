import { expect } from 'chai';
import { gunzipSync } from 'node:zlib';
import { admin, TestServer } from '../test-server.ts';

describe('/openapi', () => {
  const server = new TestServer();
  after(() => server.close());
  const urlOf = async (name: string): Promise<string> =>
    (await server.get('/openapi/v3')).body.paths[name].serverRelativeURL;

  it('lets clients keep for ever what they ask for by its hash', async () => {
    const { status, headers, body } = await server.get(await urlOf('apis/apps/v1'));
    expect(status).to.equal(200);
    expect(headers['cache-control']).to.equal('public, immutable');
    expect(Date.parse(String(headers['expires'])) - server.clock.now()).to.be.closeTo(365 * 24 * 3600_000, 1000);
    expect(body.openapi).to.equal('3.0.0');
    const bare = await server.get('/openapi/v3/apis/apps/v1');
    expect(bare.headers).to.include({ 'cache-control': 'no-cache, private', etag: headers['etag'] });
  });

  it('leads from an old hash to the new one', async () => {
    const url = await urlOf('api/v1');
    const { status, headers } = await server.get('/openapi/v3/api/v1?hash=OLD');
    expect(status).to.equal(301);
    expect(headers['location']).to.equal(url);
  });

  it('answers 304 to who has the document already', async () => {
    for (const path of ['/openapi/v2', '/openapi/v3', '/openapi/v3/version']) {
      const { headers } = await server.get(path);
      const again = await server.get(path, { 'if-none-match': `"other", ${String(headers['etag'])}` });
      expect(again.status).to.equal(304);
      expect(again.text).to.equal('');
      expect(again.headers).to.include({ etag: headers['etag'] });
    }
  });

  it('compresses', async () => {
    const response = await server.server.exchange(admin)({
      method: 'GET',
      url: '/openapi/v3/apis/apps/v1',
      headers: { 'accept-encoding': 'gzip' },
    });
    const chunks: Buffer[] = [];
    for await (const chunk of response.body) chunks.push(chunk);
    expect(response.headers).to.include({ 'content-encoding': 'gzip' });
    expect(response.headers['vary']).to.contain('Accept-Encoding');
    expect(JSON.parse(gunzipSync(Buffer.concat(chunks)).toString()).openapi).to.equal('3.0.0');
  });

  it('answers in the form that is asked for, in either spelling', async () => {
    for (const version of ['v2', 'v3/apis/apps/v1']) {
      const number = version.slice(0, 2);
      const type = `application/com.github.proto-openapi.spec.${number}.v1.0+protobuf`;
      for (const accept of [type, type.replace('.v1.0', '@v1.0'), `${type}, application/json`]) {
        const { status, headers } = await server.get(`/openapi/${version}`, { accept });
        expect({ status, type: headers['content-type'] }, accept).to.deep.equal({ status: 200, type });
      }
      const json = await server.get(`/openapi/${version}`, { accept: `application/json, ${type}` });
      expect(json.headers['content-type']).to.equal('application/json');
      expect((await server.get(`/openapi/${version}`, { accept: 'text/html' })).status).to.equal(406);
    }
  });

  it('has nothing else', async () => {
    for (const path of ['/openapi', '/openapi/v1', '/openapi/v3/apis/nope/v1', '/openapi/v3/apis/apps/v9'])
      expect((await server.get(path)).status, path).to.equal(404);
  });
});
