import { expect } from 'chai';
import type { IncomingMessage, ServerResponse } from 'node:http';
import * as http2 from 'node:http2';
import { gunzipSync, gzipSync } from 'node:zlib';
import { pods, services } from '../test-server.ts';
import { podIp, ProxyWorld, until } from './proxy-world.ts';

const endpoint = (name: string, ip = podIp, more: object = {}) => ({
  addresses: [ip],
  targetRef: { kind: 'Pod', namespace: 'default', name },
  ...more,
});

/** What a backend has seen. */
interface Seen {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  body: string;
}

describe('proxy', () => {
  let world: ProxyWorld;
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  let seen: Seen[];
  const proxy = `${pods}/p:8080/proxy`;

  const echo = async (request: IncomingMessage, response: ServerResponse) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    seen.push({ method: request.method!, url: request.url!, headers: request.headers, body });
    answer(request, response);
  };
  const html = (text: string, headers: object = {}) => {
    answer = (_request, response) =>
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', ...headers }).end(text);
  };

  before(async () => {
    world = await ProxyWorld.start();
    await world.backend(`${podIp}:8080`, (request, response) => void echo(request, response));
    await world.backend(`${podIp}:8443`, (_request, response) => void response.end('over TLS'), true);
    await world.pod('p', podIp, { containers: [{ name: 'c', image: 'i', ports: [{ containerPort: 8080 }] }] });
  });
  after(() => world.stop());
  beforeEach(() => {
    seen = [];
    answer = (_request, response) => response.writeHead(200, { 'content-type': 'text/plain' }).end('hello');
  });

  for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD']) {
    it(`passes ${method} on with path, query and body`, async () => {
      const body = method === 'GET' || method === 'HEAD' ? undefined : 'some text';
      const headers = { 'content-type': 'text/x', ...(body && { 'content-length': body.length }) };
      const reply = await world.call(method, `${proxy}/a%20b/c%2Fd/?x=1&x=2&y=%26`, headers, body);
      expect([reply.status, reply.text]).to.deep.equal([200, method === 'HEAD' ? '' : 'hello']);
      expect(seen[0]).to.deep.include({ method, url: '/a%20b/c%2Fd/?x=1&x=2&y=%26', body: body ?? '' });
    });
  }

  it('knows no other methods', async () => {
    expect((await world.call('TRACE', `${proxy}/`)).status).to.equal(405);
    expect(seen).to.deep.equal([]);
  });

  it('keeps what is between client and server from the backend, and says where the request came from', async () => {
    await world.call('GET', `${proxy}/deep/path/`, {
      connection: 'keep-alive, x-mine',
      'x-mine': '1',
      te: 'gzip',
      'proxy-authorization': 'secret',
      'impersonate-user': 'admin',
      'impersonate-group': 'system:masters',
      'x-forwarded-for': '1.2.3.4',
      cookie: 'a=b',
      accept: 'text/x',
    });
    const { headers } = seen[0]!;
    for (const name of [
      'authorization',
      'x-mine',
      'te',
      'proxy-authorization',
      'impersonate-user',
      'impersonate-group',
    ])
      expect(headers, name).not.to.have.property(name);
    expect(headers).to.include({
      host: `127.0.0.1:${world.port}`,
      cookie: 'a=b',
      accept: 'text/x',
      'x-forwarded-uri': `${proxy}/deep/path/`,
      'x-forwarded-for': '1.2.3.4, 127.0.0.1',
    });
  });

  it('keeps what is between us and the backend from the client', async () => {
    answer = (_request, response) => {
      response.writeHead(418, {
        'set-cookie': ['a=1', 'b=2'],
        'x-app': 'yes',
        connection: 'close, x-hop',
        'x-hop': '1',
        'access-control-allow-origin': '*',
        'access-control-allow-credentials': 'true',
      });
      response.end();
    };
    const { status, headers } = await world.call('GET', `${proxy}/`);
    expect(status).to.equal(418);
    expect(headers['set-cookie']).to.deep.equal(['a=1', 'b=2']);
    expect(headers['x-app']).to.equal('yes');
    for (const name of ['x-hop', 'access-control-allow-origin', 'access-control-allow-credentials'])
      expect(headers).not.to.have.property(name);
  });

  it('leads from the bare path to one below which links work', async () => {
    const reply = await world.call('GET', `${proxy}?a=b`);
    expect([reply.status, reply.headers.location]).to.deep.equal([301, `${proxy}/?a=b`]);
    await world.call('POST', proxy);
    expect(seen.map((s) => s.url)).to.deep.equal(['/']);
  });

  it('does not let a path lead out of the backend', async () => {
    await world.call('GET', `${proxy}/a/%2e%2e/../../b`);
    expect(seen[0]!.url).to.equal('/b');
  });

  const redirects: [string, string][] = [
    ['/login', `${proxy}/login`],
    ['/login/?a=b#c', `${proxy}/login/?a=b#c`],
    ['relative', 'relative'],
    [`http://${podIp}:8080/login`, `${proxy}/login`],
    ['https://example.com/login', 'https://example.com/login'],
    [`${proxy}/there`, `${proxy}/there`],
  ];
  for (const [from, to] of redirects) {
    it(`rewrites a redirect to ${from}`, async () => {
      answer = (_request, response) => response.writeHead(302, { location: from }).end();
      const reply = await world.call('GET', `${proxy}/x`);
      expect([reply.status, reply.headers.location]).to.deep.equal([302, to]);
    });
  }

  it('rewrites the links of pages, packed ones too', async () => {
    const page = '<html><a href="/x">x</a><img src=/y.png><a href="z">z</a></html>';
    const rewritten = `<html><a href="${proxy}/x">x</a><img src=${proxy}/y.png><a href="z">z</a></html>`;
    html(page);
    expect((await world.call('GET', `${proxy}/`)).text).to.equal(rewritten);
    html(gzipSync(page) as never, { 'content-encoding': 'gzip' });
    const packed = await world.call('GET', `${proxy}/`);
    expect(gunzipSync(Buffer.from(packed.text, 'latin1')).toString()).to.equal(rewritten);
    html(page, { 'content-encoding': 'br' });
    expect((await world.call('GET', `${proxy}/`)).text).to.equal(page);
    html(page, { 'content-type': 'text/plain' });
    expect((await world.call('GET', `${proxy}/`)).text).to.equal(page);
  });

  it('works over HTTP/2', async () => {
    const session = http2.connect(`https://127.0.0.1:${world.port}`, { ca: world.ca.certificate });
    const stream = session.request({ ':path': `${proxy}/h2`, ':method': 'POST', authorization: 'Bearer good' });
    stream.end('body');
    let text = '';
    for await (const chunk of stream) text += String(chunk);
    session.close();
    expect(text).to.equal('hello');
    expect(seen[0]).to.deep.include({ url: '/h2', body: 'body' });
    expect(Object.keys(seen[0]!.headers).filter((n) => n.startsWith(':'))).to.deep.equal([]);
  });

  describe('finds', () => {
    it('the first declared port of a pod', async () => {
      expect((await world.call('GET', `${pods}/p/proxy/`)).text).to.equal('hello');
    });

    it('HTTPS servers, whatever their certificate', async () => {
      expect((await world.call('GET', `${pods}/https:p:8443/proxy/`)).text).to.equal('over TLS');
    });

    it('only what is named rightly', async () => {
      for (const name of ['ftp:p:80', ':80', 'a:b:c:d']) {
        const { status, body } = await world.call('GET', `${pods}/${name}/proxy/`);
        expect([status, body.message]).to.deep.equal([400, `invalid pod request "${name}"`]);
      }
      expect((await world.call('GET', `${pods}/p:http/proxy/`)).status).to.equal(400);
      expect((await world.call('GET', `${pods}/none/proxy/`)).body.message).to.equal('pods "none" not found');
    });

    for (const ip of ['127.0.0.1', '169.254.169.254', '0.0.0.0', '224.0.0.1', '::1', 'fe80::1', '::ffff:127.0.0.1']) {
      it(`no pods at ${ip}`, async () => {
        const name = `special-${ip.replace(/[^a-z0-9]+/g, '-')}x`;
        await world.pod(name, ip);
        const { status, body } = await world.call('GET', `${pods}/${name}:80/proxy/`);
        expect([status, body.message]).to.deep.equal([400, 'address not allowed']);
      });
    }

    it('no pod without an address', async () => {
      await world.api.post(pods, { metadata: { name: 'pending' }, spec: { containers: [{ name: 'c', image: 'i' }] } });
      expect((await world.call('GET', `${pods}/pending/proxy/`)).status).to.equal(400);
    });
  });

  describe('of a service', () => {
    before(async () => {
      const ports = [
        { name: 'http', port: 80, targetPort: 8080 },
        { name: 'tls', port: 443, targetPort: 8443 },
      ];
      const slicePorts = [
        { name: 'http', port: 8080 },
        { name: 'tls', port: 8443 },
      ];
      const away = endpoint('p', '10.9.9.9');
      const unready = endpoint('p', podIp, { conditions: { ready: false } });
      await world.service('web', ports, [endpoint('p'), away], slicePorts);
      await world.service('plain', [{ port: 80, targetPort: 8080 }], [endpoint('p')], [{ name: '', port: 8080 }]);
      await world.service('unready', [{ port: 80 }], [unready], [{ name: '', port: 8080 }]);
      await world.service('empty', [{ port: 80 }], [], []);
      await world.service('foreign', [{ port: 80 }], [{ addresses: [podIp] }], [{ name: '', port: 8080 }]);
    });

    const ways: [string, string][] = [
      ['web:80', 'hello'],
      ['web:http', 'hello'],
      ['http:web:http', 'hello'],
      ['https:web:443', 'over TLS'],
      ['https:web:tls', 'over TLS'],
      ['plain', 'hello'],
      ['plain:80', 'hello'],
      ['http:plain:', 'hello'],
    ];
    for (const [name, text] of ways) {
      it(`finds ${name}`, async () => {
        // More often than by chance: the endpoint that is no address of the pod is never taken.
        for (let i = 0; i < 4; i++) {
          expect((await world.call('GET', `${services}/${name}/proxy/`)).text).to.equal(text);
        }
      });
    }

    const failures: [string, number, string][] = [
      ['web:81', 503, 'no service port 81 found for service "web"'],
      ['web:other', 503, 'no endpoints available for service "web:other"'],
      ['empty', 503, 'no endpoints available for service "empty"'],
      ['unready', 503, 'no endpoints available for service "unready"'],
      ['foreign', 503, 'no endpoints available for service "foreign"'],
      ['none', 404, 'services "none" not found'],
      ['ftp:web:80', 400, 'invalid service request "ftp:web:80"'],
    ];
    for (const [name, code, message] of failures) {
      it(`fails for ${name}`, async () => {
        const { status, body } = await world.call('GET', `${services}/${name}/proxy/`);
        expect([status, body.kind, body.message]).to.deep.equal([code, 'Status', message]);
      });
    }
  });

  it('of a node is its kubelet, which sees who we are', async () => {
    let client = '';
    await world.kubelet('n1', (request, response) => {
      client = (request.socket as any).getPeerCertificate().subject.CN;
      response.end(`kubelet ${request.url}`);
    });
    expect((await world.call('GET', '/api/v1/nodes/n1/proxy/pods?a=b')).text).to.equal('kubelet /pods?a=b');
    expect(client).to.equal('apiserver');
    const { body } = await world.call('GET', '/api/v1/nodes/n1:22/proxy/');
    expect([body.code, body.message]).to.deep.equal([400, 'address not allowed']);
    expect((await world.call('GET', '/api/v1/nodes/none/proxy/')).body.message).to.equal('nodes "none" not found');
  });

  describe('of a backend that', () => {
    it('does not listen says so', async () => {
      await world.pod('dead', '10.1.2.9');
      const { status, body } = await world.call('GET', `${pods}/dead:80/proxy/`);
      expect([status, body.reason, body.message]).to.deep.equal([
        503,
        'ServiceUnavailable',
        'error trying to reach service: dial tcp 10.1.2.9:80: connect: connection refused',
      ]);
    });

    it('hangs up says so', async () => {
      answer = (request) => request.socket.destroy();
      const { status, body } = await world.call('GET', `${proxy}/`);
      expect([status, body.message]).to.deep.equal([503, 'error trying to reach service: EOF']);
    });

    it('hangs up in the middle ends the answer in a way that cannot be taken for its end', async () => {
      answer = (request, response) => {
        response.writeHead(200, { 'content-type': 'text/plain' });
        response.write('half', () => request.socket.destroy());
      };
      const outcome = await world.call('GET', `${proxy}/`).catch((error: Error) => error);
      expect(outcome).to.be.an('error');
    });

    it('answers before it has read everything does not spoil the connection', async () => {
      await world.backend(`${podIp}:9000`, (request, response) => {
        request.once('data', () => void response.writeHead(413).end('no')).resume();
      });
      const big = Buffer.alloc(8 * 1024 * 1024);
      for (let i = 0; i < 2; i++) {
        const reply = await world.call('POST', `${pods}/p:9000/proxy/`, { 'content-length': big.length }, big);
        expect([reply.status, reply.text]).to.deep.equal([413, 'no']);
      }
      await until('all connections to backends are closed', () => world.open.size === 0);
    });
  });
});
