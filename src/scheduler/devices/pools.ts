import type { ResourceSlice } from '../../api/resource-v1/resource-slice.ts';
import { matchesSome, parseNodeTerm, type WrittenTerm } from '../node-selector.ts';
import { deviceId, type Device, type SliceDevice } from './device.ts';

/** What of a node decides on the devices that it can reach. */
export interface Place {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** The devices of a pool that a node can reach. */
export interface Pool {
  readonly driver: string;
  readonly name: string;
  readonly devices: readonly Device[];
  /** All definitions, also of devices that other nodes alone can reach: they may use the same counters. */
  readonly definitions: readonly SliceDevice[];
  /** Counters that devices share, by `set/counter`: written quantities. */
  readonly counters: ReadonlyMap<string, string>;
  /** False while its driver is still writing slices: then nobody knows all of its devices. */
  readonly complete: boolean;
  /** Two devices of one name: nobody knows which is meant. */
  readonly invalid: boolean;
}

/** The pools that have devices for the node. Slices of old generations do not count. */
export function poolsFor(node: Place, slices: readonly ResourceSlice[]): Pool[] {
  const byPool = Map.groupBy(slices, ({ spec }) => `${spec.driver}/${spec.pool.name}`);
  return [...byPool.values()].map((all) => poolOf(node, newest(all))).filter(({ devices }) => devices.length > 0);
}

function newest(slices: readonly ResourceSlice[]): ResourceSlice[] {
  const generation = Math.max(...slices.map(({ spec }) => spec.pool.generation));
  return slices.filter(({ spec }) => spec.pool.generation === generation);
}

function poolOf(node: Place, slices: readonly ResourceSlice[]): Pool {
  const { driver, pool } = slices[0]!.spec;
  const devices = slices.flatMap((slice) => devicesOf(node, slice));
  const definitions = slices.flatMap(({ spec }) => spec.devices ?? []);
  return {
    driver,
    name: pool.name,
    devices,
    definitions,
    counters: countersOf(slices),
    complete: slices.length === pool.resourceSliceCount,
    invalid: new Set(definitions.map(({ name }) => name)).size < definitions.length,
  };
}

function countersOf(slices: readonly ResourceSlice[]): Map<string, string> {
  const sets = slices.flatMap(({ spec }) => spec.sharedCounters ?? []);
  return new Map(
    sets.flatMap(({ name, counters }) =>
      Object.entries(counters).map(([counter, { value }]): [string, string] => [`${name}/${counter}`, value]),
    ),
  );
}

function devicesOf(node: Place, slice: ResourceSlice): Device[] {
  const { spec } = slice;
  const { driver, devices = [] } = spec;
  const pool = spec.pool.name;
  if (!spec.perDeviceNodeSelection && !reaches(node, spec)) return [];
  return devices
    .filter((device) => !spec.perDeviceNodeSelection || reaches(node, device))
    .map((definition) => {
      const { name } = definition;
      return { id: deviceId({ driver, pool, device: name }), driver, pool, name, slice, definition };
    });
}

/** Where a slice or a device can be used from. */
interface Reach {
  readonly nodeName?: string | undefined;
  readonly allNodes?: boolean | undefined;
  readonly nodeSelector?: { readonly nodeSelectorTerms: readonly WrittenTerm[] } | undefined;
}

function reaches(node: Place, { nodeName, allNodes, nodeSelector }: Reach): boolean {
  if (nodeName) return nodeName === node.name;
  if (allNodes) return true;
  return nodeSelector ? selects(nodeSelector, node) : false;
}

/** Whether a written node selector matches. */
export function selects(
  { nodeSelectorTerms }: { readonly nodeSelectorTerms: readonly WrittenTerm[] },
  node: Place,
): boolean {
  return matchesSome(nodeSelectorTerms.map(parseNodeTerm), node);
}
