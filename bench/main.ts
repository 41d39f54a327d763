/**
 * Measures an API server over TLS with a bearer token. Without `--server` it starts `cox up` and measures that, with
 * start-up times, memory and (as root, with Docker) the start of a pod.
 *
 *     npm run bench -- [--seconds N] [--only create,get,list,memory,watch,schemas,dns,ingress,start,pod,schedule,simulate,in-process,bad-input,proxy]
 *                      [--server URL --token T [--pid P]]          measure that server instead
 *                      [--beside URL --beside-token T [--beside-pid P]]   measure it too, in turn, and print ratios
 */
import { parseArgs } from 'node:util';
import { Connection } from './connection.ts';
import { badInput } from './bad-input.ts';
import { inProcess } from './in-process.ts';
import type { Figure } from './measure.ts';
import { measures } from './measures/index.ts';
import { OwnServer } from './own-server.ts';
import { podStart } from './pod-start.ts';
import { proxyFigures } from './proxy.ts';
import { printTable } from './report.ts';
import { simulate } from './simulate.ts';
import { schedule, scheduleOwn } from './schedule.ts';
import { targetOf, type Target } from './target.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '5' },
    only: { type: 'string' },
    server: { type: 'string' },
    token: { type: 'string', default: '' },
    pid: { type: 'string' },
    beside: { type: 'string' },
    'beside-token': { type: 'string', default: '' },
    'beside-pid': { type: 'string' },
  },
});

const only = values.only?.split(',');
const wanted = (name: string) => !only || only.includes(name);
const number = (text: string | undefined) => (text === undefined ? undefined : Number(text));

async function measureServers(targets: readonly Target[]): Promise<Map<Target, Figure[]>> {
  const results = new Map(targets.map((t) => [t, [] as Figure[]]));
  const namespace = `bench-${process.pid}`;
  for (const target of targets) {
    const connection = await Connection.open(target);
    await connection.json('POST', '/api/v1/namespaces', { metadata: { name: namespace } });
    connection.close();
  }
  for (const measure of measures.filter((m) => wanted(m.name))) {
    for (const target of measure.ownOnly ? targets.slice(0, 1) : targets) {
      process.stderr.write(`${measure.name} on ${target.name} ...\n`);
      results.get(target)!.push(...(await measure.run(target, { seconds: Number(values.seconds), namespace })));
    }
  }
  return results;
}

const beside = values.beside && targetOf('beside', values.beside, values['beside-token'], number(values['beside-pid']));
const own = values.server ? undefined : new OwnServer(['--no-node']);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void OwnServer.removeAll().finally(() => process.exit(1)));
}
try {
  const local: Figure[] = [];
  if (own && wanted('in-process')) local.push(...(await inProcess()));
  if (own && wanted('bad-input')) local.push(...(await badInput()));
  if (own && wanted('start')) local.push(...(await own.startFigures('control plane')));
  else await own?.start();
  const target = own ? own.target : targetOf('server', values.server!, values.token, number(values.pid));
  const results = await measureServers(beside ? [target, beside] : [target]);
  if (!own && only?.includes('schedule')) results.get(target)!.push(...(await schedule(target)));
  await own?.remove();
  if (own && wanted('proxy')) local.push(...(await proxyFigures()));
  if (own && wanted('schedule')) local.push(...(await scheduleOwn()));
  if (own && wanted('simulate')) local.push(...(await simulate()));
  if (own && wanted('pod')) local.push(...(await podStart()));
  printTable([...local, ...results.get(target)!], beside ? results.get(beside)! : []);
} finally {
  await OwnServer.removeAll();
}
process.exit(0);
