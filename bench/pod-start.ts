import { freePort } from '../src/cluster/free-port.ts';
import { Connection } from './connection.ts';
import { bareStart } from './bare-docker.ts';
import { follow } from './follow.ts';
import { quantiles } from './load.ts';
import type { Figure } from './measure.ts';
import { OwnServer } from './own-server.ts';
import { processorTime, type Target } from './target.ts';

const PODS = 20;
const AT_ONCE = 30;
const IDLE_PODS = 100;
/** The longest of what is done now and then is done once a minute. */
const IDLE_SECONDS = 60;
/** Milliseconds that pods may take to get where they are waited for, before that is given up. */
const PATIENCE = 300_000;
const image = 'coxswain/hello:1';
const path = '/api/v1/namespaces/default/pods';

/**
 * Starts of a whole node, its idle memory, single pods whose image is present beside the same containers on the bare
 * Docker Engine, many at once, and what pods cost with which nothing happens. Needs root and Docker.
 */
export async function podStart(): Promise<Figure[]> {
  if (process.getuid?.() !== 0) {
    process.stderr.write('pod: left out, it needs root and Docker\n');
    return [];
  }
  const server = new OwnServer(['--kubelet-port', String(await freePort())]);
  try {
    const cold = await firstPod(server);
    await server.stop();
    const figures = await server.startFigures('with a node');
    return [cold, ...figures, ...(await singly(server.target)), await atOnce(server.target), await idle(server.target)];
  } finally {
    await server.remove();
  }
}

/** From nothing to a pod that runs: a data folder without anything in it, keys, etcd, all of it. */
async function firstPod(server: OwnServer): Promise<Figure> {
  const up = await server.start();
  const pod = await pods(server.target, ['first']);
  const note = `cox up ${up.toFixed(0)} ms, the pod ${pod.toFixed(0)} ms`;
  return { name: 'cox up from nothing to the first pod Running', value: up + pod, unit: 'ms', more: false, note };
}

/** One pod after the other, in turn with bare containers, so that both meet the same machine. */
async function singly(target: Target): Promise<Figure[]> {
  const times: number[] = [];
  const bare: number[] = [];
  for (let i = 0; i < PODS; i++) {
    bare.push(await bareStart(['coxswain/pause:1', image]));
    times.push(await pods(target, [`pod-${i}`]));
  }
  const [ours, docker] = [quantiles(times), quantiles(bare)];
  const row = (name: string, value: number, note = ''): Figure => ({ name, value, unit: 'ms', more: false, note });
  return [
    row('one pod, created to Running', ours.p50, `p99 ${ours.p99.toFixed(0)} ms, of ${PODS}`),
    row('the same two containers on bare Docker', docker.p50, `p99 ${docker.p99.toFixed(0)} ms`),
    row('one pod, above bare Docker', ours.p50 - docker.p50),
  ];
}

async function atOnce(target: Target): Promise<Figure> {
  const names = Array.from({ length: AT_ONCE }, (_, i) => `many-${i}`);
  const value = (await pods(target, names)) / 1000;
  return { name: `${AT_ONCE} pods at once, last Running`, value, unit: 's', more: false };
}

/** The share of a core that the process takes while pods only run. */
async function idle(target: Target): Promise<Figure> {
  const names = Array.from({ length: IDLE_PODS }, (_, i) => `idle-${i}`);
  let used = 0;
  await pods(target, names, async () => {
    await new Promise((resolve) => setTimeout(resolve, 10_000)); // events of the start are still to be written
    const before = processorTime(target.pid!)!;
    await new Promise((resolve) => setTimeout(resolve, IDLE_SECONDS * 1000));
    used = processorTime(target.pid!)! - before;
  });
  const note = 'the whole process: API server, controllers, kubelet';
  return { name: `${IDLE_PODS} idle pods`, value: used / (IDLE_SECONDS * 1e4), unit: '% of a core', more: false, note };
}

/** Creates pods and waits, by a watch, until the status of the last says Running; milliseconds. Then they go. */
async function pods(target: Target, names: readonly string[], meanwhile?: () => Promise<void>): Promise<number> {
  const watching = await watch(target);
  const connection = await Connection.open(target);
  const spec = { terminationGracePeriodSeconds: 0, containers: [{ name: 'c', image }] };
  const started = performance.now();
  for (const name of names) await connection.json('POST', path, { metadata: { name }, spec });
  await watching.until(names, 'Running');
  const took = performance.now() - started;
  await meanwhile?.();
  for (const name of names) await connection.json('DELETE', `${path}/${name}`);
  await watching.until(names, 'gone');
  watching.end();
  connection.close();
  return took;
}

/** A watch of pods that knows the last phase of each. */
async function watch(target: Target) {
  const phases = new Map<string, string>();
  let looked = () => {};
  const following = await follow(target, `${path}?watch=1`, (line) => {
    const { type, object } = JSON.parse(line);
    phases.set(object.metadata.name, type === 'DELETED' ? 'gone' : object.status?.phase);
    looked();
  });
  const until = (names: readonly string[], phase: string) =>
    new Promise<void>((resolve, reject) => {
      const late = () => reject(new Error(`pods are not ${phase} after ${PATIENCE / 1000} s: ${missing().join(', ')}`));
      const timer = setTimeout(late, PATIENCE);
      const missing = () =>
        names.filter((name) => phases.get(name) !== phase).map((name) => `${name} ${phases.get(name)}`);
      looked = () => {
        if (names.some((name) => phases.get(name) !== phase)) return;
        clearTimeout(timer);
        resolve();
      };
      looked();
    });
  return { until, end: () => following.end() };
}
