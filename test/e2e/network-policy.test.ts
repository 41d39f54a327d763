import { expect } from 'chai';
import type { NetworkPolicy } from '../../src/api/networking-v1/network-policy.ts';
import { noLog } from '../../src/base/log.ts';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { Client } from '../../src/client/client.ts';
import { dnsSlice } from '../../src/dns/publish.ts';
import type { Run } from '../../src/linux/exec.ts';
import { NetworkPolicyEnforcer, removePolicyRules } from '../../src/network-policy/network-policy.ts';
import { MemoryApi } from '../client/memory-api.ts';
import { namespaceOf, podOf, policyOf } from '../network-policy/objects.ts';
import { cases, type Case, type Try } from './policy-matrix.ts';
import { podNames, PolicyNetwork, type Probe } from './policy-network.ts';
import { eventually } from './running-cluster.ts';

const policyPath = ({ metadata }: NetworkPolicy) =>
  `/apis/networking.k8s.io/v1/namespaces/${metadata.namespace}/networkpolicies/${metadata.name}`;
const podPath = (key: string) => `/api/v1/namespaces/${key.split('/')[0]}/pods/${key.split('/')[1]}`;

const inX = (pod: string) => pod.startsWith('x/');

/** Milliseconds within which somebody who is not kept from answering does so; and how long silence is listened to. */
const [PATIENCE, SILENCE] = [5_000, 250];

