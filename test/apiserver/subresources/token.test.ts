import { expect } from 'chai';
import { serviceAccountTokenAuthenticator } from '../../../src/auth/authn/service-account-token.ts';
import { staticTokenAuthenticator } from '../../../src/auth/authn/static-token.ts';
import { defaultAuthenticator } from '../../../src/auth/authn/index.ts';
import { defaultAudience, generateServiceAccountKey, ServiceAccountTokenIssuer } from '../../../src/auth/tokens.ts';
import { VirtualClock } from '../../../src/base/virtual-clock.ts';
import { pod, pods, TestServer } from '../test-server.ts';

const accounts = '/api/v1/namespaces/default/serviceaccounts';
const reviews = '/apis/authentication.k8s.io/v1/tokenreviews';

describe('service account tokens', () => {
  let api: TestServer;
  let clock: VirtualClock;

  beforeEach(async () => {
    clock = new VirtualClock();
    const issuer = new ServiceAccountTokenIssuer({ signing: generateServiceAccountKey() }, { clock });
    const lookup = async (plural: string, { namespace, name }: { namespace?: string | undefined; name: string }) =>
      (await api.storage.get(`/registry/core/${plural}/${namespace ? `${namespace}/` : ''}${name}`))?.object.metadata;
    const tokens = [
      serviceAccountTokenAuthenticator(issuer, lookup, clock),
      staticTokenAuthenticator([{ token: 'good', username: 'jane', groups: ['dev'] }]),
    ];
    api = new TestServer({
      clock,
      issueToken: (subject) => issuer.sign(subject),
      longestToken: 86_400,
      authenticator: defaultAuthenticator({ tokens }),
    });
    await api.server.start();
    await api.post(accounts, { metadata: { name: 'robot' } });
    await api.post(pods, pod('own', { serviceAccountName: 'robot' }));
    await api.post(pods, pod('other'));
    await api.post('/api/v1/namespaces/default/secrets', { metadata: { name: 's' } });
    await api.post('/api/v1/nodes', { metadata: { name: 'n1' } });
  });
  afterEach(() => api.close());

  const ask = (spec: object = {}, metadata: object = {}) => api.post(`${accounts}/robot/token`, { metadata, spec });
  const review = async (token: string, audiences?: string[]) =>
    (await api.post(reviews, { spec: { token, ...(audiences && { audiences }) } })).body.status;
  const claims = (token: string) => JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString());

  it('are for the API server and an hour, unless told otherwise', async () => {
    const { status, body } = await ask();
    expect(status).to.equal(201);
    expect(body).to.deep.include({ kind: 'TokenRequest', apiVersion: 'authentication.k8s.io/v1' });
    expect(body.spec).to.deep.equal({ audiences: [defaultAudience], expirationSeconds: 3600 });
    expect(body.metadata).to.include({ name: 'robot', namespace: 'default' });
    expect(Date.parse(body.status.expirationTimestamp) - clock.now()).to.equal(3_600_000);
    expect(claims(body.status.token)).to.deep.include({ aud: [defaultAudience] });
    const other = await ask({ audiences: ['a', 'b'], expirationSeconds: 600 });
    expect(claims(other.body.status.token)).to.deep.include({ aud: ['a', 'b'] });
  });

  it('of the volumes that pods get by themselves live longer than they say', async () => {
    const boundObjectRef = { apiVersion: 'v1', kind: 'Pod', name: 'own' };
    const { body } = await ask({ boundObjectRef, expirationSeconds: 3607 });
    const { iat, exp, 'kubernetes.io': own } = claims(body.status.token);
    expect(Date.parse(body.status.expirationTimestamp) - clock.now()).to.equal(3_607_000);
    expect([own.warnafter - iat, exp - iat]).to.deep.equal([3607, 86_400]); // the most that this server gives
    await clock.advance(7_200_000);
    expect((await review(body.status.token)).authenticated).to.equal(true);
    await clock.advance(86_400_000);
    expect(await review(body.status.token)).not.to.have.property('authenticated');
  });

  it('of other lives, audiences or bonds do not', async () => {
    const boundObjectRef = { apiVersion: 'v1', kind: 'Pod', name: 'own' };
    for (const spec of [
      { boundObjectRef, expirationSeconds: 3608 },
      { boundObjectRef, expirationSeconds: 3607, audiences: ['vault'] },
      { expirationSeconds: 3607 },
    ]) {
      const { iat, exp, 'kubernetes.io': own } = claims((await ask(spec)).body.status.token);
      expect(exp - iat).to.equal(spec.expirationSeconds);
      expect(own).to.not.have.property('warnafter');
    }
  });

  for (const [kind, name, plural] of [
    ['Pod', 'own', 'pods'],
    ['Secret', 's', 'secrets'],
    ['Node', 'n1', 'nodes'],
  ] as const) {
    it(`die with the ${kind} that they are bound to`, async () => {
      const path = `/api/v1/${kind === 'Node' ? '' : 'namespaces/default/'}${plural}/${name}`;
      const { uid } = (await api.get(path)).body.metadata;
      const { body } = await ask({ boundObjectRef: { apiVersion: 'v1', kind, name, uid } });
      expect(claims(body.status.token)['kubernetes.io'][kind.toLowerCase()]).to.deep.equal({ name, uid });
      expect((await review(body.status.token)).authenticated).to.equal(true);
      await api.delete(path, { gracePeriodSeconds: 0 });
      await clock.advance(2000);
      expect(await review(body.status.token)).not.to.have.property('authenticated');
    });
  }

  const wrong: [string, object, number, string][] = [
    [
      'too short',
      { expirationSeconds: 599 },
      422,
      'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes',
    ],
    ['too long', { expirationSeconds: 2 ** 32 + 1 }, 422, 'may not specify a duration larger than 2^32 seconds'],
    [
      'bound to a pod of another account',
      { boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'other' } },
      400,
      'cannot bind token for serviceaccount "robot" to pod running with different serviceaccount name.',
    ],
    [
      'bound to what cannot be',
      { boundObjectRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' } },
      400,
      'cannot bind token to object of type apps/v1, Kind=Deployment',
    ],
    [
      'bound to what is not there',
      { boundObjectRef: { apiVersion: 'v1', kind: 'Secret', name: 'x' } },
      404,
      'secrets "x" not found',
    ],
    [
      'bound to another of the name',
      { boundObjectRef: { apiVersion: 'v1', kind: 'Secret', name: 's', uid: 'u' } },
      409,
      'the UID in the bound object reference (u) does not match the UID in record',
    ],
  ];
  for (const [name, spec, code, message] of wrong) {
    it(`are refused when ${name}`, async () => {
      const { status, body } = await ask(spec);
      expect(status).to.equal(code);
      expect(body.message).to.contain(message);
    });
  }

  it('live no longer than the server lets them, with a warning', async () => {
    const { status, body, headers } = await ask({ expirationSeconds: 100_000 });
    expect([status, body.spec.expirationSeconds]).to.deep.equal([201, 86_400]);
    expect(headers['warning']).to.deep.equal([
      '299 - "requested expiration of 100000 seconds shortened to 86400 seconds"',
    ]);
    expect(Date.parse(body.status.expirationTimestamp) - clock.now()).to.equal(86_400_000);
  });

  it('are for the account of the path', async () => {
    const { status, body } = await ask({}, { name: 'x', namespace: 'default' });
    expect([status, body.details.causes[0].message]).to.deep.equal([
      422,
      'Invalid value: "x": must match the service account name if specified',
    ]);
    expect((await api.post(`${accounts}/none/token`, {})).status).to.equal(404);
  });

  it('are reviewed for the audiences that are asked about', async () => {
    const { token } = (await ask({ audiences: ['a', 'b'] })).body.status;
    expect(await review(token)).to.deep.equal({ user: {}, error: 'invalid bearer token' });
    const known = await review(token, ['b', 'c']);
    expect(known).to.deep.include({ authenticated: true, audiences: ['b'] });
    expect(known.user.username).to.equal('system:serviceaccount:default:robot');
    const own = await review((await ask()).body.status.token);
    expect(own).to.deep.include({ authenticated: true, audiences: [defaultAudience] });
  });

  it('that know no audiences are for the API server', async () => {
    expect(await review('good')).to.deep.include({ authenticated: true, audiences: [defaultAudience] });
    expect(await review('good', ['a'])).to.deep.equal({ user: {} });
    expect(await review('bad')).to.deep.equal({ user: {}, error: 'invalid bearer token' });
    expect((await api.post(reviews, { spec: {} })).body.message).to.equal(
      'token is required for TokenReview in authentication',
    );
  });
});
