import { monitorEventLoopDelay } from 'node:perf_hooks';
import { authenticated } from '../src/auth/user.ts';
import { realClock } from '../src/base/clock.ts';
import { noLog } from '../src/base/log.ts';
import { realRandom } from '../src/base/random.ts';
import { adminUser } from '../src/cluster/control-plane.ts';
import { Proxy } from '../src/proxy/proxy.ts';
import { endpointSlice, type EndpointSlice } from '../src/api/discovery-v1/endpoint-slice.ts';
import { service, type Service } from '../src/api/core-v1/service.ts';
import type { Client } from '../src/client/client.ts';
import type { New } from '../src/apimachinery/object.ts';
import { quantiles } from './load.ts';
import type { Figure } from './measure.ts';
import { barePlane } from './plane.ts';
import { liveEndpoint, ProxyWorld } from './proxy-world.ts';

const ENDPOINTS = 10;
const CHANGES = 200;
const NEW_SERVICES = 100;
const WRITERS = 16;

/**
 * The proxy with many services, in a network namespace of its own and with an API server over the memory store in this
 * process: how soon all rules are there, how soon one endpoint's change is, and how soon a new service answers.
 */
export async function proxyFigures(): Promise<Figure[]> {
  if (process.getuid?.() !== 0) return [];
  return [...(await measure(1_000)), ...(await measure(5_000))];
}

async function measure(services: number): Promise<Figure[]> {
  process.stderr.write(`proxy with ${services} services ...\n`);
  const plane = await barePlane();
  const client = plane.clientAs(adminUser, 'bench');
  const world = await ProxyWorld.open();
  const proxy = new Proxy({
    client: plane.clientAs(authenticated('system:kube-proxy'), 'kube-proxy'),
    nodeName: 'bench',
    clusterCidr: '10.244.0.0/16',
    clock: realClock,
    random: realRandom,
    log: noLog,
    run: world.run,
  });
  try {
    await inParallel(services, (n) => addService(client, n));
    const name = `proxy, ${services.toLocaleString('en')} services of ${ENDPOINTS} endpoints`;
    return [
      await firstSync(name, proxy, world),
      await endpointChanges(name, client, world, services),
      await newServices(name, client, world, services),
    ];
  } finally {
    await proxy.stop();
    await world.close();
    await plane.stop();
  }
}

async function firstSync(name: string, proxy: Proxy, world: ProxyWorld): Promise<Figure> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  world.restoring = 0;
  const started = performance.now();
  await proxy.start();
  const value = performance.now() - started;
  delay.disable();
  const held = (delay.max / 1e6).toFixed(0);
  const note = `${world.restoring.toFixed(0)} ms of it in iptables-restore; event loop held for at most ${held} ms`;
  return { name: `${name}, first sync`, value, unit: 'ms', more: false, note };
}

/** One endpoint gets another address: from the write to the API until iptables-restore has ended. */
async function endpointChanges(name: string, client: Client, world: ProxyWorld, services: number): Promise<Figure> {
  const times: number[] = [];
  const restores: number[] = [];
  for (let i = 0; i < CHANGES; i++) {
    const n = (i * 37) % services;
    const address = `10.245.${i >> 8}.${i & 255}`;
    const applied = new Promise<void>((resolve) => {
      world.applied = (text) => text.includes(`${address}:8080`) && resolve();
    });
    world.restoring = 0;
    const started = performance.now();
    const slice = sliceOf(n, address);
    await client.patch(endpointSlice, { namespace: 'default', name: slice.metadata.name! }, 'merge', {
      endpoints: slice.endpoints,
    });
    await applied;
    times.push(performance.now() - started);
    restores.push(world.restoring);
    await pause(20);
  }
  const figure = spread(`${name}, an endpoint's change in the kernel`, times);
  const { p50, p99 } = quantiles(restores);
  return {
    ...figure,
    note: `${figure.note}; iptables-restore alone p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms`,
  };
}

/** From the request to create a service (and its slice, at the same time) to the first answer on its cluster IP. */
async function newServices(name: string, client: Client, world: ProxyWorld, services: number): Promise<Figure> {
  const times: number[] = [];
  for (let i = 0; i < NEW_SERVICES; i++) {
    const started = performance.now();
    const [created] = await Promise.all([
      client.create<Service>(service, serviceOf(services + i)),
      client.create(endpointSlice, { ...sliceOf(services + i), endpoints: [{ addresses: [liveEndpoint] }] }),
    ]);
    await world.answered(created.spec!.clusterIP!);
    times.push(performance.now() - started);
    await pause(20);
  }
  return spread(`${name}, a new service until its first answer`, times);
}

function spread(name: string, times: readonly number[]): Figure {
  const { p50, p99 } = quantiles([...times]);
  return { name: `${name}, p99`, value: p99, unit: 'ms', more: false, note: `p50 ${p50.toFixed(0)} ms` };
}

async function addService(client: Client, n: number): Promise<void> {
  await client.create(service, serviceOf(n));
  await client.create(endpointSlice, sliceOf(n));
}

function serviceOf(n: number): New<Service> {
  const metadata = { name: `bench-${n}`, namespace: 'default' };
  return { apiVersion: 'v1', kind: 'Service', metadata, spec: { ports: [{ port: 80, targetPort: 8080 }] } };
}

/** Ten addresses; the first may be told. */
function sliceOf(n: number, first = address(n, 0)): New<EndpointSlice> {
  const labels = { 'kubernetes.io/service-name': `bench-${n}` };
  const endpoints = Array.from({ length: ENDPOINTS }, (_, i) => ({ addresses: [i === 0 ? first : address(n, i)] }));
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: `bench-${n}`, namespace: 'default', labels },
    addressType: 'IPv4',
    ports: [{ port: 8080, protocol: 'TCP', name: '' }],
    endpoints: endpoints.map((endpoint) => ({ ...endpoint, nodeName: 'elsewhere', conditions: { ready: true } })),
  };
}

function address(n: number, i: number): string {
  const number = n * ENDPOINTS + i;
  return `10.244.${1 + (number >> 8)}.${number & 255}`;
}

async function inParallel(count: number, task: (n: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) await task(next++);
  };
  await Promise.all(Array.from({ length: WRITERS }, worker));
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
