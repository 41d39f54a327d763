import { loadKubeconfig } from '../client/kubeconfig.ts';
import { isQuantity, quantityValue } from '../apimachinery/quantity.ts';
import { checkCount, PREFIX, simulatedLabel, simulateNodes } from '../cluster/simulate.ts';
import type { Terminal } from './command.ts';
import { dataDirBeside, kubeconfigOf } from './connection-flags.ts';
import { UsageError, type Flag, type FlagValues } from './flags.ts';

export const simulateFlags: readonly Flag[] = [
  { name: 'prefix', type: 'string', default: PREFIX, placeholder: 'TEXT', help: 'simulate: what names begin with' },
  { name: 'cpu', type: 'integer', default: 8, help: 'simulate: processors of a node' },
  { name: 'memory', type: 'string', default: '32Gi', placeholder: 'SIZE', help: 'simulate: memory of a node' },
  { name: 'pods', type: 'integer', default: 110, help: 'simulate: how many pods a node takes' },
  {
    name: 'labels',
    type: 'string',
    placeholder: 'K=V[,K=V]',
    help: 'simulate: further labels of the nodes',
  },
];

/** `cox node simulate N`: in the foreground until Ctrl-C, which switches the nodes off and leaves their objects. */
export async function simulate(values: FlagValues, args: readonly string[], terminal: Terminal): Promise<void> {
  const count = countOf(args);
  const kubeconfig = kubeconfigOf(values, terminal);
  const { memory } = values;
  if (!isQuantity(memory)) throw new UsageError(`invalid argument "${memory}" for "--memory" flag: not a quantity`);
  const nodes = await simulateNodes({
    count,
    prefix: String(values.prefix),
    labels: labelsFlag(values.labels),
    cpus: Number(values.cpu),
    memory: quantityValue(String(memory)),
    maxPods: Number(values.pods),
    connection: loadKubeconfig(kubeconfig),
    dataDir: dataDirBeside(kubeconfig),
  });
  terminal.out(`${count} simulated node${count === 1 ? ' runs' : 's run'}. Ctrl-C switches them off; then`);
  terminal.out(`  kubectl delete nodes -l ${simulatedLabel}=true`);
  terminal.out('removes them from the cluster.');
  if (!terminal.signal.aborted) await new Promise((resolve) => terminal.signal.addEventListener('abort', resolve));
  await nodes.stop();
}

function countOf([text = '', ...rest]: readonly string[]): number {
  if (!/^\d{1,6}$/.test(text) || rest.length > 0) throw new UsageError('say how many nodes: cox node simulate 100');
  try {
    checkCount(Number(text));
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  return Number(text);
}

/** `a=b,c=d` as labels. */
function labelsFlag(value: unknown): Record<string, string> {
  if (typeof value !== 'string' || !value) return {};
  const pairs = value.split(',').map((pair) => /^([^=]+)=(.*)$/.exec(pair.trim()));
  if (pairs.includes(null))
    throw new UsageError(`invalid argument "${value}" for "--labels" flag: labels are written a=b,c=d`);
  return Object.fromEntries(pairs.map((pair) => [pair![1]!, pair![2]!]));
}
