import 'reflect-metadata';
import { expect } from 'chai';
import { BasicConstraintsExtension, SubjectAlternativeNameExtension, X509CertificateGenerator } from '@peculiar/x509';
import {
  createSecureServer,
  type Http2SecureServer,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { httpsExchange, type HttpsExchange, type HttpsOptions } from '../../src/client/https-transport.ts';
import { readAll } from '../../src/client/response-body.ts';

/** A self-signed certificate for 127.0.0.1 and its key, PEM. */
async function selfSigned(): Promise<{ cert: string; key: string }> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const cert = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=test',
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }]),
      new BasicConstraintsExtension(true),
    ],
  });
  const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  return { cert: cert.toString('pem'), key: `-----BEGIN PRIVATE KEY-----\n${der}\n-----END PRIVATE KEY-----\n` };
}

describe('https transport', () => {
  let pki: { cert: string; key: string };
  let server: Http2SecureServer;
  let handle: (stream: ServerHttp2Stream, headers: any, body: Buffer) => void;
  let sessions: Set<ServerHttp2Session>;
  let port: number;
  const open: HttpsExchange[] = [];

  before(async () => (pki = await selfSigned()));
  beforeEach(async () => {
    await listen(0);
    handle = (stream) => (stream.respond({ ':status': 200, 'content-type': 'application/json' }), stream.end('{}'));
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((e) => e.close()));
    await stop();
  });

  async function listen(at: number): Promise<void> {
    sessions = new Set();
    server = createSecureServer({ ...pki, maxSessionMemory: 1000, settings: { maxConcurrentStreams: 5 } });
    server.on('session', (s) => (sessions.add(s), s.once('close', () => sessions.delete(s))));
    server.on('stream', async (stream: ServerHttp2Stream, headers) => {
      stream.on('error', () => {});
      handle(stream, headers, await readAll(stream));
    });
    await new Promise<void>((resolve) => server.listen(at, '127.0.0.1', resolve));
    const address = server.address();
    port = typeof address === 'object' && address ? address.port : 0;
  }

  async function stop(): Promise<void> {
    for (const s of sessions) s.destroy();
    await new Promise((resolve) => server.close(resolve));
  }

  function exchange(options: Partial<HttpsOptions> = {}): HttpsExchange {
    const made = httpsExchange({ server: `https://127.0.0.1:${port}`, ca: pki.cert, ...options });
    open.push(made);
    return made;
  }

  const get = async (send: HttpsExchange, url = '/x') => {
    const response = await send({ method: 'GET', url, headers: {} });
    return { ...response, text: (await readAll(response.body)).toString() };
  };

  it('sends method, path, headers, token and body, and gives the answer', async () => {
    const seen: any[] = [];
    handle = (stream, headers, body) => {
      seen.push([headers[':method'], headers[':path'], headers.authorization, headers['x-a'], body.toString()]);
      stream.respond({ ':status': 201, 'content-type': 'text/plain', warning: '299 - "old"' });
      stream.end('hello');
    };
    const send = exchange({ server: `https://127.0.0.1:${port}/prefix/`, token: 'secret' });
    const response = await send({ method: 'POST', url: '/x?y=1', headers: { 'x-a': 'b' }, body: Buffer.from('sent') });
    expect(seen).to.deep.equal([['POST', '/prefix/x?y=1', 'Bearer secret', 'b', 'sent']]);
    expect([response.status, response.headers['content-type'], response.headers['warning']]).to.deep.equal([
      201,
      'text/plain',
      ['299 - "old"'],
    ]);
    expect((await readAll(response.body)).toString()).to.equal('hello');
  });

  it('uses one connection for many requests, and a second when streams are held', async () => {
    const held: ServerHttp2Stream[] = [];
    handle = (stream, headers) => {
      stream.respond({ ':status': 200 });
      if (headers[':path'] === '/hold') (held.push(stream), stream.write('x'));
      else stream.end('done');
    };
    const send = exchange();
    for (let i = 0; i < 20; i++) await get(send);
    expect(sessions.size).to.equal(1);
    for (let i = 0; i < 5; i++) await send({ method: 'GET', url: '/hold', headers: {} });
    expect((await get(send)).text).to.equal('done');
    expect([held.length, sessions.size]).to.deep.equal([5, 2]);
  });

  it('takes many large answers at once', async () => {
    const large = Buffer.alloc(3_000_000, 'x');
    handle = (stream) => (stream.respond({ ':status': 200 }), stream.end(large));
    const send = exchange();
    const sizes = await Promise.all(Array.from({ length: 30 }, async () => (await get(send)).text.length));
    expect(sizes).to.deep.equal(Array.from({ length: 30 }, () => 3_000_000));
  });

  it('connects anew when the server was restarted', async () => {
    const send = exchange();
    await get(send);
    const old = port;
    await stop();
    await listen(old);
    expect((await get(send)).text).to.equal('{}');
  });

  it('rejects when nobody listens, and when the certificate is not trusted', async () => {
    const refused = exchange({ server: 'https://127.0.0.1:1' });
    expect(await get(refused).catch((e) => e.message)).to.contain('ECONNREFUSED');
    const distrustful = exchange({ ca: (await selfSigned()).cert });
    expect(await get(distrustful).catch((e) => e.message)).to.match(/certificate/);
    expect((await get(exchange({ ca: undefined, insecureSkipTlsVerify: true }))).status).to.equal(200);
    expect(() => exchange({ server: 'http://x' })).to.throw('must begin with https://');
  });

  it('ends a streaming answer when aborted, and leaves the connection alive', async () => {
    let closed: Promise<unknown> | undefined;
    handle = (stream, headers) => {
      stream.respond({ ':status': 200 });
      if (headers[':path'] === '/hold') {
        closed = new Promise((resolve) => stream.once('close', resolve));
        stream.write('first');
      } else stream.end('done');
    };
    const send = exchange();
    const abort = new AbortController();
    const response = await send({ method: 'GET', url: '/hold', headers: {}, signal: abort.signal });
    const reading = (async () => {
      for await (const chunk of response.body) if (chunk.length) abort.abort();
    })();
    expect(
      await reading.then(
        () => 'ended',
        (e) => e.name,
      ),
    ).to.be.oneOf(['AbortError', 'ended']);
    await closed;
    expect((await get(send)).text).to.equal('done');
    expect(sessions.size).to.equal(1);
  });

  it('ends a connection that does not answer a sign of life', async () => {
    handle = (stream) => (stream.respond({ ':status': 200 }), stream.write('x'));
    const clock = new VirtualClock();
    const send = exchange({ clock });
    const response = await send({ method: 'GET', url: '/hold', headers: {} });
    const reading = readAll(response.body).then(
      () => 'ended',
      () => 'failed',
    );
    await clock.advance(30_000, async () => {}); // the ping goes out
    await clock.advance(15_000, async () => {}); // and its answer has had no chance to come in
    expect(await reading).to.equal('failed');
  });

  it('refuses to work once closed', async () => {
    const send = exchange();
    await get(send);
    await send.close();
    expect(await get(send).catch((e) => e.message)).to.contain('is closed');
  });
});
