import { expect } from 'chai';
import type { AnyObject } from '../../../src/apimachinery/object.ts';
import { legacyServiceAccountTokenAuthenticator } from '../../../src/auth/authn/legacy-service-account-token.ts';
import { LegacyTokens } from '../../../src/auth/legacy-tokens.ts';
import { generateServiceAccountKey, ServiceAccountTokenIssuer } from '../../../src/auth/tokens.ts';
import { VirtualClock } from '../../../src/base/virtual-clock.ts';

const claims = { namespace: 'shop', secret: 'robot-token', serviceAccount: { name: 'robot', uid: 'u1' } };

describe('tokens of service accounts in secrets', () => {
  const clock = new VirtualClock();
  const issuer = new ServiceAccountTokenIssuer({ signing: generateServiceAccountKey() }, { clock });
  const legacy = new LegacyTokens(issuer);
  let there: Map<string, AnyObject>;
  let used: string[];
  let token: string;

  const object = (name: string, rest: object = {}, meta: object = {}): AnyObject => ({
    apiVersion: 'v1',
    kind: 'Any',
    metadata: { name, namespace: 'shop', uid: 'u1', resourceVersion: '1', creationTimestamp: '', ...meta },
    ...rest,
  });
  const secret = (text: string, meta: object = {}) =>
    object('robot-token', { data: { token: Buffer.from(text).toString('base64') } }, meta);
  const authenticator = () =>
    legacyServiceAccountTokenAuthenticator(
      legacy,
      async (plural, { namespace, name }) => there.get(`${plural}/${namespace}/${name}`),
      clock,
      ({ metadata }) => used.push(metadata.name),
    );
  const whoIs = async (text: string) => {
    try {
      return (await authenticator().authenticateToken(text))?.user.username ?? 'unknown';
    } catch (error) {
      return (error as Error).message;
    }
  };

  beforeEach(async () => {
    token = await legacy.sign(claims);
    used = [];
    there = new Map([
      ['secrets/shop/robot-token', secret(token)],
      ['serviceaccounts/shop/robot', object('robot')],
    ]);
  });

  it('say who their bearer is', async () => {
    const identity = await authenticator().authenticateToken(token);
    expect(identity?.user).to.deep.include({ username: 'system:serviceaccount:shop:robot', uid: 'u1' });
    expect(identity?.user.groups).to.include.members(['system:serviceaccounts', 'system:serviceaccounts:shop']);
    expect(used).to.deep.equal(['robot-token']);
  });

  it('are no business of others', async () => {
    expect(await whoIs('a.b.c')).to.equal('unknown');
    expect(await whoIs('text')).to.equal('unknown');
    const serviceAccount = { name: 'robot', uid: 'u1' };
    const other = await issuer.sign({ namespace: 'shop', serviceAccount, expirationSeconds: 600 });
    expect(await whoIs(other.token)).to.equal('unknown');
  });

  const ends: [string, (all: Map<string, AnyObject>) => unknown][] = [
    ['its secret is gone', (all) => all.delete('secrets/shop/robot-token')],
    [
      'its secret is being deleted',
      (all) => all.set('secrets/shop/robot-token', secret(token, { deletionTimestamp: 'now' })),
    ],
    ['its secret holds another', (all) => all.set('secrets/shop/robot-token', secret('other'))],
    [
      'its secret was marked as invalid',
      (all) =>
        all.set(
          'secrets/shop/robot-token',
          secret(token, { labels: { 'kubernetes.io/legacy-token-invalid-since': 'x' } }),
        ),
    ],
    ['its account is gone', (all) => all.delete('serviceaccounts/shop/robot')],
    ['its account is another', (all) => all.set('serviceaccounts/shop/robot', object('robot', {}, { uid: 'u2' }))],
  ];
  for (const [what, end] of ends) {
    it(`are refused when ${what}`, async () => {
      end(there);
      expect(await whoIs(token)).to.equal('Unauthorized');
      expect(used).to.deep.equal([]);
    });
  }

  it('are refused when another key signed them', async () => {
    const other = new ServiceAccountTokenIssuer({ signing: generateServiceAccountKey() }, { clock });
    const forged = await new LegacyTokens(other).sign(claims);
    there.set('secrets/shop/robot-token', secret(forged));
    expect(await whoIs(forged)).to.equal('Unauthorized');
  });
});
