import type { Plugin, Rejection } from '../plugin.ts';

const taken: Rejection = {
  reasons: ["node(s) didn't have free ports for the requested pod ports"],
  unresolvable: false,
};

/** A host port is given to one pod of a node only. */
export const nodePorts: Plugin = {
  name: 'NodePorts',
  wakesOn: ['node-added', 'pod-freed'],
  filter(pod, node) {
    for (const port of pod.ports) if (node.portTaken(port)) return taken;
    return undefined;
  },
};
