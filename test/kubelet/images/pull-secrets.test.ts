import { expect } from 'chai';
import type { ConfigSource } from '../../../src/kubelet/containers/config-source.ts';
import { pullSecrets } from '../../../src/kubelet/images/pull-secrets.ts';
import { somePod } from '../pods.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');

/** A config with one user for each place. */
function auths(...places: string[]): object {
  return Object.fromEntries(places.map((place) => [place, { username: `user of ${place}`, password: 'secret' }]));
}

function found(data: Record<string, unknown>): ConfigSource {
  const files = Object.entries(data).map(([key, value]) => [key, base64(JSON.stringify(value))]);
  const secret = async (name: string) =>
    name === 'gone' ? undefined : { metadata: { uid: 'uid-of-keys' }, data: Object.fromEntries(files) };
  return { secret, namespace: 'default' } as unknown as ConfigSource;
}

const pod = somePod({ imagePullSecrets: [{ name: 'gone' }, { name: 'keys' }] });
const config = (...places: string[]) => ({ '.dockerconfigjson': { auths: auths(...places) } });

const cases: [image: string, data: Record<string, unknown>, users: string[]][] = [
  ['registry.example/app', config('registry.example', 'other.example'), ['registry.example']],
  ['registry.example/app', config('https://registry.example/v2/'), ['https://registry.example/v2/']],
  ['registry.example:5000/app', config('registry.example'), []],
  ['nginx', config('https://index.docker.io/v1/'), ['https://index.docker.io/v1/']],
  ['nginx', config('registry.example'), []],
  [
    'registry.example/team/app',
    config('registry.example', 'registry.example/team', 'registry.example/tea'),
    ['registry.example/team', 'registry.example'],
  ],
  [
    'eu.registry.example/app',
    config('*.registry.example', '*.example', 'e*u.registry.example'),
    ['*.registry.example', 'e*u.registry.example'],
  ],
  ['registry.example/app', { '.dockercfg': auths('registry.example') }, ['registry.example']],
  ['registry.example/app', { '.dockerconfigjson': 'broken' }, []],
];

describe('pullSecrets', () => {
  for (const [image, data, users] of cases) {
    it(`finds for ${image} in ${JSON.stringify(data).slice(0, 60)}: ${users.join(', ') || 'nothing'}`, async () => {
      const { credentials, missing } = await pullSecrets(pod, image, found(data));
      expect(credentials.map((c) => c.username)).to.have.members(users.map((user) => `user of ${user}`));
      if (users.length > 0 && image.includes('team')) expect(credentials[0]!.username).to.equal(`user of ${users[0]}`);
      expect(missing).to.deep.equal(['gone']);
    });
  }

  it('takes user and password that stand together', async () => {
    const data = { '.dockerconfigjson': { auths: { 'a.example': { auth: base64('me:p:w') } } } };
    const { credentials } = await pullSecrets(pod, 'a.example/x', found(data));
    expect(credentials).to.deep.equal([
      {
        ...{ username: 'me', password: 'p:w', serveraddress: 'a.example' },
        secret: { uid: 'uid-of-keys', namespace: 'default', name: 'keys' },
      },
    ]);
  });
});
