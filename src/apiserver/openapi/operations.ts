import type { Kind, Verb } from '../../apimachinery/kind.ts';

export type Method = 'get' | 'put' | 'post' | 'delete' | 'options' | 'head' | 'patch';

/** What one method on one path does, in terms that both versions of OpenAPI are written from. */
export interface Operation {
  readonly path: string;
  readonly method: Method;
  readonly id: string;
  readonly description: string;
  readonly tag: string;
  /** `x-kubernetes-action` */
  readonly action?: string;
  /** `x-kubernetes-group-version-kind` */
  readonly gvk?: { readonly group: string; readonly version: string; readonly kind: string };
  /** Names of the path's variables. */
  readonly pathParameters: readonly string[];
  /** Names of query parameters, see `query-parameters.ts`. */
  readonly queryParameters: readonly string[];
  /** The definition of the request's body. */
  readonly body?: string;
  /** The definition of the answer; text when absent. */
  readonly response?: string;
  /** Media types of the answer. */
  readonly produces: readonly string[];
  /** Statuses of success. */
  readonly codes: readonly number[];
}

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const DELETE_OPTIONS = `${META}.DeleteOptions`;
export const PATCH = `${META}.Patch`;

/** Media types of patches, in either version of OpenAPI. */
export const PATCH_TYPES = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
];
export const OBJECT_TYPES = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];
const LIST_TYPES = [
  ...OBJECT_TYPES,
  'application/json;stream=watch',
  'application/vnd.kubernetes.protobuf;stream=watch',
];

const WRITE = ['dryRun', 'fieldManager', 'fieldValidation'];
const DELETE = [
  'dryRun',
  'gracePeriodSeconds',
  'ignoreStoreReadErrorWithClusterBreakingPotential',
  'orphanDependents',
  'propagationPolicy',
];
const LIST = [
  'allowWatchBookmarks',
  'continue',
  'fieldSelector',
  'labelSelector',
  'limit',
  'resourceVersion',
  'resourceVersionMatch',
  'sendInitialEvents',
  'shardSelector',
  'timeoutSeconds',
  'watch',
];
const DELETE_COLLECTION = [...new Set([...DELETE, ...LIST])]
  .filter((p) => p !== 'watch' && p !== 'allowWatchBookmarks')
  .sort();

/** What a verb looks like over HTTP. */
export interface VerbShape {
  readonly method: Method;
  readonly action: string;
  /** The first word of operation ids. */
  readonly word: string;
  readonly named: boolean;
  readonly query: readonly string[];
  readonly codes: readonly number[];
  describe(kind: string): string;
}

export const verbShapes: Readonly<Partial<Record<Verb, VerbShape>>> = {
  list: {
    method: 'get',
    action: 'list',
    word: 'list',
    named: false,
    query: LIST,
    codes: [200],
    describe: (k) => `list or watch objects of kind ${k}`,
  },
  create: {
    method: 'post',
    action: 'post',
    word: 'create',
    named: false,
    query: WRITE,
    codes: [200, 201, 202],
    describe: (k) => `create a ${k}`,
  },
  deletecollection: {
    method: 'delete',
    action: 'deletecollection',
    word: 'delete',
    named: false,
    codes: [200],
    query: DELETE_COLLECTION,
    describe: (k) => `delete collection of ${k}`,
  },
  get: {
    method: 'get',
    action: 'get',
    word: 'read',
    named: true,
    query: [],
    codes: [200],
    describe: (k) => `read the specified ${k}`,
  },
  update: {
    method: 'put',
    action: 'put',
    word: 'replace',
    named: true,
    query: WRITE,
    codes: [200, 201],
    describe: (k) => `replace the specified ${k}`,
  },
  patch: {
    method: 'patch',
    action: 'patch',
    word: 'patch',
    named: true,
    query: [...WRITE, 'force'],
    codes: [200, 201],
    describe: (k) => `partially update the specified ${k}`,
  },
  delete: {
    method: 'delete',
    action: 'delete',
    word: 'delete',
    named: true,
    query: DELETE,
    codes: [200, 202],
    describe: (k) => `delete a ${k}`,
  },
};

