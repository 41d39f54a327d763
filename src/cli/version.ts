import { kubernetesVersion, version as ownVersion } from '../cluster/version.ts';
import type { Command } from './command.ts';

export const version: Command = {
  name: 'version',
  summary: 'Print the version.',
  flags: [],
  async run(_values, _positional, terminal) {
    terminal.out(`cox ${ownVersion()} (Kubernetes ${kubernetesVersion}, Node.js ${process.version})`);
  },
};
