import type { Pod } from '../../api/core-v1/pod.ts';
import { hostPorts, portsConflict } from '../host-ports.ts';
import type { Plugin, Rejection } from '../plugin.ts';

const taken: Rejection = {
  reasons: ["node(s) didn't have free ports for the requested pod ports"],
  unresolvable: false,
};

/** A host port is given to one pod of a node only. */
export const nodePorts: Plugin<null> = {
  name: 'NodePorts',
  wakesOn: [
    { on: ['NodeAdd'] },
    {
      on: ['AssignedPodDelete'],
      helps(pod, { object }) {
        const freed = hostPorts((object as Pod).spec ?? { containers: [] });
        return pod.ports.some((wanted) => freed.some((port) => portsConflict(wanted, port)));
      },
    },
  ],
  preFilter: (pod) => (pod.ports.length === 0 ? 'skip' : { state: null }),
  filter(pod, node) {
    for (const port of pod.ports) if (node.portTaken(port)) return taken;
    return undefined;
  },
};
