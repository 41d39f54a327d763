import { fieldElement, inOrder, SELF } from './path-element.ts';

/**
 * A set of field paths in the form in which FieldsV1 writes it, so that what is stored is what is computed with: a tree
 * of path elements, where a node without children is a member, and one with children is a member when it has a `.`.
 * The root is never a member itself. Sets are immutable: every operation answers a new one, or an argument (the very same
 * object) when that is the answer.
 */
export interface FieldSet {
  readonly [element: string]: FieldSet;
}

type Building = { [element: string]: FieldSet };

/** A node that is a member and has no children; as a root, the empty set. */
export const LEAF: FieldSet = Object.freeze({});
export const EMPTY: FieldSet = LEAF;

/** Whether a root has no members, or a node no children and no `.`. */
export function isEmpty(set: FieldSet): boolean {
  for (const _ in set) return false;
  return true;
}

/** Whether a node (not a root) is a member. */
export function isMember(node: FieldSet): boolean {
  return SELF in node || isEmpty(node);
}

/** The set of the given paths. */
export function setOf(...paths: readonly (readonly string[])[]): FieldSet {
  return paths.reduce<FieldSet>((set, path) => union(set, only(path)), EMPTY);
}

/** The set of the given paths of plain fields. */
export function fieldsSet(paths: readonly (readonly string[])[]): FieldSet {
  return setOf(...paths.map((path) => path.map(fieldElement)));
}

function only(path: readonly string[]): FieldSet {
  return path.reduceRight<FieldSet>((child, element) => ({ [element]: child }), LEAF);
}

/** Whether the path itself is a member. */
export function has(set: FieldSet, path: readonly string[]): boolean {
  const node = nodeAt(set, path);
  return node !== undefined && path.length > 0 && isMember(node);
}

/** The node at a path: a member, or a place on the way to members. */
function nodeAt(set: FieldSet, path: readonly string[]): FieldSet | undefined {
  let node: FieldSet | undefined = set;
  for (const element of path) {
    if (!node || !Object.hasOwn(node, element)) return undefined;
    node = node[element];
  }
  return node;
}

/** All members, in the order of the tree. */
export function* pathsOf(set: FieldSet, prefix: readonly string[] = []): Generator<readonly string[]> {
  for (const element of Object.keys(set)) {
    if (element === SELF) continue;
    const path = [...prefix, element];
    const node = set[element]!;
    if (isMember(node)) yield path;
    yield* pathsOf(node, path);
  }
}

/** A node of these children that is a member or not; undefined when that is nothing. */
function node(member: boolean, children: Building): FieldSet | undefined {
  if (isEmpty(children)) return member ? LEAF : undefined;
  return member ? { [SELF]: LEAF, ...children } : children;
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b || isEmpty(b)) return a;
  if (isEmpty(a)) return b;
  return unionOfChildren(a, b, {});
}

function unionOfChildren(a: FieldSet, b: FieldSet, result: Building): FieldSet {
  let same = true;
  for (const element in a) if (element !== SELF) result[element] = a[element]!;
  for (const element in b) {
    if (element === SELF) continue;
    const left = result[element];
    const joined = left ? unionOfNodes(left, b[element]!) : b[element]!;
    if (joined !== left) same = false;
    result[element] = joined;
  }
  return same && (SELF in result ? isMember(a) : !(SELF in a)) ? a : result;
}

function unionOfNodes(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b) return a;
  if (isEmpty(a) && isEmpty(b)) return a;
  if (isEmpty(b) && SELF in a) return a;
  const member = isMember(a) || isMember(b);
  return unionOfChildren(a, b, member ? { [SELF]: LEAF } : {});
}

/** What is in both. */
export function intersection(a: FieldSet, b: FieldSet): Building {
  const result: Building = {};
  for (const element in a) {
    if (element === SELF || !Object.hasOwn(b, element)) continue;
    const [left, right] = [a[element]!, b[element]!];
    const both = node(isMember(left) && isMember(right), intersection(left, right));
    if (both) result[element] = both;
  }
  return result;
}

/** The members of `a` that are not members of `b`. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  return subtract(a, b, false);
}

/** Whether all members of `a` are members of `b`: what `difference` would leave nothing of, without making it. */
export function isSubset(a: FieldSet, b: FieldSet): boolean {
  for (const element in a) {
    if (element === SELF) continue;
    if (!Object.hasOwn(b, element)) return false;
    const left = a[element]!;
    const right = b[element]!;
    if (left === right) continue;
    if (isMember(left) && !isMember(right)) return false;
    if (!isEmpty(left) && !isSubset(left, right)) return false;
  }
  return true;
}

/** The members of `a` that neither are members of `b` nor lie below one. */
export function recursiveDifference(a: FieldSet, b: FieldSet): FieldSet {
  return subtract(a, b, true);
}

function subtract(a: FieldSet, b: FieldSet, deep: boolean): FieldSet {
  let result: Building | undefined;
  for (const element in b) {
    if (element === SELF || !Object.hasOwn(a, element)) continue;
    const left = a[element]!;
    const kept = subtractNode(left, b[element]!, deep);
    if (kept === left) continue;
    result ??= { ...a };
    if (kept) result[element] = kept;
    else delete result[element];
  }
  return result ?? a;
}

function subtractNode(a: FieldSet, b: FieldSet, deep: boolean): FieldSet | undefined {
  const gone = isMember(b);
  if (gone && deep) return undefined;
  const children = subtract(a, b, deep);
  const member = isMember(a);
  if (children === a && !(gone && member)) return a;
  const { [SELF]: _self, ...rest } = children;
  return node(member && !gone, rest);
}

/** The same set with its elements in upstream's order: what is stored. */
export function canonical(set: FieldSet): FieldSet {
  const found = Object.keys(set);
  const elements = inOrder(found);
  let result: Building | undefined = elements === found ? undefined : {};
  for (let i = 0; i < elements.length; i++) {
    const child = set[elements[i]!]!;
    const ordered = canonicalNode(child);
    if (ordered !== child) result ??= firstOf(set, elements, i);
    if (result) result[elements[i]!] = ordered;
  }
  return result ?? set;
}

function firstOf(set: FieldSet, elements: readonly string[], count: number): Building {
  const result: Building = {};
  for (let i = 0; i < count; i++) result[elements[i]!] = set[elements[i]!]!;
  return result;
}

/** A node that has only a `.` is written without it. */
function canonicalNode(child: FieldSet): FieldSet {
  if (isEmpty(child)) return child;
  const ordered = canonical(child);
  return SELF in ordered && Object.keys(ordered).length === 1 ? LEAF : ordered;
}
