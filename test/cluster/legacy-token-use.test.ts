import { expect } from 'chai';
import { secret as secretKind } from '../../src/api/core-v1/secret.ts';
import { noLog } from '../../src/base/log.ts';
import { LegacyTokenUse } from '../../src/cluster/legacy-token-use.ts';
import { World } from '../controllers/world.ts';

describe('use of tokens in secrets', () => {
  it('is noted once a day', async () => {
    const world = await World.start({ only: [], kubelet: false });
    const name = { namespace: 'default', name: 'token' };
    await world.client.create(secretKind, { metadata: name });
    const use = new LegacyTokenUse(world.clock, noLog);
    const noted = async () => {
      const before = await world.client.get(secretKind, name);
      use.note({ ...before });
      await world.settle(10);
      const { metadata } = await world.client.get(secretKind, name);
      return { day: metadata.labels?.['kubernetes.io/legacy-token-last-used'], version: metadata.resourceVersion };
    };
    expect((await noted()).day).to.equal(undefined);
    await use.start(world.client);
    await use.start(world.client);
    const first = await noted();
    expect(first.day).to.match(/^\d{4}-\d\d-\d\d$/);
    expect(await noted()).to.deep.equal(first);
    await world.clock.advance(24 * 3600_000);
    expect((await noted()).day! > first.day!).to.equal(true);
    await world.stop();
  });
});
