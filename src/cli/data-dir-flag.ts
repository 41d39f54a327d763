import { join } from 'node:path';
import type { Terminal } from './command.ts';
import type { Flag, FlagValues } from './flags.ts';

/** The flag by which every command finds the cluster. */
export const dataDirFlag: Flag = {
  name: 'data-dir',
  type: 'string',
  placeholder: 'DIR',
  help: 'where the cluster keeps its data (default /var/lib/coxswain, or ~/.coxswain without root)',
};

/** The folder that the flags and the environment name. */
export function dataDirOf(flags: FlagValues, terminal: Terminal): string {
  if (typeof flags['data-dir'] === 'string' && flags['data-dir']) return flags['data-dir'];
  return terminal.root ? '/var/lib/coxswain' : join(terminal.environment.HOME ?? '.', '.coxswain');
}
