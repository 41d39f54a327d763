import { isJsonObject } from '../json-value.ts';
import { canonical, EMPTY, LEAF, type FieldSet } from './field-set.ts';
import { parseElement, SELF } from './path-element.ts';

/** Deeper than the fields of any object. */
const DEEPEST = 1000;

/**
 * Reads a `fieldsV1` that somebody sent. Elements of an unknown sort are left out, as upstream does.
 * @throws Error when it is malformed
 */
export function parseFieldsV1(value: unknown): FieldSet {
  if (value === undefined || value === null) return EMPTY;
  return canonical(parseNode(value, 0));
}

function parseNode(value: unknown, depth: number): FieldSet {
  if (value === null) return LEAF;
  if (!isJsonObject(value)) throw new Error('fieldsV1 must consist of objects');
  if (depth > DEEPEST) throw new Error('fieldsV1 is nested too deeply');
  const node: { [element: string]: FieldSet } = {};
  for (const [text, child] of Object.entries(value)) {
    const element = parseElement(text);
    if (element === undefined || (element === SELF && depth === 0)) continue;
    node[element] = element === SELF ? LEAF : parseNode(child, depth + 1);
  }
  return node;
}