/** Every operation on the objects of a kind themselves. */
export function kindOperations(kind: Kind): Operation[] {
  const operations = kind.verbs.flatMap((verb) => {
    const shape = verbShapes[verb];
    return shape ? [kindOperation(kind, verb, shape)] : [];
  });
  if (kind.namespaced && kind.verbs.includes('list')) operations.push(listEverywhere(kind));
  return [...operations, ...watchOperations(kind)];
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
    id: `${shape.word}${groupName(kind)}${collection}${scopeWord(kind)}${kind.kind}`,
    description: shape.describe(kind.kind),
    queryParameters: shape.query,
    produces: verb === 'list' ? LIST_TYPES : OBJECT_TYPES,
    codes: shape.codes,
    ...bodies(kind, verb),
  };
}

function bodies(kind: Kind, verb: Verb): Pick<Operation, 'body' | 'response'> {
  if (verb === 'list') return { response: listDefinition(kind) };
  if (verb === 'get') return { response: kind.definition };
  if (verb === 'delete' && kind.returnsDeleted) return { body: DELETE_OPTIONS, response: kind.definition };
  if (verb === 'delete' || verb === 'deletecollection') return { body: DELETE_OPTIONS, response: `${META}.Status` };
  return { body: verb === 'patch' ? PATCH : kind.definition, response: kind.definition };
}

/** A namespaced kind can be listed across namespaces too. */
function listEverywhere(kind: Kind): Operation {
  return {
    ...kindOperation(kind, 'list', verbShapes.list!),
    path: `${groupVersionPath(kind)}/${kind.plural}`,
    pathParameters: [],
    id: `list${groupName(kind)}${kind.kind}ForAllNamespaces`,
  };
}

/** The paths below `/watch/`: deprecated, but served. */
function watchOperations(kind: Kind): Operation[] {
  if (!kind.verbs.includes('watch')) return [];
  const many = { action: 'watchlist', description: `watch individual changes to a list of ${kind.kind}` };
  const one = { action: 'watch', description: `watch changes to an object of kind ${kind.kind}` };
  const id = `watch${groupName(kind)}${scopeWord(kind)}${kind.kind}`;
  const everywhere = { path: `${groupVersionPath(kind)}/${kind.plural}`, pathParameters: [] };
  return [
    watchOperation(kind, false, { ...many, id: `${id}List` }),
    watchOperation(kind, true, { ...one, id }),
    ...(kind.namespaced
      ? [
          watchOperation(kind, false, {
            ...many,
            ...everywhere,
            id: `watch${groupName(kind)}${kind.kind}ListForAllNamespaces`,
          }),
        ]
      : []),
  ];
}

function watchOperation(
  kind: Kind,
  named: boolean,
  more: Pick<Operation, 'action' | 'description' | 'id'> & Partial<Operation>,
): Operation {
  const operation: Operation = {
    ...common(kind, named),
    method: 'get',
    queryParameters: LIST,
    response: `${META}.WatchEvent`,
    produces: LIST_TYPES,
    codes: [200],
    ...more,
  };
  const root = groupVersionPath(kind);
  return { ...operation, path: `${root}/watch${operation.path.slice(root.length)}` };
}

/** What all operations of a kind have in common, by whether they name one object. */
export function common(kind: Kind, named: boolean) {
  const { group, version } = kind;
  const namespace = kind.namespaced ? '/namespaces/{namespace}' : '';
  return {
    path: `${groupVersionPath(kind)}${namespace}/${kind.plural}${named ? '/{name}' : ''}`,
    gvk: { group, kind: kind.kind, version },
    tag: versionTag(kind),
    pathParameters: [...(named ? ['name'] : []), ...(kind.namespaced ? ['namespace'] : [])],
  } satisfies Partial<Operation>;
}

export function scopeWord(kind: Kind): string {
  return kind.namespaced ? 'Namespaced' : '';
}

/** `core_v1`, `rbacAuthorization_v1` */
export function versionTag({ group, version }: { group: string; version: string }): string {
  return `${groupTag(group)}_${version}`;
}

/** `core`, `apps`, `rbacAuthorization` */
export function groupTag(group: string): string {
  const words = groupWords(group);
  return words[0]!.toLowerCase() + words.slice(1);
}

/** `CoreV1`, `AppsV1`, `RbacAuthorizationV1` */
export function groupName({ group, version }: { group: string; version: string }): string {
  return groupWords(group) + upperFirst(version);
}

/** `Core`, `Apps`, `RbacAuthorization` */
export function groupWords(group: string): string {
  const words = (group || 'core').replace(/\.k8s\.io$/, '').split('.');
  return words.map(upperFirst).join('');
}

export function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
