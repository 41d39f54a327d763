import type { Command, Terminal } from './command.ts';
import { connectionFlags } from './connection-flags.ts';
import { UsageError, type FlagValues } from './flags.ts';
import { simulate, simulateFlags } from './node-simulate.ts';

type Action = (values: FlagValues, args: readonly string[], terminal: Terminal) => Promise<void>;

const actions: Readonly<Record<string, Action>> = { simulate };

/** Gives a cluster further nodes. */
export const node: Command = {
  name: 'node',
  summary: 'Give a running cluster further nodes.',
  description:
    'simulate N    runs N nodes whose containers live in memory and by the clock, until Ctrl-C. Annotations of a pod\n' +
    '              say how they behave (see the README).',
  usage: 'simulate N',
  flags: [...connectionFlags, ...simulateFlags],
  async run(values, [name = '', ...args], terminal) {
    if (!Object.hasOwn(actions, name)) throw new UsageError(`say what to do: ${Object.keys(actions).join(', ')}`);
    await actions[name]!(values, args, terminal);
  },
};
