import { expect } from 'chai';
import { secret as secretKind } from '../../src/api/core-v1/secret.ts';
import { serviceAccount } from '../../src/api/core-v1/service-account.ts';
import { serviceAccountTokenController } from '../../src/controllers/service-account-token.ts';
import { World } from './world.ts';

const type = 'kubernetes.io/service-account-token';
const robot = { namespace: 'default', name: 'robot' };

describe('service account token controller', () => {
  let world: World;
  beforeEach(async () => {
    const controller = serviceAccountTokenController({
      rootCa: 'CA',
      sign: async ({ namespace, secret, serviceAccount: { name, uid } }) => [namespace, secret, name, uid].join(),
    });
    world = await World.start({ controllers: [controller], only: [controller.name], kubelet: false });
  });
  afterEach(() => world.stop());

  const account = () => world.client.create(serviceAccount, { metadata: robot });
  const create = (name = 'robot-token', rest: object = {}) =>
    world.client.create(secretKind, {
      metadata: { namespace: 'default', name, annotations: { 'kubernetes.io/service-account.name': 'robot' } },
      type,
      ...rest,
    });
  const find = (name = 'robot-token') => world.client.find(secretKind, { namespace: 'default', name });
  const filled = (name?: string) =>
    world.eventually(async () => {
      const { data = {}, metadata } = (await find(name))!;
      const text = Object.fromEntries(
        Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
      );
      expect(text).to.include.keys('ca.crt', 'namespace', 'token');
      return { text, annotations: metadata.annotations };
    });
  const goes = (name?: string) => world.eventually(async () => expect(await find(name)).to.equal(undefined));

  it('fills the secret, and what somebody takes out of it', async () => {
    const { uid } = (await account()).metadata;
    await create();
    const { text, annotations } = await filled();
    expect(text).to.deep.equal({ 'ca.crt': 'CA', namespace: 'default', token: `default,robot-token,robot,${uid}` });
    expect(annotations).to.include({ 'kubernetes.io/service-account.uid': uid });
    const name = { namespace: 'default', name: 'robot-token' };
    await world.client.patch(secretKind, name, 'merge', { data: { token: null, more: 'bW9yZQ==' } });
    expect((await filled()).text).to.include({ token: `default,robot-token,robot,${uid}`, more: 'more' });
  });

  it('leaves other secrets alone', async () => {
    await account();
    await create('opaque', { type: 'Opaque', data: {} });
    await create();
    await filled();
    expect((await find('opaque'))!.data ?? {}).to.deep.equal({});
  });

  it('deletes it with its account, and when the account is another one of that name', async () => {
    await account();
    await create();
    await filled();
    await world.client.delete(serviceAccount, robot);
    await goes();
    await account();
    const annotations = { 'kubernetes.io/service-account.name': 'robot', 'kubernetes.io/service-account.uid': 'other' };
    await create('foreign', { metadata: { namespace: 'default', name: 'foreign', annotations } });
    await goes('foreign');
  });

  it('deletes it when there is no account', async () => {
    await create();
    await goes();
  });

  it('takes it from what pods of the account may use, when it is gone', async () => {
    await account();
    await create();
    await filled();
    const secrets = [{ name: 'robot-token' }, { name: 'other' }];
    await world.client.patch(serviceAccount, robot, 'merge', { secrets });
    await world.client.delete(secretKind, { namespace: 'default', name: 'robot-token' });
    await world.eventually(async () =>
      expect((await world.client.get(serviceAccount, robot)).secrets).to.deep.equal([{ name: 'other' }]),
    );
  });
});
