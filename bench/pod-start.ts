import { Connection } from './connection.ts';
import { quantiles } from './load.ts';
import type { Figure } from './measure.ts';
import { OwnServer } from './own-server.ts';
import type { Target } from './target.ts';

const PODS = 10;

/** Starts of a whole node, its idle memory, and of single pods whose image is present. Needs root and Docker. */
export async function podStart(): Promise<Figure[]> {
  if (process.getuid?.() !== 0) {
    process.stderr.write('pod: left out, it needs root and Docker\n');
    return [];
  }
  const server = new OwnServer([]);
  try {
    const figures = await server.startFigures('with a node');
    const times: number[] = [];
    for (let i = 0; i < PODS; i++) times.push(await onePod(server.target, `pod-${i}`));
    const { p50, p99 } = quantiles(times);
    const note = `slowest ${p99.toFixed(0)} ms of ${PODS}`;
    return [...figures, { name: 'one pod, created to Running', value: p50, unit: 'ms', more: false, note }];
  } finally {
    await server.remove();
  }
}

/** Creates a pod and waits, by a watch, until its status says Running; milliseconds. */
async function onePod(target: Target, name: string): Promise<number> {
  const connection = await Connection.open(target);
  const path = '/api/v1/namespaces/default/pods';
  const pod = {
    metadata: { name },
    spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'c', image: 'coxswain/hello:1' }] },
  };
  const started = performance.now();
  await connection.json('POST', path, pod);
  await watchUntilRunning(target, name);
  const took = performance.now() - started;
  await connection.json('DELETE', `${path}/${name}`);
  connection.close();
  return took;
}

async function watchUntilRunning(target: Target, name: string): Promise<void> {
  const { connect } = await import('node:http2');
  const session = connect(`https://${target.host}:${target.port}`, { rejectUnauthorized: false });
  const stream = session.request({
    ':path': `/api/v1/namespaces/default/pods?watch=1&fieldSelector=metadata.name%3D${name}`,
    authorization: `Bearer ${target.token}`,
  });
  stream.setEncoding('utf8');
  let text = '';
  for await (const chunk of stream) {
    text += chunk;
    if (text.includes('"phase":"Running"')) break;
  }
  session.destroy();
}
