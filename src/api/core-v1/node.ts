import type { V1Node, V1Taint } from '@kubernetes/client-node';
import { duplicate, forbidden, invalid, path, type FieldError } from '../../apimachinery/field-error.ts';
import { defineKind, statusSubresource } from '../../apimachinery/kind.ts';
import { labelValue, qualifiedName } from '../../apimachinery/names.ts';
import type { Plain, Resource } from '../../apimachinery/object.ts';
import { checked, requiredOneOf, requiredText, same } from '../meta-v1/checks.ts';
import { ageColumn, column, nameColumn, wideColumn } from '../meta-v1/columns.ts';
import { canonicalize } from '../meta-v1/quantities.ts';
import { CIDR_RULE, isCidr } from './ip.ts';
import { TAINT_EFFECTS } from './toleration-validation.ts';

export type Node = Resource<V1Node>;
export type Taint = Plain<V1Taint>;

const ROLE_PREFIX = 'node-role.kubernetes.io/';

function setDefaults(node: Node): void {
  node.spec ??= {};
  const { status } = node;
  if (!status) return;
  canonicalize(status.capacity);
  canonicalize(status.allocatable);
  if (status.capacity && !status.allocatable) status.allocatable = { ...status.capacity };
}

function validate(node: Node): FieldError[] {
  const cidrs = node.spec?.podCIDRs ?? [];
  return [
    ...cidrs.flatMap((cidr, i) => (isCidr(cidr) ? [] : [invalid(`spec.podCIDRs[${i}]`, cidr, CIDR_RULE)])),
    ...validateTaints(node.spec?.taints ?? [], 'spec.taints'),
  ];
}

/** The rules of taints: one of each key and effect. */
function validateTaints(taints: readonly Taint[], field: string): FieldError[] {
  const seen = new Set<string>();
  return taints.flatMap((taint, i) => {
    const at = path(field, i);
    const errors = requiredText(path(at, 'key'), taint.key, qualifiedName);
    if (taint.value) errors.push(...checked(path(at, 'value'), taint.value, labelValue));
    errors.push(...requiredOneOf(path(at, 'effect'), taint.effect, TAINT_EFFECTS));
    const identity = `${taint.key}:${taint.effect}`;
    if (seen.has(identity)) errors.push(duplicate(at, taint));
    seen.add(identity);
    return errors;
  });
}

function validateUpdate(node: Node, old: Node): FieldError[] {
  const errors: FieldError[] = [];
  if (old.spec?.podCIDRs?.length && !same(node.spec?.podCIDRs, old.spec.podCIDRs)) {
    errors.push(forbidden('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid'));
  }
  if (old.spec?.providerID && node.spec?.providerID !== old.spec.providerID) {
    errors.push(forbidden('spec.providerID', 'node updates may not change providerID except from "" to valid'));
  }
  return errors;
}

function statusText(node: Node): string {
  const ready = node.status?.conditions?.find((c) => c.type === 'Ready');
  const words = [ready ? (ready.status === 'True' ? 'Ready' : 'NotReady') : 'Unknown'];
  if (node.spec?.unschedulable) words.push('SchedulingDisabled');
  return words.join(',');
}

/** Roles stand in labels, in the key's end or (an older way) in the value. */
function roles(node: Node): string {
  const found = new Set<string>();
  for (const [key, value] of Object.entries(node.metadata.labels ?? {})) {
    if (key.startsWith(ROLE_PREFIX) && key.length > ROLE_PREFIX.length) found.add(key.slice(ROLE_PREFIX.length));
    else if (key === 'kubernetes.io/role' && value) found.add(value);
  }
  return [...found].sort().join(',') || '<none>';
}

function address(node: Node, type: string): string {
  return node.status?.addresses?.find((a) => a.type === type)?.address || '<none>';
}

export const node = defineKind<Node>({
  group: '',
  version: 'v1',
  kind: 'Node',
  plural: 'nodes',
  namespaced: false,
  shortNames: ['no'],
  columns: [
    nameColumn,
    column('Status', statusText),
    column('Roles', roles),
    ageColumn,
    column('Version', (n) => n.status?.nodeInfo?.kubeletVersion ?? ''),
    wideColumn('Internal-IP', (n) => address(n, 'InternalIP')),
    wideColumn('External-IP', (n) => address(n, 'ExternalIP')),
    wideColumn('OS-Image', (n) => n.status?.nodeInfo?.osImage || '<unknown>'),
    wideColumn('Kernel-Version', (n) => n.status?.nodeInfo?.kernelVersion || '<unknown>'),
    wideColumn('Container-Runtime', (n) => n.status?.nodeInfo?.containerRuntimeVersion || '<unknown>'),
  ],
  selectableFields: { 'spec.unschedulable': (n) => String(n.spec?.unschedulable ?? false) },
  subresources: [
    { name: 'proxy', verbs: ['create', 'delete', 'get', 'patch', 'update'], connect: true },
    statusSubresource,
  ],
  statusOnCreate: true,
  setDefaults,
  validate,
  validateUpdate,
});
