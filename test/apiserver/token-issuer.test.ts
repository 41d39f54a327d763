import { expect } from 'chai';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { generateServiceAccountKey, ServiceAccountTokenIssuer } from '../../src/auth/tokens.ts';
import { realClock } from '../../src/base/clock.ts';
import { TestServer } from './test-server.ts';

describe('the issuer of service account tokens', () => {
  const tokenIssuer = new ServiceAccountTokenIssuer({ signing: generateServiceAccountKey() }, { clock: realClock });
  const server = new TestServer({ tokenIssuer });
  after(() => server.close());

  it('is described so that others can verify its tokens', async () => {
    const found = await server.get('/.well-known/openid-configuration');
    expect(found.headers).to.include({ 'content-type': 'application/json', 'cache-control': 'public, max-age=3600' });
    expect(found.body.jwks_uri).to.match(/^https:\/\/.*\/openid\/v1\/jwks$/);
    const keys = await server.get('/openid/v1/jwks');
    expect(keys.headers['content-type']).to.equal('application/jwk-set+json');
    const { token } = await tokenIssuer.sign({
      namespace: 'default',
      serviceAccount: { name: 'a', uid: 'u' },
      audiences: ['me'],
      expirationSeconds: 600,
    });
    const { issuer } = found.body;
    const { payload } = await jwtVerify(token, createLocalJWKSet(keys.body), { issuer, audience: 'me' });
    expect(payload.sub).to.equal('system:serviceaccount:default:a');
    expect(keys.text).to.not.contain('"d":'); // the private half
  });

  it('is found at paths with a slash at the end, as generated clients ask', async () => {
    for (const path of ['/.well-known/openid-configuration', '/openid/v1/jwks'])
      expect((await server.get(`${path}/`)).text, path).to.equal((await server.get(path)).text);
  });

  it('is not there when there is none', async () => {
    const other = new TestServer();
    for (const path of ['/.well-known/openid-configuration', '/openid/v1/jwks', '/openid', '/.well-known/x'])
      expect((await other.get(path)).status, path).to.equal(404);
    expect((await server.get('/openid/v1')).status).to.equal(404);
  });
});
