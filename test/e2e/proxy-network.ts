import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, runIn, type Run } from '../../src/linux/exec.ts';

/**
 * Nodes in miniature, in network namespaces of their own: a node with a bridge (10.244.0.1/24, fd00:10:244::1/64) and with
 * Docker's rules, pods on the bridge, and a client outside (198.51.100.2, the node is 198.51.100.1); on demand a second
 * node (192.0.2.2, the first is 192.0.2.1) with one pod. Nothing of this machine's own network is touched.
 */
export class ProxyNetwork {
  readonly #prefix = `coxt${process.pid}`;
  readonly #folder = mkdtempSync(join(tmpdir(), 'cox-proxy-'));
  #namespaces: string[] = [];
  #servers: ChildProcess[] = [];
  #scripts = 0;
  readonly node = this.#name('node');
  /** Runs commands on the node. */
  get onNode(): Run {
    return runIn(this.node);
  }

  /** Runs commands on the second node. */
  get onNode2(): Run {
    return runIn(this.node2);
  }

  get outside(): string {
    return this.#name('out');
  }

  readonly node2 = this.#name('node2');
  /** The pod of the second node. */
  readonly farPod = this.#name('far');

  pod(number: number): string {
    return this.#name(`p${number}`);
  }

  #name(part: string): string {
    return `${this.#prefix}${part}`;
  }

  async create(pods: number): Promise<void> {
    await this.#addNamespace(this.node);
    await this.#onNode('ip link add cox0 type bridge', 'ip addr add 10.244.0.1/24 dev cox0', 'ip link set cox0 up');
    await this.#onNode('ip addr add fd00:10:244::1/64 dev cox0 nodad');
    for (let i = 1; i <= pods; i++) await this.#addPod(i);
    await this.#addNamespace(this.outside);
    await this.#connect(this.outside, 'out0', '198.51.100.2/24');
    await this.#onNode('ip addr add 198.51.100.1/24 dev out0', 'ip route add default via 198.51.100.254');
    await this.#onNode('ip addr add fd00:198::1/64 dev out0 nodad', 'ip -6 route add default via fd00:198::254');
    await this.#in(this.outside, 'ip route add default via 198.51.100.1');
    await this.onNode('iptables-restore', [], { stdin: dockersRules });
    await this.onNode('tee', ['/proc/sys/net/ipv4/ip_forward'], { stdin: '1' });
    // A new namespace has the setting that the machine has now, which another cluster may have changed.
    await this.onNode('tee', ['/proc/sys/net/ipv4/conf/all/route_localnet'], { stdin: '0' });
  }

  /** Adds a node whose pod (10.244.1.2) is reached by routes. */
  async addSecondNode(): Promise<void> {
    await this.#addNamespace(this.node2);
    await this.#connect(this.node2, 'node2', '192.0.2.2/24');
    await this.#onNode('ip addr add 192.0.2.1/24 dev node2', 'ip route add 10.244.1.0/24 via 192.0.2.2');
    await this.#in(
      this.node2,
      'ip link add cox0 type bridge',
      'ip addr add 10.244.1.1/24 dev cox0',
      'ip link set cox0 up',
    );
    await this.#in(this.node2, 'ip route add default via 192.0.2.1');
    // The first node is also the way to the second from outside.
    for (const end of ['-s', '-d']) await this.#onNode(`iptables -I DOCKER-USER ${end} 192.0.2.0/24 -j ACCEPT`);
    await this.onNode2('tee', ['/proc/sys/net/ipv4/ip_forward'], { stdin: '1' });
    await this.#addNamespace(this.farPod);
    await this.#connect(this.farPod, 'veth1', '10.244.1.2/24', this.node2);
    await this.#in(this.node2, 'ip link set veth1 master cox0', 'bridge link set dev veth1 hairpin on');
    await this.#in(this.farPod, 'ip route add default via 10.244.1.1');
  }

  async #addPod(number: number): Promise<void> {
    const namespace = this.pod(number);
    await this.#addNamespace(namespace);
    await this.#connect(namespace, `veth${number}`, `10.244.0.${number + 1}/24`);
    await this.#onNode(`ip link set veth${number} master cox0`, `bridge link set dev veth${number} hairpin on`);
    await this.#in(namespace, `ip addr add fd00:10:244::${number + 1}/64 dev eth0 nodad`);
    await this.#in(namespace, 'ip route add default via 10.244.0.1', 'ip -6 route add default via fd00:10:244::1');
  }

  /** A cable from a node (there called `nodeEnd`) to eth0 of a namespace. */
  async #connect(namespace: string, nodeEnd: string, address: string, node = this.node): Promise<void> {
    await this.#in(
      node,
      `ip link add ${nodeEnd} type veth peer name eth0 netns ${namespace}`,
      `ip link set ${nodeEnd} up`,
    );
    await this.#in(namespace, `ip addr add ${address} dev eth0`, 'ip link set eth0 up');
  }

  async #addNamespace(name: string): Promise<void> {
    await run('ip', ['netns', 'add', name]);
    this.#namespaces.push(name);
    await this.#in(name, 'ip link set lo up');
  }

  #onNode(...commands: string[]): Promise<void> {
    return this.#in(this.node, ...commands);
  }

  async #in(namespace: string, ...commands: string[]): Promise<void> {
    for (const command of commands) {
      const [name = '', ...args] = command.split(' ');
      await runIn(namespace)(name, args);
    }
  }

  /** Starts a server in a pod that answers every connection, or datagram, with `pod<number> <the client's address>`. */
  serve(number: number, port: number, protocol: 'tcp' | 'udp' = 'tcp'): Promise<void> {
    return this.serveIn(this.pod(number), `pod${number}`, port, protocol);
  }

  async serveIn(namespace: string, name: string, port: number, protocol: 'tcp' | 'udp' = 'tcp'): Promise<void> {
    const script = this.#script('server', protocol === 'tcp' ? tcpServer : udpServer);
    const args = ['netns', 'exec', namespace, process.execPath, script, name, String(port)];
    const server = spawn('ip', args, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#servers.push(server);
    await once(server.stdout, 'data');
  }

  /** Who answers a TCP connection, and whom it saw; or why nobody does in `seconds`. */
  async ask(namespace: string, address: string, port: number, seconds = 5): Promise<string> {
    const args = ['nc', '-w', String(seconds), address, String(port)];
    const { stdout, stderr } = await runIn(namespace)('busybox', args, { accept: true });
    if (stdout) return stdout;
    return /refused/i.test(stderr) ? 'refused' : `silence (${stderr.trim()})`;
  }

  /** `ask` where nobody is expected to answer. */
  askInVain(namespace: string, address: string, port: number): Promise<string> {
    return this.ask(namespace, address, port, 1);
  }

  /** Who answers a datagram that is sent from port `from` of the node, or of another namespace. */
  async askByDatagram(from: number, address: string, port: number, namespace = this.node): Promise<string> {
    const script = this.#script('client', udpClient);
    const { stdout } = await runIn(namespace)(process.execPath, [script, String(from), address, String(port)]);
    return stdout.trim();
  }

  #script(name: string, text: string): string {
    const file = join(this.#folder, `${name}${this.#scripts++}.cjs`);
    writeFileSync(file, text);
    return file;
  }

  /** The rules of the node without counters and comments. */
  async rules(program: 'iptables' | 'ip6tables' = 'iptables', node = this.onNode): Promise<string> {
    const { stdout } = await node(`${program}-save`, []);
    return stdout.replace(/^#.*\n/gm, '').replace(/\[\d+:\d+\]/g, '[0:0]');
  }

  async destroy(): Promise<void> {
    for (const server of this.#servers) server.kill();
    for (const namespace of this.#namespaces.toReversed()) await run('ip', ['netns', 'delete', namespace]);
    rmSync(this.#folder, { recursive: true });
  }
}

const tcpServer = `
  const [name, port] = process.argv.slice(2);
  require('node:net').createServer((s) => { s.on('error', () => {}); s.end(name + ' ' + s.remoteAddress.replace('::ffff:', '')); })
    .listen(Number(port), '::', () => console.log('ready'));
`;

const udpServer = `
  const [name, port] = process.argv.slice(2);
  const socket = require('node:dgram').createSocket('udp4');
  socket.on('message', (_, from) => socket.send(name + ' ' + from.address, from.port, from.address));
  socket.bind(Number(port), '0.0.0.0', () => console.log('ready'));
`;

const udpClient = `
  const [from, address, port] = process.argv.slice(2);
  const socket = require('node:dgram').createSocket('udp4');
  const end = (text) => { console.log(text); process.exit(0); };
  socket.on('message', (text) => end(String(text)));
  socket.on('error', (error) => end(error.code));
  socket.bind(Number(from), () => socket.send('?', Number(port), address));
  setTimeout(() => end('silence'), 1000);
`;

/** What the Docker Engine leaves on a machine: above all, a FORWARD chain that drops what it does not know. */
const dockersRules = `*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:DOCKER-USER - [0:0]
-A FORWARD -j DOCKER-USER
-A FORWARD -i docker0 ! -o docker0 -j ACCEPT
-A DOCKER-USER -j RETURN
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:DOCKER - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER
-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
-A DOCKER -i docker0 -j RETURN
COMMIT
`;
