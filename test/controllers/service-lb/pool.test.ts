import { expect } from 'chai';
import { AddressPool } from '../../../src/controllers/service-lb/pool.ts';

describe('the pool of load balancer addresses', () => {
  for (const [parts, inside, outside] of [
    [['10.0.99.0/29'], ['10.0.99.1', '10.0.99.6'], ['10.0.99.0', '10.0.99.7', '10.0.98.255', 'fd00::1', 'x']],
    [
      ['10.0.99.5-10.0.99.6', '10.1.0.9'],
      ['10.0.99.5', '10.0.99.6', '10.1.0.9'],
      ['10.0.99.4', '10.0.99.7'],
    ],
    [['10.0.0.7/32'], ['10.0.0.7'], ['10.0.0.6']],
    [['fd00:9::/126'], ['fd00:9::1', 'fd00:9:0::3'], ['fd00:9::', 'fd00:9::4', '10.0.0.1']],
  ] as const) {
    it(`has the addresses of ${parts.join(',')}`, () => {
      const pool = new AddressPool(parts);
      for (const ip of inside) expect(pool.has(ip), ip).to.equal(true);
      for (const ip of outside) expect(pool.has(ip), ip).to.equal(false);
    });
  }

  it('gives the lowest free address of a family', () => {
    const pool = new AddressPool(['10.0.99.9-10.0.99.10', 'fd00:9::5-fd00:9::6']);
    expect(pool.free('IPv4', new Set())).to.equal('10.0.99.9');
    expect(pool.free('IPv4', new Set(['10.0.99.9']))).to.equal('10.0.99.10');
    expect(pool.free('IPv4', new Set(['10.0.99.9', '10.0.99.10']))).to.equal(undefined);
    expect(pool.free('IPv6', new Set(['fd00:9::5']))).to.equal('fd00:9::6');
  });

  for (const part of [
    '',
    '10.0.0',
    '10.0.0.0/33',
    '10.0.0.1-fd00::1',
    '10.0.0.9-10.0.0.1',
    '10.0.0.1-10.0.0.2-10.0.0.3',
  ]) {
    it(`refuses ${JSON.stringify(part)}`, () => expect(() => new AddressPool([part])).to.throw(Error));
  }
});
