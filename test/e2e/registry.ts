import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../src/cluster/free-port.ts';
import { eventually, execute } from './running-cluster.ts';

/** Who may pull, and with what. */
export const login = { username: 'ann', password: 'open-sesame' };
/** `login` as htpasswd writes it: bcrypt, of the lowest cost. */
const htpasswd = 'ann:$2y$04$KxkqFumSTfQdUWLehPYIo.0tNq.rOw1zUEEgmMiCo6lYmxv/r9qlC\n';

/** Debian's docker-registry on loopback, which nobody reads without credentials. */
export class Registry {
  readonly host: string;
  readonly #folder: string;
  readonly #process: ChildProcess;

  private constructor(host: string, folder: string, running: ChildProcess) {
    this.host = host;
    this.#folder = folder;
    this.#process = running;
  }

  static async start(): Promise<Registry> {
    const folder = mkdtempSync(join(tmpdir(), 'coxswain-registry-'));
    const host = `127.0.0.1:${await freePort()}`;
    writeFileSync(join(folder, 'htpasswd'), htpasswd, { mode: 0o600 });
    const config = {
      version: '0.1',
      storage: { filesystem: { rootdirectory: join(folder, 'images') } },
      http: { addr: host },
      auth: { htpasswd: { realm: 'tests', path: join(folder, 'htpasswd') } },
    };
    writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
    const running = spawn('docker-registry', ['serve', join(folder, 'config.json')], { stdio: 'ignore' });
    const registry = new Registry(host, folder, running);
    const answer = () =>
      fetch(`http://${host}/v2/`).then(
        ({ status }) => status === 401,
        () => false,
      );
    await eventually('the registry answers', answer);
    return registry;
  }

  /** Gives an image of this machine to the registry, under a name of its own, and takes that name away here. */
  async push(image: string, name: string): Promise<string> {
    const full = `${this.host}/${name}`;
    const config = join(this.#folder, 'docker');
    const docker = (...args: string[]) => execute('docker', ['--config', config, ...args], { input: login.password });
    await docker('tag', image, full);
    await docker('login', '-u', login.username, '--password-stdin', this.host);
    const { code, stderr } = await docker('push', full);
    await docker('rmi', full);
    if (code !== 0) throw new Error(`cannot push: ${stderr}`);
    return full;
  }

  /** The digest of an image of the registry. */
  async digest(name: string, tag: string): Promise<string> {
    const headers = {
      authorization: `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`,
      accept: 'application/vnd.docker.distribution.manifest.v2+json',
    };
    const answer = await fetch(`http://${this.host}/v2/${name}/manifests/${tag}`, { headers });
    return answer.headers.get('docker-content-digest') ?? '';
  }

  /** Removes a name from this machine's engine. */
  async forget(full: string): Promise<void> {
    await execute('docker', ['rmi', '-f', full]);
  }

  async stop(): Promise<void> {
    this.#process.kill();
    await once(this.#process, 'exit');
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
