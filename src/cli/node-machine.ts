import { findDataDir } from '../cluster/data-dir.ts';
import { FurtherNodes } from '../cluster/further-nodes/index.ts';
import type { Terminal } from './command.ts';
import { dataDirOf } from './data-dir-flag.ts';
import { UsageError, type Flag, type FlagValues } from './flags.ts';

export const machineFlags: readonly Flag[] = [
  { name: 'keep-pods', type: 'boolean', default: false, help: 'stop: end the kubelet only, its containers go on' },
];

type Action = (
  nodes: FurtherNodes,
  name: string,
  values: FlagValues,
  terminal: Terminal,
) => Promise<string | undefined>;

/** What can be done with the further nodes of this machine; each answers with a line for a person. */
const actions: Readonly<Record<string, Action>> = {
  add: async (nodes, name) => {
    const { ip, podCidrs } = await nodes.add(name);
    return `The node ${name} is ready: ${ip}, pods in ${podCidrs.join(' and ')}.`;
  },
  start: async (nodes, name) => {
    await nodes.start(name);
    return `The node ${name} is ready.`;
  },
  stop: async (nodes, name, values) => {
    await (values['keep-pods'] ? nodes.stopAgent(name) : nodes.stop(name));
    return values['keep-pods'] ? `The kubelet of ${name} has ended.` : `The node ${name} is switched off.`;
  },
  isolate: async (nodes, name) => {
    await nodes.connect(name, false);
    return `The node ${name} is cut off from the network. To connect it again: cox node reconnect ${name}`;
  },
  reconnect: async (nodes, name) => {
    await nodes.connect(name, true);
    return `The node ${name} is connected again.`;
  },
  remove: async (nodes, name) => {
    await nodes.remove(name);
    return `Removed the node ${name}.`;
  },
  // What `start` runs in the node's network namespace.
  run: async (nodes, name, _values, { signal }) => {
    const stop = await nodes.run(name);
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
    await stop();
    return undefined;
  },
};

export const machineActions = Object.keys(actions);

/** `cox node add NAME` and its kin. */
export async function machineNode(
  action: string,
  values: FlagValues,
  [name = '', ...rest]: readonly string[],
  terminal: Terminal,
): Promise<void> {
  if (!/^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/.test(name) || rest.length > 0)
    throw new UsageError(`say which node: cox node ${action} NAME`);
  if (!terminal.root) throw new Error('Nodes that run containers need root. Run the same command as root.');
  const path = dataDirOf(values, terminal);
  const dataDir = findDataDir(path);
  if (!dataDir) throw new Error(`There is no cluster at ${path}. Start one with: cox up --data-dir ${path}`);
  const line = await actions[action]!(new FurtherNodes(dataDir), name, values, terminal);
  if (line) terminal.out(line);
}
