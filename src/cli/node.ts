import type { Command } from './command.ts';
import { connectionFlags } from './connection-flags.ts';
import { UsageError } from './flags.ts';
import { machineActions, machineFlags, machineNode } from './node-machine.ts';
import { simulate, simulateFlags } from './node-simulate.ts';

/** Gives a cluster further nodes. */
export const node: Command = {
  name: 'node',
  summary: 'Give a running cluster further nodes, on this machine or simulated.',
  description:
    'add NAME        makes a node with a network, an address and a pod range of its own on this machine, and starts it\n' +
    'stop NAME       switches it off: its kubelet and its containers end, and the cluster has to find out\n' +
    'start NAME      switches it on again\n' +
    'isolate NAME    pulls its network cable; reconnect NAME plugs it in again\n' +
    'remove NAME     removes it from the cluster and from this machine\n' +
    'simulate N      runs N nodes whose containers live in memory and by the clock, until Ctrl-C. Annotations of a pod\n' +
    '                say how they behave (see the README)',
  usage: 'add|stop|start|isolate|reconnect|remove NAME, or simulate N',
  flags: [...connectionFlags, ...machineFlags, ...simulateFlags],
  async run(values, [action = '', ...args], terminal) {
    if (action === 'simulate') return simulate(values, args, terminal);
    if (machineActions.includes(action)) return machineNode(action, values, args, terminal);
    throw new UsageError('say what to do: add, stop, start, isolate, reconnect, remove or simulate');
  },
};
