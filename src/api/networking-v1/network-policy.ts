import type { V1NetworkPolicy } from '@kubernetes/client-node';
import { forbidden, invalid, path, required, type FieldError } from '../../apimachinery/field-error.ts';
import { defineKind } from '../../apimachinery/kind.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { CIDR_RULE, isCidr } from '../core-v1/ip.ts';
import { cidrWarnings } from '../core-v1/ip-warnings.ts';
import { oneOf, portField, portOrName, validateLabelSelector } from '../meta-v1/checks.ts';
import { ageColumn, column, nameColumn } from '../meta-v1/columns.ts';
import { selectorColumnText } from '../meta-v1/label-selector-text.ts';
import { isStrictSubset } from './addresses.ts';

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
  for (const rule of rules(spec)) for (const port of rule.ports ?? []) port.protocol ??= 'TCP';
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
    ...validateTypes(spec.policyTypes ?? []),
  ];
}

function validateTypes(types: readonly string[]): FieldError[] {
  const field = 'spec.policyTypes';
  if (types.length > 2) return [invalid(field, types, 'may not specify more than two policyTypes')];
  return types.flatMap((type, i) => oneOf(path(field, i), type, ['Ingress', 'Egress']));
}

function validatePort({ protocol, port, endPort }: Port, at: string): FieldError[] {
  const errors = oneOf(path(at, 'protocol'), protocol, ['TCP', 'UDP', 'SCTP']);
  const field = path(at, 'endPort');
  if (port !== undefined) errors.push(...portOrName(path(at, 'port'), port));
  if (endPort === undefined) return errors;
  if (port === undefined) {
    return [...errors, invalid(field, endPort, 'may not be specified when `port` is not specified')];
  }
  if (typeof port === 'string') {
    return [...errors, invalid(field, endPort, 'may not be specified when `port` is non-numeric')];
  }
  if (endPort < port) errors.push(invalid(field, endPort, 'must be greater than or equal to `port`'));
  return [...errors, ...portField(field, endPort)];
}

function validatePeer(peer: AnyPeer, at: string): FieldError[] {
  const { ipBlock, podSelector, namespaceSelector } = peer;
  const errors = [
    ...validateLabelSelector(path(at, 'podSelector'), podSelector),
    ...validateLabelSelector(path(at, 'namespaceSelector'), namespaceSelector),
    ...(ipBlock ? validateBlock(ipBlock, path(at, 'ipBlock')) : []),
  ];
  if (!ipBlock && !podSelector && !namespaceSelector) errors.push(required(at, 'must specify a peer'));
  if (ipBlock && (podSelector || namespaceSelector)) {
    errors.push(forbidden(at, 'may not specify both ipBlock and another peer'));
  }
  return errors;
}

function validateBlock({ cidr, except = [] }: Block, at: string): FieldError[] {
  if (!cidr) return [required(path(at, 'cidr'))];
  if (!isCidr(cidr)) return [invalid(path(at, 'cidr'), cidr, CIDR_RULE)];
  return except.flatMap((range, i) => {
    const field = `${at}.except[${i}]`;
    if (!isCidr(range)) return [invalid(field, range, CIDR_RULE)];
    return isStrictSubset(range, cidr) ? [] : [invalid(field, range, 'must be a strict subset of `cidr`')];
  });
}

/** Ranges that others could take for other ones are told of. */
function warnings({ spec }: NetworkPolicy): string[] {
  const rules = [
    ...(spec?.ingress ?? []).map((rule, i) => ({ at: `spec.ingress[${i}].from`, peers: rule.from ?? [] })),
    ...(spec?.egress ?? []).map((rule, i) => ({ at: `spec.egress[${i}].to`, peers: rule.to ?? [] })),
  ];
  return rules.flatMap(({ at, peers }) =>
    peers.flatMap((peer, i) => blockWarnings(peer.ipBlock, `${at}[${i}].ipBlock`)),
  );
}

function blockWarnings(block: Block | undefined, at: string): string[] {
  const { cidr = '', except = [] } = block ?? {};
  return [
    ...cidrWarnings(path(at, 'cidr'), cidr),
    ...except.flatMap((range, i) => cidrWarnings(`${at}.except[${i}]`, range)),
  ];
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
  warnings,
});
