import type { Kind, Subresource, Verb } from '../../apimachinery/kind.ts';
import {
  common,
  groupName,
  OBJECT_TYPES,
  PATCH,
  scopeWord,
  upperFirst,
  verbShapes,
  type Method,
  type Operation,
} from './operations.ts';

/** A subresource that opens a connection: its options are in the query, and its methods are all alike. */
interface Connection {
  /** Behind the parent's kind: `PodExecOptions`. */
  readonly options: string;
  readonly query: readonly string[];
  /** Whether a path may follow. */
  readonly path?: boolean;
}

const connections: Readonly<Record<string, Connection>> = {
  attach: { options: 'AttachOptions', query: ['container', 'stderr', 'stdin', 'stdout', 'tty'] },
  exec: { options: 'ExecOptions', query: ['command', 'container', 'stderr', 'stdin', 'stdout', 'tty'] },
  portforward: { options: 'PortForwardOptions', query: ['ports'] },
  proxy: { options: 'ProxyOptions', query: ['path'], path: true },
};

const methodsOf: Readonly<Record<string, readonly Method[]>> = {
  get: ['get', 'head', 'options'],
  create: ['post'],
  update: ['put'],
  patch: ['patch'],
  delete: ['delete'],
};

const logQuery = [
  'container',
  'follow',
  'insecureSkipTLSVerifyBackend',
  'limitBytes',
  'previous',
  'sinceSeconds',
  'stream',
  'tailLines',
  'timestamps',
];

const describedVerbs: readonly string[] = ['get', 'create', 'update', 'patch', 'delete'] satisfies Verb[];

/** Every operation of a kind's subresources. */
export function subresourceOperations(kind: Kind): Operation[] {
  return kind.subresources.flatMap((subresource) => {
    const connection =
      subresource.connect && Object.hasOwn(connections, subresource.name) ? connections[subresource.name] : undefined;
    if (connection) return connectOperations(kind, subresource, connection);
    const verbs = subresource.verbs.filter((v) => describedVerbs.includes(v));
    return verbs.map((v) => subresourceOperation(kind, subresource, v as Verb));
  });
}

function subresourceOperation(kind: Kind, subresource: Subresource, verb: Verb): Operation {
  const shape = verbShapes[verb]!;
  const { name } = subresource;
  const base = common(kind, true);
  const { group, version } = subresource.kind ?? kind;
  const text = subresource.connect && !subresource.definition;
  return {
    ...base,
    path: `${base.path}/${name}`,
    method: shape.method,
    action: shape.action,
    gvk: { group, kind: (subresource.kind ?? kind).kind, version },
    id: `${shape.word}${groupName(kind)}${scopeWord(kind)}${kind.kind}${upperFirst(name)}`,
    description: shape
      .describe(kind.kind)
      .replace('the specified', `${name} of the specified`)
      .replace('a ', `${name} of a `),
    queryParameters: text ? logQuery : shape.query,
    produces: text ? ['text/plain', ...OBJECT_TYPES] : OBJECT_TYPES,
    codes: shape.codes,
    ...bodies(kind, subresource, verb),
  };
}

/** A subresource that is not a view of an object answers with text, unless it declares a definition. */
function bodies(kind: Kind, subresource: Subresource, verb: Verb): Pick<Operation, 'body' | 'response'> {
  const definition = subresource.definition ?? (subresource.connect ? undefined : kind.definition);
  if (!definition) return {};
  if (verb === 'get' || verb === 'delete') return { response: definition };
  return { body: verb === 'patch' ? PATCH : definition, response: definition };
}

function connectOperations(kind: Kind, { name, verbs }: Subresource, connection: Connection): Operation[] {
  const base = common(kind, true);
  const methods = verbs.flatMap(
    (verb) => (connection.path || verb === 'create' ? methodsOf[verb] : ['get' as const]) ?? [],
  );
  const operations = methods.map((method): Operation => {
    const id = `connect${groupName(kind)}${upperFirst(method)}${scopeWord(kind)}${kind.kind}${upperFirst(name)}`;
    return {
      ...base,
      path: `${base.path}/${name}`,
      method,
      action: 'connect',
      id,
      description: `connect to ${name} of ${kind.kind} by ${method.toUpperCase()}`,
      gvk: { ...base.gvk, kind: kind.kind + connection.options },
      queryParameters: connection.query,
      produces: ['*/*'],
      codes: [200],
    };
  });
  return connection.path ? [...operations, ...operations.map(withPath)] : operations;
}

function withPath(operation: Operation): Operation {
  return {
    ...operation,
    path: `${operation.path}/{path}`,
    id: `${operation.id}WithPath`,
    pathParameters: [...operation.pathParameters, 'path'],
  };
}
