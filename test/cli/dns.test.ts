import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Resolver } from 'node:dns/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { main } from '../../src/cli/main.ts';
import { Cluster } from '../../src/cluster/cluster.ts';

describe('cox dns', () => {
  const run = async (args: string[], signal: AbortSignal, say: (line: string) => void) =>
    main(['dns', ...args], { out: say, err: say, signal, environment: {}, root: false });

  it('answers for a cluster that a kubeconfig leads to, until it is stopped', async () => {
    const cluster = await Cluster.start({ controllers: false, scheduler: false });
    const folder = mkdtempSync(join(tmpdir(), 'dns-'));
    const stop = new AbortController();
    try {
      const kubeconfig = join(folder, 'config');
      writeFileSync(kubeconfig, cluster.kubeconfig);
      const said = Promise.withResolvers<string>();
      const args = [
        '--kubeconfig',
        kubeconfig,
        '--port',
        '0',
        '--cluster-domain',
        'Example.Test.',
        '--log-level',
        'error',
      ];
      const code = run(args, stop.signal, said.resolve);
      const port = / port (\d+)\./.exec(await said.promise)![1];
      const resolver = new Resolver();
      resolver.setServers([`127.0.0.1:${port}`]);
      expect(await resolver.resolve4('kubernetes.default.svc.example.test')).to.deep.equal(['10.96.0.1']);
      stop.abort();
      expect(await code).to.equal(0);
    } finally {
      stop.abort();
      rmSync(folder, { recursive: true });
      await cluster.stop();
    }
  });

  const wrong: [string, string][] = [
    ['--address=here', 'not an IP address'],
    ['--port=70000', 'not a port'],
    ['--upstreams=example.com', 'is not the address of a DNS server'],
    ['--allow=10.0.0.0/99', 'is not a network'],
    ['--cluster-domain=a..b', 'not a domain name'],
  ];
  for (const [flag, message] of wrong) {
    it(`refuses ${flag}`, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'dns-'));
      const kubeconfig = join(folder, 'config');
      writeFileSync(
        kubeconfig,
        'clusters: [{name: a, cluster: {server: "https://127.0.0.1:1"}}]\ncontexts: [{name: a, context: {cluster: a}}]\ncurrent-context: a\n',
      );
      const lines: string[] = [];
      expect(
        await run(['--kubeconfig', kubeconfig, flag], AbortSignal.abort(), (line) => void lines.push(line)),
      ).to.equal(2);
      expect(lines.join('\n')).to.contain(message);
      rmSync(folder, { recursive: true });
    });
  }
});
