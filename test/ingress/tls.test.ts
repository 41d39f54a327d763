import { expect } from 'chai';
import { once } from 'node:events';
import * as http2 from 'node:http2';
import * as https from 'node:https';
import type { PeerCertificate } from 'node:tls';
import * as tls from 'node:tls';
import { aRoute, aTable, Bench, certificateFor } from './planes.ts';

describe('the ingress data plane over TLS', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = new Bench();
    await bench.start();
  });
  afterEach(() => bench.end());

  async function shownFor(servername: string): Promise<string | undefined> {
    const socket = tls.connect({ host: '127.0.0.1', port: bench.https, servername, rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    const shown: PeerCertificate = socket.getPeerCertificate();
    socket.destroy();
    return shown.subject.CN as string;
  }

  it('shows the certificate for the name asked for, a wildcard’s, or the default one, and changes them live', async () => {
    const [one, wild] = [await certificateFor('one.example.com'), await certificateFor('*.example.com')];
    const routes = { '': [aRoute()] };
    bench.plane.routes(
      aTable(routes, [
        { hosts: ['one.example.com'], ...one },
        { hosts: ['*.example.com'], ...wild },
      ]),
    );
    expect(await shownFor('one.example.com')).to.equal('one.example.com');
    expect(await shownFor('ONE.example.com')).to.equal('one.example.com');
    expect(await shownFor('two.example.com')).to.equal('*.example.com');
    expect(await shownFor('a.b.example.com')).to.equal('default.invalid');
    expect(await shownFor('other.test')).to.equal('default.invalid');
    const renewed = await certificateFor('renewed.test', 'one.example.com');
    bench.plane.routes(aTable(routes, [{ hosts: ['one.example.com'], ...renewed }]));
    expect(await shownFor('one.example.com')).to.equal('renewed.test');
    expect(await shownFor('two.example.com')).to.equal('default.invalid');
  });

  it('speaks HTTP/1.1 and HTTP/2, as clients choose, and says so to backends', async () => {
    const { endpoint } = await bench.backend((req, res) => {
      res.setHeader('set-cookie', ['a=1', 'b=2']);
      res.end(JSON.stringify(req.headers));
    });
    bench.serve({}, [endpoint]);
    const one = await new Promise<string>((resolve, reject) => {
      const options = { host: '127.0.0.1', port: bench.https, rejectUnauthorized: false, agent: false };
      const call = https.get({ ...options, headers: { host: 'one.test' } }, (res) => {
        let text = '';
        res.on('data', (chunk: Buffer) => (text += chunk.toString()));
        res.on('end', () => resolve(text));
      });
      call.on('error', reject);
    });
    expect(JSON.parse(one)).to.include({ host: 'one.test', 'x-forwarded-proto': 'https', 'x-scheme': 'https' });
    const { headers, text } = await overHttp2(bench.https, {
      ':path': '/x',
      ':authority': 'two.test',
      cookie: ['c=1', 'd=2'],
    });
    expect(headers[':status']).to.equal(200);
    expect(headers['set-cookie']).to.deep.equal(['a=1', 'b=2']);
    expect(JSON.parse(text)).to.include({ host: 'two.test', cookie: 'c=1; d=2', 'x-forwarded-host': 'two.test' });
  });

  it('takes bodies over HTTP/2 to backends of HTTP/1.1, and answers to HEAD', async () => {
    const { endpoint } = await bench.backend((req, res) => {
      let size = 0;
      req.on('data', (chunk: Buffer) => (size += chunk.length));
      req.on('end', () => res.end(`${req.method} ${size} ${req.headers['transfer-encoding']}`));
    });
    bench.serve({}, [endpoint]);
    const body = Buffer.alloc(200_000);
    const { text } = await overHttp2(bench.https, { ':method': 'POST' }, body);
    expect(text).to.equal('POST 200000 chunked');
    const head = await overHttp2(bench.https, { ':method': 'HEAD' });
    expect([head.headers[':status'], head.text]).to.deep.equal([200, '']);
    bench.serve({}, []);
    const none = await overHttp2(bench.https, { ':method': 'HEAD' });
    expect([none.headers[':status'], none.text]).to.deep.equal([503, '']);
  });

  it('reaches backends over TLS', async () => {
    const server = https.createServer(await certificateFor('backend.test'), (_, res) => void res.end('secure'));
    const endpoint = await bench.listen(server);
    bench.serve({ protocol: 'https' }, [endpoint]);
    const { text } = await overHttp2(bench.https, {});
    expect(text).to.equal('secure');
  });
});