describe('network policies in a real network', function () {
  this.timeout(60_000);
  const network = new PolicyNetwork();
  const clock = new VirtualClock();
  const api = new MemoryApi();
  const applied = new Map<string, NetworkPolicy>();
  /** What was fed to ipset and iptables on node 1. */
  let written: string[] = [];
  let enforcers: NetworkPolicyEnforcer[];

  const recorded =
    (run: Run): Run =>
    (command, args, options) => {
      if (args.includes('restore') || command.endsWith('-restore'))
        written.push(`${command}\n${String(options?.stdin)}`);
      return run(command, args, options);
    };
  const enforcer = (node: number) =>
    new NetworkPolicyEnforcer({
      client: new Client(api.exchange),
      nodeName: `n${node}`,
      clock,
      log: noLog,
      run: node === 1 ? recorded(network.onNode(node)) : network.onNode(node),
    });
  const putPod = (key: string, labels?: Record<string, string>) =>
    api.put(podPath(key), podOf(key, network.addresses(key), { nodeName: `n${network.nodeOf(key)}` }, labels));

  before(async () => {
    await network.create();
    for (const name of ['x', 'y', 'z']) api.put(`/api/v1/namespaces/${name}`, namespaceOf(name));
    for (const key of podNames) putPod(key);
    enforcers = [enforcer(1), enforcer(2)];
    await Promise.all(enforcers.map((one) => one.start()));
  });

  after(async () => {
    await Promise.all((enforcers ?? []).map((one) => one.stop()));
    await network.destroy();
  });

  function apply(policies: readonly NetworkPolicy[]): void {
    const wanted = new Map(policies.map((policy) => [policyPath(policy), policy]));
    for (const path of applied.keys()) if (!wanted.has(path)) (api.drop(path), applied.delete(path));
    for (const [path, policy] of wanted) (api.put(path, policy), applied.set(path, policy));
  }

  const everyTry = (): Try[] =>
    [...podNames, 'outside'].flatMap((from) =>
      podNames.flatMap((to) => [
        { from, to, port: 80, protocol: 'TCP' as const, family: 4 as const },
        { from, to, port: 81, protocol: 'TCP' as const, family: 4 as const },
        { from, to, port: 80, protocol: 'UDP' as const, family: 4 as const },
        { from, to, port: 80, protocol: 'TCP' as const, family: 6 as const },
      ]),
    );
  const say = ({ from, to, protocol, port, family }: Try) => `${from} to ${to} ${protocol} ${port} IPv${family}`;

  /** What does not go as it should. */
  async function wrong(tries: readonly Try[], allowed: Case['allowed']): Promise<string[]> {
    const expected = tries.map((one) => one.from === one.to || allowed(one));
    const probes = tries.map(({ from, to, port, protocol, family }, i): Probe => {
      const host = network.addresses(to)[family === 4 ? 0 : 1];
      return { from, host, port, protocol, patience: expected[i] ? PATIENCE : SILENCE };
    });
    const got = await network.ask(probes);
    return tries.flatMap((one, i) => (got[i] === expected[i] ? [] : [`${say(one)}: ${got[i] ? 'through' : 'not'}`]));
  }

  /** Lets the enforcers follow, and tries again until all goes as it should. */
  async function follows(allowed: Case['allowed'], tries = everyTry()): Promise<void> {
    let faults: string[] = [];
    let left = tries;
    for (let i = 0; i < 20; i++) {
      await settled();
      faults = await wrong(left, allowed);
      if (faults.length === 0 && left === tries) return;
      // What went wrong is tried again until it goes right, then everything is.
      left =
        faults.length === 0 ? tries : tries.filter((one) => faults.some((fault) => fault.startsWith(`${say(one)}:`)));
    }
    expect(faults).to.deep.equal([]);
  }

  /** Lets what was changed arrive at the enforcers, and be written. */
  async function settled(): Promise<void> {
    for (let i = 0; i < 3; i++) {
      await new Promise((resolve) => setImmediate(resolve));
      await clock.advance(25);
      await Promise.all(enforcers.map((one) => one.idle()));
    }
  }

  for (const { title, policies, allowed } of cases) {
    it(title, async () => {
      apply(policies);
      await follows(allowed);
    });
  }

  const onePort = (from: string, to: string): Try => ({ from, to, port: 80, protocol: 'TCP', family: 4 });
  const hosts = (pod: string) => network.addresses(pod)[0];
  const closed = (namespace: string) => policyOf({ policyTypes: ['Ingress', 'Egress'] }, `${namespace}/closed`);

  it('keeps a connection that was allowed, and refuses new ones', async () => {
    apply([]);
    await follows(() => true, [onePort('y/a', 'x/a')]);
    const kept = { host: hosts('x/a'), port: 80, protocol: 'TCP' as const, patience: PATIENCE, keep: 'one' };
    expect(await network.agent('y/a').ask(kept)).to.equal(true);
    apply([closed('x')]);
    await follows(({ to }) => to !== 'x/a', [onePort('y/a', 'x/a'), onePort('y/a', 'y/b')]);
    expect(await network.agent('y/a').ask(kept)).to.equal(true);
  });

  it('follows the labels of pods and namespaces', async () => {
    const from = [{ namespaceSelector: { matchLabels: { ns: 'y' } }, podSelector: { matchLabels: { pod: 'a' } } }];
    apply([policyOf({ podSelector: { matchLabels: { pod: 'a' } }, policyTypes: ['Ingress'], ingress: [{ from }] })]);
    const tries = ['y/a', 'y/c', 'z/a'].flatMap((one) => [onePort(one, 'x/a'), onePort(one, 'x/b')]);
    await follows(({ from: one, to }) => to === 'x/b' || one === 'y/a', tries);
    written = [];
    putPod('y/c', { pod: 'a' });
    await follows(({ from: one, to }) => to === 'x/b' || one.startsWith('y/'), tries);
    expect(written).to.have.length(1);
    expect(written[0]).to.match(/^ipset\nadd cox-np-pods4-\S+ 10.244.2.15\nadd cox-np-pods6-\S+ fd00:244:2::15\n$/); // no rule
    putPod('x/b', { pod: 'a' });
    putPod('x/a', { pod: 'b' });
    await follows(({ from: one, to }) => to === 'x/a' || one.startsWith('y/'), tries);
    api.put('/api/v1/namespaces/z', namespaceOf('z', { ns: 'y' }));
    await follows(() => true, tries);
    for (const key of ['y/c', 'x/a', 'x/b']) putPod(key);
    api.put('/api/v1/namespaces/z', namespaceOf('z'));
    await follows(({ from: one, to }) => to === 'x/b' || one === 'y/a', tries);
  });

  it('holds for a pod before the API knows its address', async () => {
    api.drop(podPath('x/c'));
    apply([closed('x')]);
    const tries = [onePort('y/a', 'x/c'), onePort('y/a', 'x/a')];
    await follows(({ to }) => to === 'x/c', tries);
    const unborn = api.put(podPath('x/c'), podOf('x/c', [], { nodeName: 'n1' }));
    await enforcers[0]!.admit(unborn, network.addresses('x/c'));
    expect(await wrong(tries, () => false)).to.deep.equal([]);
    enforcers[0]!.forget(unborn.metadata.uid);
    await follows(({ to }) => to === 'x/c', tries);
    putPod('x/c');
    await follows(() => false, tries);
  });

  it('judges what goes through a service by where it ends, and lets a pod reach itself', async () => {
    const service = '10.96.0.10';
    await network.onNode(1)('iptables-restore', ['--noflush'], { stdin: serviceRules(service, hosts('x/a')) });
    apply([closed('x'), policyOf({ podSelector: { matchLabels: { pod: 'a' } }, policyTypes: ['Ingress'], ingress: [{ from: [{ namespaceSelector: { matchLabels: { ns: 'y' } } }] }] }, 'x/y')]); // prettier-ignore
    await follows(({ from }) => from.startsWith('y/'), [onePort('y/a', 'x/a'), onePort('x/b', 'x/a')]);
    const ask = (from: string, patience: number) =>
      network.ask([{ from, host: service, port: 80, protocol: 'TCP', patience }]);
    expect(await ask('y/a', PATIENCE)).to.deep.equal([true]);
    expect(await ask('x/b', SILENCE)).to.deep.equal([false]);
    expect(await ask('x/a', PATIENCE)).to.deep.equal([true]);
  });

  it('lets a node reach its own pods', async () => {
    apply([closed('x')]);
    await follows(({ to }) => !inX(to), [onePort('y/a', 'x/a'), onePort('y/a', 'y/b')]);
    const { stdout } = await network.onNode(1)('busybox', ['nc', '-w', '2', hosts('x/a'), '80'], { stdin: '?' });
    expect(stdout).to.equal('?');
  });

  it('holds for what a pod sends to its own node, and lets it answer there', async () => {
    const serve = serveOnce(1);
    const tries = ['y/a', 'x/a'].map((from) => ({ from, host: '10.244.1.1', port: 53, protocol: 'TCP' as const }));
    const ask = (...patience: number[]) => network.ask(tries.map((one, i) => ({ ...one, patience: patience[i]! })));
    const to = [{ namespaceSelector: {}, podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } } }];
    const allowed = policyOf({ policyTypes: ['Egress'], egress: [{ to, ports: [{ port: 'dns-tcp' }] }] }, 'x/dns');
    const probe = [onePort('x/a', 'y/a'), onePort('y/a', 'y/b')];
    try {
      apply([closed('x')]);
      await follows(({ from }) => from !== 'x/a', probe);
      expect(await ask(PATIENCE, SILENCE)).to.deep.equal([true, false]);
      const { path, slice } = dnsAt('10.244.1.1');
      api.put('/api/v1/namespaces/kube-system', namespaceOf('kube-system'));
      api.put(path, slice);
      apply([closed('x'), allowed]);
      await follows(({ from }) => from !== 'x/a', probe);
      expect(await ask(PATIENCE, PATIENCE)).to.deep.equal([true, true]);
    } finally {
      serve.kill();
    }
  });

  it('holds for what a pod asks through a service of a machine elsewhere, as the cluster’s DNS is to most nodes', async () => {
    const [service, server] = ['10.96.0.11', '172.30.0.9'];
    const rule = `-A PREROUTING -d ${service} -p udp --dport 53 -j DNAT --to-destination ${server}:80`;
    await network.onNode(1)('iptables-restore', ['--noflush'], { stdin: `*nat\n${rule}\nCOMMIT\n` });
    const ask = (...patience: number[]) =>
      network.ask(
        ['y/a', 'x/a'].map((from, i) => ({ from, host: service, port: 53, protocol: 'UDP', patience: patience[i]! })),
      );
    apply([closed('x')]);
    await follows(({ from }) => from !== 'x/a', [onePort('x/a', 'y/a'), onePort('y/a', 'y/b')]);
    expect(await ask(PATIENCE, SILENCE)).to.deep.equal([true, false]);
    const to = [{ ipBlock: { cidr: `${server}/32` } }];
    apply([closed('x'), policyOf({ policyTypes: ['Egress'], egress: [{ to }] }, 'x/asks')]);
    await eventually('the answer', async () => {
      await settled();
      return (await ask(PATIENCE, SILENCE)).every(Boolean);
    });
  });

  /** Answers on TCP port 53 of a node. */
  function serveOnce(node: number): { kill(): void } {
    const stop = new AbortController();
    const args = ['-e', `require('node:net').createServer((s) => s.on('error', () => {}).pipe(s)).listen(53)`];
    network
      .onNode(node)(process.execPath, args, { signal: stop.signal, timeout: 0 })
      .catch(() => {});
    return { kill: () => stop.abort() };
  }

  it('puts back what others remove, and starts over from what is there', async () => {
    apply([closed('x')]);
    const tries = [onePort('y/a', 'x/a'), onePort('y/a', 'y/b')];
    const allowed = ({ to }: Try) => to !== 'x/a';
    await follows(allowed, tries);
    await clock.advance(30_000);
    await settled();
    for (const chain of [[], ['FORWARD'], ['COX-NETPOL']]) {
      await network.onNode(1)('iptables', ['-t', 'mangle', '-F', ...chain]);
      expect(await wrong(tries, () => true)).to.deep.equal([]);
      await clock.advance(3_000);
      await follows(allowed, tries);
    }
    await enforcers[0]!.stop();
    enforcers[0] = enforcer(1);
    const before = await kernelState();
    await enforcers[0].start();
    await follows(allowed, tries);
    expect(await kernelState()).to.equal(before);
  });

  it('leaves nothing without policies, or when it is removed', async () => {
    apply([]);
    await follows(() => true, [onePort('y/a', 'x/a')]);
    expect(await kernelState()).not.to.match(/cox-np|COX-N/);
    apply([closed('x')]);
    await follows(() => false, [onePort('y/a', 'x/a')]);
    expect(await kernelState()).to.match(/cox-np[^]*COX-NETPOL/);
    await enforcers[0]!.stop();
    await removePolicyRules(noLog, network.onNode(1));
    expect(await kernelState()).not.to.match(/cox-np|COX-N/);
  });

  async function kernelState(): Promise<string> {
    const onNode = network.onNode(1);
    const [sets, narrow, wide] = await Promise.all([
      onNode('ipset', ['save', '-sorted']),
      onNode('iptables-save', ['-t', 'mangle']),
      onNode('ip6tables-save', ['-t', 'mangle']),
    ]);
    return [sets, narrow, wide].map(({ stdout }) => stdout.replace(/^#.*\n| initval \S+|\[\d+:\d+\]/gm, '')).join('');
  }
});

/** The cluster's DNS as the API knows it. */
function dnsAt(host: string): { path: string; slice: object } {
  const slice = dnsSlice({ host, port: 53, name: 'n1' });
  const { namespace, name } = slice.metadata;
  const metadata = { ...slice.metadata, uid: 'dns', resourceVersion: '1' };
  return {
    path: `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices/${name}`,
    slice: { ...slice, metadata },
  };
}

/** What the proxy writes for a service with one endpoint, in short. */
const serviceRules = (service: string, endpoint: string) => `*nat
-A PREROUTING -d ${service} -p tcp --dport 80 -j DNAT --to-destination ${endpoint}:80
-A POSTROUTING -s ${endpoint} -d ${endpoint} -j MASQUERADE
COMMIT
`;
