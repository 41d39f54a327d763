import type { Service } from '../../api/core-v1/service.ts';
import type { EndpointSlice } from '../../api/discovery-v1/endpoint-slice.ts';
import { addressTypesOf, type Endpoint, type EndpointGroup } from './desired.ts';
import { planTopology, withFamily } from './topology.ts';
import type { ZoneShares } from './zones.ts';

const MODE = 'service.kubernetes.io/topology-mode';
const OLD_MODE = 'service.kubernetes.io/topology-aware-hints';

/** Endpoints with hints about who is to use them, and what to say about it. */
export interface Hinted {
  readonly groups: readonly EndpointGroup[];
  readonly notes: readonly { readonly type: 'Normal' | 'Warning'; readonly reason: string; readonly message: string }[];
}

/** Whether a service wants its endpoints shared out to zones by their size. */
export function hasTopologyMode({ metadata }: Service): boolean {
  const mode = metadata.annotations?.[OLD_MODE] ?? metadata.annotations?.[MODE];
  return mode === 'Auto' || mode === 'auto';
}

/** Adds the hints that a service wants: by its topology mode, else by `spec.trafficDistribution` (KEP-4444, KEP-3015). */
export function withHints(
  service: Service,
  groups: readonly EndpointGroup[],
  existing: readonly EndpointSlice[],
  shares: () => ZoneShares | undefined,
): Hinted {
  const had = existing.some(({ endpoints }) => endpoints?.some(({ hints }) => hints?.forZones?.length));
  if (hasTopologyMode(service)) return byTopology(service, groups, had, shares());
  const distribution = service.spec?.trafficDistribution;
  if (!distribution) return { groups, notes: had ? [disabled('Topology Aware Hints has been disabled')] : [] };
  const hinted = groups.map((group) => ({
    ...group,
    endpoints: group.endpoints.map((endpoint) => distributed(endpoint, distribution === 'PreferSameNode')),
  }));
  return { groups: hinted, notes: [] };
}

/** Each ready endpoint is for its own zone, and perhaps first for its own node. */
function distributed(endpoint: Endpoint, sameNode: boolean): Endpoint {
  const { zone, nodeName, conditions } = endpoint;
  if (!conditions?.ready || (!zone && !(sameNode && nodeName))) return endpoint;
  const hints = {
    ...(zone && { forZones: [{ name: zone }] }),
    ...(sameNode && nodeName && { forNodes: [{ name: nodeName }] }),
  };
  return { ...endpoint, hints };
}

function byTopology(
  service: Service,
  groups: readonly EndpointGroup[],
  had: boolean,
  shares: ZoneShares | undefined,
): Hinted {
  const hinted: EndpointGroup[] = [];
  const notes: Hinted['notes'][number][] = [];
  for (const family of addressTypesOf(service)) {
    const mine = groups.filter(({ addressType }) => addressType === family);
    const plan = planTopology(mine, shares);
    if ('problem' in plan) {
      hinted.push(...mine);
      notes.push(disabled(withFamily(plan.problem, family)));
    } else {
      hinted.push(...plan.groups);
      const message = withFamily('Topology Aware Hints has been enabled', family);
      if (!had) notes.push({ type: 'Normal', reason: 'TopologyAwareHintsEnabled', message });
    }
  }
  return { groups: hinted, notes };
}

function disabled(message: string) {
  return { type: 'Warning', reason: 'TopologyAwareHintsDisabled', message } as const;
}
