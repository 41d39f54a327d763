import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'chai';
import { noLog } from '../../src/base/log.ts';
import { seededRandom } from '../../src/base/random.ts';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { Client } from '../../src/client/client.ts';
import type { PodNetworkMode } from '../../src/kubelet/network/mtu.ts';
import { NodeRoutes, removeNodeRoutes } from '../../src/kubelet/network/node-routes/node-routes.ts';
import { run, runIn, type Run } from '../../src/linux/exec.ts';
import { ip } from '../../src/linux/ip.ts';
import { MemoryApi } from '../client/memory-api.ts';
import { eventually } from './running-cluster.ts';

/**
 * Three nodes, each with the address of a pod: n1 and n2 are neighbours, n3 lies behind a router that knows nothing of
 * pods. All in network namespaces.
 */
describe('ways between nodes in a real network', function () {
  this.timeout(60_000);
  const prefix = `coxr${process.pid}`;
  const clock = new VirtualClock();
  const api = new MemoryApi();
  const nodes = [1, 2, 3];
  const nodeIp = (n: number) => (n === 3 ? '172.30.3.3' : `172.30.0.${n}`);
  const podIp = (n: number) => `10.244.${n}.5`;
  const wideIp = (n: number) => `fd00:${n}::5`;
  const on = (part: number | string): Run => runIn(`${prefix}${part}`);
  const servers: ChildProcess[] = [];
  let routes: NodeRoutes[] = [];

  const batch = (where: Run, ...lines: string[]) => where('ip', ['-batch', '-'], { stdin: `${lines.join('\n')}\n` });
  const putNode = (n: number) =>
    api.put(`/api/v1/nodes/n${n}`, {
      metadata: { name: `n${n}` },
      spec: { podCIDRs: [`10.244.${n}.0/24`, `fd00:${n}::/64`] },
      status: { addresses: [{ type: 'InternalIP', address: nodeIp(n) }] },
    });

  before(async () => {
    for (const part of ['r', ...nodes]) await run('ip', ['netns', 'add', `${prefix}${part}`]);
    await batch(on('r'), 'link set lo up', 'link add wire type bridge', 'address add 172.30.0.254/24 dev wire', 'link set wire up'); // prettier-ignore
    await on('r')('tee', ['/proc/sys/net/ipv4/ip_forward'], { stdin: '1' });
    for (const n of nodes) {
      await batch(on('r'), `link add port${n} type veth peer name eth0 netns ${prefix}${n}`, `link set port${n} up`);
      await batch(on('r'), n === 3 ? 'address add 172.30.3.254/24 dev port3' : `link set port${n} master wire`);
      await batch(
        on(n),
        'link set lo up',
        `address add ${nodeIp(n)}/24 dev eth0`,
        'link set eth0 up',
        `route add default via ${n === 3 ? '172.30.3.254' : '172.30.0.254'}`,
        `address add ${podIp(n)}/32 dev lo`,
        `address add ${wideIp(n)}/128 dev lo`,
      );
      const code = `require('node:net').createServer((s) => s.end(s.remoteAddress)).listen(80, '::', () => console.log(1))`;
      const server = spawn('ip', ['netns', 'exec', `${prefix}${n}`, process.execPath, '-e', code]);
      servers.push(server);
      await once(server.stdout, 'data');
      putNode(n);
    }
  });

  after(async () => {
    await Promise.all(routes.map((one) => one.stop()));
    for (const server of servers) server.kill();
    for (const part of ['r', ...nodes]) await run('ip', ['netns', 'delete', `${prefix}${part}`]);
  });

  async function start(mode: PodNetworkMode): Promise<void> {
    await Promise.all(routes.map((one) => one.stop()));
    const shared = { client: new Client(api.exchange), clock, random: seededRandom(1), log: noLog, mode };
    routes = nodes.map((n) => new NodeRoutes({ ...shared, nodeName: `n${n}`, nodeIp: nodeIp(n), run: on(n) }));
    await Promise.all(routes.map((one) => one.start()));
  }

  /** Whom the pod of `to` sees when that of `from` calls; nothing when it does not get through. */
  async function call(from: number, to: number, address = podIp): Promise<string> {
    const code = `const s = require('node:net').connect({ host: '${address(to)}', port: 80, localAddress: '${address(from)}' });
      s.on('data', (d) => process.stdout.write(d)); s.on('error', () => process.exit()); s.on('end', () => process.exit());
      setTimeout(() => process.exit(), 400)`;
    return (await on(from)(process.execPath, ['-e', code], { accept: true })).stdout.replace('::ffff:', '');
  }

  const reaches = (from: number, to: number, address = podIp) =>
    eventually(`the pod of n${to} for that of n${from}`, async () => {
      await clock.advance(50);
      return (await call(from, to, address)) === address(from);
    });

  it('lead straight to neighbours', async () => {
    await start('routes');
    await reaches(1, 2);
    await reaches(2, 1);
    expect(await call(1, 3)).to.equal('');
  });

  it('lead through a tunnel to everybody, by both families', async () => {
    await start('vxlan');
    for (const [from, to] of [[1, 2], [1, 3], [3, 2]] as const) await reaches(from, to); // prettier-ignore
    await reaches(3, 1, wideIp);
    const link = (await ip(on(1)).links()).find(({ name }) => name === 'cox-vxlan');
    expect(link?.mtu).to.equal(1450);
  });

  it('are taken over by the next process, and go with their nodes', async () => {
    const state = async () => (await Promise.all([['route'], ['neigh', 'show', 'nud', 'permanent']].map((what) => on(1)('ip', what)))).map(({ stdout }) => stdout).join(''); // prettier-ignore
    const before = await state();
    await start('vxlan');
    await reaches(1, 3);
    expect(await state()).to.equal(before);
    api.drop('/api/v1/nodes/n3');
    await eventually('no way to n3', async () => {
      await clock.advance(50);
      return !(await state()).includes('10.244.3.0');
    });
    const { stdout } = await on(1)('bridge', ['fdb', 'show', 'dev', 'cox-vxlan']);
    expect(stdout).to.contain(nodeIp(2)).and.not.to.contain(nodeIp(3));
    putNode(3);
    await reaches(1, 3);
  });

  it('change from a tunnel to plain routes, and can be removed', async () => {
    await start('routes');
    await eventually('plain routes', async () => {
      await clock.advance(50);
      return (await on(1)('ip', ['route'])).stdout.includes('10.244.2.0/24 via 172.30.0.2 dev eth0');
    });
    const names = async () => (await ip(on(1)).links()).map(({ name }) => name);
    expect(await names()).not.to.include('cox-vxlan');
    await reaches(1, 2);
    await Promise.all(routes.map((one) => one.stop()));
    await removeNodeRoutes(on(1));
    expect((await on(1)('ip', ['route'])).stdout).not.to.contain('10.244.');
  });
});
