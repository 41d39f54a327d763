import { loadKubeconfig } from '../client/kubeconfig.ts';
import { findDataDir, type DataDir } from '../cluster/data-dir.ts';
import type { Terminal } from './command.ts';
import { dataDirFlag, dataDirOf } from './data-dir-flag.ts';
import type { Flag, FlagValues } from './flags.ts';

/** The flags by which commands that talk to a running cluster find it. */
export const connectionFlags: readonly Flag[] = [
  {
    name: 'kubeconfig',
    type: 'string',
    placeholder: 'FILE',
    help: 'how to reach the cluster (default: $KUBECONFIG)',
  },
  dataDirFlag,
];

/** The kubeconfig that flags and environment name: `--kubeconfig`, then `$KUBECONFIG`, then that of the data folder. */
export function kubeconfigOf(values: FlagValues, terminal: Terminal): string {
  if (typeof values.kubeconfig === 'string') return values.kubeconfig;
  const named = terminal.environment['KUBECONFIG'];
  if (named && values['data-dir'] === undefined) return named;
  const path = dataDirOf(values, terminal);
  const dataDir = findDataDir(path);
  if (!dataDir) throw new Error(`There is no cluster at ${path}. Say where it is with --kubeconfig or --data-dir.`);
  return dataDir.kubeconfig;
}

/** The folder of the cluster that a kubeconfig is of, when that lies in it. */
export function dataDirBeside(kubeconfig: string): DataDir | undefined {
  const dataDir = findDataDir(kubeconfig.replace(/\/?[^/]*$/, '') || '.');
  return dataDir && loadKubeconfig(dataDir.kubeconfig).server === loadKubeconfig(kubeconfig).server
    ? dataDir
    : undefined;
}
