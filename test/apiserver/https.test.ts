import { expect } from 'chai';
import { once } from 'node:events';
import * as http2 from 'node:http2';
import * as https from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { CertificateAuthority } from '../../src/auth/certificates.ts';
import { realClock } from '../../src/base/clock.ts';
import { configMap, pod, pods, TestServer } from './test-server.ts';

interface Reply {
  status: number;
  headers: Record<string, unknown>;
  text: string;
}

const token = { authorization: 'Bearer good' };
const node = (port: number) => ({
  metadata: { name: 'n1' },
  status: {
    addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
    daemonEndpoints: { kubeletEndpoint: { Port: port } },
  },
});

describe('the server over HTTPS', () => {
  let api: TestServer;
  let ca: CertificateAuthority;
  let port: number;
  let kubelet: https.Server;
  let kubeletPort: number;
  const seen: { url?: string | undefined; headers?: Record<string, unknown>; client?: string }[] = [];

  before(async () => {
    ca = await CertificateAuthority.create('test', realClock);
    const serving = await ca.issue({ commonName: 'server', ips: ['127.0.0.1'], usages: ['server'], days: 1 });
    const client = await ca.issue({ commonName: 'apiserver', usages: ['client'], days: 1 });
    ({ server: kubelet, port: kubeletPort } = await startKubelet(serving, ca.certificate, seen));
    api = new TestServer({
      clock: realClock,
      kubeletClient: { cert: client.certificate, key: client.privateKey, ca: ca.certificate },
    });
    ({ port } = await api.server.listen({
      host: '127.0.0.1',
      port: 0,
      cert: serving.certificate,
      key: serving.privateKey,
      clientCa: ca.certificate,
    }));
    await api.post('/api/v1/nodes', node(kubeletPort));
    await api.post(pods, pod('p'));
    await api.post(`${pods}/p/binding`, { metadata: { name: 'p' }, target: { kind: 'Node', name: 'n1' } });
  });

  after(async () => {
    await api.close();
    kubelet.closeAllConnections();
    kubelet.close();
  });

  function call(
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body = '',
    tls: https.RequestOptions = {},
  ): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const options = {
        host: '127.0.0.1',
        port,
        path,
        method,
        headers,
        ca: ca.certificate,
        agent: false as const,
        ...tls,
      };
      const request = https.request(options, async (response) => {
        let text = '';
        for await (const chunk of response) text += String(chunk);
        resolve({ status: response.statusCode!, headers: response.headers, text });
      });
      request.on('error', reject);
      request.end(body);
    });
  }

  it('agrees with clients on the cipher that upstream prefers', async () => {
    const socket = connectTls({ host: '127.0.0.1', port, ca: ca.certificate });
    await once(socket, 'secureConnect');
    expect(socket.getCipher().standardName).to.equal('TLS_AES_128_GCM_SHA256');
    socket.destroy();
  });

  it('knows client certificates and tokens', async () => {
    const review = ['POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews'] as const;
    const byToken = await call(...review, { ...token, 'content-type': 'application/json' }, '{}');
    expect(JSON.parse(byToken.text).status.userInfo.username).to.equal('admin');
    const jane = await ca.issue({ commonName: 'jane', organizations: ['dev', 'ops'], usages: ['client'], days: 1 });
    const byCertificate = await call(...review, { 'content-type': 'application/json' }, '{}', {
      cert: jane.certificate,
      key: jane.privateKey,
    });
    const { username, groups } = JSON.parse(byCertificate.text).status.userInfo;
    expect([username, groups]).to.deep.equal(['jane', ['dev', 'ops', 'system:authenticated']]);
  });

  it('refuses wrong credentials, also a certificate of somebody else', async () => {
    expect((await call('GET', '/api', { authorization: 'Bearer bad' })).status).to.equal(401);
    const other = await CertificateAuthority.create('other', realClock);
    const mallory = await other.issue({
      commonName: 'admin',
      organizations: ['system:masters'],
      usages: ['client'],
      days: 1,
    });
    const refused = await call('GET', '/api', {}, '', { cert: mallory.certificate, key: mallory.privateKey });
    expect([refused.status, JSON.parse(refused.text).reason]).to.deep.equal([401, 'Unauthorized']);
  });

  it('shows health and version to everybody, and nothing else', async () => {
    for (const path of ['/healthz', '/livez', '/readyz', '/readyz/etcd'])
      expect((await call('GET', path)).text).to.equal('ok');
    expect(JSON.parse((await call('GET', '/version')).text).gitVersion).to.match(/^v1\.36\.\d+\+coxswain$/);
    const refused = await call('GET', '/api');
    expect(refused.status).to.equal(403);
    expect(JSON.parse(refused.text).message).to.contain('forbidden: User "system:anonymous" cannot get path "/api"');
    expect((await call('GET', '/metrics')).status).to.equal(403);
  });

  it('lets administrators act as others', async () => {
    const headers = {
      ...token,
      'content-type': 'application/json',
      'impersonate-user': 'joe',
      'impersonate-group': 'a',
    };
    const { text } = await call('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', headers, '{}');
    expect(JSON.parse(text).status.userInfo).to.deep.equal({ username: 'joe', groups: ['a', 'system:authenticated'] });
  });

  it('refuses to act as somebody whose description cannot be read', async () => {
    const headers = { ...token, 'impersonate-user': 'joe', 'impersonate-extra-%zz': 'a' };
    const { status, text } = await call('GET', '/api/v1/pods', headers);
    expect(status).to.equal(400);
    expect(JSON.parse(text).message).to.contain('Impersonate-Extra-%zz is not percent-encoded correctly');
  });

  it('explains its health check by check, counts requests, and lists what it has', async () => {
    const { text } = await call('GET', '/readyz?verbose');
    expect(text).to.match(/^\[\+\]ping ok\n\[\+\]log ok\n\[\+\]etcd ok\n[^]*readyz check passed\n$/);
    expect((await call('GET', '/metrics', token)).text).to.match(
      /apiserver_request_total\{[^}]*verb="POST"[^}]*resource="pods"/,
    );
    expect(JSON.parse((await call('GET', '/', token)).text).paths).to.include.members(['/apis/apps/v1', '/api/v1']);
    const discovery = await call('GET', '/apis', token);
    const same = await call('GET', '/apis', { ...token, 'if-none-match': String(discovery.headers['etag']) });
    expect([same.status, same.text]).to.deep.equal([304, '']);
  });

  it('speaks HTTP/2 on the same port, bodies, errors and watches too', async () => {
    const session = http2.connect(`https://127.0.0.1:${port}`, { ca: ca.certificate });
    const ask = async (headers: http2.OutgoingHttpHeaders, body?: object) => {
      const stream = session.request({ ...token, ...headers });
      stream.end(body && JSON.stringify(body));
      const [answer] = (await once(stream, 'response')) as [http2.IncomingHttpHeaders];
      return { stream, status: answer[':status'] };
    };
    const url = '/api/v1/namespaces/default/configmaps';
    const watch = await ask({ ':path': `${url}?watch=1` });
    const created = await ask(
      { ':path': url, ':method': 'POST', 'content-type': 'application/json' },
      configMap('over-h2'),
    );
    expect(created.status).to.equal(201);
    created.stream.resume();
    const [event] = await once(watch.stream, 'data');
    expect(JSON.parse(String(event))).to.deep.include({ type: 'ADDED' });
    watch.stream.close();
    const missing = await ask({ ':path': `${url}/none` });
    expect(missing.status).to.equal(404);
    missing.stream.resume();
    session.close();
  });

  it('takes long selectors and headers', async () => {
    const names = Array.from({ length: 3000 }, (_, i) => `object-${i}`);
    const path = `/api/v1/namespaces/default/configmaps?labelSelector=${encodeURIComponent(`name in (${names.join()})`)}`;
    expect(path.length).to.be.within(32_000, 60_000);
    const reply = await call('GET', path, { ...token, 'x-long': 'x'.repeat(20_000) });
    expect(reply.status).to.equal(200);
    const session = http2.connect(`https://127.0.0.1:${port}`, { ca: ca.certificate });
    const stream = session.request({ ...token, ':path': path, 'x-long': 'x'.repeat(20_000) });
    const [answer] = (await once(stream, 'response')) as [http2.IncomingHttpHeaders];
    expect(answer[':status']).to.equal(200);
    stream.resume();
    session.close();
  });

  it('answers a body over 3 MB with 413, also when its length is not told before', async () => {
    const url = '/api/v1/namespaces/default/configmaps';
    const body = JSON.stringify(configMap('big', { data: { k: 'x'.repeat(4_000_000) } }));
    const lengths: Record<string, string>[] = [
      { 'content-length': String(body.length) },
      { 'transfer-encoding': 'chunked' },
    ];
    for (const length of lengths) {
      const reply = await call('POST', url, { ...token, 'content-type': 'application/json', ...length }, body);
      expect([reply.status, JSON.parse(reply.text).reason]).to.deep.equal([413, 'RequestEntityTooLarge']);
    }
  });

  it('fetches logs from the kubelet', async () => {
    const { status, text } = await call('GET', `${pods}/p/log?tailLines=2&follow=true`, token);
    expect([status, text]).to.deep.equal([200, 'line 1\nline 2\n']);
    expect(seen.at(-1)).to.include({ url: '/containerLogs/default/p/c?follow=true&tailLines=2', client: 'apiserver' });
    const bad = await call('GET', `${pods}/p/log?previous=true`, token);
    expect([bad.status, JSON.parse(bad.text).message]).to.deep.equal([
      400,
      'previous terminated container "c" in pod "p" not found',
    ]);
    const wrong = await call('GET', `${pods}/p/log?container=x`, token);
    expect(JSON.parse(wrong.text).message).to.equal('container x is not valid for pod p');
    expect((await call('GET', `${pods}/p/log?tailLines=-1`, token)).status).to.equal(422);
  });

  it('passes an upgraded connection on to the kubelet, without the credentials', async () => {
    const headers = {
      ...token,
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-protocol': 'SPDY/3.1+portforward.k8s.io',
    };
    const path = `${pods}/p/exec?command=echo&command=a%20b&stdin=true&stdout=true&tty=false`;
    const request = https.request({ host: '127.0.0.1', port, path, headers, ca: ca.certificate });
    request.end();
    const [response, socket] = (await once(request, 'upgrade')) as [{ statusCode: number }, Duplex];
    expect(response.statusCode).to.equal(101);
    socket.write('ping');
    expect(String((await once(socket, 'data'))[0])).to.equal('echo ping');
    socket.destroy();
    expect(seen.at(-1)!.url).to.equal('/exec/default/p/c?command=echo&command=a+b&input=1&output=1');
    expect(seen.at(-1)!.headers).to.include({
      'sec-websocket-protocol': 'SPDY/3.1+portforward.k8s.io',
      upgrade: 'websocket',
    });
    expect(seen.at(-1)!.headers).not.to.have.property('authorization');
  });

  it('answers an upgrade that cannot be with a Status', async () => {
    const headers = { connection: 'Upgrade', upgrade: 'websocket' };
    const missing = await call('GET', `${pods}/none/exec?command=a`, { ...token, ...headers });
    expect([missing.status, JSON.parse(missing.text).message]).to.deep.equal([404, 'pods "none" not found']);
    expect((await call('GET', `${pods}/p/exec?command=a`, headers)).status).to.equal(403);
  });

  it('lives on after a client that goes away in the middle', async () => {
    const request = https.request({
      host: '127.0.0.1',
      port,
      path: pods,
      method: 'POST',
      headers: { ...token, 'content-length': '1000' },
      ca: ca.certificate,
      agent: false,
    });
    request.on('error', () => {});
    request.write('{');
    await once(request, 'socket');
    request.destroy();
    expect((await call('GET', '/readyz')).status).to.equal(200);
  });
});

async function startKubelet(
  serving: { certificate: string; privateKey: string },
  ca: string,
  seen: { url?: string | undefined; headers?: Record<string, unknown>; client?: string }[],
): Promise<{ server: https.Server; port: number }> {
  const server = https.createServer({ cert: serving.certificate, key: serving.privateKey, ca, requestCert: true });
  server.on('request', (request, response) => {
    const client = (request.socket as import('node:tls').TLSSocket).getPeerCertificate().subject.CN as string;
    seen.push({ url: request.url, headers: request.headers, client });
    if (request.url!.includes('previous')) {
      response.writeHead(400);
      return response.end('previous terminated container "c" in pod "p" not found\n');
    }
    response.writeHead(200, { 'content-type': 'text/plain' });
    response.write('line 1\n');
    return response.end('line 2\n');
  });
  server.on('upgrade', (request, socket) => {
    seen.push({ url: request.url, headers: request.headers });
    socket.on('error', () => {});
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    socket.on('data', (data: Buffer) => socket.write(`echo ${String(data)}`));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port };
}
