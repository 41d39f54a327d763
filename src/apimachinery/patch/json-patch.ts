import { ApiError, badRequest } from '../api-error.ts';
import type { Json } from '../object.ts';
import { copyJson, equalJson, isJsonObject, type JsonObject } from '../json-value.ts';
import { rejectedPatch } from './patch-error.ts';

const MOST_OPERATIONS = 10_000;
/** What all `copy` operations of a patch may add, in bytes of JSON. */
const LARGEST_COPY = 3 * 1024 * 1024;
const LONGEST_POINTER = 1000;

interface Operation {
  readonly op: string;
  readonly path: string;
  readonly from?: string;
  readonly value?: Json;
}

/** The document that the operations work on. It cannot itself be replaced, as upstream has it. */
interface State {
  readonly root: Json;
  copied: number;
}

/**
 * Applies an RFC 6902 patch (a parsed JSON array) and returns the new document, which shares nothing with the arguments.
 * @throws ApiError BadRequest when it is no JSON patch, RequestEntityTooLarge when it has too many operations or copies too
 * much, Invalid (422) when an operation fails, a `test` included
 */
export function applyJsonPatch<T>(document: T, patch: unknown): T {
  const operations = checkPatch(patch);
  const state: State = { root: copyJson(document) as Json, copied: 0 };
  for (const operation of operations) {
    const run = Object.hasOwn(runners, operation.op) ? runners[operation.op] : undefined;
    if (!run) throw rejectedPatch(`unexpected operation ${JSON.stringify(operation.op)}`);
    run(state, operation);
  }
  return state.root as T;
}

function checkPatch(patch: unknown): Operation[] {
  if (patch === null) return [];
  if (!Array.isArray(patch)) throw wrongType(patch, 'jsonpatch.Patch');
  if (patch.length > MOST_OPERATIONS) {
    const message = `Request entity too large: The allowed maximum operations in a JSON patch is ${MOST_OPERATIONS}, got ${patch.length}`;
    throw new ApiError(413, 'RequestEntityTooLarge', message);
  }
  for (const operation of patch) {
    if (operation !== null && !isJsonObject(operation)) throw wrongType(operation, 'jsonpatch.Operation');
  }
  patch.forEach(checkOperation);
  return patch as Operation[];
}

function wrongType(value: unknown, wanted: string): ApiError {
  const type = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
  return badRequest(`error decoding patch: json: cannot unmarshal ${type} into Go value of type ${wanted}`);
}

function checkOperation(operation: JsonObject | null, index: number): void {
  for (const field of ['op', 'path']) {
    if (typeof operation?.[field] !== 'string') throw rejectedPatch(`operation ${index} has no "${field}"`);
  }
  const { op, from } = operation!;
  if ((op === 'move' || op === 'copy') && typeof from !== 'string') {
    throw rejectedPatch(`operation ${index} has no "from"`);
  }
}

const runners: Readonly<Record<string, (state: State, operation: Operation) => void>> = {
  // A value that is left out is null, as upstream has it.
  add: (state, { path, value = null }) => place(state, path, 'add').add(copyJson(value)),
  remove: (state, { path }) => void place(state, path, 'remove').remove(),
  replace: (state, { path, value = null }) => place(state, path, 'replace').replace(copyJson(value)),
  move(state, { path, from = '' }) {
    if (path === from) {
      read(state, from, 'move');
      return;
    }
    if (path.startsWith(`${from}/`)) throw fails('move', path, 'a value cannot be moved into itself');
    place(state, path, 'move').add(place(state, from, 'move').remove());
  },
  copy(state, { path, from = '' }) {
    const value = read(state, from, 'copy');
    state.copied += JSON.stringify(value).length;
    if (state.copied > LARGEST_COPY) {
      const message = `Unable to complete the copy, the accumulated size increase of copy is ${state.copied}, exceeding the limit ${LARGEST_COPY}`;
      throw new ApiError(413, 'RequestEntityTooLarge', message);
    }
    place(state, path, 'copy').add(copyJson(value));
  },
  test(state, { path, value = null }) {
    // A member that is missing equals null, as upstream has it; an item that is missing does not.
    const found = place(state, path, 'test').get() ?? null;
    if (!equalJson(found, value)) throw rejectedPatch(`testing value ${path} failed: test failed`);
  },
};

function fails(op: string, path: string, why: string): ApiError {
  return rejectedPatch(`${op} operation does not apply at ${JSON.stringify(path)}: ${why}`);
}

function read(state: State, path: string, op: string): Json {
  const value = place(state, path, op).get();
  if (value === undefined) throw fails(op, path, 'missing value');
  return value;
}

/** A place in a document: a key of an object or a position of an array. */
interface Place {
  get(): Json | undefined;
  add(value: Json): void;
  replace(value: Json): void;
  remove(): Json;
}

function place(state: State, path: string, op: string): Place {
  const tokens = parsePointer(path, op);
  const last = tokens.pop()!;
  let parent: Json | undefined = state.root;
  for (const token of tokens) parent = child(parent, token);
  if (Array.isArray(parent)) return arrayPlace(parent, last, op, path);
  if (isJsonObject(parent)) return objectPlace(parent, last, op, path);
  throw fails(op, path, 'missing path');
}

function parsePointer(path: string, op: string): string[] {
  if (!path.startsWith('/')) throw fails(op, path, 'a path must begin with "/"');
  const tokens = path
    .slice(1)
    .split('/')
    .map((t) => t.replaceAll('~1', '/').replaceAll('~0', '~'));
  if (tokens.length > LONGEST_POINTER) throw fails(op, `${path.slice(0, 50)}...`, 'the path is too deep');
  if (tokens.includes('__proto__')) throw fails(op, path, 'the key "__proto__" is not allowed');
  return tokens;
}

function child(parent: Json | undefined, token: string): Json | undefined {
  if (Array.isArray(parent)) return parent[index(token, parent.length)];
  return isJsonObject(parent) && Object.hasOwn(parent, token) ? parent[token] : undefined;
}

/** The position that a token means in a list of `length`, counted from the end when negative; NaN for what is no number. */
function index(token: string, length: number): number {
  if (!/^[+-]?[0-9]{1,10}$/.test(token)) return NaN;
  const position = Number(token);
  return position < 0 ? position + length : position;
}

function objectPlace(parent: { [key: string]: Json }, key: string, op: string, path: string): Place {
  const existing = () => {
    if (!Object.hasOwn(parent, key)) throw fails(op, path, 'missing value');
    return parent[key]!;
  };
  return {
    get: () => (Object.hasOwn(parent, key) ? parent[key] : undefined),
    add: (value) => void (parent[key] = value),
    replace(value) {
      existing();
      parent[key] = value;
    },
    remove() {
      const value = existing();
      delete parent[key];
      return value;
    },
  };
}

function arrayPlace(parent: Json[], token: string, op: string, path: string): Place {
  const length = parent.length;
  const at = index(token, length);
  const existing = () => {
    if (at >= 0 && at < length) return parent[at]!;
    throw fails(op, path, `there is no item ${JSON.stringify(token)} in an array of ${length}`);
  };
  /** Where an item can be added; from the end, -1 is behind the last. */
  const gap = () => {
    const position = token === '-' ? length : index(token, length + 1);
    if (position >= 0 && position <= length) return position;
    throw fails(op, path, `there is no position ${JSON.stringify(token)} in an array of ${length}`);
  };
  return {
    get: existing,
    add: (value) => void parent.splice(gap(), 0, value),
    replace(value) {
      existing();
      parent[at] = value;
    },
    remove() {
      const value = existing();
      parent.splice(at, 1);
      return value;
    },
  };
}
