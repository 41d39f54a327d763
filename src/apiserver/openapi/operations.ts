import type { Kind, Subresource, Verb } from '../../apimachinery/kind.ts';

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** What one method on one path does, in terms that both versions of OpenAPI are written from. */
export interface Operation {
  readonly path: string;
  readonly method: Method;
  /** `x-kubernetes-action` */
  readonly action: string;
  readonly id: string;
  readonly description: string;
  /** `x-kubernetes-group-version-kind` */
  readonly gvk: { readonly group: string; readonly version: string; readonly kind: string };
  readonly tag: string;
  /** Names of the path's variables. */
  readonly pathParameters: readonly string[];
  /** Names of query parameters, see `query-parameters.ts`. */
  readonly queryParameters: readonly string[];
  /** The definition of the request's body. */
  readonly body?: string;
  /** The definition of the answer; text when absent. */
  readonly response?: string;
}

const DELETE_OPTIONS = 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions';
export const STATUS = 'io.k8s.apimachinery.pkg.apis.meta.v1.Status';
export const PATCH = 'io.k8s.apimachinery.pkg.apis.meta.v1.Patch';

const WRITE = ['dryRun', 'fieldManager', 'fieldValidation'];
const DELETE = ['dryRun', 'gracePeriodSeconds', 'orphanDependents', 'propagationPolicy'];
const LIST = [
  'allowWatchBookmarks',
  'continue',
  'fieldSelector',
  'labelSelector',
  'limit',
  'resourceVersion',
  'resourceVersionMatch',
  'sendInitialEvents',
  'timeoutSeconds',
  'watch',
];
const DELETE_COLLECTION = [...new Set([...DELETE, ...LIST])]
  .filter((p) => p !== 'watch' && p !== 'allowWatchBookmarks')
  .sort();

interface VerbShape {
  readonly method: Method;
  readonly action: string;
  /** The first word of operation ids. */
  readonly word: string;
  readonly named: boolean;
  readonly query: readonly string[];
  describe(kind: string): string;
}

const VERBS: Readonly<Partial<Record<Verb, VerbShape>>> = {
  list: {
    method: 'get',
    action: 'list',
    word: 'list',
    named: false,
    query: LIST,
    describe: (k) => `list or watch objects of kind ${k}`,
  },
  create: {
    method: 'post',
    action: 'post',
    word: 'create',
    named: false,
    query: WRITE,
    describe: (k) => `create a ${k}`,
  },
  deletecollection: {
    method: 'delete',
    action: 'deletecollection',
    word: 'delete',
    named: false,
    query: DELETE_COLLECTION,
    describe: (k) => `delete collection of ${k}`,
  },
  get: {
    method: 'get',
    action: 'get',
    word: 'read',
    named: true,
    query: [],
    describe: (k) => `read the specified ${k}`,
  },
  update: {
    method: 'put',
    action: 'put',
    word: 'replace',
    named: true,
    query: WRITE,
    describe: (k) => `replace the specified ${k}`,
  },
  patch: {
    method: 'patch',
    action: 'patch',
    word: 'patch',
    named: true,
    query: [...WRITE, 'force'],
    describe: (k) => `partially update the specified ${k}`,
  },
  delete: {
    method: 'delete',
    action: 'delete',
    word: 'delete',
    named: true,
    query: DELETE,
    describe: (k) => `delete a ${k}`,
  },
};

/** Every operation of a kind and its subresources. */
export function operationsOf(kind: Kind): Operation[] {
  const operations = kind.verbs.flatMap((verb) => (verb in VERBS ? [kindOperation(kind, verb, VERBS[verb]!)] : []));
  if (kind.namespaced && kind.verbs.includes('list')) operations.push(listEverywhere(kind));
  return [...operations, ...kind.subresources.flatMap((s) => subresourceOperations(kind, s))];
}

/** The name of the definition of a list of `kind`. */
export function listDefinition(kind: Kind): string {
  return `${kind.definition}List`;
}

/** `/api/v1` or `/apis/apps/v1` */
export function groupVersionPath(kind: { group: string; version: string }): string {
  return kind.group ? `/apis/${kind.group}/${kind.version}` : `/api/${kind.version}`;
}

