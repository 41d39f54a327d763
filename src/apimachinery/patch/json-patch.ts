import { ApiError, badRequest } from '../api-error.ts';
import type { Json } from '../object.ts';
import { copyJson, equalJson, isJsonObject } from '../json-value.ts';
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

/** The document that the operations work on. `root` may itself be replaced. */
interface State {
  root: Json;
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
  if (!Array.isArray(patch)) throw badRequest('error decoding patch: a JSON patch must be an array of operations');
  if (patch.length > MOST_OPERATIONS) {
    const message = `Request entity too large: The allowed maximum operations in a JSON patch is ${MOST_OPERATIONS}, got ${patch.length}`;
    throw new ApiError(413, 'RequestEntityTooLarge', message);
  }
  patch.forEach(checkOperation);
  return patch as Operation[];
}

function checkOperation(operation: unknown, index: number): void {
  if (!isJsonObject(operation)) throw badRequest(`error decoding patch: operation ${index} must be an object`);
  for (const field of ['op', 'path']) {
    if (typeof operation[field] !== 'string')
      throw badRequest(`error decoding patch: operation ${index} has no "${field}"`);
  }
  if ((operation.op === 'move' || operation.op === 'copy') && typeof operation.from !== 'string') {
    throw badRequest(`error decoding patch: operation ${index} has no "from"`);
  }
}

const runners: Readonly<Record<string, (state: State, operation: Operation) => void>> = {
  add: (state, { path, value }) => add(state, path, required(path, 'add', value)),
  remove: (state, { path }) => remove(state, path, 'remove'),
  replace(state, { path, value }) {
    const next = required(path, 'replace', value);
    if (path === '') state.root = copyJson(next);
    else place(state, path, 'replace').replace(copyJson(next));
  },
  move(state, { path, from = '' }) {
    if (path === from) {
      read(state, from, 'move');
      return;
    }
    if (path.startsWith(`${from}/`)) throw fails('move', path, 'a value cannot be moved into itself');
    add(state, path, remove(state, from, 'move'));
  },
  copy(state, { path, from = '' }) {
    const value = read(state, from, 'copy');
    state.copied += JSON.stringify(value).length;
    if (state.copied > LARGEST_COPY) {
      const message = `Unable to complete the copy, the accumulated size increase of copy is ${state.copied}, exceeding the limit ${LARGEST_COPY}`;
      throw new ApiError(413, 'RequestEntityTooLarge', message);
    }
    add(state, path, value);
  },
  test(state, { path, value = null }) {
    // A path that leads nowhere equals null, as upstream has it.
    const found = path === '' ? state.root : (place(state, path, 'test').get() ?? null);
    if (!equalJson(found, value)) throw rejectedPatch(`testing value ${path} failed: test failed`);
  },
};

function required(path: string, op: string, value: Json | undefined): Json {
  if (value === undefined) throw fails(op, path, 'it has no value');
  return value;
}

function fails(op: string, path: string, why: string): ApiError {
  return rejectedPatch(`${op} operation does not apply at ${JSON.stringify(path)}: ${why}`);
}

function add(state: State, path: string, value: Json): void {
  if (path === '') state.root = copyJson(value);
  else place(state, path, 'add').add(copyJson(value));
}

function remove(state: State, path: string, op: string): Json {
  if (path === '') throw fails(op, path, 'the whole object cannot be removed');
  return place(state, path, op).remove();
}

function read(state: State, path: string, op: string): Json {
  if (path === '') return state.root;
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
  if (Array.isArray(parent)) return parent[index(token)];
  return isJsonObject(parent) && Object.hasOwn(parent, token) ? parent[token] : undefined;
}

/** NaN for anything but a plain decimal number. */
function index(token: string): number {
  return /^(0|[1-9][0-9]{0,9})$/.test(token) ? Number(token) : NaN;
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
  const at = index(token);
  const existing = () => {
    if (!(at < parent.length))
      throw fails(op, path, `there is no item ${JSON.stringify(token)} in an array of ${parent.length}`);
    return parent[at]!;
  };
  return {
    get: () => parent[at],
    add(value) {
      if (token === '-') parent.push(value);
      else if (at <= parent.length) parent.splice(at, 0, value);
      else existing();
    },
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
