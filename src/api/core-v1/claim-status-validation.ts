import type { V1PersistentVolumeClaimStatus } from '@kubernetes/client-node';
import { invalid, keyPath, notSupported, type FieldError } from '../../apimachinery/field-error.ts';
import { qualifiedName } from '../../apimachinery/names.ts';
import type { Plain } from '../../apimachinery/object.ts';
import { quantityValue } from '../../apimachinery/quantity.ts';

/** How far the growing of a volume has come. */
const RESIZE_STATES = [
  'ControllerResizeInProgress',
  'ControllerResizeInfeasible',
  'NodeResizePending',
  'NodeResizeInProgress',
  'NodeResizeInfeasible',
];
const CLAIM_RESOURCES = ['storage'];

/** The rules of what the storage controllers write into a claim's status. */
export function validateClaimStatus(status: Plain<V1PersistentVolumeClaimStatus> | undefined): FieldError[] {
  const { capacity = {}, allocatedResourceStatuses: states = {}, allocatedResources = {} } = status ?? {};
  const statesAt = 'status.allocatedResourceStatus';
  const allocatedAt = 'status.allocatedResources';
  return [
    ...Object.entries(capacity).flatMap(([name, value]) => quantity(keyPath('status.capacity', name), value)),
    ...Object.entries(states).flatMap(([name, state]) => [
      ...resourceName(statesAt, name),
      ...(RESIZE_STATES.includes(state) ? [] : [notSupported(keyPath(statesAt, name), state, RESIZE_STATES)]),
    ]),
    ...Object.entries(allocatedResources).flatMap(([name, value]) => [
      ...resourceName(allocatedAt, name),
      ...quantity(keyPath(allocatedAt, name), value),
    ]),
  ];
}

/** Names without a domain are those of Kubernetes. */
function resourceName(field: string, name: string): FieldError[] {
  const faults = qualifiedName(name);
  if (faults.length > 0) return faults.map((detail) => invalid(field, name, detail));
  return name.includes('/') || CLAIM_RESOURCES.includes(name) ? [] : [notSupported(field, name, CLAIM_RESOURCES)];
}

function quantity(field: string, text: string): FieldError[] {
  const value = quantityValue(text);
  return value < 0 ? [invalid(field, value, 'must be a valid resource quantity')] : [];
}
