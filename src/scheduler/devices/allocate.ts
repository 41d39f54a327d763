import type { DeviceClass } from '../../api/resource-v1/device-class.ts';
import type { ResourceClaim } from '../../api/resource-v1/resource-claim.ts';
import { mayJoin, type Chosen } from './constraints.ts';
import { Counters } from './counters.ts';
import type { Device, WrittenRequest } from './device.ts';
import type { Pool } from './pools.ts';
import { alternativesOf, countOf, isWanted, type Alternative, type DeviceTaint } from './requests.ts';

/** What there is to allocate on a node, and for whom. */
export interface AllocationProblem {
  /** Those that have nothing yet. */
  readonly claims: readonly ResourceClaim[];
  readonly pools: readonly Pool[];
  readonly classOf: (name: string) => DeviceClass | undefined;
  /** Whether the device with this id is somebody's already. */
  readonly inUse: (id: string) => boolean;
  readonly taintsOf: (device: Device) => readonly DeviceTaint[];
  /** How many tries may still be made for the pod, on this node and others. */
  readonly tries: { left: number };
}

/** A device for a request of a claim. */
export interface Grant extends Chosen {
  readonly asked: Alternative;
}

/** What each claim gets, in their order. */
export type Grants = readonly (readonly Grant[])[];

/** Claims have at most 32 devices. */
const MOST_DEVICES = 32;
/** So many tries are made for one node, and for one pod: the search could take for ever, and nothing else happens meanwhile. */
const TRIES = 50_000;
export const TRIES_OF_POD = 300_000;

/**
 * Finds devices for all claims together, the first that fit: requests in their order, of each the best alternative that
 * leaves enough for the others. Undefined: there are not enough.
 * @throws Error when it cannot be known: a selector is wrong, a pool is in disorder, or the search takes too long
 */
export function allocate(problem: AllocationProblem): Grants | undefined {
  const search = new Search(problem);
  return search.claim(0) ? search.grants : undefined;
}

class Search {
  readonly grants: Grant[][];
  readonly #problem: AllocationProblem;
  readonly #devices: readonly Device[];
  readonly #counters: Counters;
  readonly #taken = new Set<string>();
  readonly #wanted = new Map<string, readonly Device[]>();
  #tries = 0;

  constructor(problem: AllocationProblem) {
    this.#problem = problem;
    this.#devices = problem.pools.flatMap(({ devices }) => devices);
    this.#counters = new Counters(problem.pools, problem.inUse);
    this.grants = problem.claims.map(() => []);
  }

  /** Whether this claim and all after it can have what they ask for; if so it is in `grants`. */
  claim(index: number): boolean {
    const claim = this.#problem.claims[index];
    return !claim || this.#request(index, claim.spec.devices?.requests ?? [], 0);
  }

  #request(index: number, requests: readonly WrittenRequest[], number: number): boolean {
    const request = requests[number];
    if (!request) return this.claim(index + 1);
    const rest = () => this.#request(index, requests, number + 1);
    const ways = alternativesOf(this.#problem.claims[index]!, request, this.#problem.classOf);
    return ways.some((asked) => this.#fulfil(index, asked, rest));
  }

  #fulfil(index: number, asked: Alternative, rest: () => boolean): boolean {
    const key = `${index} ${asked.name}`;
    let devices = this.#wanted.get(key);
    if (!devices) {
      devices = this.#devices.filter((device) => isWanted(device, asked, this.#problem.taintsOf(device)));
      this.#checkPools(asked, devices);
      this.#wanted.set(key, devices);
    }
    const count = countOf(asked);
    if (count === 'all') return devices.length > 0 && this.#takeAll(index, asked, devices, 0, rest);
    return this.#takeSome(index, asked, devices, { from: 0, left: count }, rest);
  }

  #checkPools(asked: Alternative, devices: readonly Device[]): void {
    const { metadata } = asked.claim;
    const about = `claim ${metadata.namespace}/${metadata.name}, request ${asked.name}`;
    const pools = new Set(devices.map(({ driver, pool }) => `${driver}/${pool}`));
    for (const { driver, name, invalid, complete } of this.#problem.pools) {
      const pool = `${driver}/${name}`;
      if (!pools.has(pool)) continue;
      if (invalid) throw new Error(`${about}: resource pool ${pool} is invalid: duplicate device names`);
      if (!complete && countOf(asked) === 'all')
        throw new Error(`${about}: asks for all devices, but resource pool ${pool} is currently being updated`);
    }
  }

  #takeAll(index: number, asked: Alternative, devices: readonly Device[], at: number, rest: () => boolean): boolean {
    const device = devices[at];
    if (!device) return rest();
    return this.#with(index, asked, device, () => this.#takeAll(index, asked, devices, at + 1, rest));
  }

  #takeSome(
    index: number,
    asked: Alternative,
    devices: readonly Device[],
    { from, left }: { from: number; left: number },
    rest: () => boolean,
  ): boolean {
    if (left === 0) return rest();
    for (let i = from; i + left <= devices.length; i++) {
      const next = { from: i + 1, left: left - 1 };
      if (this.#with(index, asked, devices[i]!, () => this.#takeSome(index, asked, devices, next, rest))) return true;
    }
    return false;
  }

  /** Whether all the rest can be had too when the request gets this device. */
  #with(index: number, asked: Alternative, device: Device, rest: () => boolean): boolean {
    if (++this.#tries > TRIES || --this.#problem.tries.left < 0)
      throw new Error('timed out trying to allocate devices');
    const grants = this.grants[index]!;
    const grant = { request: asked.name, device, asked };
    const { constraints } = asked.claim.spec.devices!;
    if (grants.length >= MOST_DEVICES || !mayJoin(grant, grants, constraints)) return false;
    if (asked.adminAccess ? grants.some(isSame(grant)) : !this.#isFree(device)) return false;
    grants.push(grant);
    this.#mark(grant, true);
    if (rest()) return true;
    grants.pop();
    this.#mark(grant, false);
    return false;
  }

  #isFree(device: Device): boolean {
    return !this.#taken.has(device.id) && !this.#problem.inUse(device.id) && this.#counters.suffice(device);
  }

  /** Who only looks after devices takes them from nobody. */
  #mark({ asked, device }: Grant, taken: boolean): void {
    if (asked.adminAccess) return;
    if (taken) {
      this.#taken.add(device.id);
      this.#counters.take(device);
    } else {
      this.#taken.delete(device.id);
      this.#counters.giveBack(device);
    }
  }
}

function isSame({ request, device }: Chosen) {
  return (other: Chosen) => other.request === request && other.device.id === device.id;
}