describe('the ingress data plane with backends of HTTP/2', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = new Bench();
    await bench.start();
  });
  afterEach(() => bench.end());

  /** A backend that echoes messages as they come and ends with trailers, as gRPC does. */
  async function grpc(secure = false): Promise<void> {
    const server = secure ? http2.createSecureServer(await certificateFor('grpc.test')) : http2.createServer();
    const sessions = new Set<http2.Http2Session>();
    server.on('session', (session) => sessions.add(session));
    bench.onEnd(() => sessions.forEach((session) => session.destroy()));
    server.on('stream', (stream: http2.ServerHttp2Stream, headers: http2.IncomingHttpHeaders) => {
      stream.on('error', () => {});
      if (headers[':path'] === '/only-trailers') {
        return stream.respond({ ':status': 200, 'grpc-status': '5' }, { endStream: true });
      }
      stream.respond(
        { ':status': 200, 'content-type': 'application/grpc', 'x-te': String(headers.te) },
        { waitForTrailers: true },
      );
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0', 'grpc-message': 'fine' }));
      return void stream.pipe(stream);
    });
    const endpoint = await bench.listen(server);
    bench.serve({ protocol: secure ? 'h2' : 'h2c' }, [endpoint]);
  }

  for (const secure of [false, true]) {
    it(`passes on streams and trailers${secure ? ' over TLS' : ''}`, async () => {
      await grpc(secure);
      const session = http2.connect(`https://127.0.0.1:${bench.https}`, { rejectUnauthorized: false });
      const headers = {
        ':method': 'POST',
        ':path': '/echo.Echo/Both',
        'content-type': 'application/grpc',
        te: 'trailers',
      };
      const stream = session.request(headers);
      stream.write('first');
      const [answer] = await once(stream, 'response');
      expect(answer).to.include({ ':status': 200, 'x-te': 'trailers' });
      expect(String((await once(stream, 'data'))[0])).to.equal('first');
      stream.write('second');
      expect(String((await once(stream, 'data'))[0])).to.equal('second');
      stream.end();
      const [trailers] = await once(stream, 'trailers');
      expect(trailers).to.include({ 'grpc-status': '0', 'grpc-message': 'fine' });
      stream.resume();
      await once(stream, 'close');
      session.destroy();
    });
  }

  it('passes on an answer that is over with its head', async () => {
    await grpc();
    const session = http2.connect(`https://127.0.0.1:${bench.https}`, { rejectUnauthorized: false });
    const stream = session.request({ ':method': 'POST', ':path': '/only-trailers' });
    stream.end();
    const [headers, flags] = await once(stream, 'response');
    expect(headers).to.include({ 'grpc-status': '5' });
    expect(flags & http2.constants.NGHTTP2_FLAG_END_STREAM).to.not.equal(0);
    stream.resume();
    session.destroy();
  });

  it('says so when nobody is there', async () => {
    bench.serve({ protocol: 'h2c' }, [{ host: '127.0.0.1', port: 1 }]);
    const { headers } = await overHttp2(bench.https, {});
    expect(headers[':status']).to.equal(502);
  });
});

async function overHttp2(
  port: number,
  headers: http2.OutgoingHttpHeaders,
  body?: Buffer,
): Promise<{ headers: http2.IncomingHttpHeaders; text: string }> {
  const session = http2.connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
  try {
    const stream = session.request(headers, { endStream: !body });
    if (body) stream.end(body);
    let text = '';
    stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
    const ended = once(stream, 'end');
    const [answer] = await once(stream, 'response');
    await ended;
    return { headers: answer, text };
  } finally {
    session.destroy();
  }
}
