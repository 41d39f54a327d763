import type { KindRegistry } from '../../apimachinery/registry.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { RequestInfo } from '../request-info.ts';

/** What a request is counted under. Names that callers may choose freely are never labels: there would be no end of them. */
export interface RequestLabels {
  readonly verb: string;
  readonly dryRun: string;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string;
  readonly scope: string;
}

const verbs: Readonly<Record<string, string>> = {
  get: 'GET',
  list: 'LIST',
  watch: 'WATCH',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
  deletecollection: 'DELETECOLLECTION',
  post: 'POST',
  put: 'PUT',
  head: 'HEAD',
  options: 'OPTIONS',
};
const connections = new Set(['attach', 'exec', 'portforward', 'proxy']);
/** First parts of paths that are no resources and counted apart. */
const paths = new Set(['api', 'apis', 'healthz', 'livez', 'metrics', 'openapi', 'readyz', 'version']);
const nothing = { group: '', version: '', resource: '', subresource: '', scope: '', dryRun: '' };

/** Tells apart all that `labelsOf` tells apart; cheap, because it is made for every request. */
export function labelKey({ info, request, path }: Exchange): string {
  if (!info) return request.method;
  const { verb } = info;
  if (!info.resourceRequest) return `${verb} ${path}`;
  const { apiGroup, apiVersion, resource, subresource } = info;
  return `${verb} ${apiGroup}/${apiVersion}/${resource}/${subresource} ${scopeOf(info)} ${dryRunOf(request.url)} ${applies(info, request.headers['content-type'])}`;
}

/** What the request is counted under; undefined when it names what we do not have, and is not worth a label of its own. */
export function labelsOf(exchange: Exchange, kinds: KindRegistry): RequestLabels | undefined {
  const { info, request } = exchange;
  const verb = info && Object.hasOwn(verbs, info.verb) ? verbs[info.verb] : undefined;
  if (!info || !verb) return undefined;
  if (!info.resourceRequest) {
    const first = exchange.path.split('/', 2)[1] ?? '';
    return paths.has(first) ? { ...nothing, verb, subresource: `/${first}` } : undefined;
  }
  const kind = kinds.byResource(info.apiGroup, info.apiVersion, info.resource);
  if (!kind || (info.subresource && !kind.subresources.some((s) => s.name === info.subresource))) return undefined;
  const { group, version, plural: resource } = kind;
  return {
    verb: connections.has(info.subresource)
      ? 'CONNECT'
      : applies(info, request.headers['content-type'])
        ? 'APPLY'
        : verb,
    group,
    version,
    resource,
    subresource: info.subresource,
    scope: scopeOf(info),
    dryRun: dryRunOf(request.url),
  };
}

/** What is counted under when nothing is known. */
export function unknownLabels(method: string): RequestLabels {
  const verb = method.toLowerCase();
  return { ...nothing, verb: Object.hasOwn(verbs, verb) ? verbs[verb]! : 'other' };
}

function scopeOf(info: RequestInfo): string {
  if (!info.resourceRequest) return '';
  if (info.name || info.verb === 'create') return 'resource';
  return info.namespace ? 'namespace' : 'cluster';
}

function dryRunOf(url: string): string {
  return url.includes('dryRun=') ? 'All' : '';
}

function applies(info: RequestInfo, contentType: string | undefined): boolean {
  return info.verb === 'patch' && contentType !== undefined && contentType.startsWith('application/apply-patch');
}
