import { node as nodeKind, type Node } from '../../api/core-v1/node.ts';
import { controller, type ClusterReader, type Controller, type ReconcileContext } from '../../client/controller.ts';
import { rangeSlots, type NodeRanges, type RangeSlots } from './range-slots.ts';

const NAME = 'node-ipam-controller';
const BY_SLOT = 'podCidrSlot';
/** Milliseconds after which a node for which there was no room is looked at again, should nobody have told. */
const AGAIN = 60_000;

/**
 * Gives every node its part of the pods' addresses (`spec.podCIDRs`), as long as there is room: the first that no node has,
 * going on from the one that was given last. A node that brings its own keeps it.
 * @param ranges none: nodes get nothing
 * @throws Error with a sentence for ranges that cannot be shared out
 */
export function nodeIpamController(ranges?: NodeRanges): Controller {
  if (!ranges) return { name: NAME, start: () => ({ stop: async () => {} }) };
  const slots = rangeSlots(ranges);
  const reserved = reservedSlots(slots, ranges.serviceCidrs ?? []);
  return { name: NAME, start: (dependencies) => new NodeIpam(slots, reserved).controller().start(dependencies) };
}

/** A part of a range by number, of all ranges. */
const slotId = (range: number, slot: number) => `${range}/${slot}`;

function reservedSlots(ranges: readonly RangeSlots[], cidrs: readonly string[]): ReadonlySet<string> {
  return new Set(cidrs.flatMap((cidr) => slotsOf(ranges, cidr)));
}

function slotsOf(ranges: readonly RangeSlots[], cidr: string): string[] {
  return ranges.flatMap((range, i) => {
    const found = range.overlap(cidr);
    return found ? Array.from({ length: found.last - found.first + 1 }, (_, n) => slotId(i, found.first + n)) : [];
  });
}

class NodeIpam {
  readonly #ranges: readonly RangeSlots[];
  readonly #reserved: ReadonlySet<string>;
  /** What was given to nodes whose copies do not show it yet: parts by node, nodes by part. */
  readonly #given = new Map<string, readonly string[]>();
  readonly #givenSlots = new Map<string, string>();
  /** Nodes that wait for room. */
  readonly #waiting = new Set<string>();
  /** Where the search goes on, by range. */
  readonly #next: number[];

  constructor(ranges: readonly RangeSlots[], reserved: ReadonlySet<string>) {
    this.#ranges = ranges;
    this.#reserved = reserved;
    this.#next = ranges.map(() => 0);
  }

  controller(): Controller {
    return controller<Node>({
      name: NAME,
      for: nodeKind,
      workers: 5,
      watches: [
        {
          kind: nodeKind,
          indexes: { [BY_SLOT]: (node: Node) => podCidrs(node).flatMap((cidr) => slotsOf(this.#ranges, cidr)) },
          // A node that goes makes room.
          keys: (node: Node, reader) => (reader.get(nodeKind, node.metadata.name) ? [] : [...this.#waiting]),
        },
      ],
      reconcile: (key, context) => this.#reconcile(key, context),
    });
  }

  async #reconcile(key: string, { reader, client, events }: ReconcileContext): Promise<void | { after: number }> {
    const node = reader.get(nodeKind, key);
    if (!node || podCidrs(node).length > 0) return this.#forget(key);
    const slots = this.#given.get(key) ?? this.#take(key, reader);
    if (!slots) {
      if (!this.#waiting.has(key)) tell(events, node);
      this.#waiting.add(key);
      return { after: AGAIN };
    }
    const cidrs = slots.map((id) => this.#cidrOf(id));
    const { name, uid } = node.metadata;
    await client.patch(nodeKind, { name }, 'merge', {
      metadata: { uid },
      spec: { podCIDR: cidrs[0], podCIDRs: cidrs },
    });
    this.#waiting.delete(key);
    return undefined;
  }

  #forget(key: string): void {
    this.#waiting.delete(key);
    for (const id of this.#given.get(key) ?? []) this.#givenSlots.delete(id);
    this.#given.delete(key);
  }

  /** Takes a part of each range for a node; undefined when one of them has no room. */
  #take(key: string, reader: ClusterReader): readonly string[] | undefined {
    const found = this.#ranges.map((_, i) => this.#free(i, reader));
    if (!found.every((id) => id !== undefined)) return undefined;
    for (const id of found) this.#givenSlots.set(id, key);
    this.#given.set(key, found);
    return found;
  }

  #free(range: number, reader: ClusterReader): string | undefined {
    const { count } = this.#ranges[range]!;
    const start = this.#next[range]!;
    for (let i = 0; i < count; i++) {
      const slot = (start + i) % count;
      const id = slotId(range, slot);
      const taken =
        this.#reserved.has(id) || this.#givenSlots.has(id) || reader.byIndex(nodeKind, BY_SLOT, id).length > 0;
      if (taken) continue;
      this.#next[range] = (slot + 1) % count;
      return id;
    }
    return undefined;
  }

  #cidrOf(id: string): string {
    const [range = 0, slot = 0] = id.split('/').map(Number);
    return this.#ranges[range]!.at(slot);
  }
}

function podCidrs({ spec }: Node): readonly string[] {
  return spec?.podCIDRs ?? (spec?.podCIDR ? [spec.podCIDR] : []);
}

function tell(events: ReconcileContext['events'], node: Node): void {
  const reason = 'CIDRNotAvailable';
  events.event(node, 'Normal', reason, `Node ${node.metadata.name} status is now: ${reason}`);
}
