import { ApiError, fromStatus, isApiError, serviceUnavailable, type Status } from '../apimachinery/api-error.ts';
import type { Kind } from '../apimachinery/kind.ts';
import { apiVersionOf, type AnyObject, type KubeObject, type ListOf } from '../apimachinery/object.ts';
import type { New, ObjectName } from '../apimachinery/object.ts';
import type { WatchEvent } from '../apimachinery/watch-event.ts';
import type { HttpExchange, HttpResponse } from '../base/http-exchange.ts';
import { errorMessage } from '../base/log.ts';
import { collectionPath, objectPath, withQuery } from './paths.ts';
import { lines, readAll } from './response-body.ts';

export interface ListParameters {
  /** Absent: all namespaces. */
  namespace?: string | undefined;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
  resourceVersion?: string | undefined;
  resourceVersionMatch?: 'Exact' | 'NotOlderThan' | undefined;
  limit?: number | undefined;
  continue?: string | undefined;
}

export interface WatchParameters extends Omit<ListParameters, 'limit' | 'continue'> {
  allowWatchBookmarks?: boolean;
  sendInitialEvents?: boolean;
  timeoutSeconds?: number;
  /** Ends the watch: the iteration finishes without an error. */
  signal?: AbortSignal;
}

export interface WriteParameters {
  subresource?: string;
  fieldManager?: string;
  dryRun?: boolean;
}

export interface DeleteParameters {
  gracePeriodSeconds?: number;
  propagationPolicy?: 'Foreground' | 'Background' | 'Orphan';
  preconditions?: { uid?: string; resourceVersion?: string };
}

export type PatchType = 'json' | 'merge' | 'strategic' | 'apply';

const patchMediaTypes: Record<PatchType, string> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
};

interface Call {
  method: string;
  url: string;
  body?: unknown;
  mediaType?: string;
  signal?: AbortSignal;
}

/**
 * A thin client of the API: one method per verb, typed by the kind's declaration. All failures are `ApiError`s, also
 * those of the transport (503 ServiceUnavailable with the connection's error in the message).
 */
export class Client {
  readonly #exchange: HttpExchange;
  readonly #userAgent: string;
  /** Whether the server is in this process: there is no connection that could break, or hang unnoticed. */
  readonly inProcess: boolean;

  constructor(exchange: HttpExchange, options: { userAgent?: string; inProcess?: boolean } = {}) {
    this.#exchange = exchange;
    this.inProcess = options.inProcess ?? false;
    this.#userAgent = options.userAgent ?? 'coxswain';
  }

  /** @throws ApiError NotFound */
  get<T extends KubeObject>(kind: Kind<T>, name: ObjectName, subresource?: string): Promise<T> {
    return this.#json({ method: 'GET', url: objectPath(kind, name, subresource) });
  }

  /** Like `get`, but undefined when there is none. */
  async find<T extends KubeObject>(kind: Kind<T>, name: ObjectName): Promise<T | undefined> {
    try {
      return await this.get(kind, name);
    } catch (error) {
      if (isApiError(error, 'NotFound')) return undefined;
      throw error;
    }
  }

  /** One page, or all when there is no `limit`. Items have their `apiVersion` and `kind`, also where the server omits them. */
  async list<T extends KubeObject>(kind: Kind<T>, parameters: ListParameters = {}): Promise<ListOf<T>> {
    const { namespace, ...query } = parameters;
    const list: ListOf<T> = await this.#json({ method: 'GET', url: withQuery(collectionPath(kind, namespace), query) });
    list.items ??= [];
    for (let i = 0; i < list.items.length; i++) {
      if (!list.items[i]!.kind) list.items[i] = typed(kind, list.items[i]!);
    }
    return list;
  }

  /** The namespace is `object.metadata.namespace`. `subresource` posts to it, as for `binding`. */
  create<T extends KubeObject>(kind: Kind<T>, object: New<T>, parameters: WriteParameters = {}): Promise<T> {
    const { namespace, name } = object.metadata;
    const { subresource } = parameters;
    const path = subresource
      ? objectPath(kind, { namespace, name: name! }, subresource)
      : collectionPath(kind, namespace);
    return this.#json({ method: 'POST', url: withQuery(path, writeQuery(parameters)), body: typed(kind, object) });
  }

  /** Posts `body` to a subresource whose kind differs from its parent's (binding, eviction, token). */
  createSubresource(kind: Kind<any>, name: ObjectName, subresource: string, body: object): Promise<AnyObject> {
    return this.#json({ method: 'POST', url: objectPath(kind, name, subresource), body });
  }

  /** Optimistic: fails with Conflict when `object.metadata.resourceVersion` is stale. */
  update<T extends KubeObject>(kind: Kind<T>, object: T, parameters: WriteParameters = {}): Promise<T> {
    const path = objectPath(kind, object.metadata, parameters.subresource);
    return this.#json({ method: 'PUT', url: withQuery(path, writeQuery(parameters)), body: typed(kind, object) });
  }

  /** `update` of the status subresource. */
  updateStatus<T extends KubeObject>(kind: Kind<T>, object: T): Promise<T> {
    return this.update(kind, object, { subresource: 'status' });
  }

