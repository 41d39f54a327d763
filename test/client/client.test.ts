import { expect } from 'chai';
import { deployment } from '../../src/api/apps-v1/deployment.ts';
import { namespace } from '../../src/api/core-v1/namespace.ts';
import { pod } from '../../src/api/core-v1/pod.ts';
import { ApiError } from '../../src/apimachinery/api-error.ts';
import type { WatchEvent } from '../../src/apimachinery/watch-event.ts';
import type { HttpRequest } from '../../src/base/http-exchange.ts';
import { Client } from '../../src/client/client.ts';
import { answer, failure, MemoryApi } from './memory-api.ts';

/** A client that answers `reply` to everything, and the requests that it sent. */
function recorded(reply: any = { kind: 'X', metadata: {} }): { client: Client; sent: HttpRequest[] } {
  const sent: HttpRequest[] = [];
  const client = new Client(async (request) => (sent.push(request), answer(200, reply)), { userAgent: 'test' });
  return { client, sent };
}

async function rejection(promise: Promise<unknown>): Promise<ApiError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

function nameIn(event: WatchEvent): string | undefined {
  return event.type === 'ERROR' ? undefined : event.object.metadata.name;
}

describe('client', () => {
  const web = { namespace: 'shop', name: 'web' };
  const calls: [string, (c: Client) => Promise<unknown>, string, string, unknown?][] = [
    ['get', (c) => c.get(pod, web), 'GET', '/api/v1/namespaces/shop/pods/web'],
    [
      'get a subresource',
      (c) => c.get(deployment, web, 'scale'),
      'GET',
      '/apis/apps/v1/namespaces/shop/deployments/web/scale',
    ],
    ['get, cluster-scoped', (c) => c.get(namespace, { name: 'a' }), 'GET', '/api/v1/namespaces/a'],
    ['list of all namespaces', (c) => c.list(pod), 'GET', '/api/v1/pods'],
    [
      'list with selectors',
      (c) => c.list(pod, { namespace: 'shop', labelSelector: 'a=b,c in (d)', limit: 5, resourceVersion: '0' }),
      'GET',
      '/api/v1/namespaces/shop/pods?labelSelector=a%3Db%2Cc%20in%20(d)&limit=5&resourceVersion=0',
    ],
    [
      'create',
      (c) => c.create(namespace, { metadata: { name: 'a' } }, { fieldManager: 'me', dryRun: true }),
      'POST',
      '/api/v1/namespaces?fieldManager=me&dryRun=All',
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'a' } },
    ],
    [
      'binding',
      (c) => c.createSubresource(pod, web, 'binding', { target: { name: 'n1' } }),
      'POST',
      '/api/v1/namespaces/shop/pods/web/binding',
      { target: { name: 'n1' } },
    ],
    [
      'status patch',
      (c) => c.patch(pod, web, 'strategic', { status: {} }, { subresource: 'status' }),
      'PATCH',
      '/api/v1/namespaces/shop/pods/web/status',
      { status: {} },
    ],
    [
      'apply',
      (c) => c.patch(pod, web, 'apply', {}, { force: true, fieldManager: 'x' }),
      'PATCH',
      '/api/v1/namespaces/shop/pods/web?fieldManager=x&force=true',
      {},
    ],
    ['delete', (c) => c.delete(pod, web), 'DELETE', '/api/v1/namespaces/shop/pods/web', undefined],
    [
      'delete with options',
      (c) => c.delete(pod, web, { gracePeriodSeconds: 0, preconditions: { uid: 'u' } }),
      'DELETE',
      '/api/v1/namespaces/shop/pods/web',
      { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 0, preconditions: { uid: 'u' } },
    ],
    [
      'deletecollection',
      (c) => c.deleteCollection(pod, { namespace: 'shop', labelSelector: 'a=b', propagationPolicy: 'Background' }),
      'DELETE',
      '/api/v1/namespaces/shop/pods?labelSelector=a%3Db',
      { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Background' },
    ],
    ['raw', (c) => c.raw('GET', '/version'), 'GET', '/version'],
  ];
  for (const [name, call, method, url, body] of calls) {
    it(`sends ${name}`, async () => {
      const { client, sent } = recorded();
      await call(client);
      expect(sent).to.have.length(1);
      expect([sent[0]!.method, sent[0]!.url]).to.deep.equal([method, url]);
      expect(sent[0]!.body && JSON.parse(sent[0]!.body.toString())).to.deep.equal(body);
      expect(sent[0]!.headers).to.include({ accept: 'application/json', 'user-agent': 'test' });
    });
  }

  const media: [Parameters<Client['patch']>[2], string][] = [
    ['json', 'application/json-patch+json'],
    ['merge', 'application/merge-patch+json'],
    ['strategic', 'application/strategic-merge-patch+json'],
    ['apply', 'application/apply-patch+yaml'],
  ];
  for (const [type, expected] of media) {
    it(`names the media type of a ${type} patch`, async () => {
      const { client, sent } = recorded();
      await client.patch(pod, web, type, {});
      expect(sent[0]!.headers['content-type']).to.equal(expected);
    });
  }

  it('gives items of a list their kind', async () => {
    const { client } = recorded({
      kind: 'PodList',
      metadata: { resourceVersion: '7' },
      items: [{ metadata: { name: 'a' } }],
    });
    const list = await client.list(pod);
    expect(list.items).to.deep.equal([{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' } }]);
  });

  it('takes a null list as empty, and text as text', async () => {
    expect((await recorded({ kind: 'PodList', metadata: {}, items: null }).client.list(pod)).items).to.deep.equal([]);
    expect(await recorded('ok').client.raw('GET', '/readyz')).to.equal('ok');
  });

  it('throws the Status that the server sent', async () => {
    const client = new Client(async () => failure(409, 'Conflict', 'modified'));
    const error = await rejection(client.get(pod, web));
    expect([error.code, error.reason, error.message]).to.deep.equal([409, 'Conflict', 'modified']);
  });

  it('makes an error of an answer that is not a Status', async () => {
    const error = await rejection(new Client(async () => answer(502, 'bad gateway')).get(pod, web));
    expect([error.code, error.message]).to.deep.equal([502, 'bad gateway']);
  });

  it('makes 503 of a broken connection and of a truncated answer', async () => {
    const refused = new Client(() => Promise.reject(new Error('connect ECONNREFUSED')));
    const error = await rejection(refused.get(pod, web));
    expect([error.code, error.reason]).to.deep.equal([503, 'ServiceUnavailable']);
    expect(error.message).to.contain('ECONNREFUSED');
    const cut = {
      status: 200,
      headers: {},
      body: (async function* () {
        yield Buffer.from('{"kind":');
      })(),
    };
    expect((await rejection(new Client(async () => cut).get(pod, web))).code).to.equal(503);
  });

  it('finds nothing where there is nothing, but does not hide other errors', async () => {
    expect(await new Client(async () => failure(404, 'NotFound', 'no')).find(pod, web)).to.equal(undefined);
    const error = await rejection(new Client(async () => failure(403, 'Forbidden', 'no')).find(pod, web));
    expect(error.code).to.equal(403);
  });

  describe('watch', () => {
    it('parses frames however they are cut', async () => {
      const frames = [1, 2, 3].map(
        (n) => `${JSON.stringify({ type: 'ADDED', object: { metadata: { name: `ü${n}` } } })}\n`,
      );
      const bytes = Buffer.from(frames.join(''));
      for (const size of [1, 2, 7, 50, bytes.length]) {
        const body = (async function* () {
          for (let i = 0; i < bytes.length; i += size) yield bytes.subarray(i, i + size);
        })();
        const names = [];
        const client = new Client(async () => ({ status: 200, headers: {}, body }));
        for await (const event of client.watch(pod)) names.push(nameIn(event));
        expect(names, `chunks of ${size}`).to.deep.equal(['ü1', 'ü2', 'ü3']);
      }
    });

    it('takes a frame of many chunks in linear time', async () => {
      const chunk = Buffer.alloc(1000, 'x');
      const body = (async function* () {
        yield Buffer.from('{"type":"ADDED","object":{"metadata":{"name":"');
        for (let i = 0; i < 20_000; i++) yield chunk;
        yield Buffer.from('"}}}\n');
      })();
      const started = performance.now();
      for await (const event of new Client(async () => ({ status: 200, headers: {}, body })).watch(pod)) {
        expect(nameIn(event)).to.have.length(20_000_000);
      }
      expect(performance.now() - started).to.be.lessThan(3000);
    });

    it('throws an ERROR event, and an answer that is an error', async () => {
      const status = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' };
      const body = (async function* () {
        yield Buffer.from(`${JSON.stringify({ type: 'ERROR', object: status })}\n`);
      })();
      const first = new Client(async () => ({ status: 200, headers: {}, body })).watch(pod)[Symbol.asyncIterator]();
      expect((await rejection(first.next())).reason).to.equal('Expired');
      const second = new Client(async () => failure(403, 'Forbidden', 'no')).watch(pod)[Symbol.asyncIterator]();
      expect((await rejection(second.next())).code).to.equal(403);
    });

    it('finishes without an error when aborted, and ends the request when left', async () => {
      const api = new MemoryApi();
      const client = new Client(api.exchange);
      const abort = new AbortController();
      let count = 0;
      const watched = (async () => {
        for await (const _ of client.watch(pod, { resourceVersion: '100', signal: abort.signal })) {
          if (++count === 2) abort.abort();
        }
      })();
      for (const name of ['a', 'b'])
        api.put(`/api/v1/namespaces/d/pods/${name}`, { metadata: { name, namespace: 'd' } });
      await watched;
      expect([count, api.watchers]).to.deep.equal([2, 0]);
      for await (const _ of client.watch(pod, { resourceVersion: '100' })) break;
      expect(api.watchers).to.equal(0);
    });
  });
});
