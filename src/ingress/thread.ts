/** The thread of an ingress's data plane: nothing here but passing on what the other side says. */
import { parentPort, workerData } from 'node:worker_threads';
import { realClock } from '../base/clock.ts';
import type { Log, LogFields } from '../base/log.ts';
import { realRandom } from '../base/random.ts';
import { LocalPlane } from './local-plane.ts';
import type { FromThread, ThreadStart, ToThread } from './thread-messages.ts';

const { settings, debug } = workerData as ThreadStart;

function tell(message: FromThread): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  parentPort!.postMessage(message);
}

function logger(more: LogFields): Log {
  const write = (level: 'debug' | 'info' | 'warn' | 'error') => (message: string, fields?: LogFields) => {
    if (level !== 'debug' || debug) tell({ type: 'log', level, message, fields: { ...more, ...fields } });
  };
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    child: (fields) => logger({ ...more, ...fields }),
    enabled: (level) => level !== 'debug' || debug,
  };
}

const told = (state: Extract<FromThread, { type: 'port' }>['state']) => tell({ type: 'port', state });
const plane = new LocalPlane({ settings, clock: realClock, random: realRandom, log: logger({}), told });

parentPort!.on('message', async (message: ToThread) => {
  if (message.type === 'routes') plane.routes(message.table);
  else if (message.type === 'upstreams') plane.upstreams(message.changes);
  else if (message.type === 'metrics') tell({ type: 'metrics', id: message.id, text: await plane.metrics() });
  else {
    await plane.stop();
    tell({ type: 'stopped' });
    parentPort!.close();
  }
});

await plane.start();
tell({ type: 'started' });
