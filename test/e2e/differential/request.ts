/** One request of the corpus. `{ns}` in texts stands for the scenario's own namespace. */
export interface Step {
  /** What is asked, in a few words: unique within its scenario. */
  readonly name: string;
  readonly method: string;
  /** Path and query. `{rv:STEP}`, `{uid:STEP}` and `{continue:STEP}` stand for what the answer to that step held. */
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** True when only the state it leads to is of interest, because the two servers are known to answer differently. */
  readonly quiet?: boolean;
}

/** Requests that build on one another, in a namespace of their own. */
export interface Scenario {
  readonly name: string;
  readonly steps: readonly Step[];
}

/** A change of a document: a path (`spec.containers.0.name`) and what to put there; `undefined` removes it. */
export type Change = Readonly<Record<string, unknown>>;

/** A copy of `document` with `change` applied. */
export function changed<T>(document: T, change: Change): T {
  const copy = structuredClone(document) as any;
  for (const [path, value] of Object.entries(change)) {
    const keys = path.split('.').map((key) => key.replaceAll('~', '.'));
    const last = keys.pop()!;
    let at = copy;
    for (const [i, key] of keys.entries()) at = at[key] ??= /^\d+$/.test(keys[i + 1] ?? last) ? [] : {};
    if (value !== undefined) at[last] = value;
    else if (Array.isArray(at)) at.splice(Number(last), 1);
    else delete at[last];
  }
  return copy;
}

export interface Collection {
  /** Path of the collection, with `{ns}`. */
  readonly path: string;
  /** An object that every server accepts. */
  readonly base: { readonly apiVersion: string; readonly kind: string; readonly metadata: { readonly name: string } };
}

/** Creates, without storing them, objects that differ from the base by one change each. */
export function creations(
  name: string,
  { path, base }: Collection,
  changes: Readonly<Record<string, Change>>,
): Scenario {
  const steps = Object.entries({ 'as it is': {}, ...changes }).map(([what, change]) => ({
    name: what,
    method: 'POST',
    path: `${path}?dryRun=All`,
    body: changed(base, change),
  }));
  return { name: `create ${name}`, steps };
}

/** Stores the base and then, without storing, replaces it by objects that differ by one change each. */
export function replacements(
  name: string,
  { path, base }: Collection,
  changes: Readonly<Record<string, Change>>,
): Scenario {
  const at = `${path}/${base.metadata.name}`;
  const steps: Step[] = [
    { name: 'remove what is left', method: 'DELETE', path: at, quiet: true },
    { name: 'create', method: 'POST', path, body: base },
  ];
  for (const [what, change] of Object.entries(changes)) {
    steps.push({ name: what, method: 'PUT', path: `${at}?dryRun=All`, body: changed(base, change) });
  }
  steps.push({ name: 'remove', method: 'DELETE', path: at, quiet: true });
  return { name: `replace ${name}`, steps };
}
