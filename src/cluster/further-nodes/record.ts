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
  readonly namespace: NodeNamespace;
}

/** The network between the nodes of this machine; .1 is the machine itself. */
export const nodeNetwork = '172.30.251.0/24';
export const nodeBridge: NodeBridge = { name: 'coxnodes', address: '172.30.251.1/24' };
const MOST = 200;

/** Everything that follows from a node's number. Pure. */
export function furtherNode(name: string, index: number, folder: string): FurtherNode {
  const ip = `172.30.251.${index + 1}`;
  const gateway = nodeBridge.address.split('/')[0]!;
  const namespace = { name: `cox-node-${index}`, cable: `coxnode${index}`, address: `${ip}/24`, gateway };
  return { name, index, folder, ip, namespace };
}

/** The smallest number that no node has. Pure. @throws a sentence when all are taken */
export function freeIndex(taken: readonly number[]): number {
  for (let index = 1; index <= MOST; index++) if (!taken.includes(index)) return index;
  throw new Error(`This machine has ${MOST} further nodes already.`);
}

/** The further nodes that were added to the cluster of a data folder. */
export function furtherNodes({ path }: Pick<DataDir, 'path'>): FurtherNode[] {
  const folder = join(path, 'nodes');
  const names = existsSync(folder) ? readdirSync(folder).toSorted() : [];
  return names.flatMap((name) => {
    const file = join(folder, name, 'node.json');
    if (!existsSync(file)) return [];
    const { index } = JSON.parse(readFileSync(file, 'utf8')) as { index: number };
    return furtherNode(name, index, join(folder, name));
  });
}

/** Notes a new node. @throws a sentence when there is one of this name, or no room */
export function recordNode({ path }: Pick<DataDir, 'path'>, name: string): FurtherNode {
  const others = furtherNodes({ path });
  if (others.some((other) => other.name === name)) throw new Error(`There is a node ${name} on this machine already.`);
  const node = furtherNode(name, freeIndex(others.map((o) => o.index)), join(path, 'nodes', name));
  mkdirSync(node.folder, { recursive: true, mode: 0o700 });
  writeFileSync(join(node.folder, 'node.json'), JSON.stringify({ index: node.index }), { mode: 0o600 });
  return node;
}
