/** What is asked of the authorizer: whether somebody may do this with `nodes/<subresource>`. */
export interface NodeAccess {
  readonly verb: string;
  /** Any one of them suffices. */
  readonly subresources: readonly string[];
}

const verbs: Readonly<Record<string, string>> = {
  ...{ POST: 'create', GET: 'get', HEAD: 'get', PUT: 'update', PATCH: 'patch', DELETE: 'delete' },
};

/** By the first part of the path; what is not here is `proxy`. */
const byPath: Readonly<Record<string, readonly string[]>> = {
  stats: ['stats'],
  metrics: ['metrics'],
  logs: ['log'],
  checkpoint: ['checkpoint'],
  // Since KEP 2862 these have subresources of their own besides the one that allows everything.
  healthz: ['healthz', 'proxy'],
  livez: ['healthz', 'proxy'],
  readyz: ['healthz', 'proxy'],
  configz: ['configz', 'proxy'],
  pods: ['pods', 'proxy'],
  runningpods: ['pods', 'proxy'],
};

/** Those let one do something in a container, also when a websocket's GET asks for them. */
const acting = new Set(['exec', 'attach', 'portForward', 'run']);

/** Which permission a request needs, as https://kubernetes.io/docs/reference/access-authn-authz/kubelet-authn-authz/ says. */
export function accessFor(method: string, path: string): NodeAccess {
  const first = path.split('/')[1] ?? '';
  const subresources = Object.hasOwn(byPath, first) ? byPath[first]! : ['proxy'];
  return { verb: acting.has(first) ? 'create' : (verbs[method] ?? method.toLowerCase()), subresources };
}
