import { realClock } from '../base/clock.ts';
import { createLog, type LogLevel } from '../base/log.ts';
import { loadKubeconfig } from '../client/kubeconfig.ts';
import { runIngress } from '../cluster/ingress.ts';
import type { Command } from './command.ts';
import { connectionFlags, kubeconfigOf } from './connection-flags.ts';
import { UsageError } from './flags.ts';
import { ingressFlags, ingressSettings } from './ingress-flags.ts';

const LEVELS: readonly string[] = ['debug', 'info', 'warn', 'error'];

/** Runs an ingress controller alone, for a cluster that runs elsewhere. */
export const ingress: Command = {
  name: 'ingress',
  summary: 'Run an ingress controller for a cluster, in the foreground.',
  description:
    'Serves the Ingresses of the class coxswain on this machine. It must reach the pods and the API server.\n' +
    '`cox up` with a node runs one already.',
  flags: [
    ...connectionFlags,
    ...ingressFlags,
    {
      name: 'log-level',
      type: 'string',
      default: 'info',
      placeholder: 'LEVEL',
      help: 'debug (with every request), info, warn or error; the log goes to standard error',
    },
  ],
  async run(values, positional, terminal) {
    if (positional.length > 0) throw new UsageError(`unexpected argument "${positional[0]}"`);
    const level = String(values['log-level']);
    if (!LEVELS.includes(level))
      throw new UsageError(`invalid argument "${level}" for "--log-level" flag: use ${LEVELS.join(', ')}`);
    const settings = ingressSettings(values);
    const connection = loadKubeconfig(kubeconfigOf(values, terminal));
    const log = createLog(level as LogLevel);
    const running = await runIngress(settings, { connection, clock: realClock, log });
    terminal.out(`Ingresses of the class coxswain of ${connection.server} are served. Ctrl-C ends it.`);
    if (!terminal.signal.aborted) await new Promise((resolve) => terminal.signal.addEventListener('abort', resolve));
    await running.stop();
  },
};
