import type { NetworkPolicy } from '../api/networking-v1/network-policy.ts';
import {
  everything,
  selectorFromObject,
  type LabelSelector,
  type LabelSelectorObject,
} from '../apimachinery/label-selector.ts';
import type { Protocol } from './pods.ts';

export type Direction = 'ingress' | 'egress';

/** Some of the cluster's pods. */
export interface PodSelection {
  /** The same for the same pods. */
  readonly id: string;
  /** The one namespace that they are in; absent: those that `namespaces` selects. */
  readonly namespace?: string;
  readonly namespaces: LabelSelector;
  readonly pods: LabelSelector;
}

/** A range of addresses without some of its parts. */
export interface AddressBlock {
  readonly cidr: string;
  readonly except: readonly string[];
}

export type Peer = { readonly selection: PodSelection } | { readonly block: AddressBlock };

/** Which ports: all of a protocol, one, a range, or those that the destination pods call so. */
export interface PortMatch {
  readonly protocol: Protocol;
  readonly port?: number;
  readonly endPort?: number;
  readonly name?: string;
}

/** What is allowed: these peers at these ports. Absent is any. */
export interface PolicyRule {
  readonly peers?: readonly Peer[];
  readonly ports?: readonly PortMatch[];
}

/** A NetworkPolicy as it is enforced. A direction that is absent is none of its business. */
export interface Policy {
  /** `namespace/name` */
  readonly key: string;
  readonly namespace: string;
  /** The pods that it isolates. */
  readonly subject: PodSelection;
  readonly ingress?: readonly PolicyRule[];
  readonly egress?: readonly PolicyRule[];
}

/** All pods of the cluster. */
export const allPods: PodSelection = { id: 'pods of all namespaces', namespaces: everything, pods: everything };

type ApiRule = {
  from?: readonly ApiPeer[];
  to?: readonly ApiPeer[];
  ports?: readonly { protocol?: string; port?: number | string; endPort?: number }[];
};
type ApiPeer = {
  ipBlock?: { cidr: string; except?: readonly string[] };
  namespaceSelector?: LabelSelectorObject;
  podSelector?: LabelSelectorObject;
};

/** Reads a policy as its API documentation says. */
export function readPolicy({ metadata, spec }: NetworkPolicy): Policy {
  const namespace = metadata.namespace ?? '';
  const ingress = (spec?.ingress ?? []) as readonly ApiRule[];
  const egress = (spec?.egress ?? []) as readonly ApiRule[];
  const types = spec?.policyTypes ?? ['Ingress', ...(egress.length > 0 ? ['Egress'] : [])];
  return {
    key: `${namespace}/${metadata.name}`,
    namespace,
    subject: podsOf(namespace, spec?.podSelector),
    ...(types.includes('Ingress') && { ingress: ingress.map((rule) => readRule(rule, rule.from, namespace)) }),
    ...(types.includes('Egress') && { egress: egress.map((rule) => readRule(rule, rule.to, namespace)) }),
  };
}

/** A list that is absent or empty stands for any. */
function readRule({ ports }: ApiRule, peers: readonly ApiPeer[] | undefined, namespace: string): PolicyRule {
  return {
    ...(peers?.length && { peers: peers.flatMap((peer) => readPeer(peer, namespace)) }),
    ...(ports?.length && { ports: ports.map(readPort) }),
  };
}

function readPeer({ ipBlock, namespaceSelector, podSelector }: ApiPeer, namespace: string): Peer[] {
  if (ipBlock) return [{ block: { cidr: ipBlock.cidr, except: ipBlock.except ?? [] } }];
  if (!namespaceSelector) return podSelector ? [{ selection: podsOf(namespace, podSelector) }] : [];
  const namespaces = selectorFromObject(namespaceSelector);
  const pods = selectorFromObject(podSelector ?? {});
  if (namespaces.empty && pods.empty) return [{ selection: allPods }];
  return [{ selection: { id: JSON.stringify([namespaces.toString(), pods.toString()]), namespaces, pods } }];
}

function podsOf(namespace: string, selector: LabelSelectorObject | undefined): PodSelection {
  const pods = selectorFromObject(selector ?? {});
  return { id: JSON.stringify({ namespace, pods: pods.toString() }), namespace, namespaces: everything, pods };
}

function readPort({ protocol, port, endPort }: NonNullable<ApiRule['ports']>[number]): PortMatch {
  const base = { protocol: (protocol ?? 'TCP') as Protocol };
  if (port === undefined) return base;
  if (typeof port === 'string') return { ...base, name: port };
  return { ...base, port, ...(endPort !== undefined && endPort > port && { endPort }) };
}

/** Every selection whose addresses or ports a direction of a policy asks for. */
export function selectionsOf(policy: Policy, direction: Direction): PodSelection[] {
  return (policy[direction] ?? []).flatMap(({ peers = [], ports = [] }) => {
    const named = ports.some(({ name }) => name !== undefined);
    return [
      ...peers.flatMap((peer) => ('selection' in peer ? [peer.selection] : [])),
      ...(named && direction === 'ingress' ? [policy.subject] : []),
      ...(named && direction === 'egress' ? [allPods] : []),
    ];
  });
}
