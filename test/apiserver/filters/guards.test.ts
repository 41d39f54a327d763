import { expect } from 'chai';
import { setImmediate as turn } from 'node:timers/promises';
import type { Log, LogFields } from '../../../src/base/log.ts';
import { VirtualClock } from '../../../src/base/virtual-clock.ts';
import { MemoryStorage } from '../../../src/storage/memory.ts';
import { Exchange, type ApiRequest, type ApiResponse } from '../../../src/apiserver/exchange/exchange.ts';
import type { FilterServices } from '../../../src/apiserver/filters/filter.ts';
import { maxInFlight } from '../../../src/apiserver/filters/max-in-flight.ts';
import { parseRequestInfo } from '../../../src/apiserver/request-info.ts';
import { authenticated, type UserInfo } from '../../../src/auth/user.ts';
import { configMap, configMaps, TestServer } from '../test-server.ts';

/** A store whose reads wait until they are let go. */
class SlowStorage extends MemoryStorage {
  readonly gate = Promise.withResolvers<void>();
  slow = false;

  override async get(...args: Parameters<MemoryStorage['get']>) {
    if (this.slow) await this.gate.promise;
    return super.get(...args);
  }
}

async function slowServer(options: ConstructorParameters<typeof TestServer>[0] = {}) {
  const storage = new SlowStorage({ clock: new VirtualClock(), historyLimit: 100 });
  const server = new TestServer({ storage, ...options });
  await server.server.start();
  storage.slow = true;
  return { server, storage };
}

describe('requests', () => {
  it('that take too long are answered with 504, also when the store answers later', async () => {
    const { server, storage } = await slowServer();
    const answer = server.get(`${configMaps}/a`);
    await turn();
    await server.clock.advance(61_000);
    const { status, body } = await answer;
    expect(status).to.equal(504);
    expect(body).to.include({ reason: 'Timeout' });
    expect(body.message).to.match(/^Timeout: request did not complete within requested timeout/);
    storage.gate.resolve();
    await turn();
    const { text } = await server.get('/metrics');
    expect(text).to.match(/apiserver_request_terminations_total\{verb="GET".*resource="configmaps".*code="504"\} 1/);
  });

  it('may ask for less time, but not for more', async () => {
    const { server, storage } = await slowServer();
    const short = server.get(`${configMaps}/a?timeout=1s500ms`);
    const long = server.get(`${configMaps}/a?timeout=10h`);
    await turn();
    await server.clock.advance(2000);
    expect((await short).status).to.equal(504);
    await server.clock.advance(60_000);
    expect((await long).status).to.equal(504);
    storage.gate.resolve();
    const wrong = await server.get(`${configMaps}?timeout=soon`);
    expect(wrong.status).to.equal(400);
    expect(wrong.body.message).to.equal('invalid timeout specified in the request URL: time: invalid duration "soon"');
    expect((await server.get(`${configMaps}?timeout=30s`)).status).to.equal(200);
  });

  it('do not end watches after a minute', async () => {
    const server = new TestServer();
    await server.server.start();
    const watch = await server.watch(`${configMaps}?watch=1&timeoutSeconds=600`);
    await server.clock.advance(120_000);
    await server.post(configMaps, configMap('late'));
    expect((await watch.next()).object.metadata.name).to.equal('late');
    watch.end();
  });

  it('carry a name of their own, or the one they came with', async () => {
    const server = new TestServer();
    const one = await server.get(configMaps);
    const other = await server.get('/nope');
    expect(one.headers['audit-id']).to.match(/^[0-9a-f]{8}-[0-9a-f-]{27}$/);
    expect(other.headers['audit-id']).to.be.a('string').and.not.equal(one.headers['audit-id']);
    const named = await server.get('/version', { 'audit-id': 'x'.repeat(70) });
    expect(named.headers['audit-id']).to.equal('x'.repeat(64));
  });

  it('are logged by what they are, without what may be secret', async () => {
    const lines: { level: string; message: string; fields: LogFields }[] = [];
    const note =
      (level: string) =>
      (message: string, fields: LogFields = {}) =>
        void lines.push({ level, message, fields });
    const log: Log = {
      debug: note('debug'),
      info: note('info'),
      warn: note('warn'),
      error: note('error'),
      child: () => log,
    };
    const { server, storage } = await slowServer({ log });
    const slow = server.get(`${configMaps}/a?token=s3cret`, { authorization: 'Bearer s3cret', 'audit-id': 'me' });
    await turn();
    await server.clock.advance(1500);
    storage.gate.resolve();
    await slow;
    await turn();
    const line = lines.find((l) => l.message === 'request' && l.fields['path'] === `${configMaps}/a`)!;
    expect(line.level).to.equal('info');
    expect(line.fields).to.include({ verb: 'get', status: 404, user: 'admin', auditID: 'me' });
    await server.get('/version');
    await turn();
    expect(lines.at(-1)).to.deep.include({ level: 'debug', message: 'request' });
    expect(JSON.stringify(lines)).to.not.contain('s3cret');
  });

  it('say that only TLS will do, where the server is told to', async () => {
    const server = new TestServer({ strictTransportSecurity: 'max-age=31536000' });
    expect((await server.get('/version')).headers['strict-transport-security']).to.equal('max-age=31536000');
    expect((await new TestServer().get('/version')).headers).to.not.have.property('strict-transport-security');
  });
});

