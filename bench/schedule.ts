import { Connection } from './connection.ts';
import { load } from './load.ts';
import type { Figure } from './measure.ts';
import { OwnServer } from './own-server.ts';
import { processorTime, type Target } from './target.ts';

const WRITERS = 24;
const IDLE_PODS = 10_000;
const IDLE_SECONDS = 20;

/** Pods of one shape on so many nodes. */
interface Scenario {
  readonly name: string;
  readonly nodes: number;
  readonly pods: number;
  readonly spec?: object;
}

const apart = {
  affinity: {
    podAntiAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [
        { labelSelector: { matchLabels: { app: 'apart' } }, topologyKey: 'kubernetes.io/hostname' },
      ],
    },
  },
};

const scenarios: readonly Scenario[] = [
  { name: '5,000 pods on 1,000 nodes', nodes: 1000, pods: 5000 },
  { name: '500 pods apart on 1,000 nodes', nodes: 1000, pods: 500, spec: apart },
  { name: '1,000 pods on 5,000 nodes', nodes: 5000, pods: 1000 },
];

/** Starts a control plane that leaves bare nodes alone, and measures how fast it places pods. */
export async function scheduleOwn(): Promise<Figure[]> {
  const controllers = '--controllers=*,-node-lifecycle-controller,-taint-eviction-controller';
  const own = new OwnServer(['--no-node', controllers]);
  await own.start();
  try {
    return [...(await schedule(own.target)), await idle(own.target)];
  } finally {
    await own.remove();
  }
}

/** How fast pods are created, placed and bound, from the first create to the last binding. */
export async function schedule(target: Target): Promise<Figure[]> {
  const figures: Figure[] = [];
  let nodes = 0;
  for (const scenario of scenarios) {
    process.stderr.write(`schedule ${scenario.name} on ${target.name} ...\n`);
    await addNodes(target, nodes, scenario.nodes);
    nodes = scenario.nodes;
    figures.push(...(await run(target, scenario)));
  }
  return figures;
}

async function run(target: Target, { name, pods, spec }: Scenario): Promise<Figure[]> {
  const namespace = `schedule-${name.replace(/\W/g, '')}`;
  await addNamespace(target, namespace);
  const before = target.pid === undefined ? undefined : processorTime(target.pid);
  const started = performance.now();
  await addPods(target, namespace, pods, spec);
  const created = performance.now();
  await allBound(target, namespace);
  const seconds = (performance.now() - started) / 1000;
  const after = target.pid === undefined ? undefined : processorTime(target.pid);
  const note = `created in ${((created - started) / 1000).toFixed(1)} s, bound ${((performance.now() - created) / 1000).toFixed(1)} s later`;
  const rate: Figure = { name: `schedule ${name}`, value: pods / seconds, unit: '/s', more: true, note };
  if (before === undefined || after === undefined) return [rate];
  const cost = (after - before) / pods;
  return [rate, { name: 'the same, processor time for a pod', value: cost, unit: 'µs', more: false }];
}

/** The share of a core that many pods cost with which nothing happens. */
async function idle(target: Target): Promise<Figure> {
  process.stderr.write(`idle pods on ${target.name} ...\n`);
  await addNamespace(target, 'idle');
  await addPods(target, 'idle', IDLE_PODS - scenarios.reduce((sum, { pods }) => sum + pods, 0));
  await allBound(target, 'idle');
  // Events of the burst are still to be written.
  for (let quiet = 0; quiet < 5;) quiet = (await share(target, 1)) < 0.1 ? quiet + 1 : 0;
  const idleShare = await share(target, IDLE_SECONDS);
  return {
    name: `${IDLE_PODS.toLocaleString('en')} idle pods`,
    value: idleShare * 100,
    unit: '% of a core',
    more: false,
  };
}

/** The share of a core that the server uses within so many seconds. */
async function share(target: Target, seconds: number): Promise<number> {
  const before = processorTime(target.pid!)!;
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  return (processorTime(target.pid!)! - before) / (seconds * 1e6);
}

/** Makes a namespace; resolves when pods can be created in it. */
export async function addNamespace(target: Target, name: string): Promise<void> {
  const connection = await Connection.open(target);
  await connection.json('POST', '/api/v1/namespaces', { metadata: { name } });
  connection.close();
  // Pods need the namespace's service account, which a controller makes, and older servers its token.
  const path = `/api/v1/namespaces/${name}/pods?dryRun=All`;
  const containers = [{ name: 'main', image: 'pause' }];
  const probe = Connection.encode(
    target,
    'POST',
    path,
    JSON.stringify({ metadata: { name: 'x' }, spec: { containers } }),
  );
  for (;;) {
    const asking = await Connection.open(target);
    const { status } = await asking.send(probe);
    asking.close();
    if (status === 201) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Bare nodes: no kubelet, only objects with room for pods, without the taint of those that are not ready. */
async function addNodes(target: Target, from: number, to: number): Promise<void> {
  const resources = { cpu: '32', memory: '128Gi', pods: '110' };
  const node = (name: string) => ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/hostname': name } },
    status: { capacity: resources, allocatable: resources, conditions: [{ type: 'Ready', status: 'True' }] },
  });
  const each = (expect: number, request: (name: string) => Buffer) =>
    load(target, {
      connections: WRITERS,
      seconds: 600,
      count: to - from,
      expect,
      request: (n) => request(`bare-${from + n}`),
    });
  await each(201, (name) => Connection.encode(target, 'POST', '/api/v1/nodes', JSON.stringify(node(name))));
  const patch = JSON.stringify({ spec: { taints: null } });
  const type = 'application/merge-patch+json';
  await each(200, (name) => Connection.encode(target, 'PATCH', `/api/v1/nodes/${name}`, patch, type));
}

/** Creates `pod-0` and so on, many at a time. */
export async function addPods(target: Target, namespace: string, count: number, spec: object = {}): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/pods`;
  const containers = [{ name: 'main', image: 'pause', resources: { requests: { cpu: '100m', memory: '100Mi' } } }];
  const pod = (name: string) => ({ metadata: { name, labels: { app: 'apart' } }, spec: { containers, ...spec } });
  await load(target, {
    connections: WRITERS,
    seconds: 600,
    count,
    expect: 201,
    request: (n) => Connection.encode(target, 'POST', path, JSON.stringify(pod(`pod-${n}`))),
  });
}

async function allBound(target: Target, namespace: string): Promise<void> {
  const connection = await Connection.open(target);
  const path = `/api/v1/namespaces/${namespace}/pods?limit=1&fieldSelector=spec.nodeName%3D`;
  while ((await connection.json('GET', path)).items.length > 0) await new Promise((r) => setTimeout(r, 20));
  connection.close();
}
