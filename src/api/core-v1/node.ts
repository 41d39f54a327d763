import { defineKind, statusSubresource } from '../../apimachinery/kind.ts';
import { ageColumn, column, nameColumn, wideColumn } from '../meta-v1/columns.ts';
import { canonicalize } from '../meta-v1/quantities.ts';
import type { Node } from './node-type.ts';
import { nodeWarnings, validateNode, validateNodeUpdate } from './node-validation.ts';

export type { Node, Taint } from './node-type.ts';
import { proxySubresource } from './proxy-subresource.ts';

/** What a node says of itself before its kubelet has spoken. */
const NO_INFO = {
  machineID: '',
  systemUUID: '',
  bootID: '',
  kernelVersion: '',
  osImage: '',
  containerRuntimeVersion: '',
  kubeletVersion: '',
  kubeProxyVersion: '',
  operatingSystem: '',
  architecture: '',
};

const ROLE_PREFIX = 'node-role.kubernetes.io/';

function setDefaults(node: Node): void {
  alignCidrs((node.spec ??= {}));
  const status = (node.status ??= {});
  status.daemonEndpoints ??= { kubeletEndpoint: { Port: 0 } };
  status.nodeInfo ??= { ...NO_INFO };
  canonicalize(status.capacity);
  canonicalize(status.allocatable);
  if (status.capacity && !status.allocatable) status.allocatable = { ...status.capacity };
}

/** `podCIDR` is the first of `podCIDRs`; whichever is given gives the other. */
function alignCidrs(spec: NonNullable<Node['spec']>): void {
  if (spec.podCIDR && spec.podCIDRs?.[0] !== spec.podCIDR) spec.podCIDRs = [spec.podCIDR];
  else if (spec.podCIDRs?.length) spec.podCIDR = spec.podCIDRs[0]!;
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
  subresources: [proxySubresource('NodeProxyOptions'), statusSubresource],
  statusOnCreate: true,
  setDefaults,
  validate: validateNode,
  validateUpdate: validateNodeUpdate,
  warnings: nodeWarnings,
});
