import { expect } from 'chai';
import { noLog } from '../../src/base/log.ts';
import type { Run } from '../../src/linux/exec.ts';
import { forwardIPv6, rememberConnections } from '../../src/proxy/kernel-settings.ts';

/** Settings below /proc/sys/net, by the rest of their path. */
function kernel(settings: Record<string, string>): Run {
  return async (command, [path = ''], options) => {
    const name = path.replace('/proc/sys/net/', '');
    if (command === 'tee') settings[name] = String(options?.stdin);
    return { code: name in settings ? 0 : 1, stdout: settings[name] ?? '', stderr: '' };
  };
}

describe('kernel settings for services', () => {
  const cases: [string, Record<string, string>, number, Record<string, string>][] = [
    ['are raised', { 'netfilter/nf_conntrack_max': '1000' }, 2, { 'netfilter/nf_conntrack_max': '131072' }],
    ['grow with processors', { 'netfilter/nf_conntrack_max': '1000' }, 8, { 'netfilter/nf_conntrack_max': '262144' }],
    ['are not lowered', { 'netfilter/nf_conntrack_max': '500000' }, 2, { 'netfilter/nf_conntrack_max': '500000' }],
    [
      'say how long connections are remembered',
      { 'netfilter/nf_conntrack_tcp_timeout_close_wait': '60', 'netfilter/nf_conntrack_tcp_timeout_established': '9' },
      2,
      {
        'netfilter/nf_conntrack_tcp_timeout_close_wait': '3600',
        'netfilter/nf_conntrack_tcp_timeout_established': '86400',
      },
    ],
    ['that are not there stay away', {}, 2, {}],
  ];
  for (const [what, settings, processors, expected] of cases) {
    it(what, async () => {
      await rememberConnections(kernel(settings), noLog, processors);
      expect(settings).to.deep.equal(expected);
    });
  }

  it('let IPv6 pass without losing the machine its own routes', async () => {
    const settings = { 'ipv6/conf/all/forwarding': '0', 'ipv6/conf/all/accept_ra': '1' };
    await forwardIPv6(kernel(settings), noLog);
    expect(settings).to.deep.equal({ 'ipv6/conf/all/forwarding': '1', 'ipv6/conf/all/accept_ra': '2' });
  });
});
