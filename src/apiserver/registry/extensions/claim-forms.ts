import { randomUUID } from 'node:crypto';
import { ipFamily } from '../../../apimachinery/ip-address.ts';
import { ipAddress, type IPAddress } from '../../../api/networking-v1/ip-address.ts';
import type { KubeObject } from '../../../apimachinery/object.ts';
import { formatTime } from '../../../apimachinery/time.ts';
import type { Clock } from '../../../base/clock.ts';
import { kindPrefix } from '../registry.ts';
import type { ClaimForm, Owner } from './claims.ts';

const familyLabel = 'ipaddress.kubernetes.io/ip-family';
const managerLabel = 'ipaddress.kubernetes.io/managed-by';
/** Who makes the objects of cluster IPs; those of others are left alone. */
const manager = 'ipallocator.k8s.io';

/** A cluster IP is held by the `IPAddress` object of its name, which users can see. */
export function addressForm(clock: Clock): ClaimForm {
  return {
    prefix: kindPrefix(ipAddress),
    object: (value, { namespace, name }) => ({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'IPAddress',
      metadata: {
        ...newMetadata(value, clock),
        labels: { [familyLabel]: ipFamily(value), [managerLabel]: manager },
        generation: 1,
      },
      spec: { parentRef: { group: '', resource: 'services', namespace, name } },
    }),
    ownerOf(claim) {
      const { metadata, spec } = claim as IPAddress;
      if (metadata.labels?.[managerLabel] !== manager) return undefined;
      const parent = spec?.parentRef;
      if (!parent || parent.group || parent.resource !== 'services') return { namespace: '', name: '' };
      return { namespace: parent.namespace ?? '', name: parent.name };
    },
  };
}

/** A node port is held by a record that only servers see. */
interface PortRecord extends KubeObject {
  readonly owner: Owner;
}

export function portForm(clock: Clock): ClaimForm {
  return {
    prefix: '/registry/claims/nodeports/',
    object: (value, { namespace, name }): PortRecord => ({
      apiVersion: 'coxswain/v1',
      kind: 'NodePortClaim',
      metadata: newMetadata(value, clock),
      owner: { namespace, name },
    }),
    ownerOf: (claim) => (claim as PortRecord).owner,
  };
}

function newMetadata(name: string, clock: Clock): KubeObject['metadata'] {
  return { name, uid: randomUUID(), resourceVersion: '', creationTimestamp: formatTime(clock.now()) };
}
