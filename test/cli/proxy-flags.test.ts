import { expect } from 'chai';
import { UsageError } from '../../src/cli/flags.ts';
import { proxySettings } from '../../src/cli/proxy-flags.ts';

describe('the flags of the proxies', () => {
  it('say nothing when nobody says anything', () => {
    expect(proxySettings({ 'masquerade-all': false })).to.deep.equal({});
  });

  it('are networks, a switch and addresses', () => {
    const values = {
      'nodeport-addresses': '10.0.0.0/8, fd00::/16',
      'masquerade-all': true,
      'proxy-healthz-bind-address': '[::]:10300',
      'proxy-metrics-bind-address': '127.0.0.1',
    };
    expect(proxySettings(values)).to.deep.equal({
      nodePortAddresses: ['10.0.0.0/8', 'fd00::/16'],
      masqueradeAll: true,
      status: { health: { address: '::', port: 10_300 }, metrics: { address: '127.0.0.1' } },
    });
  });

  for (const value of ['10.0.0.1:0', '10.0.0.1:65536', '[10.0.0.1]:80', 'fd00::1:x', 'host:80', ':80'])
    it(`refuse the address ${value}`, () => {
      expect(() => proxySettings({ 'proxy-metrics-bind-address': value })).to.throw(
        UsageError,
        /not an address and port/,
      );
    });

  for (const value of ['10.0.0.0', '10.0.0.0/33', 'fd00::/129', 'net/8'])
    it(`refuse the network ${value}`, () => {
      expect(() => proxySettings({ 'nodeport-addresses': value })).to.throw(UsageError, /not a network/);
    });
});
