import { removeMachineCluster } from '../cluster/remove.ts';
import type { Command } from './command.ts';
import { dataDirFlag, dataDirOf } from './data-dir-flag.ts';
import { UsageError } from './flags.ts';

/** Removes what a cluster left on the machine. */
export const down: Command = {
  name: 'down',
  summary: 'Remove the containers, networks and iptables rules of a cluster.',
  description:
    'Only what is ours goes. The data stays, so that the next `cox up` starts all pods anew, unless --purge is given.',
  flags: [dataDirFlag, { name: 'purge', type: 'boolean', default: false, help: 'remove the data folder as well' }],
  async run(values, positional, terminal) {
    if (positional.length > 0) throw new UsageError(`unexpected argument "${positional[0]}"`);
    const removed = await removeMachineCluster({
      dataDir: dataDirOf(values, terminal),
      purge: values.purge === true,
      root: terminal.root,
    });
    for (const line of removed) terminal.out(line);
  },
};
