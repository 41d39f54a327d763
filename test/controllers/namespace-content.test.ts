import { expect } from 'chai';
import { configMap } from '../../src/api/core-v1/config-map.ts';
import { serviceAccount } from '../../src/api/core-v1/service-account.ts';
import { World } from './world.ts';

describe('what every namespace gets', () => {
  let world: World;
  const rootCa = '-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n';
  before(async () => {
    world = await World.start({
      rootCa,
      only: ['serviceaccount-controller', 'root-ca-certificate-publisher-controller'],
    });
    await world.newNamespace('shop');
  });
  after(() => world.stop());

  const account = { namespace: 'shop', name: 'default' };
  const ca = { namespace: 'shop', name: 'kube-root-ca.crt' };

  it('a default service account, again when it is deleted', async () => {
    const { uid } = (await world.eventually(() => world.client.get(serviceAccount, account))).metadata;
    await world.client.get(serviceAccount, { namespace: 'kube-system', name: 'default' });
    await world.client.delete(serviceAccount, account);
    const again = await world.eventually(() => world.client.get(serviceAccount, account));
    expect(again.metadata.uid).not.to.equal(uid);
  });

  it('the certificate of the cluster, put right when it is changed', async () => {
    const published = await world.eventually(() => world.client.get(configMap, ca));
    expect(published.data).to.deep.equal({ 'ca.crt': rootCa });
    await world.client.patch(configMap, ca, 'merge', { data: { 'ca.crt': 'forged' } });
    await world.eventually(async () =>
      expect((await world.client.get(configMap, ca)).data).to.deep.equal({ 'ca.crt': rootCa }),
    );
    await world.client.delete(configMap, ca);
    await world.eventually(() => world.client.get(configMap, ca));
  });
});
