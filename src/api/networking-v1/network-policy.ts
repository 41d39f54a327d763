import type { V1NetworkPolicy } from '@kubernetes/client-node';
import { forbidden, invalid, path, required, type FieldError } from '../../apimachinery/field-error.ts';
import { defineKind } from '../../apimachinery/kind.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { CIDR_RULE, isCidr } from '../core-v1/ip.ts';
import { oneOf, portOrName, validateLabelSelector } from '../meta-v1/checks.ts';
import { ageColumn, column, nameColumn } from '../meta-v1/columns.ts';
import { selectorColumnText } from '../meta-v1/label-selector-text.ts';

export type NetworkPolicy = Resource<V1NetworkPolicy>;
type Spec = NonNullable<NetworkPolicy['spec']>;
type Port = NonNullable<NonNullable<Spec['ingress']>[number]['ports']>[number];
type Block = { cidr?: string; except?: string[] };
type AnyPeer = { ipBlock?: Block; podSelector?: Spec['podSelector']; namespaceSelector?: Spec['podSelector'] };

function rules(spec: Spec): { ports?: Port[]; peers: AnyPeer[]; at: string; peersName: string }[] {
  return [
    ...(spec.ingress ?? []).map((rule, i) => ({
      ...(rule.ports && { ports: rule.ports }),
      peers: rule.from ?? [],
      at: `spec.ingress[${i}]`,
      peersName: 'from',
    })),
    ...(spec.egress ?? []).map((rule, i) => ({
      ...(rule.ports && { ports: rule.ports }),
      peers: rule.to ?? [],
      at: `spec.egress[${i}]`,
      peersName: 'to',
    })),
  ];
}

function setDefaults(policy: NetworkPolicy): void {
  const spec = (policy.spec ??= {} as Spec);
  spec.podSelector ??= {};
  for (const rule of rules(spec)) for (const port of rule.ports ?? []) port.protocol ||= 'TCP';
  if (!spec.policyTypes?.length) spec.policyTypes = spec.egress?.length ? ['Ingress', 'Egress'] : ['Ingress'];
}

function validate(policy: NetworkPolicy): FieldError[] {
  const spec = policy.spec!;
  return [
    ...validateLabelSelector('spec.podSelector', spec.podSelector),
    ...rules(spec).flatMap((rule) => [
      ...(rule.ports ?? []).flatMap((port, i) => validatePort(port, `${rule.at}.ports[${i}]`)),
      ...rule.peers.flatMap((peer, i) => validatePeer(peer, `${rule.at}.${rule.peersName}[${i}]`)),
    ]),
    ...(spec.policyTypes ?? []).flatMap((type, i) => oneOf(`spec.policyTypes[${i}]`, type, ['Egress', 'Ingress'])),
  ];
}

function validatePort(port: Port, at: string): FieldError[] {
  const errors = oneOf(path(at, 'protocol'), port.protocol, ['SCTP', 'TCP', 'UDP']);
  if (port.port !== undefined) errors.push(...portOrName(path(at, 'port'), port.port));
  if (port.endPort === undefined) return errors;
  if (typeof port.port !== 'number') {
    return [...errors, required(path(at, 'endPort'), 'may not be specified when `port` is not specified as a number')];
  }
  if (port.endPort < port.port) {
    errors.push(invalid(path(at, 'endPort'), port.endPort, 'must be greater than or equal to `port`'));
  }
  return errors;
}

function validatePeer(peer: AnyPeer, at: string): FieldError[] {
  if (!peer.ipBlock && !peer.podSelector && !peer.namespaceSelector) return [required(at, 'must specify a peer')];
  if (peer.ipBlock && (peer.podSelector || peer.namespaceSelector)) {
    return [forbidden(at, 'may not specify both ipBlock and another peer')];
  }
  return [
    ...validateLabelSelector(path(at, 'podSelector'), peer.podSelector),
    ...validateLabelSelector(path(at, 'namespaceSelector'), peer.namespaceSelector),
    ...(peer.ipBlock ? validateBlock(peer.ipBlock, path(at, 'ipBlock')) : []),
  ];
}

function validateBlock(block: Block, at: string): FieldError[] {
  if (!block.cidr) return [required(path(at, 'cidr'))];
  const ranges = [
    [path(at, 'cidr'), block.cidr],
    ...(block.except ?? []).map((range, i) => [`${at}.except[${i}]`, range]),
  ] as [string, string][];
  return ranges.flatMap(([field, range]) => (isCidr(range) ? [] : [invalid(field, range, CIDR_RULE)]));
}

export const networkPolicy = defineKind<NetworkPolicy>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'NetworkPolicy',
  plural: 'networkpolicies',
  namespaced: true,
  shortNames: ['netpol'],
  hasGeneration: true,
  columns: [nameColumn, column('Pod-Selector', (p) => selectorColumnText(p.spec?.podSelector)), ageColumn],
  setDefaults,
  validate,
});
