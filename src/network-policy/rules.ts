import { familyOf, type Family, type PodFacts, type Protocol } from './pods.ts';
import { blockMembers, canonicalRange, familyOfBlock } from './address-range.ts';
import {
  allPods,
  type AddressBlock,
  type Direction,
  type Peer,
  type PolicyRule,
  type Policy,
  type PortMatch,
} from './policy.ts';
import { digest, directions, type Profile } from './profiles.ts';

/** A set of addresses in the kernel. */
export interface AddressSet {
  readonly type: 'hash:ip' | 'hash:ip,port' | 'hash:net';
  readonly family: Family;
  readonly members: ReadonlySet<string>;
}

/** Everything of ours in the kernel: sets by name, and for each family chains with their rules (without `-A chain`). */
export interface RuleSet {
  readonly sets: ReadonlyMap<string, AddressSet>;
  readonly chains: Readonly<Record<Family, ReadonlyMap<string, readonly string[]>>>;
}

export const noRules: RuleSet = { sets: new Map(), chains: { 4: new Map(), 6: new Map() } };

/** What the rules ask about the cluster's pods, see `PodIndex`. */
export interface Members {
  addresses(selection: string, family: Family): ReadonlySet<string>;
  ports(selection: string, name: string, protocol: Protocol, family: Family): ReadonlySet<string>;
}

/** The chain that all packets that this node passes on go through, and so all between pods. */
export const ENTRY = 'COX-NETPOL';
/** What our chains and sets are called. */
export const CHAIN_PREFIX = 'COX-NP';
export const SET_PREFIX = 'cox-np';

/** The chains of the kernel that packets come by, and the chain of ours that each leads to. */
export const hooks = { FORWARD: ENTRY, INPUT: `${CHAIN_PREFIX}-TO-NODE` } as const;
export type Hook = keyof typeof hooks;

/** Which of the kernel's chains lead to chains of ours, where these are all of ours. */
export function hooksOf(chains: { has(chain: string): boolean }): ReadonlySet<Hook> {
  return new Set((Object.keys(hooks) as Hook[]).filter((hook) => chains.has(hooks[hook])));
}

const stage = { egress: `${CHAIN_PREFIX}-EGRESS`, ingress: `${CHAIN_PREFIX}-INGRESS` } as const;
const chainOf = ({ id, direction }: Profile) => `${CHAIN_PREFIX}-${direction === 'egress' ? 'E' : 'I'}-${id}`;
const setOf = (what: string, family: Family, id: string) => `${SET_PREFIX}-${what}${family}-${id}`;

/** Which end of a packet is the isolated pod, and which its peer. */
const ends = {
  egress: { name: 'out', pod: 'src', peer: 'dst' },
  ingress: { name: 'in', pod: 'dst', peer: 'src' },
} as const;

/**
 * Lets go what a pod sends to itself through its service: a program for the kernel that compares source and destination,
 * which lie at these places of a packet, word by word. Its lines are `code jumpIfTrue jumpIfFalse operand`.
 */
function toItself(source: number, destination: number, words: number): string {
  const compare = Array.from({ length: words }, (_, i) => {
    const otherwise = (words - 1 - i) * 4;
    const jump = i === words - 1 ? '1 0' : `0 ${otherwise}`;
    return [`32 0 0 ${source + i * 4}`, '7 0 0 0', `32 0 0 ${destination + i * 4}`, `29 ${jump} 0`];
  });
  const lines = [...compare.flat(), '6 0 0 0', '6 0 0 65535'];
  return `-m bpf --bytecode "${lines.length},${lines.join(',')}" -j RETURN`;
}

/** How IPv6 neighbours find each other. */
const neighbours = ['neighbour-solicitation', 'neighbour-advertisement'].map(
  (type) => `-p ipv6-icmp -m icmp6 --icmpv6-type ${type} -j RETURN`,
);

/**
 * Everything that the kernel needs to enforce the profiles:
 *
 *     COX-NETPOL        lets go what belongs to a connection that was allowed, then asks both of the next
 *     COX-NP-EGRESS     by the set that the sender is in, goes to the chain of its profile
 *     COX-NP-INGRESS    the same for the receiver
 *     COX-NP-TO-NODE    asks the first of them about packets to the node itself: its API server, or the cluster's DNS, are
 *                       to a pod what others are, whichever node they happen to be on
 *     COX-NP-E-*, -I-*  what the policies of a profile allow returns; the rest is dropped
 *
 * Packets from the node itself do not pass here, and so are always allowed: the kubelet probes its pods. Addresses stand
 * in sets only: when a pod comes or goes, no rule changes.
 */
