import { expect } from 'chai';
import { once } from 'node:events';
import { request } from 'node:https';
import { createServer, type AddressInfo } from 'node:net';
import { realClock } from '../../src/base/clock.ts';
import type { Log } from '../../src/base/log.ts';
import { Pki } from '../../src/cluster/pki.ts';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import { TestServer } from './test-server.ts';

const hooks = [
  'start-service-ip-repair-controllers',
  'start-system-namespaces-controller',
  'scheduling/bootstrap-system-priority-classes',
  'priority-and-fairness-config-producer',
  'apiservice-registration-controller',
  'start-kubernetes-service-cidr-controller',
];

describe('health', () => {
  it('does not wait for a check that does not answer', async () => {
    const server = new TestServer({ healthChecks: [{ name: 'stuck', check: () => new Promise(() => {}) }] });
    const answer = server.call('GET', '/readyz?verbose');
    for (let i = 0; i < 20; i++) await server.clock.advance(100);
    const { status, text } = await answer;
    expect(status).to.equal(500);
    expect(text).to.contain('[+]etcd ok').and.to.contain('[-]stuck failed').and.to.contain('readyz check failed');
  });

  it('names every check, and answers for each alone', async () => {
    const server = new TestServer();
    await server.server.start();
    const { text } = await server.get('/readyz?verbose');
    expect(text.split('\n')).to.deep.equal([
      ...['ping', 'log', 'etcd', 'etcd-readiness', 'informer-sync'].map((name) => `[+]${name} ok`),
      ...hooks.map((name) => `[+]poststarthook/${name} ok`),
      '[+]shutdown ok',
      'readyz check passed',
      '',
    ]);
    for (const path of ['/livez', '/livez/etcd', '/readyz/poststarthook/start-system-namespaces-controller'])
      expect((await server.get(path)).text, path).to.equal('ok');
    expect((await server.get('/livez/nope')).status).to.equal(404);
    const { headers } = await server.get('/livez');
    expect(headers).to.include({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-cache, private' });
  });

  it('is not ready before the server has prepared itself', async () => {
    const server = new TestServer();
    const { status, text } = await server.get('/livez');
    expect(status).to.equal(500);
    expect(text).to.contain(`[-]poststarthook/${hooks[0]} failed: reason withheld\n`);
    expect(text).to.match(/livez check failed\n$/);
    await server.server.start();
    expect((await server.get('/livez')).status).to.equal(200);
  });

  it('leaves out what is to be left out, and tells what it does not know', async () => {
    const failing = ['a', 'b'].map((name) => ({
      name,
      check: () => {
        throw new Error('secret');
      },
    }));
    const server = new TestServer({ healthChecks: failing });
    await server.server.start();
    const one = await server.get('/readyz?exclude=a');
    expect(one.status).to.equal(500);
    expect(one.text).to.contain('[+]a excluded: ok\n[-]b failed: reason withheld\n').and.not.contain('secret');
    expect((await server.get('/readyz?exclude=a&exclude=b')).text).to.equal('ok');
    const verbose = await server.get('/readyz?verbose&exclude=a&exclude=b&exclude=x&exclude=y');
    expect(verbose.text).to.contain(
      'warn: some health checks cannot be excluded: no matches for "x","y"\nreadyz check passed\n',
    );
    const alone = await server.get('/readyz/b');
    expect([alone.status, alone.text]).to.deep.equal([500, 'internal server error: reason withheld\n']);
  });

  it('of a server without its store is bad', async () => {
    const storage = new MemoryStorage({ clock: new VirtualClock(), historyLimit: 10 });
    const server = new TestServer({ storage });
    await server.server.start();
    storage.ping = () => Promise.reject(new Error('gone'));
    const { status, text } = await server.get('/livez');
    expect(status).to.equal(500);
    expect(text).to.contain('[-]etcd failed: reason withheld\n').and.contain('[+]ping ok\n');
    expect((await server.get('/livez?exclude=etcd')).text).to.equal('ok');
  });
});

describe('listening', () => {
  it('says which port is in use, and what to do', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const pki = await Pki.open({ clock: realClock });
    const { certificate: cert, privateKey: key } = await pki.credentials('kubelet-serving');
    const server = new TestServer();
    const refusal = await server.server
      .listen({ host: '127.0.0.1', port, cert, key, clientCa: pki.caCertificate })
      .catch((error: Error) => error.message);
    expect(refusal).to.equal(
      `Port ${port} is in use: stop the program that listens there, or choose another with --port.`,
    );
    other.close();
    await server.close();
  });

  it('takes a client that leaves in the middle of a body for no fault of its own', async () => {
    const pki = await Pki.open({ clock: realClock });
    const { certificate: cert, privateKey: key } = await pki.credentials('kubelet-serving');
    const told: { message: string; fields: Record<string, unknown> }[] = [];
    const logged = Promise.withResolvers<void>();
    const note = (message: string, fields: Record<string, unknown> = {}) => {
      told.push({ message, fields });
      if (message === 'request') logged.resolve();
    };
    const log: Log = { debug: note, info: note, warn: note, error: note, child: () => log };
    const server = new TestServer({ log });
    const { port } = await server.server.listen({ host: '127.0.0.1', port: 0, cert, key, clientCa: pki.caCertificate });
    const call = request({
      host: '127.0.0.1',
      port,
      method: 'POST',
      path: '/api/v1/namespaces/default/configmaps',
      rejectUnauthorized: false,
      headers: { authorization: 'Bearer good', 'content-length': 1000 },
    });
    call.on('error', () => {});
    call.write('{', () => call.destroy());
    await logged.promise;
    expect(told.at(-1)!.fields).to.include({ status: 400 });
    expect(told.map(({ message }) => message)).to.not.contain('a request failed in a way it should not');
    await server.close();
  });

  it('makes the service that pods find the server by again when it is deleted', async () => {
    const pki = await Pki.open({ clock: realClock });
    const { certificate: cert, privateKey: key } = await pki.credentials('kubelet-serving');
    const server = new TestServer({ advertiseAddress: '192.0.2.2' });
    await server.server.listen({ host: '127.0.0.1', port: 0, cert, key, clientCa: pki.caCertificate });
    const path = '/api/v1/namespaces/default/services/kubernetes';
    const { body } = await server.get(path);
    for (let round = 0; round < 2; round++) {
      await server.delete(path);
      expect((await server.get(path)).status).to.equal(404);
      await server.clock.advance(10_000);
      expect((await server.get(path)).body.spec.clusterIP).to.equal(body.spec.clusterIP);
    }
    const versions = async () => {
      const paths = [path, path.replace('services', 'endpoints')];
      return (await Promise.all(paths.map((p) => server.get(p)))).map(({ body }) => body.metadata.resourceVersion);
    };
    const before = await versions();
    await server.clock.advance(60_000);
    expect(await versions()).to.deep.equal(before);
    await server.close();
  });
});
