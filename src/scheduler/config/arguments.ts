import type { NodeAffinity } from './node-affinity-type.ts';
import type { Shape } from './shape.ts';

export interface WeightedResource {
  readonly name: string;
  readonly weight: number;
}

/** A point of a curve: percent of use, and what that is worth (0 to 10). */
export interface ShapePoint {
  readonly utilization: number;
  readonly score: number;
}

export interface ScoringStrategy {
  readonly type: 'LeastAllocated' | 'MostAllocated' | 'RequestedToCapacityRatio';
  readonly resources: readonly WeightedResource[];
  readonly requestedToCapacityRatio?: { readonly shape: readonly ShapePoint[] };
}

export interface NodeResourcesFitArguments {
  readonly ignoredResources: readonly string[];
  readonly ignoredResourceGroups: readonly string[];
  readonly scoringStrategy: ScoringStrategy;
}

export interface NodeResourcesBalancedAllocationArguments {
  readonly resources: readonly WeightedResource[];
}

export interface InterPodAffinityArguments {
  readonly hardPodAffinityWeight: number;
  readonly ignorePreferredTermsOfExistingPods: boolean;
}

export interface PodTopologySpreadArguments {
  readonly defaultConstraints: readonly {
    readonly maxSkew: number;
    readonly topologyKey: string;
    readonly whenUnsatisfiable: string;
    readonly [field: string]: unknown;
  }[];
  readonly defaultingType: 'System' | 'List';
}

export interface NodeAffinityArguments {
  readonly addedAffinity?: NodeAffinity;
}

export interface DefaultPreemptionArguments {
  readonly minCandidateNodesPercentage: number;
  readonly minCandidateNodesAbsolute: number;
}

export interface VolumeBindingArguments {
  readonly bindTimeoutSeconds: number;
}

/** The arguments of the plugins that have any. */
export interface PluginArguments {
  readonly NodeResourcesFit: NodeResourcesFitArguments;
  readonly NodeResourcesBalancedAllocation: NodeResourcesBalancedAllocationArguments;
  readonly InterPodAffinity: InterPodAffinityArguments;
  readonly PodTopologySpread: PodTopologySpreadArguments;
  readonly NodeAffinity: NodeAffinityArguments;
  readonly DefaultPreemption: DefaultPreemptionArguments;
  readonly VolumeBinding: VolumeBindingArguments;
}

const resources: Shape = { list: { fields: { name: 'string', weight: 'integer' } } };
const points: Shape = { list: { fields: { utilization: 'integer', score: 'integer' } } };
const typed = (fields: Readonly<Record<string, Shape>>): Shape => ({
  fields: { apiVersion: 'string', kind: 'string', ...fields },
});

/** By the plugin's name. */
export const argumentShapes: Readonly<Record<string, Shape>> = {
  NodeResourcesFit: typed({
    ignoredResources: { list: 'string' },
    ignoredResourceGroups: { list: 'string' },
    scoringStrategy: {
      fields: { type: 'string', resources, requestedToCapacityRatio: { fields: { shape: points } } },
    },
  }),
  NodeResourcesBalancedAllocation: typed({ resources }),
  InterPodAffinity: typed({ hardPodAffinityWeight: 'integer', ignorePreferredTermsOfExistingPods: 'boolean' }),
  PodTopologySpread: typed({
    defaultConstraints: {
      list: {
        fields: {
          maxSkew: 'integer',
          topologyKey: 'string',
          whenUnsatisfiable: 'string',
          labelSelector: 'anything',
          minDomains: 'integer',
          nodeAffinityPolicy: 'string',
          nodeTaintsPolicy: 'string',
          matchLabelKeys: { list: 'string' },
        },
      },
    },
    defaultingType: 'string',
  }),
  NodeAffinity: typed({
    addedAffinity: {
      fields: {
        requiredDuringSchedulingIgnoredDuringExecution: 'anything',
        preferredDuringSchedulingIgnoredDuringExecution: 'anything',
      },
    },
  }),
  DefaultPreemption: typed({ minCandidateNodesPercentage: 'integer', minCandidateNodesAbsolute: 'integer' }),
  VolumeBinding: typed({ bindTimeoutSeconds: 'integer', shape: points }),
};

const cpuAndMemory: readonly WeightedResource[] = [
  { name: 'cpu', weight: 1 },
  { name: 'memory', weight: 1 },
];

/** What each plugin is given when the configuration is silent. */
export const defaultArguments: PluginArguments = {
  NodeResourcesFit: {
    ignoredResources: [],
    ignoredResourceGroups: [],
    scoringStrategy: { type: 'LeastAllocated', resources: cpuAndMemory },
  },
  NodeResourcesBalancedAllocation: { resources: cpuAndMemory },
  InterPodAffinity: { hardPodAffinityWeight: 1, ignorePreferredTermsOfExistingPods: false },
  PodTopologySpread: { defaultConstraints: [], defaultingType: 'System' },
  NodeAffinity: {},
  DefaultPreemption: { minCandidateNodesPercentage: 10, minCandidateNodesAbsolute: 100 },
  VolumeBinding: { bindTimeoutSeconds: 600 },
};

type Written = readonly { readonly name?: string; readonly args?: Readonly<Record<string, any>> | null }[];

/** The arguments of all plugins, those that were written and the defaults of the others. */
export function withArgumentDefaults(written: Written): PluginArguments {
  const out: Record<string, object> = { ...defaultArguments };
  for (const { name = '', args } of written) {
    const { apiVersion: _, kind: __, ...given } = args ?? {};
    const said = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null));
    if (Object.hasOwn(out, name)) out[name] = { ...out[name], ...said };
  }
  const fit = out['NodeResourcesFit'] as NodeResourcesFitArguments;
  out['NodeResourcesFit'] = { ...fit, scoringStrategy: strategyWithDefaults(fit.scoringStrategy) };
  const balanced = out['NodeResourcesBalancedAllocation'] as NodeResourcesBalancedAllocationArguments;
  out['NodeResourcesBalancedAllocation'] = { resources: weighted(balanced.resources) };
  return out as unknown as PluginArguments;
}

function strategyWithDefaults({ type, resources: named, ...rest }: Partial<ScoringStrategy>): ScoringStrategy {
  return { ...rest, type: type || 'LeastAllocated', resources: weighted(named ?? []) };
}

function weighted(named: readonly Partial<WeightedResource>[]): readonly WeightedResource[] {
  if (named.length === 0) return cpuAndMemory;
  return named.map(({ name, weight }) => ({ name: name!, weight: weight || 1 }));
}
