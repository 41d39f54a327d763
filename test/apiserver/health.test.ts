import { expect } from 'chai';
import { once } from 'node:events';
import { request } from 'node:https';
import { createServer, type AddressInfo } from 'node:net';
import { realClock } from '../../src/base/clock.ts';
import type { Log } from '../../src/base/log.ts';
import { Pki } from '../../src/cluster/pki.ts';
import { TestServer } from './test-server.ts';

describe('health', () => {
  it('does not wait for a check that does not answer', async () => {
    const server = new TestServer({ healthChecks: [{ name: 'stuck', check: () => new Promise(() => {}) }] });
    const answer = server.call('GET', '/readyz?verbose');
    for (let i = 0; i < 20; i++) await server.clock.advance(100);
    const { status, text } = await answer;
    expect(status).to.equal(500);
    expect(text).to.contain('[+]etcd ok').and.to.contain('[-]stuck failed').and.to.contain('readyz check failed');
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
      ...{ host: '127.0.0.1', port, method: 'POST', path: '/api/v1/namespaces/default/configmaps' },
      ...{ rejectUnauthorized: false, headers: { authorization: 'Bearer good', 'content-length': 1000 } },
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
