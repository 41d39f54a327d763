import type { HttpExchange, HttpRequest, HttpResponse } from '../../src/base/http-exchange.ts';

interface Stored {
  path: string;
  object: any;
}

interface Watcher {
  collection: string;
  queue: Buffer[];
  wake: () => void;
  end: boolean | Error;
}

/**
 * An API server on one page, for tests of the client's machinery that need to cut watches, forget history and refuse
 * requests at will. It stores what it is told and validates nothing.
 */
export class MemoryApi {
  version = 100;
  /** Watches from before this version are answered with 410. */
  oldest = 0;
  readonly requests: { method: string; url: string; body: any; headers: Record<string, string> }[] = [];
  /** When set, asked first; an answer it gives is sent as it is, an error it throws is the connection's. */
  intercept: ((request: HttpRequest) => { status: number; body: any } | undefined) | undefined;
  #objects = new Map<string, any>();
  #history: { version: number; type: string; path: string; object: any }[] = [];
  #watchers = new Set<Watcher>();

  readonly exchange: HttpExchange = async (request) => {
    request.signal?.throwIfAborted();
    const body = request.body ? JSON.parse(request.body.toString()) : undefined;
    this.requests.push({ method: request.method, url: request.url, body, headers: { ...request.headers } });
    const intercepted = this.intercept?.(request);
    if (intercepted) return answer(intercepted.status, intercepted.body);
    return this.#serve(request, new URL(request.url, 'http://x'), body);
  };

  /** Requests of one method whose path ends in or contains `part`. */
  sent(method: string, part = ''): { method: string; url: string; body: any }[] {
    return this.requests.filter((r) => r.method === method && r.url.includes(part));
  }

  /** Stores an object as if another client had, and tells the watchers. */
  put(path: string, object: any): any {
    const old = this.#objects.get(path);
    const metadata = {
      uid: old?.metadata.uid ?? `uid-${this.version + 1}`,
      ...object.metadata,
      resourceVersion: `${++this.version}`,
    };
    const stored = { ...object, metadata };
    this.#objects.set(path, stored);
    this.#emit(old ? 'MODIFIED' : 'ADDED', path, stored);
    return stored;
  }

  drop(path: string): void {
    const old = this.#objects.get(path);
    this.#objects.delete(path);
    this.#emit('DELETED', path, { ...old, metadata: { ...old.metadata, resourceVersion: `${++this.version}` } });
  }

  object(path: string): any {
    return this.#objects.get(path);
  }

  objects(collection: string): any[] {
    return [...this.#in(collection)].map((s) => s.object);
  }

  get watchers(): number {
    return this.#watchers.size;
  }

  /** Ends all watches: cleanly, or as a broken connection does. */
  cutWatches(error?: Error): void {
    for (const watcher of this.#watchers) {
      watcher.end = error ?? true;
      this.#watchers.delete(watcher);
      watcher.wake();
    }
  }

  /** Sends a bookmark of the newest version to all watches. */
  bookmark(): void {
    const object = { kind: 'X', metadata: { resourceVersion: `${++this.version}` } };
    for (const watcher of this.#watchers) push(watcher, { type: 'BOOKMARK', object });
  }

  *#in(collection: string): Generator<Stored> {
    for (const [path, object] of this.#objects) if (inCollection(collection, path)) yield { path, object };
  }

  #emit(type: string, path: string, object: any): void {
    this.#history.push({ version: this.version, type, path, object });
    for (const watcher of this.#watchers) if (inCollection(watcher.collection, path)) push(watcher, { type, object });
  }

  #serve(request: HttpRequest, url: URL, body: any): HttpResponse {
    const path = url.pathname;
    if (request.method === 'GET' && url.searchParams.has('watch')) return this.#watch(request, path, url.searchParams);
    if (request.method === 'POST') return this.#create(path, body);
    const found = this.#objects.get(path.replace(/\/status$/, ''));
    if (request.method === 'GET' && !found && isCollection(path)) return this.#list(path, url.searchParams);
    if (!found) return failure(404, 'NotFound', `${path} not found`);
    if (request.method === 'GET') return answer(200, found);
    if (request.method === 'DELETE') return (this.drop(path), answer(200, { kind: 'Status', status: 'Success' }));
    const next = request.method === 'PATCH' ? merged(found, body) : body;
    return answer(200, this.put(path.replace(/\/status$/, ''), next));
  }

  #create(path: string, body: any): HttpResponse {
    if (path.endsWith('/binding')) {
      const pod = path.replace(/\/binding$/, '');
      const found = this.#objects.get(pod);
      if (!found) return failure(404, 'NotFound', `${pod} not found`);
      this.put(pod, { ...found, spec: { ...found.spec, nodeName: body.target.name } });
      return answer(201, { kind: 'Status', status: 'Success' });
    }
    const key = `${path}/${body.metadata.name}`;
    if (this.#objects.has(key)) return failure(409, 'AlreadyExists', `${key} exists`);
    return answer(201, this.put(key, body));
  }

  #list(collection: string, query: URLSearchParams): HttpResponse {
    const all = [...this.#in(collection)].map((s) => s.object);
    const from = Number(query.get('continue') ?? 0);
    const end = from + Number(query.get('limit') ?? all.length);
    const metadata = { resourceVersion: `${this.version}`, ...(end < all.length && { continue: `${end}` }) };
    return answer(200, { kind: 'List', apiVersion: 'v1', metadata, items: all.slice(from, end) });
  }

  #watch(request: HttpRequest, collection: string, query: URLSearchParams): HttpResponse {
    const since = Number(query.get('resourceVersion') ?? this.version);
    if (since < this.oldest) return failure(410, 'Expired', 'too old resource version');
    const watcher: Watcher = { collection, queue: [], wake: () => {}, end: false };
    for (const e of this.#history) if (e.version > since && inCollection(collection, e.path)) push(watcher, e);
    this.#watchers.add(watcher);
    request.signal?.addEventListener('abort', () => ((watcher.end = new Error('aborted')), watcher.wake()));
    return { status: 200, headers: { 'content-type': 'application/json' }, body: this.#stream(watcher) };
  }

  async *#stream(watcher: Watcher): AsyncGenerator<Buffer> {
    try {
      for (;;) {
        yield* watcher.queue.splice(0);
        if (watcher.end instanceof Error) throw watcher.end;
        if (watcher.end) return;
        await new Promise<void>((resolve) => (watcher.wake = resolve));
      }
    } finally {
      this.#watchers.delete(watcher);
    }
  }
}

function push(watcher: Watcher, { type, object }: { type: string; object: any }): void {
  watcher.queue.push(Buffer.from(`${JSON.stringify({ type, object })}\n`));
  watcher.wake();
}

/** `/api/v1/pods` holds `/api/v1/namespaces/default/pods/web`. */
function inCollection(collection: string, path: string): boolean {
  const parent = path.slice(0, path.lastIndexOf('/'));
  return parent === collection || parent.replace(/\/namespaces\/[^/]+\//, '/') === collection;
}

function isCollection(path: string): boolean {
  const parts = path.replace(/^\/(api|apis\/[^/]+)\/[^/]+\//, '').split('/');
  return parts.length % 2 === 1;
}

function merged(target: any, patch: any): any {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const out = { ...target };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete out[key];
    else out[key] = merged(out[key], value);
  }
  return out;
}

export function failure(code: number, reason: string, message: string): HttpResponse {
  return answer(code, { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message, metadata: {} });
}

export function answer(status: number, body: any): HttpResponse {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  const type = typeof body === 'string' ? 'text/plain' : 'application/json';
  return { status, headers: { 'content-type': type }, body: once(bytes) };
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}
