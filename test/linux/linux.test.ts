import { expect } from 'chai';
import { CommandError, type Run, type RunOptions } from '../../src/linux/exec.ts';
import { defaultAddressOf, ip, type Link } from '../../src/linux/ip.ts';
import { Iptables, parseSave } from '../../src/linux/iptables.ts';
import { listMounts, parseMountInfo } from '../../src/linux/mount.ts';
import { sysctl } from '../../src/linux/sysctl.ts';

const link = (name: string, address?: string, up = true): Link => ({
  name,
  index: 1,
  up,
  mtu: 1500,
  mac: '',
  addresses: address ? [{ family: 'inet', address, prefixLength: 24, scope: 'global' }] : [],
});

describe('the address of this machine', () => {
  const links = [link('lo'), link('docker0', '172.17.0.1'), link('eth0', '192.0.2.2'), link('eth1', '198.51.100.2')];
  const cases: [string, Parameters<typeof defaultAddressOf>[0], string | undefined][] = [
    [
      'the one its default route says',
      [{ destination: 'default', device: 'eth0', source: '192.0.2.9', metric: 0 }],
      '192.0.2.9',
    ],
    ["that of the default route's interface", [{ destination: 'default', device: 'eth1', metric: 0 }], '198.51.100.2'],
    [
      'that of the best default route',
      [
        { destination: 'default', device: 'eth0', metric: 200 },
        { destination: 'default', device: 'eth1', metric: 100 },
      ],
      '198.51.100.2',
    ],
    [
      'the first that is not of containers, without a default route',
      [{ destination: '192.0.2.0/24', device: 'eth0', metric: 0 }],
      '192.0.2.2',
    ],
  ];
  for (const [what, routes, address] of cases) {
    it(`is ${what}`, () => expect(defaultAddressOf(routes, links)).to.equal(address));
  }

  it('is unknown when there is none', () => expect(defaultAddressOf([], [link('lo')])).to.equal(undefined));
});

describe('ip', () => {
  it('knows the loopback interface', async () => {
    const lo = (await ip().links()).find((l) => l.name === 'lo');
    expect(lo?.addresses).to.deep.include({ family: 'inet', address: '127.0.0.1', prefixLength: 8, scope: 'host' });
  });
});

describe('mounts', () => {
  it('are read with their optional fields and escaped blanks', () => {
    const text =
      '36 35 98:0 /mnt1 /mnt\\0402 rw,noatime master:1 shared:2 - ext3 /dev/root rw,errors=continue\n' +
      '37 35 0:25 / /proc rw - proc proc rw\n';
    expect(parseMountInfo(text)).to.deep.equal([
      { target: '/mnt 2', type: 'ext3', source: '/dev/root', root: '/mnt1', options: ['rw', 'noatime'] },
      { target: '/proc', type: 'proc', source: 'proc', root: '/', options: ['rw'] },
    ]);
  });

  it('are those of this machine', async () => {
    expect((await listMounts()).find((m) => m.target === '/proc')?.type).to.equal('proc');
  });
});

describe('sysctl', () => {
  it('reads kernel settings, and knows which there are not', async () => {
    expect(await sysctl().get('kernel.ostype')).to.equal('Linux');
    expect(await sysctl().get('kernel.no_such_setting')).to.equal(undefined);
  });

  it('reads the settings of interfaces whose names have dots', async () => {
    const asked: string[] = [];
    const run: Run = async (_command, args) => (asked.push(args[0]!), { stdout: '1\n', stderr: '', code: 0 });
    expect(await sysctl(run).get('net.ipv4.conf.eth0/100.forwarding')).to.equal('1');
    expect(asked).to.deep.equal(['/proc/sys/net/ipv4/conf/eth0.100/forwarding']);
  });

  it('takes no path', async () => {
    const error = await sysctl()
      .get('../../etc/passwd')
      .catch((e) => e);
    expect(error.message).to.contain('is no name of a kernel setting');
  });
});

describe('iptables', () => {
  it('reads saved tables', () => {
    const text =
      '*nat\n:PREROUTING ACCEPT [0:0]\n:COX-A - [0:0]\n-A PREROUTING -m comment --comment "a b" -j COX-A\nCOMMIT\n';
    expect(Object.fromEntries(parseSave(text))).to.deep.equal({
      PREROUTING: ['-m comment --comment "a b" -j COX-A'],
      'COX-A': [],
    });
  });

  it('restores without touching what is not named, and waits for other programs', async () => {
    const calls: [string, readonly string[], RunOptions | undefined][] = [];
    const run: Run = async (...call) => (calls.push([call[0], call[1], call[2]]), { stdout: '', stderr: '', code: 0 });
    await new Iptables(run).restore('*nat\nCOMMIT\n');
    expect(calls).to.deep.equal([
      ['iptables-restore', ['-w', '5', '--noflush'], { stdin: '*nat\nCOMMIT\n', timeout: 120_000 }],
    ]);
  });

  const problems: [string, CommandError, string][] = [
    [
      'is missing',
      new CommandError('x', 'iptables', { missing: true }),
      'iptables is not installed; on Debian: apt-get install iptables',
    ],
    [
      'may not be used',
      new CommandError('x', 'iptables', { code: 4, stderr: 'iptables v1.8.9: Permission denied (you must be root)' }),
      'iptables may only be used by root; run this as root, or without a node (--no-node)',
    ],
  ];
  for (const [what, cause, message] of problems) {
    it(`says so when it ${what}`, async () => {
      const error = await new Iptables(() => Promise.reject(cause)).backend().catch((e) => e);
      expect(error.message).to.equal(message);
    });
  }

  const versions: [string, string][] = [
    ['iptables v1.8.9 (nf_tables)', 'nft'],
    ['iptables v1.8.9 (legacy)', 'legacy'],
    ['iptables v1.6.1', 'legacy'],
  ];
  for (const [version, backend] of versions) {
    it(`knows ${version} as ${backend}`, async () => {
      expect(await new Iptables(async () => ({ stdout: version, stderr: '', code: 0 })).backend()).to.equal(backend);
    });
  }
});