  /** `force` takes over fields that other managers own, and is for `apply` alone. */
  patch<T extends KubeObject>(
    kind: Kind<T>,
    name: ObjectName,
    type: PatchType,
    patch: unknown,
    parameters: WriteParameters & { force?: boolean } = {},
  ): Promise<T> {
    const query = { ...writeQuery(parameters), force: parameters.force };
    const url = withQuery(objectPath(kind, name, parameters.subresource), query);
    return this.#json({ method: 'PATCH', url, body: patch, mediaType: patchMediaTypes[type] });
  }

  /** @throws ApiError NotFound */
  async delete(kind: Kind<any>, name: ObjectName, parameters: DeleteParameters = {}): Promise<void> {
    await this.#json({ method: 'DELETE', url: objectPath(kind, name), body: deleteOptions(parameters) });
  }

  async deleteCollection(kind: Kind<any>, parameters: ListParameters & DeleteParameters = {}): Promise<void> {
    const { namespace, gracePeriodSeconds, propagationPolicy, preconditions, ...query } = parameters;
    const url = withQuery(collectionPath(kind, namespace), query);
    const body = deleteOptions({ gracePeriodSeconds, propagationPolicy, preconditions });
    await this.#json({ method: 'DELETE', url, body });
  }

  /**
   * The events of a watch until the server ends it or the signal aborts. An ERROR event is thrown as `ApiError`
   * (Expired means: list again). Leaving the loop ends the request.
   */
  async *watch<T extends KubeObject>(kind: Kind<T>, parameters: WatchParameters = {}): AsyncGenerator<WatchEvent<T>> {
    const { namespace, signal, ...query } = parameters;
    if (signal?.aborted) return;
    const ended = new AbortController();
    const end = () => ended.abort();
    signal?.addEventListener('abort', end, { once: true });
    const url = withQuery(collectionPath(kind, namespace), { watch: true, ...query });
    try {
      const response = await this.#send({ method: 'GET', url, signal: ended.signal });
      if (response.status >= 300) throw await failure(response);
      // One loop, not a generator around another: each costs every event some promises.
      for await (const line of lines(response.body)) {
        const event: WatchEvent<T> = parse(line);
        if (event.type === 'ERROR') throw fromStatus(event.object);
        yield event;
      }
    } catch (error) {
      if (!signal?.aborted) throw unreachable(error);
    } finally {
      signal?.removeEventListener('abort', end);
      ended.abort();
    }
  }

  /** Any path; the answer's parsed JSON, or its text when it is not JSON. For health, discovery and kinds we have no declaration of. */
  raw(method: string, path: string, body?: unknown): Promise<any> {
    return this.#json({ method, url: path, body });
  }

  async #json(call: Call): Promise<any> {
    const response = await this.#send(call);
    if (response.status >= 300) throw await failure(response);
    const text = await wholeText(response.body);
    const json = String(response.headers['content-type'] ?? 'application/json').includes('json');
    return json && text ? parse(text) : text;
  }

  async #send(call: Call): Promise<HttpResponse> {
    const headers: Record<string, string> = { accept: 'application/json', 'user-agent': this.#userAgent };
    const body = call.body === undefined ? undefined : Buffer.from(JSON.stringify(call.body));
    if (body) {
      headers['content-type'] = call.mediaType ?? 'application/json';
      headers['content-length'] = String(body.length);
    }
    try {
      return await this.#exchange({ method: call.method, url: call.url, headers, body, signal: call.signal });
    } catch (error) {
      throw unreachable(error);
    }
  }
}

/** The object with its `apiVersion` and `kind` filled in. */
function typed<T extends object>(kind: { group: string; version: string; kind: string }, object: T): T {
  return { apiVersion: apiVersionOf(kind), kind: kind.kind, ...object };
}

function writeQuery(parameters: WriteParameters): Record<string, string | undefined> {
  return { fieldManager: parameters.fieldManager, dryRun: parameters.dryRun ? 'All' : undefined };
}

function deleteOptions(parameters: DeleteParameters): object | undefined {
  const set = Object.entries(parameters).filter(([, value]) => value !== undefined);
  return set.length === 0 ? undefined : { apiVersion: 'v1', kind: 'DeleteOptions', ...Object.fromEntries(set) };
}

function parse(text: string): any {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw serviceUnavailable(`the answer of the API server was cut off or is not JSON: ${errorMessage(error)}`);
  }
}

/** The error of an answer that is not a success: the Status that was sent, or one made of what was sent instead. */
async function failure(response: HttpResponse): Promise<ApiError> {
  const text = await wholeText(response.body);
  const status = asStatus(text);
  if (status) return fromStatus({ code: response.status, ...status });
  const reason = response.status === 404 ? 'NotFound' : response.status === 401 ? 'Unauthorized' : '';
  const told = text.trim().slice(0, 1024);
  return new ApiError(response.status, reason, told || `the server answered with status ${response.status}`);
}

function asStatus(text: string): Partial<Status> | undefined {
  try {
    const value = JSON.parse(text);
    return value?.kind === 'Status' ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A whole body, as text. @throws ApiError when the connection breaks */
async function wholeText(body: AsyncIterable<Buffer>): Promise<string> {
  try {
    return (await readAll(body)).toString('utf8');
  } catch (error) {
    throw unreachable(error);
  }
}

function unreachable(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  return serviceUnavailable(`the API server cannot be reached: ${errorMessage(error)}`);
}
