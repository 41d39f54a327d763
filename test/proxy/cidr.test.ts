import { expect } from 'chai';
import { addressOf, cidrOf, lowBits, networkOf } from '../../src/proxy/cidr.ts';
import type { Family } from '../../src/proxy/model.ts';

describe('addresses in rules', () => {
  const addresses: [Family, string, string | undefined][] = [
    ['IPv4', '10.0.0.1', '10.0.0.1'],
    ['IPv4', '010.0.0.1', undefined],
    ['IPv4', 'fd00::1', undefined],
    ['IPv6', 'FD00:0:0:0::1', 'fd00::1'],
    ['IPv6', 'fe80::1%eth0', undefined],
    ['IPv6', '10.0.0.1', undefined],
  ];
  for (const [family, text, expected] of addresses) {
    it(`${text} is ${expected ?? 'none'} (${family})`, () => expect(addressOf(family, text)).to.equal(expected));
  }

  const networks: [Family, string, string | undefined][] = [
    ['IPv4', '10.1.2.3/8', '10.0.0.0/8'],
    ['IPv4', '192.0.2.255/31', '192.0.2.254/31'],
    ['IPv4', '192.0.2.1/32', '192.0.2.1/32'],
    ['IPv4', '1.2.3.4/0', '0.0.0.0/0'],
    ['IPv4', '1.2.3.4/33', undefined],
    ['IPv4', '1.2.3.4', undefined],
    ['IPv4', '1.2.3.4/8/8', undefined],
    ['IPv4', '1.2.3.4/-j', undefined],
    ['IPv6', 'fd00:1:2:3:4:5:6:7/48', 'fd00:1:2::/48'],
    ['IPv6', '::ffff:10.1.2.3/128', '::ffff:10.1.2.3/128'],
    ['IPv6', 'fd00::/129', undefined],
    ['IPv6', '10.0.0.0/8', undefined],
  ];
  for (const [family, text, expected] of networks) {
    it(`${text} is the network ${expected ?? 'of nobody'} (${family})`, () =>
      expect(networkOf(family, text)).to.equal(expected));
  }

  it('of pods are one range for each family', () => {
    const ranges = '10.244.0.0/16, fd00:10:244::/56';
    expect([cidrOf('IPv4', ranges), cidrOf('IPv6', ranges)]).to.deep.equal(['10.244.0.0/16', 'fd00:10:244::/56']);
    expect([cidrOf('IPv6', '10.244.0.0/16'), cidrOf('IPv4', undefined)]).to.deep.equal([undefined, undefined]);
  });

  it('are told apart by their lowest six bits', () => {
    expect(['10.0.0.1', '10.0.0.65', '10.0.0.255', 'fd00::ffff', '::ffff:1.2.3.4'].map(lowBits)).to.deep.equal([
      1, 1, 63, 63, 4,
    ]);
  });
});
