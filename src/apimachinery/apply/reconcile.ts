import { isEmpty, LEAF, type FieldSet } from './field-set.ts';
import { fieldName, SELF } from './path-element.ts';
import { fieldOf, type ApplyType } from './types.ts';

/**
 * The set as the schema of today has it: what was made of parts when the set was written and is one value now is owned as
 * a whole by those who owned a part. The very same set where nothing of the sort has happened.
 */
export function reconcile(set: FieldSet, type: ApplyType): FieldSet {
  let result: { [element: string]: FieldSet } | undefined;
  for (const element in set) {
    if (element === SELF) continue;
    const before = set[element]!;
    if (isEmpty(before)) continue; // a value, or a whole already
    const node = reconcileNode(before, typeBelow(type, element));
    if (node !== before) (result ??= { ...set })[element] = node;
  }
  return result ?? set;
}

function reconcileNode(node: FieldSet, type: ApplyType | undefined): FieldSet {
  if (!type || type.sort === 'scalar' || type.sort === 'any') return node;
  const atomic = type.sort === 'map' ? type.atomic : type.merge === 'atomic';
  if (!atomic) return reconcile(node, type);
  return LEAF;
}

function typeBelow(type: ApplyType, element: string): ApplyType | undefined {
  const name = fieldName(element);
  if (type.sort === 'list') return type.item;
  return type.sort === 'map' && name !== undefined ? fieldOf(type, name)?.type : undefined;
}
