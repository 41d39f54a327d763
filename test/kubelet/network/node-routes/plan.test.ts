import { expect } from 'chai';
import {
  routePlan,
  tunnelMac,
  type NodePlace,
  type Present,
} from '../../../../src/kubelet/network/node-routes/plan.ts';
import type { Link } from '../../../../src/linux/ip.ts';

const link = (name: string, ...addresses: [string, number][]): Link => ({
  ...{ name, index: 1, up: true, mtu: 1500, mac: '' },
  addresses: addresses.map(([address, prefixLength]) => ({
    ...{ address, prefixLength, scope: 'global' },
    family: address.includes(':') ? 'inet6' : 'inet',
  })),
});
const links = [link('lo', ['127.0.0.1', 8]), link('eth0', ['192.0.2.1', 24], ['2001:db8::1', 64])];
const place = (podCidrs: string, ...internalIps: string[]): NodePlace => ({
  podCidrs: podCidrs.split(','),
  internalIps,
});
const nothing: Present = { routes: [], neighbours: [], forwarding: [] };

describe('ways to other nodes', () => {
  it('are routes by neighbours', () => {
    const others = [
      place('10.244.1.0/24', '192.0.2.7'),
      place('10.244.2.0/24,fd00:2::/64', '192.0.2.8', '2001:db8::8'),
    ];
    expect(routePlan('routes', others, links, nothing)).to.deep.equal({
      ip: [
        'route replace 10.244.1.0/24 via 192.0.2.7 dev eth0 proto 86',
        'route replace 10.244.2.0/24 via 192.0.2.8 dev eth0 proto 86',
        'route replace fd00:2::/64 via 2001:db8::8 dev eth0 proto 86',
      ],
      bridge: [],
    });
  });

  it('are none to oneself, to loopback addresses, to what lies behind routers, and to nodes of which nothing is known', () => {
    const others = [
      place('10.244.1.0/24', '192.0.2.1'),
      place('10.244.2.0/24', '127.0.0.2'),
      place('10.244.3.0/24', '198.51.100.1'),
      place('10.244.4.0/24'),
      { podCidrs: [], internalIps: ['192.0.2.9'] },
      place('fd00:5::/64', '192.0.2.9'),
    ];
    expect(routePlan('routes', others, links, nothing)).to.deep.equal({ ip: [], bridge: [] });
  });

  it('are entries of the tunnel, wherever a node is', () => {
    const mac = tunnelMac('10.244.1.0/24');
    expect(mac).to.match(/^0a:58(:[0-9a-f]{2}){4}$/);
    expect(mac).not.to.equal(tunnelMac('10.244.2.0/24'));
    const plan = routePlan('vxlan', [place('10.244.1.0/24,fd00:1::/64', '198.51.100.1')], links, nothing);
    expect(plan).to.deep.equal({
      ip: [
        `neigh replace 10.244.1.0 lladdr ${mac} dev cox-vxlan nud permanent`,
        `neigh replace fd00:1:: lladdr ${mac} dev cox-vxlan nud permanent`,
        'route replace 10.244.1.0/24 via 10.244.1.0 dev cox-vxlan onlink proto 86',
        'route replace fd00:1::/64 via fd00:1:: dev cox-vxlan onlink proto 86',
      ],
      bridge: [`fdb replace ${mac} dev cox-vxlan dst 198.51.100.1`],
    });
  });

  it('go with their nodes', () => {
    const mac = tunnelMac('10.244.1.0/24');
    const present = {
      routes: ['10.244.1.0/24', '10.244.9.0/24'],
      neighbours: ['10.244.1.0', '10.244.9.0'],
      forwarding: [
        { mac, to: '198.51.100.1' },
        { mac, to: '198.51.100.9' },
      ],
    };
    const { ip, bridge } = routePlan('vxlan', [place('10.244.1.0/24', '198.51.100.1')], links, present);
    expect(ip.slice(2)).to.deep.equal(['route del 10.244.9.0/24 proto 86', 'neigh del 10.244.9.0 dev cox-vxlan']);
    expect(bridge.slice(1)).to.deep.equal([`fdb del ${mac} dev cox-vxlan dst 198.51.100.9`]);
  });
});