describe('too many requests', () => {
  /** A request from outside that has been authenticated, and where its answer is found. */
  function from(user: UserInfo, method: string, watch = false) {
    const sent: { status: number; body: string }[] = [];
    const added: Record<string, string> = {};
    const response = {
      status: 0,
      size: 0,
      addHeader: (name: string, value: string) => void (added[name] = value),
      send: (status: number, _headers: object, body: Buffer) => void sent.push({ status, body: body.toString() }),
    };
    const request = { method, url: '/api/v1/pods', headers: {} };
    const exchange = new Exchange(request as unknown as ApiRequest, response as unknown as ApiResponse);
    exchange.user = user;
    exchange.info = parseRequestInfo(method, '/api/v1/namespaces/default/pods', { watch });
    return { exchange, sent, added };
  }

  it('are turned away, reads and writes apart, but not watches and administrators', async () => {
    const joe = authenticated('joe');
    const metrics = new TestServer().server.metrics;
    const gate = Promise.withResolvers<void>();
    const limits = { maxRequestsInFlight: { readOnly: 2, mutating: 1 }, metrics } as unknown as FilterServices;
    const handle = maxInFlight(limits, () => gate.promise);
    const running: unknown[] = [];
    const begin = (one: ReturnType<typeof from>) => {
      running.push(handle(one.exchange));
      return one;
    };
    for (const method of ['GET', 'GET', 'POST']) expect(begin(from(joe, method)).sent).to.deep.equal([]);
    for (const method of ['GET', 'POST']) {
      const { sent, added } = begin(from(joe, method));
      expect(sent).to.deep.equal([{ status: 429, body: 'Too many requests, please try again later.\n' }]);
      expect(added).to.deep.equal({ 'retry-after': '1' });
    }
    expect(begin(from(joe, 'GET', true)).sent).to.deep.equal([]);
    expect(begin(from(authenticated('admin', ['system:masters']), 'POST')).sent).to.deep.equal([]);
    gate.resolve();
    await Promise.all(running);
    expect(begin(from(joe, 'POST')).sent).to.deep.equal([]);
    expect(await metrics.render()).to.contain('apiserver_dropped_requests_total{request_kind="mutating"} 1');
  });

  it('leave the components of this process alone', async () => {
    const { server, storage } = await slowServer({ maxRequestsInFlight: { readOnly: 1 } });
    const user = authenticated('joe', ['system:masters']);
    const answers = [1, 2, 3].map(() => server.call('GET', `${configMaps}/a`, undefined, { user }));
    await turn();
    storage.gate.resolve();
    expect((await Promise.all(answers)).map((a) => a.status)).to.deep.equal([404, 404, 404]);
  });
});
