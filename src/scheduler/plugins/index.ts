import { fixed, type PluginFactory, type PluginHandle } from '../plugin.ts';
import { profileOf, type Profile } from '../profile.ts';
import { balancedAllocation } from './balanced-allocation.ts';
import { defaultBinder } from './default-binder.ts';
import { defaultPreemption } from './default-preemption.ts';
import { imageLocality } from './image-locality.ts';
import { nodeAffinity } from './node-affinity.ts';
import { nodeName } from './node-name.ts';
import { nodePorts } from './node-ports.ts';
import { nodeResourcesFit } from './node-resources-fit.ts';
import { nodeUnschedulable } from './node-unschedulable.ts';
import { prioritySort } from './priority-sort.ts';
import { schedulingGates } from './scheduling-gates.ts';
import { taintToleration } from './taint-toleration.ts';

/** All plugins, as the default profile has them: in upstream's order, with upstream's weights. */
export const pluginFactories: readonly PluginFactory[] = [
  fixed(schedulingGates),
  fixed(prioritySort),
  fixed(nodeUnschedulable),
  fixed(nodeName),
  fixed(taintToleration, 3),
  fixed(nodeAffinity, 2),
  fixed(nodePorts),
  fixed(nodeResourcesFit),
  defaultPreemption,
  fixed(balancedAllocation),
  fixed(imageLocality),
  defaultBinder,
];

/** What pods are scheduled by when nobody configured anything. */
export function defaultProfile(handle: PluginHandle, schedulerName = 'default-scheduler'): Profile {
  return profileOf(
    schedulerName,
    pluginFactories.map((factory) => ({ plugin: factory.create(undefined, handle), weight: factory.weight })),
  );
}
