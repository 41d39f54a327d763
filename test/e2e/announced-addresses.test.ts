import { expect } from 'chai';
import { noLog } from '../../src/base/log.ts';
import { ip } from '../../src/linux/ip.ts';
import { DEVICE, hold, removeAnnouncedAddresses } from '../../src/proxy/address-announcer.ts';
import { ProxyNetwork } from './proxy-network.ts';

describe('addresses of a load balancer pool, in a real network', function () {
  this.timeout(60_000);
  const network = new ProxyNetwork();
  const held = async () =>
    ((await ip(network.onNode).links()).find(({ name }) => name === DEVICE)?.addresses ?? [])
      .filter(({ scope }) => scope === 'global')
      .map(({ address }) => address);

  before(async () => {
    await network.create(0);
    await network.serveIn(network.node, 'node', 8080);
  });
  after(() => network.destroy());

  it('are answered for by the node that holds them, and given back', async () => {
    await hold([], network.onNode, noLog);
    expect(await held()).to.deep.equal([]);
    await hold(['198.51.100.77', 'fd00:9::7'], network.onNode, noLog);
    expect(await held()).to.deep.equal(['198.51.100.77', 'fd00:9::7']);
    // The client asks by ARP on its own network.
    expect(await network.ask(network.outside, '198.51.100.77', 8080)).to.match(/^node 198\.51\.100\.2$/);
    await hold(['198.51.100.78'], network.onNode, noLog);
    expect(await held()).to.deep.equal(['198.51.100.78']);
    await removeAnnouncedAddresses(network.onNode);
    await removeAnnouncedAddresses(network.onNode);
    expect(await held()).to.deep.equal([]);
  });
});
