import { expect } from 'chai';
import { once } from 'node:events';
import * as http from 'node:http';
import * as net from 'node:net';
import { Bench, request, routeOptions } from './planes.ts';

/** Sends bytes and reads all that comes back until the connection ends. */
async function raw(port: number, text: string): Promise<string> {
  const socket = net.connect(port, '127.0.0.1');
  socket.write(text);
  let out = '';
  socket.on('data', (chunk) => (out += chunk.toString('latin1')));
  await once(socket, 'close').catch(() => {});
  return out;
}

describe('the ingress data plane', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = new Bench();
    await bench.start();
  });
  afterEach(() => bench.end());

  const echo: http.RequestListener = (req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      res.setHeader('x-answered', 'yes');
      res.setHeader('connection', 'x-private');
      res.setHeader('x-private', 'hop');
      res.end(JSON.stringify({ method: req.method, url: req.url, headers: req.headers, raw: req.rawHeaders, body }));
    });
  };

  it('passes requests on and answers back', async () => {
    const { endpoint } = await bench.backend(echo);
    bench.serve({}, [endpoint]);
    const { status, headers, text } = await request(bench.http, {
      method: 'POST',
      path: '/a%20b/../c?d=e',
      body: 'hello',
      headers: { host: 'Web.Example.com:8080', 'content-type': 'text/plain' },
    });
    const got = JSON.parse(text);
    expect([status, headers['x-answered'], headers['x-private']]).to.deep.equal([200, 'yes', undefined]);
    expect([got.method, got.url, got.body]).to.deep.equal(['POST', '/a%20b/../c?d=e', 'hello']);
    expect(got.headers).to.include({
      host: 'Web.Example.com:8080',
      'content-length': '5',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-host': 'Web.Example.com:8080',
      'x-forwarded-proto': 'http',
      'x-forwarded-port': String(bench.http),
      'x-real-ip': '127.0.0.1',
    });
    expect(got.headers['x-request-id']).to.match(/^[\da-f]{32}$/);
  });

  it('believes nothing that a client says about itself, and ends hop-by-hop headers', async () => {
    const { endpoint } = await bench.backend(echo);
    bench.serve({}, [endpoint]);
    const { text } = await request(bench.http, {
      headers: {
        'X-Forwarded-For': '1.2.3.4',
        X_Forwarded_For: '1.2.3.4',
        'X-Real-IP': '1.2.3.4',
        'X-Request-ID': 'mine',
        Connection: 'close, X-Secret, X-Forwarded-Proto',
        'X-Secret': 's',
        TE: 'gzip',
        'Proxy-Authorization': 'p',
      },
    });
    const { headers } = JSON.parse(text);
    expect(headers).to.include({ 'x-forwarded-for': '127.0.0.1', 'x-real-ip': '127.0.0.1', 'x-request-id': 'mine' });
    expect(headers['x-forwarded-proto']).to.equal('http');
    for (const name of ['x_forwarded_for', 'x-secret', 'te', 'proxy-authorization'])
      expect(headers, name).not.to.have.property(name);
  });

  it('passes on bodies of unknown length, trailers and answers without a body', async () => {
    const { endpoint } = await bench.backend((req, res) => {
      if (req.method === 'HEAD') return res.writeHead(200, { 'content-length': '42' }).end();
      let size = 0;
      req.on('data', (chunk: Buffer) => (size += chunk.length));
      req.on('end', () => {
        res.writeHead(200, { trailer: 'x-size' });
        res.write(`${req.headers['transfer-encoding']}`);
        res.addTrailers({ 'x-size': String(size) });
        res.end();
      });
      return undefined;
    });
    bench.serve({}, [endpoint]);
    const body = Buffer.alloc(300_000, 'x');
    const answer = await request(bench.http, { method: 'PUT', body, headers: { 'transfer-encoding': 'chunked' } });
    expect([answer.text, answer.trailers]).to.deep.equal(['chunked', { 'x-size': '300000' }]);
    const head = await request(bench.http, { method: 'HEAD' });
    expect([head.status, head.headers['content-length'], head.text]).to.deep.equal([200, '42', '']);
  });

  for (const [what, text, status] of [
    ['two lengths', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx', '400'],
    [
      'a length and chunks',
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      '400',
    ],
    [
      'an unknown encoding',
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\nConnection: close\r\n\r\n0\r\n\r\n',
      '400',
    ],
    ['no host', 'GET / HTTP/1.1\r\n\r\n', '400'],
    ['a path out of the root', 'GET /a/../../b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', '400'],
    ['a host that is none', 'GET / HTTP/1.1\r\nHost: a/b\r\nConnection: close\r\n\r\n', '400'],
  ] as const) {
    it(`refuses ${what}`, async () => {
      let asked = 0;
      const { endpoint } = await bench.backend((_, res) => {
        asked++;
        res.end();
      });
      bench.serve({}, [endpoint]);
      expect((await raw(bench.http, text)).slice(9, 12)).to.equal(status);
      expect(asked).to.equal(0);
    });
  }

  it('answers by itself where nobody does', async () => {
    expect(await request(bench.http)).to.include({ status: 404, text: 'default backend - 404\n' });
    bench.serve({}, []);
    expect(await request(bench.http)).to.include({ status: 503 });
    const { endpoint, server } = await bench.backend(echo);
    server.close();
    bench.serve({}, [endpoint]);
    expect(await request(bench.http)).to.include({ status: 502, text: '502 Bad Gateway\n' });
    const { endpoint: silent } = await bench.backend(() => {});
    bench.serve({ options: { ...routeOptions, readTimeout: 50 } }, [silent]);
    expect(await request(bench.http)).to.include({ status: 504, text: '504 Gateway Timeout\n' });
    expect(await bench.plane.metrics()).to.contain(
      'coxswain_ingress_requests_total{ingress="default/web",code="504"} 1',
    );
  });

  it('tries another endpoint when one cannot be reached, with the whole body', async () => {
    const { endpoint } = await bench.backend(echo);
    const { endpoint: gone, server } = await bench.backend(echo);
    server.close();
    bench.serve({}, [gone, endpoint]);
    for (let i = 0; i < 4; i++) {
      const { status, text } = await request(bench.http, { method: 'POST', body: 'all of it' });
      expect([status, JSON.parse(text).body]).to.deep.equal([200, 'all of it']);
    }
  });

  it('sends a request again that met a connection on its end, unless it must not', async () => {
    let calls = 0;
    const { endpoint } = await bench.backend((req, res) => {
      calls++;
      if (calls === 1 || req.method === 'POST') req.socket.destroy();
      else res.end('second');
    });
    bench.serve({}, [endpoint]);
    expect(await request(bench.http)).to.include({ status: 200, text: 'second' });
    expect(await request(bench.http, { method: 'POST', body: 'x' })).to.include({ status: 502 });
    expect(calls).to.equal(3);
  });

  it('takes turns, or keeps clients where they are', async () => {
    const names = ['a', 'b', 'c'];
    const backends = await Promise.all(names.map((name) => bench.backend((_, res) => void res.end(name))));
    const endpoints = backends.map(({ endpoint }) => endpoint);
    const six = async () => {
      const answers: string[] = [];
      for (let i = 0; i < 6; i++) answers.push((await request(bench.http)).text);
      return answers.sort().join('');
    };
    bench.serve({}, endpoints);
    expect(await six()).to.equal('aabbcc');
    bench.serve({}, endpoints, true);
    expect(await six()).to.match(/^(a{6}|b{6}|c{6})$/);
  });

  it('keeps connections to backends', async () => {
    const ports = new Set<number | undefined>();
    const { endpoint } = await bench.backend((req, res) => {
      ports.add(req.socket.remotePort);
      res.end('x');
    });
    bench.serve({}, [endpoint]);
    for (let i = 0; i < 5; i++) await request(bench.http);
    expect(ports.size).to.equal(1);
  });

  it('lets a client see that an answer broke off', async () => {
    const { endpoint } = await bench.backend((req, res) => {
      res.write('half');
      setImmediate(() => req.socket.destroy());
    });
    bench.serve({}, [endpoint]);
    const error = await request(bench.http).then(
      () => undefined,
      (e: Error) => e,
    );
    expect(error).to.be.instanceOf(Error);
  });

  it('ends the request to the backend when the client goes', async () => {
    const gone = Promise.withResolvers<void>();
    const { endpoint } = await bench.backend((req, res) => {
      res.write('begun');
      req.socket.once('close', () => gone.resolve());
    });
    bench.serve({}, [endpoint]);
    const call = http.get({ host: '127.0.0.1', port: bench.http });
    call.on('error', () => {});
    await once(call, 'response');
    call.destroy();
    await gone.promise;
  });

  it('limits bodies, of known and of unknown length', async () => {
    const { endpoint } = await bench.backend(echo);
    bench.serve({ options: { ...routeOptions, bodyLimit: 10 } }, [endpoint]);
    const put = (body: string, headers = {}) => request(bench.http, { method: 'PUT', body, headers });
    expect((await put('short')).status).to.equal(200);
    expect((await put('this is too long')).status).to.equal(413);
    const chunked = { 'transfer-encoding': 'chunked' };
    expect(JSON.parse((await put('short', chunked)).text).body).to.equal('short');
    expect((await put('this is too long', chunked)).status).to.equal(413);
  });

  it('serves only the clients that it is told to', async () => {
    const { endpoint } = await bench.backend(echo);
    bench.serve({ options: { ...routeOptions, sources: ['10.0.0.0/8'] } }, [endpoint]);
    expect((await request(bench.http)).status).to.equal(403);
    bench.serve({ options: { ...routeOptions, sources: ['10.0.0.0/8', '127.0.0.1'] } }, [endpoint]);
    expect((await request(bench.http)).status).to.equal(200);
  });

  it('lets no name lead to this machine', async () => {
    const { endpoint } = await bench.backend(echo);
    for (const protocol of ['http', 'h2c'] as const) {
      bench.serve({ protocol }, [{ host: 'localhost', port: endpoint.port }]);
      expect((await request(bench.http)).status, protocol).to.equal(502);
    }
  });

  it('lets no name lead to this machine', async () => {
    const { endpoint } = await bench.backend(echo);
    for (const protocol of ['http', 'h2c'] as const) {
      bench.serve({ protocol }, [{ host: 'localhost', port: endpoint.port }]);
      expect((await request(bench.http)).status, protocol).to.equal(502);
    }
  });

  it('rewrites paths', async () => {
    const { endpoint } = await bench.backend(echo);
    const options = { ...routeOptions, rewrite: '/$2' };
    bench.serve({ path: '/app(/|$)(.*)', match: 'pattern', options }, [endpoint]);
    const url = async (path: string) => JSON.parse((await request(bench.http, { path })).text).url;
    expect(await url('/app/x/y?z')).to.equal('/x/y?z');
    expect(await url('/app')).to.equal('/');
    expect((await request(bench.http, { path: '/apples' })).status).to.equal(404);
  });

  it('redirects to https', async () => {
    bench.serve({ options: { ...routeOptions, redirectToHttps: true } }, []);
    const { status, headers } = await request(bench.http, { path: '/a?b', headers: { host: 'x.example.com:81' } });
    expect([status, headers.location]).to.deep.equal([308, `https://x.example.com:${bench.https}/a?b`]);
  });

  it('lets requests end when it stops, and takes no more', async () => {
    const held = Promise.withResolvers<http.ServerResponse>();
    const { endpoint } = await bench.backend((_, res) => held.resolve(res));
    bench.serve({}, [endpoint]);
    const pending = request(bench.http, { agent: new http.Agent({ keepAlive: true }) });
    const response = await held.promise;
    const stopped = bench.plane.stop();
    response.end('last words');
    expect((await pending).text).to.equal('last words');
    await stopped;
    const error = await request(bench.http).catch((e: NodeJS.ErrnoException) => e.code);
    expect(error).to.equal('ECONNREFUSED');
  });
});
