import { definitions } from '../../src/api/definitions.ts';
import { kinds } from '../../src/api/index.ts';
import { KindRegistry } from '../../src/apimachinery/registry.ts';
import { ApiServer, type ApiServerOptions } from '../../src/apiserver/server.ts';
import { defaultAuthenticator } from '../../src/auth/authn/index.ts';
import { staticTokenAuthenticator } from '../../src/auth/authn/static-token.ts';
import { defaultAuthorizer } from '../../src/auth/authz/index.ts';
import { authenticated, type UserInfo } from '../../src/auth/user.ts';
import { noLog } from '../../src/base/log.ts';
import { seededRandom } from '../../src/base/random.ts';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';

export const admin = authenticated('admin', ['system:masters']);

export interface Answer {
  status: number;
  headers: Readonly<Record<string, string | string[]>>;
  text: string;
  /** The parsed body. */
  body: any;
}

export interface CallOptions {
  headers?: Record<string, string>;
  user?: UserInfo;
  signal?: AbortSignal;
}

/** A server over a store in memory, spoken to in this process, with a clock that stands still. */
export class TestServer {
  readonly clock = new VirtualClock();
  readonly storage = new MemoryStorage({ clock: this.clock, historyLimit: 1000 });
  readonly server: ApiServer;

  constructor(options: Partial<ApiServerOptions> = {}) {
    const tokens = [staticTokenAuthenticator([{ token: 'good', username: 'admin', groups: ['system:masters'] }])];
    this.server = new ApiServer({
      storage: this.storage,
      kinds: new KindRegistry(kinds),
      definitions: definitions(),
      authenticator: defaultAuthenticator({ tokens }),
      authorizer: defaultAuthorizer,
      clock: this.clock,
      random: seededRandom(1),
      log: noLog,
      ...options,
    });
  }

  /** Sends a request; an object as body goes as JSON. */
  async call(method: string, url: string, body?: unknown, options: CallOptions = {}): Promise<Answer> {
    const exchange = this.server.exchange(options.user ?? admin);
    const response = await exchange({
      method,
      url,
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...options.headers },
      body:
        body === undefined
          ? undefined
          : Buffer.isBuffer(body)
            ? body
            : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
      signal: options.signal,
    });
    const chunks: Buffer[] = [];
    for await (const chunk of response.body) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString('utf8');
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: text.startsWith('{') && !text.includes('}\n{') ? JSON.parse(text) : undefined,
    };
  }

  get(url: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.call('GET', url, undefined, { headers });
  }

  post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return this.call('POST', url, body, { headers });
  }

  put(url: string, body: unknown): Promise<Answer> {
    return this.call('PUT', url, body);
  }

  delete(url: string, body?: unknown): Promise<Answer> {
    return this.call('DELETE', url, body);
  }

  patch(url: string, type: string, body: unknown): Promise<Answer> {
    return this.call('PATCH', url, body, { headers: { 'content-type': `application/${type}+json` } });
  }

  /** Opens a watch and answers a function that gives the next event. */
  async watch(
    url: string,
    headers: Record<string, string> = {},
  ): Promise<{ next(): Promise<any>; end(): void; status: number }> {
    const abort = new AbortController();
    const response = await this.server.exchange(admin)({ method: 'GET', url, headers, signal: abort.signal });
    const lines = linesOf(response.body);
    return {
      status: response.status,
      next: async () => {
        const { value, done } = await lines.next();
        return done ? undefined : JSON.parse(value);
      },
      end: () => abort.abort(),
    };
  }

  async close(): Promise<void> {
    await this.server.close();
    await this.storage.close();
  }
}

async function* linesOf(body: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of body) {
    const lines = (rest + chunk.toString('utf8')).split('\n');
    rest = lines.pop()!;
    yield* lines;
  }
}

export const configMap = (name: string, more: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  ...more,
});

export const pod = (name: string, more: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: { containers: [{ name: 'c', image: 'nginx' }], ...more },
});

export const configMaps = '/api/v1/namespaces/default/configmaps';
export const pods = '/api/v1/namespaces/default/pods';
export const services = '/api/v1/namespaces/default/services';
