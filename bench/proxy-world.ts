import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, runIn, type Run } from '../src/linux/exec.ts';

/** The address of the one endpoint that is there. */
export const liveEndpoint = '10.244.0.2';

/** A network namespace in which a proxy can write what it likes, with one server and a client that asks for services. */
export class ProxyWorld {
  readonly namespace = `coxbench${process.pid}`;
  readonly #folder = mkdtempSync(join(tmpdir(), 'cox-bench-proxy-'));
  readonly #commands = runIn(this.namespace);
  /** Told of every input of iptables-restore that has been applied. */
  applied: (text: string) => void = () => {};
  /** Milliseconds that iptables-restore took since this was last set. */
  restoring = 0;
  #peer!: ChildProcessByStdio<Writable, Readable, null>;
  #answers: ((line: string) => void)[] = [];

  readonly run: Run = async (command, args, options) => {
    const started = performance.now();
    const result = await this.#commands(command, args, options);
    if (!command.endsWith('-restore')) return result;
    this.restoring += performance.now() - started;
    this.applied(String(options?.stdin ?? ''));
    return result;
  };

  static async open(): Promise<ProxyWorld> {
    const world = new ProxyWorld();
    await run('ip', ['netns', 'add', world.namespace]);
    await world.#commands('ip', ['link', 'set', 'lo', 'up']);
    await world.#commands('ip', ['addr', 'add', `${liveEndpoint}/32`, 'dev', 'lo']);
    await world.#commands('ip', ['route', 'add', 'default', 'dev', 'lo']);
    const script = join(world.#folder, 'peer.cjs');
    writeFileSync(script, peer);
    const args = ['netns', 'exec', world.namespace, process.execPath, script, liveEndpoint];
    world.#peer = spawn('ip', args, { stdio: ['pipe', 'pipe', 'inherit'] });
    createInterface({ input: world.#peer.stdout }).on('line', (line) => world.#answers.shift()?.(line));
    await world.#next();
    return world;
  }

  /** Resolves when a connection to `address:80` has been answered. */
  async answered(address: string): Promise<void> {
    this.#peer.stdin.write(`${address}\n`);
    await this.#next();
  }

  async close(): Promise<void> {
    this.#peer.kill();
    await once(this.#peer, 'exit');
    await run('ip', ['netns', 'delete', this.namespace]);
    rmSync(this.#folder, { recursive: true });
  }

  #next(): Promise<string> {
    return new Promise((resolve) => this.#answers.push(resolve));
  }
}

/** Serves on port 8080 and asks each address that it reads, again and again, until it answers. */
const peer = `
  const net = require('node:net');
  const own = process.argv[2];
  net.createServer((s) => { s.on('error', () => {}); s.end('yes'); }).listen(8080, own, () => console.log('ready'));
  const ask = (address) => {
    const socket = net.connect({ host: address, port: 80 });
    let done = false;
    const again = () => { if (done) return; done = true; socket.destroy(); setTimeout(ask, 2, address); };
    const timer = setTimeout(again, 20);
    socket.on('data', () => { if (done) return; done = true; clearTimeout(timer); socket.destroy(); console.log('answered'); });
    socket.on('error', () => { clearTimeout(timer); again(); });
  };
  require('node:readline').createInterface({ input: process.stdin }).on('line', ask);
`;
