import { spawn, type ChildProcess } from 'node:child_process';
import { shown } from './follow.ts';
import type { Figure } from './measure.ts';
import { OwnServer } from './own-server.ts';
import { addNamespace, addPods } from './schedule.ts';
import { processorTime, residentMemory } from './target.ts';

const NODES = 1_000;
const PODS = 10_000;
const IDLE_SECONDS = 20;

/** Simulated nodes in a process of their own: how soon they are Ready, how soon pods run on them, what they cost at rest. */
export async function simulate(nodes = NODES, pods = PODS): Promise<Figure[]> {
  const own = new OwnServer(['--no-node']);
  await own.start();
  const started = performance.now();
  const child = spawn('sh', ['bin/cox', 'node', 'simulate', String(nodes), '--kubeconfig', own.kubeconfig], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  process.once('exit', () => child.kill());
  try {
    const pids = [own.target.pid!, child.pid!];
    const ready = await timed(pids, started, () => shown(own.target, '/api/v1/nodes?watch=1', nodes, readyNode));
    const readyFigure = figure(`${nodes.toLocaleString('en')} simulated nodes Ready`, ready);
    await addNamespace(own.target, 'simulate');
    const created = performance.now();
    const running = await timed(pids, created, async () => {
      const running = '/api/v1/namespaces/simulate/pods?watch=1&fieldSelector=status.phase%3DRunning';
      await Promise.all([shown(own.target, running, pods, nameIn), addPods(own.target, 'simulate', pods)]);
    });
    return [
      readyFigure,
      figure(`${pods.toLocaleString('en')} simulated pods Running`, running),
      ...(await idle(pids, nodes)),
    ];
  } finally {
    await end(child);
    await own.remove();
  }
}

interface Timed {
  readonly seconds: number;
  /** Seconds of processor time of server and nodes. */
  readonly processor: readonly number[];
}

async function timed(pids: readonly number[], started: number, work: () => Promise<void>): Promise<Timed> {
  const before = pids.map((pid) => processorTime(pid) ?? 0);
  await work();
  const processor = pids.map((pid, i) => ((processorTime(pid) ?? 0) - before[i]!) / 1e6);
  return { seconds: (performance.now() - started) / 1000, processor };
}

function figure(name: string, { seconds, processor }: Timed): Figure {
  const note = `processor time: server ${processor[0]!.toFixed(1)} s, nodes ${processor[1]!.toFixed(1)} s`;
  return { name, value: seconds, unit: 's', more: false, note };
}

/** What all that costs when nothing happens but heartbeats. */
async function idle(pids: readonly number[], nodes: number): Promise<Figure[]> {
  const share = async (seconds: number) => {
    const before = pids.map((pid) => processorTime(pid)!);
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    return pids.map((pid, i) => (processorTime(pid)! - before[i]!) / (seconds * 1e4));
  };
  // Events of the burst are still to be written.
  for (let last = Infinity, now = 0; ; last = now) {
    now = (await share(2)).reduce((a, b) => a + b);
    if (now > last * 0.8 && now < 60) break;
  }
  const [server, kubelets] = await share(IDLE_SECONDS);
  const memory = (residentMemory(pids[1]!) ?? 0) / nodes;
  return [
    { name: 'the same at rest, nodes', value: kubelets!, unit: '% of a core', more: false },
    { name: 'the same at rest, server', value: server!, unit: '% of a core', more: false },
    { name: 'resident memory for a simulated node', value: memory, unit: 'MB', more: false },
  ];
}

/** The name of a node that is Ready and takes pods. */
function readyNode(line: string): string | undefined {
  const { metadata, spec, status } = JSON.parse(line).object;
  const ready = status?.conditions?.some((c: any) => c.type === 'Ready' && c.status === 'True');
  return ready && !spec?.taints ? metadata.name : undefined;
}

/** The name of the object that an event tells of. */
function nameIn(line: string): string | undefined {
  return /"name":"([^"]*)"/.exec(line)?.[1];
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await exited;
}
