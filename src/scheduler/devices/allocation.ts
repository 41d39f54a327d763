import type { ResourceClaim } from '../../api/resource-v1/resource-claim.ts';
import type { Grant } from './allocate.ts';
import type { AllocatedDevice, Allocation } from './device.ts';

type Configuration = NonNullable<NonNullable<Allocation['devices']>['config']>[number];
type Term = NonNullable<Allocation['nodeSelector']>['nodeSelectorTerms'][number];

/** What a claim's status says of what it got on a node. */
export function allocationOf(claim: ResourceClaim, grants: readonly Grant[], nodeName: string): Allocation {
  const config = configOf(claim, grants);
  const nodeSelector = nodeSelectorOf(grants, nodeName);
  return {
    devices: { results: grants.map(resultOf), ...(config.length > 0 && { config }) },
    ...(nodeSelector && { nodeSelector }),
  };
}

function resultOf({ request, device, asked }: Grant): AllocatedDevice {
  const { adminAccess, tolerations } = asked;
  return {
    ...{ request, driver: device.driver, pool: device.pool, device: device.name },
    ...(adminAccess && { adminAccess }),
    ...(tolerations?.length && { tolerations }),
  };
}

/** What drivers are to be told: first what classes say, then what the claim says, which may override it. */
function configOf({ spec }: ResourceClaim, grants: readonly Grant[]): Configuration[] {
  const asked = new Map(grants.map((grant) => [grant.request, grant.asked]));
  const ofClasses = [...asked].flatMap(([request, { class: chosen }]) =>
    (chosen?.spec.config ?? []).map((config) => ({ source: 'FromClass', requests: [request], ...config })),
  );
  const ofClaim = (spec.devices?.config ?? []).map((config) => ({ source: 'FromClaim', ...config }));
  return [...ofClasses, ...ofClaim];
}

/** Where the devices can be used: on this node, if one of them is there alone; else wherever all can be reached. */
function nodeSelectorOf(grants: readonly Grant[], nodeName: string): Allocation['nodeSelector'] {
  const places = grants.map(({ device: { slice, definition } }) =>
    slice.spec.perDeviceNodeSelection ? definition : slice.spec,
  );
  if (places.some((place) => place.nodeName)) {
    const matchFields = [{ key: 'metadata.name', operator: 'In', values: [nodeName] }];
    return { nodeSelectorTerms: [{ matchFields }] };
  }
  const terms = places.flatMap(({ nodeSelector }) => nodeSelector?.nodeSelectorTerms[0] ?? []);
  return terms.length > 0 ? { nodeSelectorTerms: [together(terms)] } : undefined;
}

function together(terms: readonly Term[]): Term {
  const [matchExpressions, matchFields] = (['matchExpressions', 'matchFields'] as const).map((list) => {
    const all = terms.flatMap((term) => term[list] ?? []);
    const once = new Map(all.map((requirement) => [JSON.stringify(requirement), requirement]));
    return [...once.values()];
  });
  return {
    ...(matchExpressions!.length > 0 && { matchExpressions: matchExpressions! }),
    ...(matchFields!.length > 0 && { matchFields: matchFields! }),
  };
}
