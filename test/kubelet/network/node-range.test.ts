import { expect } from 'chai';
import { noLog } from '../../../src/base/log.ts';
import { VirtualClock } from '../../../src/base/virtual-clock.ts';
import { FakeNetwork } from '../../../src/kubelet/network/fake.ts';
import { podMtu } from '../../../src/kubelet/network/mtu.ts';
import { NodeRange } from '../../../src/kubelet/network/node-range.ts';

class Network extends FakeNetwork {
  opened: string[] = [];
  failures = 0;
  override async open(podCidrs: readonly string[] = []): Promise<void> {
    if (this.failures-- > 0) throw new Error('no bridge');
    this.opened.push(podCidrs.join());
  }
}

const node = (...podCIDRs: string[]) => ({ spec: { podCIDRs } }) as any;

describe('the range of a node', () => {
  const clock = new VirtualClock();
  let network: Network;
  let range: NodeRange;
  let changes: number;
  beforeEach(() => {
    [network, changes] = [new Network('10.1.0.0/24'), 0];
    range = new NodeRange({ network, clock, log: noLog, changed: () => changes++ });
  });

  it('is waited for, with words that a node has for it', async () => {
    expect(range.problem).to.equal(
      'container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:the node has no range of pod addresses yet',
    );
    range.observe(undefined);
    range.observe(node());
    const waited = range.ready(500);
    await clock.advance(500);
    await waited;
    expect([network.opened, changes]).to.deep.equal([[], 0]);
    range.observe(node('10.1.0.0/24', 'fd00::/64'));
    await range.ready(500);
    expect([range.problem, network.opened, changes]).to.deep.equal([undefined, ['10.1.0.0/24,fd00::/64'], 1]);
  });

  it('is taken once, and stays when the node is made anew without one', async () => {
    for (const cidrs of [['10.1.0.0/24'], ['10.1.0.0/24'], []]) {
      range.observe(node(...cidrs));
      await range.ready(500);
    }
    expect(network.opened).to.deep.equal(['10.1.0.0/24']);
    range.observe(node('10.2.0.0/24'));
    await range.stop();
    expect(network.opened).to.deep.equal(['10.1.0.0/24', '10.2.0.0/24']);
  });

  it('is tried again when the network cannot be opened', async () => {
    network.failures = 1;
    range.observe(node('10.1.0.0/24'));
    await clock.advance(0);
    expect(range.problem).to.contain('message:no bridge');
    await clock.advance(1_000);
    await range.ready(500);
    expect([network.opened, changes]).to.deep.equal([['10.1.0.0/24'], 2]);
  });
});

describe('the size of packets of pods', () => {
  const link = (name: string, mtu: number) => ({ name, mtu, index: 1, up: true, mac: '', addresses: [] });
  const route = (device: string, metric = 0, destination = 'default') => ({ destination, device, metric });
  const links = [link('lo', 65_536), link('eth0', 1400), link('wlan0', 1280)];

  it('is what leaves the machine by its default route, without what a tunnel adds', () => {
    const routes = [route('wlan0', 600), route('eth0', 100), route('lo', 0, '10.0.0.0/8')];
    expect(podMtu('routes', routes, links)).to.equal(1400);
    expect(podMtu('vxlan', routes, links)).to.equal(1350);
  });

  it('is nothing in particular without a way out', () => {
    expect(podMtu('vxlan', [], links)).to.equal(undefined);
    expect(podMtu('vxlan', [route('gone')], links)).to.equal(undefined);
  });
});
