import { readFileSync } from 'node:fs';
import { findDataDir } from '../cluster/data-dir.ts';
import type { Command } from './command.ts';
import { dataDirFlag, dataDirOf } from './data-dir-flag.ts';

/** Prints the administrator's kubeconfig. */
export const kubeconfig: Command = {
  name: 'kubeconfig',
  summary: "Print the administrator's kubeconfig.",
  flags: [dataDirFlag],
  async run(values, _positional, terminal) {
    const path = dataDirOf(values, terminal);
    const dataDir = findDataDir(path);
    if (!dataDir) throw new Error(`There is no cluster at ${path}. Start one with: cox up --data-dir ${path}`);
    terminal.out(readFileSync(dataDir.kubeconfig, 'utf8').trimEnd());
  },
};
