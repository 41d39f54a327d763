import { expect } from 'chai';
import { conntrack } from '../../src/linux/conntrack.ts';
import type { Run } from '../../src/linux/exec.ts';

describe('remembered connections', () => {
  const listed = [
    'udp      17 29 src=10.244.0.4 dst=10.96.0.10 sport=40000 dport=53 [UNREPLIED] src=10.244.0.2 dst=10.244.0.4 sport=5353 dport=40000 mark=0 use=1',
    'udp      17 29 src=fd01::4 dst=fd00::a sport=40000 dport=53 src=fd01::2 dst=fd01::4 sport=5353 dport=40000 [ASSURED] mark=0 use=1',
    'something else',
    '',
  ].join('\n');

  it('are read with where they were sent and who answers', async () => {
    const asked: string[] = [];
    const run: Run = async (command, args) => {
      asked.push([command, ...args].join(' '));
      return { code: 0, stdout: listed, stderr: '' };
    };
    expect(await conntrack(run).list('UDP', 'IPv4')).to.deep.equal([
      { address: '10.96.0.10', port: 53, endpoint: '10.244.0.2', endpointPort: 5353 },
      { address: 'fd00::a', port: 53, endpoint: 'fd01::2', endpointPort: 5353 },
    ]);
    await conntrack(run).forget('UDP', 'IPv6', {
      address: 'fd00::a',
      port: 53,
      endpoint: 'fd01::2',
      endpointPort: 5353,
    });
    expect(asked).to.deep.equal([
      'conntrack -L -p udp -f ipv4',
      'conntrack -D -p udp -f ipv6 --orig-dst fd00::a --orig-port-dst 53 --reply-src fd01::2 --reply-port-src 5353',
    ]);
  });
});
