import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { run, runIn, type Run } from '../../src/linux/exec.ts';

/** Pods in nine namespaces of the kernel: in each of x, y and z the pods a, b and c. */
export const podNames = ['x', 'y', 'z'].flatMap((namespace) => ['a', 'b', 'c'].map((name) => `${namespace}/${name}`));

/** One try to get through: a line that the pod's agent answers with whether it did. */
export interface Probe {
  readonly from: string;
  readonly host: string;
  readonly port: number;
  readonly protocol: 'TCP' | 'UDP';
  /** Milliseconds after which nobody answers. */
  readonly patience: number;
}

/**
 * Two nodes in miniature, each with a bridge and pods, and a machine outside, all in network namespaces of their own:
 *
 *     node 1  10.244.1.1, fd00:244:1::1, 172.30.0.1     x/a x/b x/c y/a y/b
 *     node 2  10.244.2.1, fd00:244:2::1, 172.30.0.2     y/c z/a z/b z/c
 *     outside 172.30.0.9
 *
 * Every pod answers on the TCP ports 80 and 81, and on the UDP port 80. Nothing of this machine's own network is touched.
 */
export class PolicyNetwork {
  readonly #prefix = `coxn${process.pid}`;
  #namespaces: string[] = [];
  #agents = new Map<string, Agent>();

