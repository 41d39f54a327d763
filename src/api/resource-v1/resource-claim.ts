import type { ResourceV1ResourceClaim } from '@kubernetes/client-node';
import { defineKind, bareStatusSubresource } from '../../apimachinery/kind.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { ageColumn, column, nameColumn } from '../meta-v1/columns.ts';
import { resourceClaimQuota } from './resource-claim-quota.ts';

export type ResourceClaim = Resource<ResourceV1ResourceClaim>;

/** `deleted,allocated,reserved`: as far as the claim has come. */
function stateText({ metadata, status }: ResourceClaim): string {
  const states: string[] = metadata.deletionTimestamp ? ['deleted'] : [];
  if (!status?.allocation) states.push('pending');
  else if (status.reservedFor?.length) states.push('allocated', 'reserved');
  else states.push('allocated');
  return states.join(',');
}

export const resourceClaim = defineKind<ResourceClaim>({
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceClaim',
  plural: 'resourceclaims',
  returnsDeleted: true,
  namespaced: true,
  subresources: [bareStatusSubresource],
  columns: [nameColumn, column('State', stateText), ageColumn],
  quota: resourceClaimQuota,
});