function kindOperation(kind: Kind, verb: Verb, shape: VerbShape): Operation {
  const collection = verb === 'deletecollection' ? 'Collection' : '';
  return {
    ...common(kind, shape.named),
    method: shape.method,
    action: shape.action,
    id: `${shape.word}${groupName(kind)}${collection}${kind.namespaced ? 'Namespaced' : ''}${kind.kind}`,
    description: shape.describe(kind.kind),
    queryParameters: shape.query,
    ...bodies(kind, verb),
  };
}

function bodies(kind: Kind, verb: Verb): Pick<Operation, 'body' | 'response'> {
  if (verb === 'list') return { response: listDefinition(kind) };
  if (verb === 'get') return { response: kind.definition };
  if (verb === 'delete' || verb === 'deletecollection') return { body: DELETE_OPTIONS, response: STATUS };
  return { body: verb === 'patch' ? PATCH : kind.definition, response: kind.definition };
}

/** A namespaced kind can be listed across namespaces too. */
function listEverywhere(kind: Kind): Operation {
  return {
    ...kindOperation(kind, 'list', VERBS.list!),
    path: `${groupVersionPath(kind)}/${kind.plural}`,
    pathParameters: [],
    id: `list${groupName(kind)}${kind.kind}ForAllNamespaces`,
  };
}

function common(kind: Kind, named: boolean): Pick<Operation, 'path' | 'gvk' | 'tag' | 'pathParameters'> {
  const { group, version } = kind;
  const namespace = kind.namespaced ? '/namespaces/{namespace}' : '';
  return {
    path: `${groupVersionPath(kind)}${namespace}/${kind.plural}${named ? '/{name}' : ''}`,
    gvk: { group, kind: kind.kind, version },
    tag: `${lowerFirst(groupName(kind).slice(0, -version.length))}_${version}`,
    pathParameters: [...(named ? ['name'] : []), ...(kind.namespaced ? ['namespace'] : [])],
  };
}

const SUBRESOURCE_VERBS: Readonly<Record<string, Verb>> = {
  get: 'get',
  create: 'create',
  update: 'update',
  patch: 'patch',
  delete: 'delete',
};

function subresourceOperations(kind: Kind, subresource: Subresource): Operation[] {
  return subresource.verbs
    .filter((v) => v in SUBRESOURCE_VERBS)
    .map((v) => subresourceOperation(kind, subresource, v as Verb));
}

function subresourceOperation(kind: Kind, subresource: Subresource, verb: Verb): Operation {
  const shape = VERBS[verb]!;
  const { name } = subresource;
  const base = common(kind, true);
  const { group, version } = subresource.kind ?? kind;
  return {
    ...base,
    path: `${base.path}/${name}`,
    method: shape.method,
    action: shape.action,
    gvk: { group, kind: (subresource.kind ?? kind).kind, version },
    id: `${shape.word}${groupName(kind)}${kind.namespaced ? 'Namespaced' : ''}${kind.kind}${name[0]!.toUpperCase()}${name.slice(1)}`,
    description: shape
      .describe(kind.kind)
      .replace('the specified', `${name} of the specified`)
      .replace('a ', `${name} of a `),
    queryParameters: shape.query,
    ...subresourceBodies(kind, subresource, verb),
  };
}

/** A subresource that is not a view of an object answers with a stream or text, unless it declares a definition. */
function subresourceBodies(kind: Kind, subresource: Subresource, verb: Verb): Pick<Operation, 'body' | 'response'> {
  const definition = subresource.definition ?? (subresource.connect ? undefined : kind.definition);
  if (!definition) return {};
  if (verb === 'get' || verb === 'delete') return { response: definition };
  return { body: verb === 'patch' ? PATCH : definition, response: definition };
}

/** `CoreV1`, `AppsV1`, `RbacAuthorizationV1` */
function groupName({ group, version }: { group: string; version: string }): string {
  const words = (group || 'core').replace(/\.k8s\.io$/, '').split('.');
  return [...words, version].map((w) => w[0]!.toUpperCase() + w.slice(1)).join('');
}

function lowerFirst(text: string): string {
  return text[0]!.toLowerCase() + text.slice(1);
}
