import { expect } from 'chai';
import { noLog } from '../../src/base/log.ts';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import type { Run } from '../../src/linux/exec.ts';
import { Iptables } from '../../src/linux/iptables.ts';
import { KernelRules } from '../../src/proxy/kernel-rules.ts';
import { ProxyMetrics } from '../../src/proxy/metrics.ts';
import type { Family } from '../../src/proxy/model.ts';
import { webService, webSlice } from '../proxy/objects.ts';
import { RandomCluster } from '../proxy/random-cluster.ts';
import { nameOf, ProxyWorld } from './proxy-world.ts';
import { eventually } from './running-cluster.ts';

describe('the rules of services in a kernel', function () {
  this.timeout(60_000);
  const world = new ProxyWorld();
  const { network, clock } = world;
  const udp = { clusterIP: '10.96.0.10', ports: [{ name: 'dns', port: 53, protocol: 'UDP' }] };
  const slice = webSlice(['10.244.0.2'], [{ name: 'dns', port: 5353, protocol: 'UDP' }]);

  before(() => network.create(1));
  after(() => world.end());

  /** An iptables of this backend on the node. */
  const withBackend =
    (backend: 'nft' | 'legacy'): Run =>
    (command, args, options) =>
      network.onNode(command.replace(/^(ip6?tables)/, `$1-${backend}`), args, options);

  function kernelRules(family: Family, run: Run): KernelRules {
    const metrics = new ProxyMetrics(clock);
    const rules = { clusterCidr: family === 'IPv4' ? '10.244.0.0/16' : 'fd00:10:244::/48' };
    const iptables = new Iptables(run, family === 'IPv4' ? 4 : 6);
    return new KernelRules({ family, iptables, rules, clock: new VirtualClock(), log: noLog, metrics });
  }

  const cases: [Family, 'nft' | 'legacy', number][] = [
    ['IPv4', 'nft', 11],
    ['IPv6', 'nft', 12],
    ['IPv4', 'legacy', 13],
  ];
  for (const [family, backend, seed] of cases) {
    it(`are as they should be after each of many random changes, by ${backend}, ${family}`, async () => {
      const cluster = new RandomCluster(seed);
      const rules = kernelRules(family, withBackend(backend));
      for (let step = 0; step < 12; step++) {
        for (const key of cluster.step()) rules.put(key, cluster.ports(key));
        await rules.write();
        // As text, and read by somebody who has not written them.
        const fresh = kernelRules(family, withBackend(backend));
        for (const key of cluster.keys) fresh.put(key, cluster.ports(key));
        expect(await fresh.repair(), `step ${step}`).to.equal(0);
      }
      await clearAll(withBackend(backend));
    });
  }

  for (const backend of ['nft', 'legacy'] as const) {
    it(`are there but for one that is refused, by ${backend}`, async () => {
      const cluster = new RandomCluster(7);
      const rules = kernelRules('IPv4', withBackend(backend));
      const keys = [1, 2, 3, 4, 5, 6].flatMap(() => cluster.step());
      const ports = keys.flatMap((key) => cluster.ports(key));
      const good = ports.find(({ family, endpoints }) => family === 'IPv4' && endpoints.length > 0)!;
      rules.put('good', [good]);
      rules.put('bad', [
        { ...good, name: 'x/bad:p', clusterIp: '10.96.9.9', endpoints: [{ ...good.endpoints[0]!, ip: 'nowhere' }] },
      ]);
      await rules.write();
      const fresh = kernelRules('IPv4', withBackend(backend));
      fresh.put('good', [good]);
      // The chain and the hairpin of the other one are there, and only what says "nowhere" is not.
      expect(await fresh.repair()).to.be.within(1, 6);
      await clearAll(withBackend(backend));
    });
  }

  async function clearAll(run: Run): Promise<void> {
    for (const table of ['nat', 'filter']) {
      await run('iptables', ['-t', table, '-F']);
      await run('iptables', ['-t', table, '-X']);
    }
  }

  it('are back soon after somebody has flushed everything', async () => {
    await network.serve(1, 5353, 'udp');
    world.put(webService(udp), slice);
    await world.start();
    const good = await network.rules();
    await network.onNode('iptables', ['-t', 'nat', '-F']);
    await network.onNode('iptables', ['-t', 'nat', '-X']);
    expect(await network.rules()).not.to.contain('COX-SERVICES');
    await eventually('the rules as before', async () => {
      await clock.advance(2_000);
      return (await network.rules()).length === good.length;
    });
    expect(nameOf(await network.askByDatagram(40_003, '10.96.0.10', 53))).to.equal('pod1');
  });

  it('are followed by connections that somebody else has led astray', async () => {
    const wrong = ['-I', '-p', 'udp', '-t', '120', '--src', '10.244.0.1', '--dst', '10.96.0.10', '--sport', '40004'];
    const reply = ['--dport', '53', '--reply-src', '10.244.0.99', '--reply-dst', '10.244.0.1'];
    await network.onNode('conntrack', [...wrong, ...reply, '--reply-port-src', '5353', '--reply-port-dst', '40004']);
    const astray = async () => (await network.onNode('conntrack', ['-L', '-p', 'udp'])).stdout.includes('10.244.0.99');
    expect(await astray()).to.equal(true);
    await eventually('the entry is gone', async () => {
      await clock.advance(5_000);
      return !(await astray());
    });
  });
});
