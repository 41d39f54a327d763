import type { ResourceV1ResourceClaim } from '@kubernetes/client-node';
import { defineKind, bareStatusSubresource } from '../../apimachinery/kind.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { immutable } from '../meta-v1/checks.ts';
import { ageColumn, column, nameColumn } from '../meta-v1/columns.ts';
import { validateClaimStatus } from './claim-status.ts';
import { defaultRequests, validateDevices } from './device-requests.ts';
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
  subresources: [{ ...bareStatusSubresource, validate: validateClaimStatus }],
  columns: [nameColumn, column('State', stateText), ageColumn],
  setDefaults: (c) => defaultRequests(c.spec?.devices),
  validate: (c) => validateDevices(c.spec?.devices, 'spec.devices'),
  validateUpdate: (now, old) => immutable('spec', now.spec, old.spec),
  quota: resourceClaimQuota,
});
