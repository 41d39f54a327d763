import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../src/cluster/free-port.ts';
import { Connection } from '../connection.ts';
import { load, type LoadResult } from '../load.ts';
import type { Figure, Measure } from '../measure.ts';
import { residentMemory, type Target } from '../target.ts';

const HOST = 'bench.test';
const CONNECTIONS = 16;

/** What the ingress controller (`cox ingress`, a process of its own) adds to requests, and how many it carries. */
export const ingress: Measure = {
  name: 'ingress',
  ownOnly: true,
  async run(target, { seconds, namespace }) {
    const children: ChildProcess[] = [];
    const folder = mkdtempSync(join(tmpdir(), 'coxswain-bench-ingress-'));
    try {
      const address = ownAddress();
      const backend = await firstLine(start(children, ['bench/plain-backend.ts', address]));
      await createObjects(target, namespace, address, Number(backend));
      const [http, https] = [await freePort(), await freePort()];
      const kubeconfig = join(folder, 'kubeconfig');
      writeFileSync(kubeconfig, JSON.stringify(kubeconfigOf(target)), { mode: 0o600 });
      const ports = ['--ingress-http-port', String(http), '--ingress-https-port', String(https)];
      const where = ['--kubeconfig', kubeconfig, '--ingress-publish-address', '127.0.0.1'];
      const child = start(children, ['src/cli/main.ts', 'ingress', ...where, ...ports, '--log-level', 'error']);
      await firstLine(child);
      const pid = child.pid!;
      const [direct, plain, secure] = [
        { name: 'direct', host: address, port: Number(backend), token: '', plain: true },
        { name: 'ingress', host: '127.0.0.1', port: http, token: '', plain: true, pid },
        { name: 'ingress', host: '127.0.0.1', port: https, token: '', pid },
      ];
      await answers(plain);
      return await figures(direct, plain, secure, seconds);
    } finally {
      for (const child of children) child.kill();
      rmSync(folder, { recursive: true });
    }
  },
};

async function figures(direct: Target, plain: Target, secure: Target, seconds: number): Promise<Figure[]> {
  await requests(plain, CONNECTIONS, 2); // a server at work, not one that starts
  const alone = await requests(direct, 1, seconds);
  const through = await requests(plain, 1, seconds);
  const idle = residentMemory(plain.pid!) ?? NaN;
  return [
    {
      name: 'ingress, added to a request (median)',
      value: through.p50 - alone.p50,
      unit: 'ms',
      more: false,
      note: `direct p50 ${alone.p50.toFixed(2)}, p99 ${alone.p99.toFixed(2)} ms; through it p50 ${through.p50.toFixed(2)}, p99 ${through.p99.toFixed(2)} ms`,
    },
    ...rate('ingress, http', await requests(plain, CONNECTIONS, seconds)),
    ...rate('ingress, https', await requests(secure, CONNECTIONS, seconds)),
    { name: 'ingress, resident memory of cox ingress', value: idle, unit: 'MB', more: false },
  ];
}

function rate(name: string, { perSecond, p50, p99, serverTime }: LoadResult): Figure[] {
  const note = `p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`;
  return [
    { name, value: perSecond, unit: '/s', more: true, note },
    { name: `${name}, its processor time`, value: serverTime ?? NaN, unit: 'µs', more: false },
  ];
}

function requests(target: Target, connections: number, seconds: number): Promise<LoadResult> {
  const request = Buffer.from(`GET /a/b?c=d HTTP/1.1\r\nHost: ${HOST}\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n`);
  return load(target, { connections, seconds, warmUp: 1, expect: 200, request: () => request });
}

/** The ingress is there when it answers for the host. */
async function answers(target: Target): Promise<void> {
  for (let i = 0; i < 100; i++) {
    const found = await requests(target, 1, 0.01).catch(() => undefined);
    if (found) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('the ingress did not come up within 10 s');
}

async function createObjects(target: Target, namespace: string, address: string, port: number): Promise<void> {
  const connection = await Connection.open(target);
  const labels = { 'kubernetes.io/service-name': 'backend' };
  const ports = [{ name: 'http', port, protocol: 'TCP' }];
  const service = { name: 'backend', port: { name: 'http' } };
  const rule = { host: HOST, http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service } }] } };
  const objects: [string, object][] = [
    [
      `/api/v1/namespaces/${namespace}/services`,
      { metadata: { name: 'backend' }, spec: { ports: [{ name: 'http', port: 80 }] } },
    ],
    [
      `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`,
      { metadata: { name: 'backend', labels }, addressType: 'IPv4', ports, endpoints: [{ addresses: [address] }] },
    ],
    [
      `/apis/networking.k8s.io/v1/namespaces/${namespace}/ingresses`,
      { metadata: { name: 'bench' }, spec: { ingressClassName: 'coxswain', rules: [rule] } },
    ],
  ];
  for (const [path, object] of objects) await connection.json('POST', path, object);
  connection.close();
}

function kubeconfigOf({ host, port, token }: Target): object {
  const cluster = { server: `https://${host}:${port}`, 'insecure-skip-tls-verify': true };
  return {
    clusters: [{ name: 'bench', cluster }],
    users: [{ name: 'bench', user: { token } }],
    contexts: [{ name: 'bench', context: { cluster: 'bench', user: 'bench' } }],
    'current-context': 'bench',
  };
}

function start(children: ChildProcess[], args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  return child;
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`it ended with ${code}`)));
    child.stdout!.once('data', (text: Buffer) => resolve(text.toString().trim()));
  });
}

/** Endpoints of services are never on the loopback; packets to an address of this machine stay on it all the same. */
function ownAddress(): string {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const found = all.find(({ family, internal }) => family === 'IPv4' && !internal);
  if (!found) throw new Error('this machine has no address but the loopback');
  return found.address;
}
