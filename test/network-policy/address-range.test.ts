import { expect } from 'chai';
import { blockMembers, canonicalRange, familyOfBlock } from '../../src/network-policy/address-range.ts';

describe('ranges of addresses', () => {
  for (const [cidr, canonical] of [
    ['10.1.2.3/8', '10.0.0.0/8'],
    ['10.1.2.3/32', '10.1.2.3'],
    ['192.168.77.255/25', '192.168.77.128/25'],
    ['FD00:0:0::1:2/112', 'fd00::1:0/112'],
    ['fd00::1/128', 'fd00::1'],
    ['2001:db8:ffff::/33', '2001:db8:8000::/33'],
    ['::ffff:1.2.3.4/128', '::ffff:1.2.3.4'],
  ])
    it(`writes ${cidr} as the kernel does`, () => expect(canonicalRange(cidr!)).to.equal(canonical));

  it('makes sets of blocks', () => {
    const members = (cidr: string, ...except: string[]) => [...blockMembers({ cidr, except })];
    expect(members('10.0.0.0/8', '10.1.0.0/16')).to.deep.equal(['10.0.0.0/8', '10.1.0.0/16 nomatch']);
    expect(members('0.0.0.0/0', '10.0.0.0/8')).to.deep.equal(['0.0.0.0/1', '128.0.0.0/1', '10.0.0.0/8 nomatch']);
    expect(members('::/0', 'fd00::/8')).to.deep.equal(['::/1', '8000::/1', 'fd00::/8 nomatch']);
    expect(familyOfBlock({ cidr: 'fd00::/8', except: [] })).to.equal(6);
  });
});