export function rules(all: readonly Profile[], members: Members): RuleSet {
  const sets = new Map<string, AddressSet>();
  const chains = { 4: new Map<string, string[]>(), 6: new Map<string, string[]>() };
  for (const family of [4, 6] as const) {
    const concerned = all.filter(({ pods }) => addressesOf(pods, family).length > 0);
    if (concerned.length === 0) continue;
    const add = (name: string, type: AddressSet['type'], content: ReadonlySet<string>) => {
      sets.set(name, { type, family, members: content });
      return name;
    };
    const own = chains[family];
    own.set(ENTRY, entry(family));
    if (concerned.some(({ direction }) => direction === 'egress')) own.set(hooks.INPUT, entryToNode(family));
    for (const direction of directions) own.set(stage[direction], []);
    for (const profile of concerned) {
      const { id, direction, policies, pods } = profile;
      const name = add(setOf(ends[direction].name, family, id), 'hash:ip', new Set(addressesOf(pods, family)));
      own.get(stage[direction])!.push(`${match(name, ends[direction].pod)} -g ${chainOf(profile)}`);
      const allowed = policies.flatMap((policy) => policyRules(policy, direction, family, members, add));
      own.set(chainOf(profile), [...new Set(allowed), '-j DROP']);
    }
  }
  return { sets, chains };
}

type AddSet = (name: string, type: AddressSet['type'], content: ReadonlySet<string>) => string;

/** What is let go wherever it comes by. */
const always = (family: Family) => [
  '-m conntrack --ctstate RELATED,ESTABLISHED -j RETURN',
  ...(family === 6 ? neighbours : []),
];

function entryToNode(family: Family): string[] {
  return [...always(family), `-j ${stage.egress}`];
}

function entry(family: Family): string[] {
  return [
    ...always(family),
    family === 6 ? toItself(8, 24, 4) : toItself(12, 16, 1),
    `-j ${stage.egress}`,
    `-j ${stage.ingress}`,
  ];
}

function addressesOf(pods: readonly PodFacts[], family: Family): string[] {
  return pods.flatMap(({ addresses }) => addresses.filter((address) => familyOf(address) === family));
}

function policyRules(policy: Policy, direction: Direction, family: Family, members: Members, add: AddSet): string[] {
  const comment = `-m comment --comment "${policy.key.slice(0, 200)}"`;
  return (policy[direction] ?? []).flatMap((rule) =>
    ruleMatches(rule, policy, direction, family, members, add).map((text) =>
      [text, comment, '-j RETURN'].filter(Boolean).join(' '),
    ),
  );
}

/** The packets that a rule allows: each peer at each of the ports. */
function ruleMatches(
  { peers, ports }: PolicyRule,
  policy: Policy,
  direction: Direction,
  family: Family,
  members: Members,
  add: AddSet,
): string[] {
  const named = (ports ?? []).filter(({ name }) => name !== undefined);
  const numbered = ports ? numberMatches(ports.filter(({ name }) => name === undefined)) : [''];
  return (peers ?? [undefined]).flatMap((peer) => {
    const from = peerMatch(peer, direction, family, members, add);
    if (from === undefined) return [];
    const byName = named.map(({ name, protocol }) => {
      // The names are those of the pods that the packets go to.
      const { id } = direction === 'ingress' ? policy.subject : peer && 'selection' in peer ? peer.selection : allPods;
      const content = members.ports(id, name!, protocol, family);
      const set = add(setOf('port', family, digest([id, name, protocol])), 'hash:ip,port', content);
      return join(from, match(set, 'dst,dst'));
    });
    return [...numbered.map((port) => join(port, from)), ...byName];
  });
}

/** Undefined when a peer has no addresses of this family. */
function peerMatch(
  peer: Peer | undefined,
  direction: Direction,
  family: Family,
  members: Members,
  add: AddSet,
): string | undefined {
  const end = ends[direction].peer;
  if (!peer) return '';
  if ('block' in peer)
    return familyOfBlock(peer.block) === family ? blockMatch(peer.block, end, family, add) : undefined;
  const { id } = peer.selection;
  return match(add(setOf('pods', family, digest([id])), 'hash:ip', members.addresses(id, family)), end);
}

function blockMatch(block: AddressBlock, end: 'src' | 'dst', family: Family, add: AddSet): string {
  if (block.except.length === 0)
    return block.cidr.endsWith('/0') ? '' : `${end === 'src' ? '-s' : '-d'} ${canonicalRange(block.cidr)}`;
  const content = blockMembers(block);
  return match(add(setOf('net', family, digest([...content])), 'hash:net', content), end);
}

/** How many numbers one rule can hold; a range counts for two. */
const MOST_PORTS = 15;

function numberMatches(ports: readonly PortMatch[]): string[] {
  return (['TCP', 'UDP', 'SCTP'] as const).flatMap((protocol) => {
    const own = ports.filter((port) => port.protocol === protocol);
    const p = `-p ${protocol.toLowerCase()}`;
    if (own.length === 0) return [];
    if (own.some(({ port }) => port === undefined)) return [p];
    return pieces(own).map((piece) => {
      const list = piece.map(({ port, endPort }) => (endPort === undefined ? `${port}` : `${port}:${endPort}`));
      return `${p} -m multiport --dports ${list.join(',')}`;
    });
  });
}

function pieces(ports: readonly PortMatch[]): PortMatch[][] {
  const out: PortMatch[][] = [];
  let room = 0;
  for (const port of ports) {
    const size = port.endPort === undefined ? 1 : 2;
    if (room < size) {
      out.push([]);
      room = MOST_PORTS;
    }
    out.at(-1)!.push(port);
    room -= size;
  }
  return out;
}

function match(set: string, end: string): string {
  return `-m set --match-set ${set} ${end}`;
}

function join(...parts: readonly string[]): string {
  return parts.filter(Boolean).join(' ');
}
