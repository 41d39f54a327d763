import type { AnyObject } from '../../src/apimachinery/object.ts';

/** The uid of an object that is in none of the lists. */
const UID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
/** What two runs of one scenario never have in common. */
const OWN = new Set([
  'metadata.uid',
  'metadata.resourceVersion',
  'metadata.managedFields',
  'metadata.generation',
  'status.podIP',
  'status.podIPs',
]);

/**
 * Lists of objects as they can be compared with those of another run: without versions and addresses, times as `<time>`,
 * uids and generated names (wherever they stand) as what they belong to, and each list in an order of its own.
 */
export function normalized(lists: readonly (readonly AnyObject[])[], ignore: readonly string[] = []): AnyObject[][] {
  const left = new Set([...OWN, ...ignore]);
  const replace = replacer(lists.flat());
  const plain = lists.map((list) => list.map((object) => strip(behind(object), '', left, replace) as AnyObject));
  return plain.map((list) => list.sort((a, b) => compare(JSON.stringify(a), JSON.stringify(b))));
}

/** Generations count the ways, not the end; whether the newest was seen is what matters. */
function behind(object: AnyObject): AnyObject {
  const { status, metadata } = object;
  if (status?.observedGeneration === undefined) return object;
  const observedGeneration = status.observedGeneration === metadata.generation ? '<newest>' : '<older>';
  return { ...object, status: { ...status, observedGeneration } };
}

/** Puts names that mean the same in every run in the place of uids and generated names. */
function replacer(objects: readonly AnyObject[]): (text: string) => string {
  const names = new Map<string, string>();
  for (const { kind, metadata } of objects) {
    const { name, generateName } = metadata;
    const lasting = generateName && name.startsWith(generateName) ? `${generateName}<generated>` : name;
    if (lasting !== name) names.set(name, lasting);
    names.set(metadata.uid, `<uid of ${kind} ${lasting}>`);
  }
  // The longest first: a pod's name begins with its set's.
  const alternatives = [...names.keys()].sort((a, b) => b.length - a.length).map((name) => name.replace(/[.]/g, '\\.'));
  const pattern = new RegExp(`(?:${alternatives.join('|')})(?![a-z0-9])|(kube-api-access-)[a-z0-9]{5}`, 'g');
  return (text) => text.replace(pattern, (found, volume?: string) => names.get(found) ?? `${volume}<generated>`);
}

function strip(value: unknown, path: string, left: ReadonlySet<string>, replace: (text: string) => string): unknown {
  if (typeof value === 'string') return TIME.test(value) ? '<time>' : replace(value).replace(UID, '<uid>');
  if (Array.isArray(value)) return value.map((item) => strip(item, path, left, replace));
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).map(([key, item]) => [key, item, path ? `${path}.${key}` : key] as const);
  const kept = entries.filter(([, , full]) => !left.has(full));
  const sorted = kept.sort(([a], [b]) => compare(a, b));
  return Object.fromEntries(sorted.map(([key, item, full]) => [replace(key), strip(item, full, left, replace)]));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
