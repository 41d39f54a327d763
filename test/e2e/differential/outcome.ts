import type { Reply } from './server.ts';

/** What is compared of an answer: everything that a client can act on and that is not chance. */
export interface Outcome {
  readonly status: number;
  readonly reason?: string;
  readonly message?: string;
  readonly causes?: readonly string[];
  /** The object, list, table or events, without identities and times. */
  readonly body?: unknown;
}

/** Fields whose values are chance or the servers' own. */
const chance = new Set([
  'uid',
  'resourceVersion',
  'creationTimestamp',
  'managedFields',
  'selfLink',
  'deletionTimestamp',
]);

/** Reduces an answer to what is compared. `namespace` is the scenario's own, and reads `{ns}` in the outcome. */
export function outcomeOf(reply: Reply, namespace: string): Outcome {
  const body = parse(reply.text.replaceAll(namespace, '{ns}').replaceAll(uuid, '{uid}'));
  if (isStatus(body)) return statusOutcome(reply.status, body);
  return { status: reply.status, body: withoutChance(body) };
}

function parse(text: string): any {
  if (!text.startsWith('{')) return text.trim();
  const lines = text.trim().split('\n');
  try {
    return lines.length > 1 && lines.every((line) => line.startsWith('{'))
      ? lines.map((line) => JSON.parse(line))
      : JSON.parse(text);
  } catch {
    return text.trim();
  }
}

function isStatus(body: any): boolean {
  return body?.kind === 'Status' && body.apiVersion === 'v1';
}

function statusOutcome(status: number, body: any): Outcome {
  const causes = (body.details?.causes ?? []).map(
    (c: any) => `${c.field ?? ''} ${c.reason ?? ''}: ${withoutValue(c.message ?? '')}`,
  );
  return {
    status,
    reason: body.reason ?? body.status,
    // A message with causes is made of them.
    ...(body.message && causes.length === 0 && { message: body.message }),
    ...(causes.length > 0 && { causes: causes.toSorted() }),
  };
}

/** A value in a message is Go's own notation in older versions and JSON in newer ones. */
function withoutValue(message: string): string {
  return message
    .replace(/^Invalid value: [\s\S]*: (?=[^:]*$)/, 'Invalid value: ')
    .replace(/^((?:Duplicate|Unsupported) value): .*?(?=: supported values|$)/s, '$1');
}

function withoutChance(value: any): unknown {
  if (Array.isArray(value)) return value.map(withoutChance);
  if (value === null || typeof value !== 'object') return value;
  if (value.kind === 'Table') return table(value);
  const entries = Object.entries(value)
    .filter(([key, v]) => !chance.has(key) && v !== null)
    .map(([key, v]) => [key, withoutChance(v)] as const);
  return Object.fromEntries(entries);
}

/** The headings and cells of a table; ages are times. */
function table(value: any): unknown {
  const headings = (value.columnDefinitions ?? []).map((c: any) => `${c.name} (${c.type}, ${c.priority})`);
  const ages = headings.map((h: string) => /^(Age|Last Seen|First Seen|Requested)/.test(h));
  const rows = (value.rows ?? []).map((r: any) =>
    r.cells.map((cell: unknown, i: number) => (ages[i] ? '<age>' : cell)),
  );
  return { headings, rows };
}

const uuid = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g;

export interface Difference {
  /** Where in the outcome, e.g. `body.spec.replicas`. */
  readonly at: string;
  readonly ours: unknown;
  readonly theirs: unknown;
}

/** Every place where two outcomes are not the same. */
export function differences(ours: unknown, theirs: unknown, at = ''): Difference[] {
  if (isContainer(ours) && isContainer(theirs) && Array.isArray(ours) === Array.isArray(theirs)) {
    const keys = new Set([...Object.keys(ours), ...Object.keys(theirs)]);
    return [...keys].flatMap((key) => differences((ours as any)[key], (theirs as any)[key], at ? `${at}.${key}` : key));
  }
  return Object.is(ours, theirs) || JSON.stringify(ours) === JSON.stringify(theirs) ? [] : [{ at, ours, theirs }];
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
