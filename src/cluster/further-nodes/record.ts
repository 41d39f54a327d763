import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NodeBridge, NodeNamespace } from '../../linux/node-namespace.ts';
import type { DataDir } from '../data-dir.ts';

/** A further node of this machine, in a network namespace of its own. */
export interface FurtherNode {
  readonly name: string;
  /** From 1 on; its addresses follow from it. */
  readonly index: number;
  /** Where it keeps everything of its own. */
  readonly folder: string;
  readonly ip: string;
  readonly podCidr: string;
  readonly namespace: NodeNamespace;
}

/** The network between the nodes of this machine; .1 is the machine itself. */
export const nodeNetwork = '172.30.251.0/24';
export const nodeBridge: NodeBridge = { name: 'coxnodes', address: '172.30.251.1/24' };
const MOST = 200;

/** The n-th /24 of a range of pod addresses. @throws a sentence when the range has no such part */
export function podRangeOf(clusterCidr: string, n: number): string {
  const [address = '', bits = '16'] = clusterCidr.split('/');
  const base = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  if (n >= 2 ** (24 - Number(bits)))
    throw new Error(`The range of pod addresses ${clusterCidr} has no room for another node (--cluster-cidr).`);
  const value = base + n * 256;
  return `${[24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.')}/24`;
}

/** Everything that follows from a node's number. Pure. */
export function furtherNode(name: string, index: number, folder: string, clusterCidr: string): FurtherNode {
  const ip = `172.30.251.${index + 1}`;
  const podCidr = podRangeOf(clusterCidr, index);
  const gateway = nodeBridge.address.split('/')[0]!;
  const namespace = { name: `cox-node-${index}`, cable: `coxnode${index}`, address: `${ip}/24`, gateway, podCidr };
  return { name, index, folder, ip, podCidr, namespace };
}

/** The smallest number that no node has. Pure. @throws a sentence when all are taken */
export function freeIndex(taken: readonly number[]): number {
  for (let index = 1; index <= MOST; index++) if (!taken.includes(index)) return index;
  throw new Error(`This machine has ${MOST} further nodes already.`);
}

/** The further nodes that were added to the cluster of a data folder. */
export function furtherNodes({ path }: Pick<DataDir, 'path'>, clusterCidr: string): FurtherNode[] {
  const folder = join(path, 'nodes');
  const names = existsSync(folder) ? readdirSync(folder).toSorted() : [];
  return names.flatMap((name) => {
    const file = join(folder, name, 'node.json');
    if (!existsSync(file)) return [];
    const { index } = JSON.parse(readFileSync(file, 'utf8')) as { index: number };
    return furtherNode(name, index, join(folder, name), clusterCidr);
  });
}

/** Notes a new node. @throws a sentence when there is one of this name, or no room */
export function recordNode({ path }: Pick<DataDir, 'path'>, name: string, clusterCidr: string): FurtherNode {
  const others = furtherNodes({ path }, clusterCidr);
  if (others.some((other) => other.name === name)) throw new Error(`There is a node ${name} on this machine already.`);
  const node = furtherNode(name, freeIndex(others.map((o) => o.index)), join(path, 'nodes', name), clusterCidr);
  mkdirSync(node.folder, { recursive: true, mode: 0o700 });
  writeFileSync(join(node.folder, 'node.json'), JSON.stringify({ index: node.index }), { mode: 0o600 });
  return node;
}
