import { expect } from 'chai';
import { cidrWarnings, ipWarnings } from '../../../src/api/core-v1/ip-warnings.ts';

const FUTURE = 'will be considered invalid in a future Kubernetes release';

describe('warnings of addresses and ranges', () => {
  const addresses: [ip: string, ...warnings: string[]][] = [
    ['1.2.3.4'],
    ['2001:db8::1'],
    ['2001:DB8::1', 'f: IPv6 address "2001:DB8::1" should be in RFC 5952 canonical format ("2001:db8::1")'],
    ['2001:db8:0:0::1', 'f: IPv6 address "2001:db8:0:0::1" should be in RFC 5952 canonical format ("2001:db8::1")'],
    ['::ffff:1.2.3.4', `f: non-standard IP address "::ffff:1.2.3.4" ${FUTURE}: use "1.2.3.4"`],
    ['no address'],
  ];
  for (const [ip, ...warnings] of addresses) {
    it(`tell of ${ip}`, () => expect(ipWarnings('f', ip)).to.deep.equal(warnings));
  }

  const ranges: [cidr: string, ...warnings: string[]][] = [
    ['10.0.0.0/8'],
    ['2001:db8::/32'],
    ['0.0.0.0/0'],
    ['1.2.3.4/8', 'f: CIDR value "1.2.3.4/8" is ambiguous in this context (should be "1.0.0.0/8" or "1.2.3.4/32"?)'],
    [
      '2001:db8::1/32',
      'f: CIDR value "2001:db8::1/32" is ambiguous in this context (should be "2001:db8::/32" or "2001:db8::1/128"?)',
    ],
    ['1.0.0.0/08', `f: non-standard CIDR value "1.0.0.0/08" ${FUTURE}: use "1.0.0.0/8"`],
    ['::ffff:1.0.0.0/104', `f: non-standard CIDR value "::ffff:1.0.0.0/104" ${FUTURE}: use "1.0.0.0/8"`],
    ['2001:DB8::/32', 'f: IPv6 CIDR value "2001:DB8::/32" should be in RFC 5952 canonical format ("2001:db8::/32")'],
    ['no range'],
  ];
  for (const [cidr, ...warnings] of ranges) {
    it(`tell of ${cidr}`, () => expect(cidrWarnings('f', cidr)).to.deep.equal(warnings));
  }
});
