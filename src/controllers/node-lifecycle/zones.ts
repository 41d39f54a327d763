import type { Node } from '../../api/core-v1/node.ts';

/** How a failure zone does: `partial` is when more than half of it is not ready, `full` when all of it is. */
export type ZoneState = 'normal' | 'partial' | 'full';

/** Nodes a second whose pods may be driven away, by zone; upstream's figures. */
const RATE = 0.1;
/** The same in a large zone of which much is not ready; in a small one, nothing happens then. */
const SECOND_RATE = 0.01;
const LARGE_ZONE = 50;
/** The part of a zone from which on more than single machines are at fault. */
const UNHEALTHY = 0.55;

/** Where a node stands: region and zone. Nodes without labels share a zone. */
export function zoneOf({ metadata: { labels = {} } }: Node): string {
  const region = labels['topology.kubernetes.io/region'] ?? labels['failure-domain.beta.kubernetes.io/region'] ?? '';
  const zone = labels['topology.kubernetes.io/zone'] ?? labels['failure-domain.beta.kubernetes.io/zone'] ?? '';
  return `${region}\0${zone}`;
}

export function zoneState(ready: number, notReady: number): ZoneState {
  if (ready === 0 && notReady > 0) return 'full';
  return notReady > 2 && notReady / (notReady + ready) >= UNHEALTHY ? 'partial' : 'normal';
}

/** Nodes a second whose pods may be driven away in a zone of so many nodes. */
export function evictionRate(state: ZoneState, nodes: number): number {
  if (state !== 'partial') return RATE;
  return nodes > LARGE_ZONE ? SECOND_RATE : 0;
}

interface Zone {
  ready: number;
  notReady: number;
  /** When (milliseconds) a node of it was last given up. */
  last: number;
}

/**
 * Decides how fast nodes are given up: one by one, slower when much of a zone is not ready, and none at all when all zones
 * are down, because then it is us who cannot see them.
 */
export class Zones {
  readonly #nodes = new Map<string, { zone: string; ready: boolean }>();
  readonly #zones = new Map<string, Zone>();
  readonly #givenUp = new Set<string>();

  get empty(): boolean {
    return this.#nodes.size === 0;
  }

  /** Takes in how a node does. */
  note(node: Node, ready: boolean): void {
    const { name } = node.metadata;
    this.#leave(name);
    const zone = zoneOf(node);
    this.#nodes.set(name, { zone, ready });
    const counts = this.#zones.get(zone) ?? { ready: 0, notReady: 0, last: -Infinity };
    this.#zones.set(zone, counts);
    counts[ready ? 'ready' : 'notReady']++;
    if (ready) this.#givenUp.delete(name);
  }

  forget(name: string): void {
    this.#leave(name);
    this.#nodes.delete(name);
    this.#givenUp.delete(name);
  }

  /** Whether the pods of a node that is not ready may be driven away. `already`: whether they are. */
  mayGiveUp(name: string, already: boolean, now: number): boolean {
    if (this.#allDown()) {
      this.#givenUp.delete(name);
      return false;
    }
    if (already || this.#givenUp.has(name)) return true;
    const zone = this.#zones.get(this.#nodes.get(name)?.zone ?? '');
    if (!zone) return false;
    const { ready, notReady, last } = zone;
    const rate = evictionRate(zoneState(ready, notReady), ready + notReady);
    if (now - last < 1000 / rate) return false;
    zone.last = now;
    this.#givenUp.add(name);
    return true;
  }

  #allDown(): boolean {
    const zones = [...this.#zones.values()].filter(({ ready, notReady }) => ready + notReady > 0);
    return zones.every(({ ready, notReady }) => zoneState(ready, notReady) === 'full');
  }

  #leave(name: string): void {
    const before = this.#nodes.get(name);
    if (before) this.#zones.get(before.zone)![before.ready ? 'ready' : 'notReady']--;
  }
}
