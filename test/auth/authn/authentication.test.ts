import { expect } from 'chai';
import { VirtualClock } from '../../../src/base/virtual-clock.ts';
import { isApiError } from '../../../src/apimachinery/api-error.ts';
import type { AuthenticationRequest, Authenticator } from '../../../src/auth/authn/authenticator.ts';
import { defaultAuthenticator } from '../../../src/auth/authn/index.ts';
import { serviceAccountTokenAuthenticator } from '../../../src/auth/authn/service-account-token.ts';
import { staticTokenAuthenticator } from '../../../src/auth/authn/static-token.ts';
import { generateServiceAccountKey, publicKeyOf, ServiceAccountTokenIssuer } from '../../../src/auth/tokens.ts';

const bearer = (token: string): AuthenticationRequest => ({ headers: { authorization: `Bearer ${token}` } });

async function whoIs(authenticator: Authenticator, request: AuthenticationRequest): Promise<string> {
  try {
    return (await authenticator.authenticate(request))?.username ?? 'nobody';
  } catch (error) {
    if (isApiError(error, 'Unauthorized')) return 'refused';
    throw error;
  }
}

describe('authentication', () => {
  const admin = { token: 'letmein', username: 'root', groups: ['system:masters'] };
  const authenticator = defaultAuthenticator({ tokens: [staticTokenAuthenticator([admin])] });
  const certificate = { commonName: 'jane', organizations: ['dev', 'ops'] };
  const webSocketToken = `base64url.bearer.authorization.k8s.io.${Buffer.from('letmein').toString('base64url')}`;

  const cases: [string, AuthenticationRequest, string][] = [
    ['no credentials', { headers: {} }, 'system:anonymous'],
    ['a client certificate', { headers: {}, clientCertificate: certificate }, 'jane'],
    [
      'a certificate without a name',
      { headers: {}, clientCertificate: { commonName: '', organizations: [] } },
      'refused',
    ],
    ['a static token', bearer('letmein'), 'root'],
    ['the scheme in lower case', { headers: { authorization: 'bearer letmein' } }, 'root'],
    ['a wrong token', bearer('letmeinn'), 'refused'],
    ['an enormous token', bearer('x'.repeat(70_000)), 'refused'],
    ['an empty token', bearer(''), 'system:anonymous'],
    ['another scheme', { headers: { authorization: 'Basic bGV0bWVpbg==' } }, 'system:anonymous'],
    ['a WebSocket protocol', { headers: { 'sec-websocket-protocol': `v5.channel.k8s.io, ${webSocketToken}` } }, 'root'],
    ['a certificate and a wrong token', { ...bearer('x'), clientCertificate: certificate }, 'jane'],
  ];
  for (const [what, request, user] of cases) {
    it(`takes ${what} as ${user}`, async () => expect(await whoIs(authenticator, request)).to.equal(user));
  }

  it('puts everybody who is known into system:authenticated', async () => {
    const user = await authenticator.authenticate({ headers: {}, clientCertificate: certificate });
    expect(user?.groups).to.deep.equal(['dev', 'ops', 'system:authenticated']);
  });
});

