import { expect } from 'chai';
import {
  canonicalCidr,
  canonicalIp,
  ipToNumber,
  isCidr,
  kernelIp,
  numberToIp,
  parseCidr,
} from '../../src/apimachinery/ip-address.ts';

describe('IP addresses', () => {
  const numbers: ['IPv4' | 'IPv6', string, bigint][] = [
    ['IPv4', '0.0.0.0', 0n],
    ['IPv4', '10.0.1.2', 0x0a_00_01_02n],
    ['IPv4', '255.255.255.255', 0xffff_ffffn],
    ['IPv6', '::', 0n],
    ['IPv6', '::1', 1n],
    ['IPv6', 'fd00::', 0xfd00n << 112n],
    ['IPv6', '1:2:3:4:5:6:7:8', 0x0001_0002_0003_0004_0005_0006_0007_0008n],
    ['IPv6', '1::3:0:0:2', (1n << 112n) + (3n << 48n) + 2n],
  ];
  for (const [family, text, number] of numbers) {
    it(`${text} is a number and comes back`, () =>
      expect([ipToNumber(text), numberToIp(number, family)]).to.deep.equal([number, text]));
  }

  const forms: [text: string, canonical: string, kernel: string][] = [
    ['FD00:0:0::0001', 'fd00::1', 'fd00::1'],
    ['::ffff:1.2.3.4', '::ffff:102:304', '::ffff:1.2.3.4'],
    ['10.0.0.1', '10.0.0.1', '10.0.0.1'],
  ];
  for (const [text, canonical, kernel] of forms) {
    it(`${text} has one form for us and one for the kernel`, () =>
      expect([canonicalIp(text), kernelIp(text)]).to.deep.equal([canonical, kernel]));
  }

  it('leaves alone what is none', () => {
    for (const text of ['', 'web', 'fe80::1%eth0', '010.0.0.1']) expect(canonicalIp(text)).to.equal(text);
  });
});

describe('ranges of IP addresses', () => {
  it('are read', () => {
    const { first, last, ...rest } = parseCidr('10.1.2.3/8')!;
    expect(rest).to.deep.equal({ family: 'IPv4', prefix: 8, address: 0x0a_01_02_03n });
    expect([first, last]).to.deep.equal([0x0a_00_00_00n, 0x0a_ff_ff_ffn]);
    const { first: from, last: to } = parseCidr('::/0')!;
    expect([from, to]).to.deep.equal([0n, (1n << 128n) - 1n]);
  });

  it('are written from their first address on', () => {
    expect(['10.1.2.3/08', 'FD00::1:2/112', '1.2.3.4/32'].map(canonicalCidr)).to.deep.equal([
      '10.0.0.0/8',
      'fd00::1:0/112',
      '1.2.3.4/32',
    ]);
  });

  it('are an address, a slash, and a length', () => {
    const none = ['', '/', '10.0.0.0', '10.0.0.0/', '10.0.0.0/33', '::/129', '10.0.0.0/8/8', '1.2.3/8', 'fe80::%a/64'];
    expect([...none, '1.2.3.4/+8', '1.2.3.4/-8', '1.2.3.4/1e1'].filter(isCidr)).to.deep.equal([]);
  });
});
