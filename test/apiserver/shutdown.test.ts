import { expect } from 'chai';
import { once } from 'node:events';
import * as http2 from 'node:http2';
import * as https from 'node:https';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { configMap as configMapKind, type ConfigMap } from '../../src/api/core-v1/config-map.ts';
import { CertificateAuthority } from '../../src/auth/certificates.ts';
import { realClock } from '../../src/base/clock.ts';
import { noLog } from '../../src/base/log.ts';
import { realRandom } from '../../src/base/random.ts';
import { Client } from '../../src/client/client.ts';
import { httpsExchange } from '../../src/client/https-transport.ts';
import { InformerFactory } from '../../src/client/informer-factory.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import { configMap, configMaps, TestServer } from './test-server.ts';

const headers = { authorization: 'Bearer good' };

async function eventually(what: string, probe: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!(await probe())) {
    if (performance.now() > deadline) throw new Error(`did not happen: ${what}`);
    await delay(10);
  }
}

/** Leads to one port or another. */
class Switch {
  port = 0;
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer((client) => {
    const target = connect(this.port, '127.0.0.1');
    for (const [socket, other] of [
      [client, target],
      [target, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => other.destroy());
      socket.pipe(other);
    }
  });

  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}

describe('a server that stops', () => {
  let ca: CertificateAuthority;
  let serving: { certificate: string; privateKey: string };
  before(async () => {
    ca = await CertificateAuthority.create('test', realClock);
    serving = await ca.issue({ commonName: 'server', ips: ['127.0.0.1'], usages: ['server'], days: 1 });
  });
  const listen = async (api: TestServer): Promise<number> => {
    const { certificate: cert, privateKey: key } = serving;
    return (await api.server.listen({ host: '127.0.0.1', port: 0, cert, key })).port;
  };

  it('is not ready first, and serves all the same for a while', async () => {
    const api = new TestServer({ shutdownDelay: 10_000 });
    await api.server.start();
    expect((await api.get('/readyz')).status).to.equal(200);
    let closed = false;
    const closing = api.server.close().then(() => (closed = true));
    const ready = await api.get('/readyz?verbose');
    expect(ready.status).to.equal(500);
    expect(ready.text).to.contain('[-]shutdown failed: reason withheld\n');
    expect((await api.get('/livez')).text).to.equal('ok');
    expect((await api.post(configMaps, configMap('late'))).status).to.equal(201);
    const watch = await api.watch(`${configMaps}?watch=1`);
    expect((await watch.next()).object.metadata.name).to.equal('late');
    await api.clock.advance(9000);
    expect(closed).to.equal(false);
    await api.clock.advance(1000);
    await closing;
    expect(await watch.next()).to.equal(undefined);
  });

  it('ends watches cleanly, answers what it has begun, and takes nothing new', async () => {
    const storage = new MemoryStorage({ clock: realClock });
    const api = new TestServer({ storage, clock: realClock, drainTime: 60_000 });
    const port = await listen(api);
    const agent = new https.Agent({ keepAlive: true, ca: ca.certificate });
    const options = { host: '127.0.0.1', port, agent, headers };
    const [watch] = await once(https.get({ ...options, path: `${configMaps}?watch=1` }), 'response');
    const over = once(watch, 'end');
    watch.resume();
    const session = http2.connect(`https://127.0.0.1:${port}`, { ca: ca.certificate });
    const goaway = once(session, 'goaway');
    const stream = session.request({ ...headers, ':path': `${configMaps}?watch=1` });
    stream.resume();
    const streamOver = once(stream, 'end');
    await once(stream, 'response');
    const gate = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    const create = storage.create.bind(storage);
    storage.create = async (...args) => {
      asked.resolve();
      await gate.promise;
      return create(...args);
    };
    const post = https.request({ ...options, path: configMaps, method: 'POST' });
    post.setHeader('content-type', 'application/json');
    post.end(JSON.stringify(configMap('begun')));
    await asked.promise;

    const closing = api.close();
    await Promise.all([over, goaway, streamOver]);
    expect(watch.complete).to.equal(true);
    expect(stream.rstCode).to.equal(0);
    const refusal = await once(connect(port, '127.0.0.1'), 'connect').catch(
      (error: NodeJS.ErrnoException) => error.code,
    );
    expect(refusal).to.equal('ECONNREFUSED');
    gate.resolve();
    const [answer] = await once(post, 'response');
    expect(answer.statusCode).to.equal(201);
    answer.resume();
    await closing;
    agent.destroy();
    session.destroy();
  });

  it('does not wait for ever', async () => {
    const storage = new MemoryStorage({ clock: realClock });
    const api = new TestServer({ storage, clock: realClock, drainTime: 50 });
    const port = await listen(api);
    const asked = Promise.withResolvers<void>();
    storage.create = () => {
      asked.resolve();
      return new Promise(() => {});
    };
    const post = https.request({
      host: '127.0.0.1',
      port,
      path: configMaps,
      method: 'POST',
      headers,
      ca: ca.certificate,
    });
    post.setHeader('content-type', 'application/json');
    post.end(JSON.stringify(configMap('stuck')));
    const cut = once(post, 'error');
    cut.catch(() => {});
    await asked.promise;
    await api.close();
    const error = await new Promise<NodeJS.ErrnoException>((resolve) => {
      cut.then(([e]) => resolve(e as NodeJS.ErrnoException)).catch(resolve);
    });
    expect(error.code).to.equal('ECONNRESET');
  });

  it('lets watches go on at another one, without a gap and without a new list', async () => {
    const storage = new MemoryStorage({ clock: realClock });
    const [first, second] = [1, 2].map(() => new TestServer({ storage, clock: realClock }));
    const ports = [await listen(first!), await listen(second!)];
    const way = new Switch();
    way.port = ports[0]!;
    const port = await way.listen();
    const exchange = httpsExchange({ server: `https://127.0.0.1:${port}`, ca: ca.certificate, token: 'good' });
    const factory = new InformerFactory({
      client: new Client(exchange),
      clock: realClock,
      random: realRandom,
      log: noLog,
    });
    const informer = factory.of<ConfigMap>(configMapKind, { namespace: 'default' });
    factory.start();
    await factory.synced();
    await second!.post(configMaps, configMap('before'));
    await eventually('the first event', () => informer.get('default/before') !== undefined);
    way.port = ports[1]!;
    await Promise.all([first!.server.close(), second!.post(configMaps, configMap('meanwhile'))]);
    await second!.post(configMaps, configMap('after'));
    await eventually('the last event', () => informer.get('default/after') !== undefined);
    expect(informer.get('default/meanwhile')).to.not.equal(undefined);
    const { text } = await second!.get('/metrics');
    expect(text).to.match(/apiserver_request_total\{verb="WATCH"[^}]*resource="configmaps"/);
    expect(text).to.not.match(/apiserver_request_total\{verb="LIST"[^}]*resource="configmaps"/);
    await factory.stop();
    await exchange.close();
    way.close();
    await second!.close();
  });
});
