import { monitorEventLoopDelay } from 'node:perf_hooks';
import { badRequests, type BadRequest } from './bad-requests.ts';
import type { Figure } from './measure.ts';
import { barePlane } from './plane.ts';
import type { HttpExchange } from '../src/base/http-exchange.ts';
import { adminUser } from '../src/cluster/control-plane.ts';

const REPEATS = 3;

/**
 * How long a bad request holds everybody else up, at the worst, in milliseconds: each is sent several times to a server
 * in this process, and the best of them counts, for the machine has other things to do too.
 */
export async function badInput(): Promise<Figure[]> {
  const plane = await barePlane();
  const exchange = plane.apiServer.exchange(adminUser);
  const send = (request: BadRequest) => sendTo(exchange, request);
  const awake = setInterval(() => {}, 1000); // a thread that parses keeps no process alive
  for (const request of badRequests) await send(request); // the code is compiled
  const held: { what: string; ms: number }[] = [];
  for (const request of badRequests) {
    const times: number[] = [];
    for (let i = 0; i < REPEATS; i++) times.push(await longestHold(() => send(request)));
    held.push({ what: request.what, ms: Math.min(...times) });
  }
  clearInterval(awake);
  await plane.stop();
  held.sort((a, b) => b.ms - a.ms);
  for (const { what, ms } of held) process.stderr.write(`${ms.toFixed(1).padStart(8)} ms  ${what}\n`);
  const [worst] = held;
  const note = `${badRequests.length} requests; ${worst!.what}`;
  return [{ name: 'bad input, longest hold of the event loop', value: worst!.ms, unit: 'ms', more: false, note }];
}

async function longestHold(work: () => Promise<unknown>): Promise<number> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await new Promise((resolve) => setTimeout(resolve, 10)); // its first sample only sets the mark
  await work();
  await new Promise((resolve) => setTimeout(resolve, 5));
  delay.disable();
  return delay.max / 1e6;
}

async function sendTo(exchange: HttpExchange, { method, path, type, body }: BadRequest): Promise<number> {
  const response = await exchange({
    method,
    url: path,
    headers: { 'content-type': type },
    body: body === '' ? undefined : Buffer.from(body, 'latin1'),
    signal: undefined,
  });
  for await (const _ of response.body);
  return response.status;
}