  onNode(node: number): Run {
    return runIn(this.#name(`node${node}`));
  }

  nodeOf(pod: string): number {
    return podNames.indexOf(pod) < 5 ? 1 : 2;
  }

  addresses(pod: string): [string, string] {
    const number = podNames.indexOf(pod) + 10;
    return [`10.244.${this.nodeOf(pod)}.${number}`, `fd00:244:${this.nodeOf(pod)}::${number}`];
  }

  async create(): Promise<void> {
    const lines = ['switch', 'node1', 'node2', 'outside', ...podNames.map((pod) => this.#part(pod))];
    this.#namespaces = lines.map((part) => this.#name(part));
    await this.#batch(run, 'netns', this.#namespaces.map((name) => `add ${name}`)); // prettier-ignore
    const inSwitch = runIn(this.#name('switch'));
    await this.#batch(inSwitch, '', ['link add wire type bridge', 'link set wire up']);
    for (const [i, part] of ['node1', 'node2', 'outside'].entries()) {
      await this.#batch(inSwitch, '', [
        `link add port${i} type veth peer name up0 netns ${this.#name(part)}`,
        `link set port${i} master wire up`,
      ]);
    }
    await this.#batch(runIn(this.#name('outside')), '', this.#machine(9, [1, 2]));
    for (const node of [1, 2]) await this.#createNode(node);
    await Promise.all(['outside', ...podNames].map((pod) => this.#startAgent(pod)));
  }

  #machine(number: number, neighbours: readonly number[]): string[] {
    return [
      'link set lo up',
      `address add 172.30.0.${number}/24 dev up0`,
      `address add fd00:30::${number}/64 dev up0 nodad`,
      'link set up0 up',
      ...neighbours.flatMap((n) => [
        `route add 10.244.${n}.0/24 via 172.30.0.${n}`,
        `route add fd00:244:${n}::/64 via fd00:30::${n}`,
      ]),
    ];
  }

  async #createNode(node: number): Promise<void> {
    const onNode = this.onNode(node);
    for (const name of ['ipv4/ip_forward', 'ipv6/conf/all/forwarding', 'bridge/bridge-nf-call-iptables'])
      await onNode('tee', [`/proc/sys/net/${name}`], { stdin: '1' });
    // As on every node: the kernel keeps account of connections.
    await onNode('iptables-restore', [], {
      stdin: '*nat\n-A POSTROUTING -s 10.244.0.0/16 ! -d 10.0.0.0/8 -j MASQUERADE\nCOMMIT\n',
    });
    const pods = podNames.filter((pod) => this.nodeOf(pod) === node);
    await this.#batch(onNode, '', [
      ...this.#machine(node, [3 - node]),
      'link add cox0 type bridge',
      `address add 10.244.${node}.1/24 dev cox0`,
      `address add fd00:244:${node}::1/64 dev cox0 nodad`,
      'link set cox0 up',
      ...pods.flatMap((pod) => [
        `link add ${this.#part(pod)} type veth peer name eth0 netns ${this.#name(this.#part(pod))}`,
        `link set ${this.#part(pod)} master cox0 up`,
        `link set ${this.#part(pod)} type bridge_slave hairpin on`,
      ]),
    ]);
    for (const pod of pods) {
      const [narrow, wide] = this.addresses(pod);
      await this.#batch(runIn(this.#name(this.#part(pod))), '', [
        'link set lo up',
        `address add ${narrow}/24 dev eth0`,
        `address add ${wide}/64 dev eth0 nodad`,
        'link set eth0 up',
        `route add default via 10.244.${node}.1`,
        `route add default via fd00:244:${node}::1`,
      ]);
    }
  }

  #name(part: string): string {
    return `${this.#prefix}${part}`;
  }

  #part(pod: string): string {
    return pod.replace('/', '');
  }

  async #batch(where: Run, object: string, lines: readonly string[]): Promise<void> {
    const stdin = lines.map((line) => `${object} ${line}\n`).join('');
    await where('ip', ['-batch', '-'], { stdin });
  }

  async #startAgent(pod: string): Promise<void> {
    const agent = new Agent(this.#name(this.#part(pod)));
    this.#agents.set(pod, agent);
    await agent.ready;
  }

  /** Whether each of the probes gets through. */
  ask(probes: readonly Probe[]): Promise<boolean[]> {
    return Promise.all(probes.map((probe) => this.#agents.get(probe.from)!.ask(probe)));
  }

  /** Opens a connection and keeps it; the answer is asked for with `echo`. */
  agent(pod: string): Agent {
    return this.#agents.get(pod)!;
  }

  async destroy(): Promise<void> {
    for (const agent of this.#agents.values()) agent.kill();
    for (const name of this.#namespaces) await run('ip', ['netns', 'delete', name], { accept: true });
  }
}

/** A process in a pod, which serves and probes. */
class Agent {
  readonly #child: ChildProcess;
  readonly ready: Promise<void>;
  #asked = new Map<number, (through: boolean) => void>();
  #next = 1;

  constructor(namespace: string) {
    const args = ['netns', 'exec', namespace, process.execPath, '-e', agentCode];
    this.#child = spawn('ip', args, { stdio: ['pipe', 'pipe', 'inherit'] });
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ready = promise;
    createInterface({ input: this.#child.stdout! }).on('line', (line) => {
      if (line === 'ready') return resolve();
      const { id, through } = JSON.parse(line);
      this.#asked.get(id)?.(through);
      this.#asked.delete(id);
    });
  }

  ask(what: Omit<Probe, 'from'> & { readonly keep?: string }): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const id = this.#next++;
    this.#asked.set(id, resolve);
    this.#child.stdin!.write(`${JSON.stringify({ id, ...what })}\n`);
    return promise;
  }

  kill(): void {
    this.#child.kill();
  }
}

const agentCode = `
  const net = require('node:net'), dgram = require('node:dgram');
  let open = 3;
  const ready = () => --open === 0 && console.log('ready');
  const serve = () => net.createServer((s) => { s.on('error', () => {}); s.pipe(s); });
  for (const port of [80, 81]) serve().listen(port, '::', ready);
  const echo = dgram.createSocket({ type: 'udp6' });
  echo.on('message', (m, from) => echo.send(m, from.port, from.address, () => {}));
  echo.on('error', () => {});
  echo.bind(80, '::', ready);
  const kept = new Map();
  const tcp = ({ host, port, keep }, done) => {
    const socket = kept.get(keep) ?? net.connect({ host, port });
    if (keep) kept.set(keep, socket);
    const say = (through) => { done(through); if (!keep) socket.destroy(); };
    socket.on('error', () => say(false));
    socket.once('data', () => say(true));
    socket.write('?');
    return () => say(false);
  };
  const udp = ({ host, port }, done) => {
    const socket = dgram.createSocket(host.includes(':') ? 'udp6' : 'udp4');
    const again = setInterval(() => socket.send('?', port, host, () => {}), 100);
    const say = (through) => { clearInterval(again); socket.close(() => {}); done(through); };
    socket.on('error', () => {});
    socket.once('message', () => say(true));
    socket.send('?', port, host, () => {});
    return () => say(false);
  };
  require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
    const probe = JSON.parse(line);
    let told = false, timer;
    const done = (through) => {
      if (told) return;
      told = true;
      clearTimeout(timer);
      console.log(JSON.stringify({ id: probe.id, through }));
    };
    const end = (probe.protocol === 'UDP' ? udp : tcp)(probe, done);
    timer = setTimeout(() => !told && end(), probe.patience);
  }).on('close', () => process.exit());
`;
