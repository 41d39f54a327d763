import { spawn, type ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection } from '../connection.ts';
import { dnsLoad, dnsQuestion, readAnswer, type DnsLoadResult } from '../dns-load.ts';
import type { Figure, Measure } from '../measure.ts';
import { processorTime, residentMemory, type Target } from '../target.ts';

const SERVICES = 500;
const ENDPOINTS = 10;
const RATE = 5000;
const CHANGES = 50;

/** `cox dns` beside the server: how many answers, how soon, and how soon it knows of a change. */
export const dns: Measure = {
  name: 'dns',
  ownOnly: true,
  async run(target, { seconds, namespace }) {
    await makeServices(target, namespace);
    const server = await startServer(target);
    try {
      const questions = mixture(namespace);
      const before = residentMemory(server.pid)!;
      await dnsLoad({ port: server.port, questions, seconds: 2 });
      const cpu = processorTime(server.pid)!;
      const full = await dnsLoad({ port: server.port, questions, seconds });
      const each = (processorTime(server.pid)! - cpu) / full.answers;
      const paced = await dnsLoad({ port: server.port, questions, seconds, rate: RATE });
      return [
        ...loadFigures(full, each),
        {
          name: `DNS at ${RATE} questions/s, p99`,
          value: at(paced, 0.99),
          unit: 'ms',
          more: false,
          note: detail(paced),
        },
        await changeFigure(target, namespace, server.port),
        {
          name: 'resident memory of cox dns',
          value: before,
          unit: 'MB',
          more: false,
          note: `${SERVICES} services of ${ENDPOINTS} endpoints`,
        },
      ];
    } finally {
      server.stop();
    }
  },
};

function loadFigures(full: DnsLoadResult, microseconds: number): Figure[] {
  const note = `processor time of an answer: ${microseconds.toFixed(1)} µs; ${full.lost} lost, ${full.failed} failed`;
  return [
    {
      name: 'DNS, as fast as it answers',
      value: full.perSecond,
      unit: '/s',
      more: true,
      note: `p50 ${at(full, 0.5).toFixed(2)} ms, p99 ${at(full, 0.99).toFixed(2)} ms`,
    },
    { name: 'DNS, answers of one core', value: 1e6 / microseconds, unit: '/s', more: true, note },
  ];
}

function at({ times }: Pick<DnsLoadResult, 'times'>, quantile: number): number {
  return times[Math.min(times.length - 1, Math.floor(times.length * quantile))] ?? NaN;
}

function detail(result: DnsLoadResult): string {
  return `p50 ${at(result, 0.5).toFixed(2)} ms; ${result.answers} answers, ${result.lost} lost`;
}

/** What pods ask: mostly for services, with the search path's misses before. */
function mixture(namespace: string): Buffer[] {
  const questions: Buffer[] = [];
  for (let i = 0; i < SERVICES; i++) {
    const name = `s${i}.${namespace}.svc.cluster.local`;
    const missed = `s${i}.${namespace}.svc.cluster.local.${namespace}.svc.cluster.local`;
    questions.push(dnsQuestion(name, 'A'), dnsQuestion(name, 'AAAA'), dnsQuestion(missed, 'A'), dnsQuestion(name, 'A'));
    if (i % 4 === 0)
      questions.push(
        dnsQuestion(`_http._tcp.${name}`, 'SRV'),
        dnsQuestion(`h${i}.${namespace}.svc.cluster.local`, 'A'),
      );
  }
  return questions;
}

async function makeServices(target: Target, namespace: string): Promise<void> {
  const connection = await Connection.open(target);
  const ports = [{ name: 'http', port: 80 }];
  for (let i = 0; i < SERVICES; i++) {
    const headless = i % 4 === 0;
    const name = headless ? `h${i}` : `s${i}`;
    await connection.json('POST', `/api/v1/namespaces/${namespace}/services`, {
      metadata: { name },
      spec: { ports, ...(headless && { clusterIP: 'None' }) },
    });
    const addresses = [...Array(ENDPOINTS).keys()].map((n) => `10.${200 + (i >> 8)}.${i & 255}.${n + 1}`);
    await connection.json('POST', slicesOf(namespace), slice(name, addresses));
  }
  connection.close();
}

function slicesOf(namespace: string): string {
  return `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;
}

function slice(service: string, addresses: readonly string[]): object {
  const labels = { 'kubernetes.io/service-name': service };
  const endpoints = addresses.map((address) => ({ addresses: [address], conditions: { ready: true } }));
  return { metadata: { name: service, labels }, addressType: 'IPv4', endpoints, ports: [{ name: 'http', port: 80 }] };
}

/** From the API server's answer to a change until DNS tells it, asked again and again. */
async function changeFigure(target: Target, namespace: string, port: number): Promise<Figure> {
  const connection = await Connection.open(target);
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.connect(port, '127.0.0.1', resolve));
  const question = dnsQuestion(`h0.${namespace}.svc.cluster.local`, 'A');
  const times: number[] = [];
  for (let i = 0; i < CHANGES; i++) {
    const ip = [10, 250, i, 7];
    const known = new Promise<number>((resolve) => {
      socket.removeAllListeners('message').on('message', (message) => {
        if (readAnswer(message).has(ip)) resolve(performance.now());
        else socket.send(question);
      });
    });
    const sent = performance.now();
    await connection.json('PUT', `${slicesOf(namespace)}/h0`, slice('h0', [ip.join('.')]));
    socket.send(question);
    times.push((await known) - sent);
  }
  socket.close();
  connection.close();
  const sorted = { times: Float64Array.from(times).sort() };
  return {
    name: 'an endpoint changes until DNS tells it, p99',
    value: at(sorted, 0.99),
    unit: 'ms',
    more: false,
    note: `p50 ${at(sorted, 0.5).toFixed(1)} ms, with the write itself`,
  };
}

interface Server {
  readonly port: number;
  readonly pid: number;
  stop(): void;
}

/** `cox dns` in a process of its own. */
async function startServer(target: Target): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), 'coxswain-bench-dns-'));
  const kubeconfig = join(folder, 'config');
  const cluster = { server: `https://${target.host}:${target.port}`, 'insecure-skip-tls-verify': true };
  const config = {
    clusters: [{ name: 'bench', cluster }],
    users: [{ name: 'bench', user: { token: target.token } }],
    contexts: [{ name: 'bench', context: { cluster: 'bench', user: 'bench' } }],
    'current-context': 'bench',
  };
  writeFileSync(kubeconfig, JSON.stringify(config), { mode: 0o600 });
  const child = spawn('sh', ['bin/cox', 'dns', '--kubeconfig', kubeconfig, '--port', '0', '--log-level', 'warn'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const port = await portOf(child);
  return {
    port,
    pid: child.pid!,
    stop() {
      child.kill('SIGTERM');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function portOf(child: ChildProcess): Promise<number> {
  let output = '';
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`cox dns ended with ${code}: ${output}`)));
    child.stdout!.on('data', (text: Buffer) => {
      output += text.toString();
      const port = / port (\d+)\./.exec(output)?.[1];
      if (port) resolve(Number(port));
    });
  });
}
