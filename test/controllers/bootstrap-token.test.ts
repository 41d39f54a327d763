import { expect } from 'chai';
import { createHmac } from 'node:crypto';
import { configMap } from '../../src/api/core-v1/config-map.ts';
import { namespace } from '../../src/api/core-v1/namespace.ts';
import { secret } from '../../src/api/core-v1/secret.ts';
import { formatTime } from '../../src/apimachinery/time.ts';
import { crashTest } from './crash-test.ts';
import { World } from './world.ts';

const text = (value: string) => Buffer.from(value).toString('base64');
const info = { namespace: 'kube-public', name: 'cluster-info' };

/** The secret of a token; fields that are undefined are left out. */
function token(id: string, fields: Record<string, string | undefined> = {}) {
  const all = { 'token-id': id, 'token-secret': '0123456789abcdef', 'usage-bootstrap-signing': 'true', ...fields };
  const data = Object.fromEntries(Object.entries(all).flatMap(([key, value]) => (value ? [[key, text(value)]] : [])));
  const metadata = { namespace: 'kube-system', name: `bootstrap-token-${id}` };
  return { metadata, type: 'bootstrap.kubernetes.io/token', data };
}

describe('token cleaner', () => {
  it('deletes tokens when their time is over, and no other secrets', async () => {
    const world = await World.start({ only: ['tokencleaner'], kubelet: false });
    const { client, clock } = world;
    const inSeconds = (seconds: number) => formatTime(clock.now() + seconds * 1000);
    await client.create(secret, token('aaaaaa', { expiration: inSeconds(-1) }));
    await client.create(secret, token('bbbbbb', { expiration: inSeconds(60) }));
    await client.create(secret, token('cccccc'));
    await client.create(secret, { ...token('dddddd', { expiration: inSeconds(-1) }), type: 'Opaque' });
    const left = async () =>
      (await client.list(secret, { namespace: 'kube-system' })).items.map((s) => s.metadata.name[16]);
    await world.eventually(async () => expect(await left()).to.have.members(['b', 'c', 'd']));
    await world.settle(50_000);
    expect(await left()).to.have.members(['b', 'c', 'd']);
    await world.settle(11_000);
    expect(await left()).to.have.members(['c', 'd']);
    await world.stop();
  });
});

describe('bootstrap signer', () => {
  const kubeconfig = 'apiVersion: v1\nkind: Config\n';
  const setUp = async (world: World) => {
    const { client } = world;
    if (!(await client.find(namespace, { name: 'kube-public' }))) await world.newNamespace('kube-public');
    await client.create(configMap, { metadata: info, data: { kubeconfig, 'jws-kubeconfig-stale0': 'x', other: 'y' } });
  };

  it('signs what the cluster says of itself, with the tokens that are for that', async () => {
    const world = await World.start({ only: ['bootstrapsigner'], kubelet: false });
    const { client } = world;
    await setUp(world);
    await client.create(secret, token('abcdef'));
    await client.create(secret, token('nosign', { 'usage-bootstrap-signing': undefined }));
    await client.create(secret, token('nosecr', { 'token-secret': undefined }));
    await client.create(secret, token('gone00', { expiration: '2020-01-01T00:00:00Z' }));
    const data = async () => (await client.get(configMap, info)).data!;
    await world.eventually(async () =>
      expect(Object.keys(await data())).to.have.members(['kubeconfig', 'other', 'jws-kubeconfig-abcdef']),
    );
    const [header, content, mac] = (await data())['jws-kubeconfig-abcdef']!.split('.');
    expect(JSON.parse(Buffer.from(header!, 'base64url').toString())).to.deep.equal({ alg: 'HS256', kid: 'abcdef' });
    expect(content).to.equal('');
    const whole = `${header}.${Buffer.from(kubeconfig).toString('base64url')}`;
    expect(mac).to.equal(createHmac('sha256', '0123456789abcdef').update(whole).digest('base64url'));
    await client.delete(secret, token('abcdef').metadata);
    await world.eventually(async () => expect(Object.keys(await data())).to.have.members(['kubeconfig', 'other']));
    await world.stop();
  });

  it('survives crashes, as the cleaner does', () =>
    crashTest({
      name: 'tokens',
      controllers: ['bootstrap-signer-controller', 'token-cleaner-controller'],
      setUp: async (client, world) => {
        await setUp(world);
        await client.create(secret, token('abcdef'));
        await client.create(secret, token('later0', { expiration: formatTime(world.clock.now() + 10_000) }));
      },
      kinds: [configMap, secret],
      check: ([maps, secrets]) => {
        expect(Object.keys(maps![0]!.data))
          .to.include('jws-kubeconfig-abcdef')
          .and.not.include('jws-kubeconfig-later0');
        expect(secrets).to.have.length(1);
      },
    }));
});
