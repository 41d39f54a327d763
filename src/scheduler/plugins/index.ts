import { fixed, type PluginFactory, type PluginHandle } from '../plugin.ts';
import { profileOf, type Profile } from '../profile.ts';
import { balancedAllocation } from './balanced-allocation.ts';
import { defaultBinder } from './default-binder.ts';
import { defaultPreemption } from './default-preemption.ts';
import { dynamicResources } from './dynamic-resources.ts';
import { imageLocality } from './image-locality.ts';
import { interPodAffinity } from './inter-pod-affinity.ts';
import { nodeAffinity } from './node-affinity.ts';
import { nodeName } from './node-name.ts';
import { nodePorts } from './node-ports.ts';
import { nodeResourcesFit } from './node-resources-fit.ts';
import { nodeUnschedulable } from './node-unschedulable.ts';
import { nodeVolumeLimits } from './node-volume-limits.ts';
import { podTopologySpread } from './pod-topology-spread.ts';
import { prioritySort } from './priority-sort.ts';
import { schedulingGates } from './scheduling-gates.ts';
import { taintToleration } from './taint-toleration.ts';
import { volumeBinding } from './volume-binding.ts';
import { volumeRestrictions } from './volume-restrictions.ts';
import { volumeZone } from './volume-zone.ts';

/** All plugins, as the default profile has them: in upstream's order, with upstream's weights. */
export const pluginFactories: readonly PluginFactory[] = [
  fixed(schedulingGates),
  fixed(prioritySort),
  fixed(nodeUnschedulable),
  fixed(nodeName),
  fixed(taintToleration, 3),
  nodeAffinity,
  fixed(nodePorts),
  nodeResourcesFit,
  volumeRestrictions,
  nodeVolumeLimits,
  volumeBinding,
  volumeZone,
  podTopologySpread,
  interPodAffinity,
  dynamicResources,
  defaultPreemption,
  balancedAllocation,
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
