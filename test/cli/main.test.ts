import { expect } from 'chai';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main } from '../../src/cli/main.ts';
import { openDataDir } from '../../src/cluster/data-dir.ts';

async function cox(...args: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const signal = AbortSignal.abort();
  const code = await main(args, {
    out: (line: string) => void out.push(line),
    err: (line: string) => void err.push(line),
    signal,
    environment: {},
    root: false,
  });
  return { code, out: out.join('\n'), err: err.join('\n') };
}

describe('cox', () => {
  it('says what it can do', async () => {
    for (const args of [[], ['help'], ['--help'], ['-h']]) {
      const { code, out } = await cox(...args);
      expect(code).to.equal(0);
      expect(out)
        .to.contain('Usage: cox COMMAND')
        .and.to.match(/^ {2}up +Run a cluster/m);
    }
    expect((await cox('help', 'up')).out).to.equal((await cox('up', '--help')).out);
    expect((await cox('--version')).out).to.match(/^cox \d+\.\d+\.\d+ \(Kubernetes v1\.36/);
  });

  const wrong: [string[], RegExp][] = [
    [['nope'], /unknown command "nope"/],
    [['up', '--nope'], /unknown flag: --nope/],
    [['up', '--port'], /flag needs an argument: --port/],
    [['up', '--port=0'], /invalid argument "0" for "--port" flag: not a port/],
    [['up', '--simulated-nodes=99999'], /invalid argument "99999" for "--simulated-nodes" flag: 99999 nodes cannot/],
    [['up', 'extra'], /unexpected argument "extra"/],
    [['up', '--bind-address=foo'], /invalid argument "foo" for "--bind-address" flag: not an IP address/],
    [['up', '--cluster-dns=10.96.0.10,foo'], /invalid argument "foo" for "--cluster-dns" flag: not an IP address/],
    [['up', '--cluster-dns=1.1.1.1,1.1.1.2,1.1.1.3,1.1.1.4'], /flag: at most three/],
    [['up', '--cluster-domain=Cluster_Local'], /"--cluster-domain" flag: not a domain like cluster.local/],
    [
      ['up', '--nodeport-addresses=10.0.0.0/8,foo'],
      /invalid argument "foo" for "--nodeport-addresses" flag: not a net/,
    ],
    [['up', '--proxy-healthz-bind-address=0.0.0.0:x'], /"--proxy-healthz-bind-address" flag: not an address and port/],
    [['up', '--log-level=loud'], /use debug, info, warn, error/],
    [
      ['up', '--controllers=*,foo'],
      /invalid argument "\*,foo" for "--controllers" flag: "foo" is not in the list of known/,
    ],
    [['up', '--scheduler-config=/nowhere'], /"--scheduler-config" flag: ENOENT/],
    [
      ['up', `--scheduler-config=${import.meta.filename}`],
      /invalid argument ".*main.test.ts" for "--scheduler-config" flag: /,
    ],
    [['up', '--etcd-servers=foo'], /invalid argument "foo" for "--etcd-servers" flag: not a URL like http:/],
    [['up', '--etcd-servers=http://a:1,'], /invalid argument "" for "--etcd-servers" flag/],
    [
      ['up', '--service-cidr=foo'],
      /invalid argument "foo" for "--service-cidr" flag: the service address range must be a network/,
    ],
    [['up', '--service-cidr=10.0.0.0/16,10.1.0.0/16'], /one of IPv4 and one of IPv6/],
    [
      ['up', '--service-cidr=10.96.0.0/31'],
      /"--service-cidr" flag: the service address range must be a network from \/8 to \/30/,
    ],
    [['up', '--cluster-cidr=1.2.3.4/33'], /"--cluster-cidr" flag: "1.2.3.4\/33" is not a range/],
    [['up', '--disable-admission-plugins=Nope'], /^.*admission plugin "Nope" is unknown: use NamespaceLifecycle, /],
    [
      ['up', '--enable-admission-plugins=Priority,LimitRanger', '--disable-admission-plugins', 'LimitRanger'],
      /admission plugin "LimitRanger" cannot be both enabled and disabled/,
    ],
    [['up', '--shutdown-delay=9999'], /"--shutdown-delay" flag: not a number of seconds from 0 to 3600/],
  ];
  for (const [args, message] of wrong) {
    it(`refuses ${args.join(' ')} in one sentence`, async () => {
      const { code, out, err } = await cox(...args);
      expect(code).to.equal(2);
      expect(out).to.equal('');
      expect(err).to.match(message);
      expect(err.split('\n')).to.have.length(1);
    });
  }
});

describe('the data folder', () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), 'coxswain-data-'))));
  after(() => rmSync(folder, { recursive: true }));

  it('is made with what is above it, for its owner only, and is itself when it is opened again', () => {
    const path = join(folder, 'a/b/c');
    const first = openDataDir(path, () => 'one');
    expect(openDataDir(path, () => 'two')).to.deep.equal(first);
    expect(statSync(path).mode & 0o777).to.equal(0o700);
    expect(readdirSync(path)).to.deep.equal(['cluster-id']);
  });

  it('says which folder cannot be used', () => {
    writeFileSync(join(folder, 'file'), '');
    const inWords = [
      [join(folder, 'file'), 'it is a file, or lies below one'],
      [join(folder, 'file/x'), 'it is a file, or lies below one'],
      ['/proc/nope', 'E[A-Z]+'],
      ['/proc/nope/x', 'E[A-Z]+'],
    ] as const;
    for (const [path, why] of inWords)
      expect(() => openDataDir(path, () => 'id'), path).to.throw(
        new RegExp(`^The data folder .+ cannot be used: ${why}\\. Choose another with --data-dir\\.`),
      );
  });
});