describe('service account tokens', () => {
  const clock = new VirtualClock();
  const subject = {
    namespace: 'shop',
    serviceAccount: { name: 'web', uid: 'sa-1' },
    pod: { name: 'web-1', uid: 'pod-1' },
    node: { name: 'n1', uid: 'node-1' },
    expirationSeconds: 600,
  };

  function setUp() {
    const key = generateServiceAccountKey();
    const issuer = new ServiceAccountTokenIssuer({ signing: key }, { clock });
    const there = new Map<string, { uid: string; deletionTimestamp?: string }>([
      ['serviceaccounts/web', { uid: 'sa-1' }],
      ['pods/web-1', { uid: 'pod-1' }],
    ]);
    const tokens = serviceAccountTokenAuthenticator(
      issuer,
      async (plural, { name }) => there.get(`${plural}/${name}`),
      clock,
    );
    return { key, issuer, there, tokens, authenticator: defaultAuthenticator({ tokens: [tokens] }) };
  }

  it('name the account, its groups and what they are bound to', async () => {
    const { issuer, authenticator } = setUp();
    const { token, expirationTimestamp } = await issuer.sign(subject);
    const user = await authenticator.authenticate(bearer(token));
    expect(user).to.deep.include({
      username: 'system:serviceaccount:shop:web',
      uid: 'sa-1',
      groups: ['system:serviceaccounts', 'system:serviceaccounts:shop', 'system:authenticated'],
    });
    expect(user?.extra).to.deep.include({ 'authentication.kubernetes.io/pod-name': ['web-1'] });
    expect(expirationTimestamp).to.equal('2026-01-01T00:10:00Z');
  });

  it('have the claims of a bound token', async () => {
    const { token } = await setUp().issuer.sign(subject);
    const claims = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString());
    expect(claims).to.deep.include({
      iss: 'https://kubernetes.default.svc.cluster.local',
      aud: ['https://kubernetes.default.svc.cluster.local'],
      sub: 'system:serviceaccount:shop:web',
      exp: claims.iat + 600,
      'kubernetes.io': {
        namespace: 'shop',
        node: subject.node,
        pod: subject.pod,
        serviceaccount: subject.serviceAccount,
      },
    });
  });

  it('expire', async () => {
    const { issuer, authenticator } = setUp();
    const { token } = await issuer.sign(subject);
    expect(await whoIs(authenticator, bearer(token))).to.equal('system:serviceaccount:shop:web');
    await clock.advance(600_000);
    expect(await whoIs(authenticator, bearer(token))).to.equal('refused');
    expect(await whoIs(setUp().authenticator, bearer(token))).to.equal('refused');
  });

  const deaths: [string, (there: Map<string, { uid: string; deletionTimestamp?: string }>) => void][] = [
    ['service account', (there) => there.delete('serviceaccounts/web')],
    ['pod', (there) => there.delete('pods/web-1')],
    ['pod when another takes its name', (there) => there.set('pods/web-1', { uid: 'pod-2' })],
    [
      'pod a minute after it was deleted',
      (there) => there.set('pods/web-1', { uid: 'pod-1', deletionTimestamp: '2025-12-31T23:58:00Z' }),
    ],
  ];
  for (const [what, kill] of deaths) {
    it(`die with their ${what}`, async () => {
      const { issuer, authenticator, there } = setUp();
      const { token } = await issuer.sign(subject);
      expect(await whoIs(authenticator, bearer(token))).to.equal('system:serviceaccount:shop:web');
      kill(there);
      await clock.advance(1001);
      expect(await whoIs(authenticator, bearer(token))).to.equal('refused');
    });
  }

  it('are for their audience only', async () => {
    const { issuer, authenticator, tokens } = setUp();
    const { token } = await issuer.sign({ ...subject, audiences: ['vault', 'other'] });
    expect(await whoIs(authenticator, bearer(token))).to.equal('refused');
    expect((await tokens.authenticateToken(token, ['vault', 'x']))?.audiences).to.deep.equal(['vault']);
  });

  it('are refused when another key signed them or a claim was changed', async () => {
    const { authenticator, issuer } = setUp();
    const foreign = new ServiceAccountTokenIssuer({ signing: generateServiceAccountKey() }, { clock });
    expect(await whoIs(authenticator, bearer((await foreign.sign(subject)).token))).to.equal('refused');
    const [header, payload, signature] = (await issuer.sign(subject)).token.split('.');
    const changed = Buffer.from(Buffer.from(payload!, 'base64url').toString().replace('shop', 'kube')).toString(
      'base64url',
    );
    expect(await whoIs(authenticator, bearer(`${header}.${changed}.${signature}`))).to.equal('refused');
    const none = Buffer.from('{"alg":"none"}').toString('base64url');
    expect(await whoIs(authenticator, bearer(`${none}.${payload}.`))).to.equal('refused');
  });

  it('stay valid when the key is rotated, until the old key is dropped', async () => {
    const { key, issuer, authenticator } = setUp();
    const { token } = await issuer.sign(subject);
    const next = generateServiceAccountKey();
    issuer.useKeys({ signing: next, accepted: [publicKeyOf(key)] });
    expect(await whoIs(authenticator, bearer(token))).to.equal('system:serviceaccount:shop:web');
    expect((await issuer.jwks()).keys).to.have.length(2);
    issuer.useKeys({ signing: next });
    await clock.advance(1001);
    expect(await whoIs(authenticator, bearer(token))).to.equal('refused');
  });

  it('can be verified by others with the published keys', async () => {
    const { issuer } = setUp();
    const { token } = await issuer.sign(subject);
    const { createLocalJWKSet, jwtVerify } = await import('jose');
    const keys = createLocalJWKSet(await issuer.jwks());
    const { payload } = await jwtVerify(token, keys, { currentDate: new Date(clock.now()) });
    expect(payload.sub).to.equal('system:serviceaccount:shop:web');
    expect(issuer.discoveryDocument('https://x/openid/v1/jwks')).to.deep.include({ issuer: issuer.issuer });
  });
});
