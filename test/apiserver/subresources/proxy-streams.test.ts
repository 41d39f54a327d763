import { expect } from 'chai';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import * as http2 from 'node:http2';
import { createServer, type AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { WebSocket, WebSocketServer } from 'ws';
import { pods } from '../test-server.ts';
import { podIp, ProxyWorld, until } from './proxy-world.ts';

const megabyte = 1024 * 1024;
const hundred = 100;

describe('proxy streams', function () {
  this.timeout(120_000);
  let world: ProxyWorld;
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  const path = `${pods}/p:80/proxy/`;

  before(async () => {
    world = await ProxyWorld.start();
    const server = await world.backend(`${podIp}:80`, (request, response) => answer(request, response));
    const sockets = new WebSocketServer({ noServer: true });
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      if (request.headers.upgrade === 'websocket')
        return sockets.handleUpgrade(request, socket, head, (ws) => ws.on('message', (data) => ws.send(data)));
      if (request.headers.upgrade === 'no')
        return socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\nX-Why: so\r\n\r\nnope');
      if (request.headers.upgrade === 'ignored') return socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${request.headers.upgrade}\r\n\r\n`,
      );
      socket.write(
        `${request.method} ${request.url} ${String(request.headers['x-forwarded-uri'])} ${request.headers.authorization};`,
      );
      if (head.length > 0) socket.write(head);
      return socket.pipe(socket);
    });
    await world.pod('p');
  });
  after(() => world.stop());
  afterEach(() => until('all connections to the backend are closed', () => world.open.size === 0));

  it('carry 100 MB up and down at once, unchanged', async () => {
    answer = (request, response) => {
      response.writeHead(200, { 'content-type': 'application/octet-stream' });
      request.pipe(response);
    };
    const block = randomBytes(megabyte);
    const request = world.request('POST', path, { 'transfer-encoding': 'chunked' });
    const [sent, got] = [createHash('sha256'), createHash('sha256')];
    const up = (async () => {
      for (let i = 0; i < hundred; i++) {
        sent.update(block);
        if (!request.write(block)) await once(request, 'drain');
      }
      request.end();
    })();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    let bytes = 0;
    for await (const chunk of response) {
      bytes += (chunk as Buffer).length;
      got.update(chunk as Buffer);
    }
    await up;
    expect(bytes).to.equal(hundred * megabyte);
    expect(got.digest('hex')).to.equal(sent.digest('hex'));
  });

  it('carry 100 MB down over HTTP/2', async () => {
    const block = Buffer.alloc(megabyte, 'x');
    answer = (_request, response) => void sendBlocks(response, block, hundred);
    const session = http2.connect(`https://127.0.0.1:${world.port}`, { ca: world.ca.certificate });
    const stream = session.request({ ':path': path, authorization: 'Bearer good' });
    let bytes = 0;
    for await (const chunk of stream) bytes += (chunk as Buffer).length;
    session.close();
    expect(bytes).to.equal(hundred * megabyte);
  });

  it('pass on what comes behind a body, over both versions of HTTP', async () => {
    const asked: unknown[] = [];
    answer = (request, response) => {
      asked.push(request.headers.te);
      response.writeHead(200, { trailer: 'X-Sum, Grpc-Status' });
      response.write('body');
      response.addTrailers({ 'X-Sum': '1', 'Grpc-Status': '0' });
      response.end();
    };
    const request = world.request('GET', path, { te: 'trailers' }).end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    let body = '';
    for await (const chunk of response) body += String(chunk);
    expect([body, response.trailers]).to.deep.equal(['body', { 'x-sum': '1', 'grpc-status': '0' }]);

    const session = http2.connect(`https://127.0.0.1:${world.port}`, { ca: world.ca.certificate });
    const stream = session.request({ ':path': path, authorization: 'Bearer good', te: 'trailers' });
    const trailers = once(stream, 'trailers');
    stream.resume();
    expect({ ...(await trailers)[0] }).to.include({ 'x-sum': '1', 'grpc-status': '0' });
    session.close();
    expect(asked).to.deep.equal(['trailers', 'trailers']);
  });

  it('go no faster than the client reads', async () => {
    let written = 0;
    const block = Buffer.alloc(megabyte, 'x');
    answer = (_request, response) => void sendBlocks(response, block, 400, () => (written += megabyte));
    const request = world.request('GET', path).end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    response.pause();
    let before = -1;
    // When two looks at it find the same, the backend has been stopped.
    for (let same = 0; same < 20; same = written === before ? same + 1 : 0) {
      before = written;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(written).to.be.lessThan(100 * megabyte);
    request.destroy();
  });

  it('go no faster than the backend reads', async () => {
    let taken: IncomingMessage | undefined;
    answer = (request) => {
      taken = request.pause();
    };
    const request = world.request('POST', path, { 'transfer-encoding': 'chunked' });
    request.on('error', () => {});
    let written = 0;
    const block = Buffer.alloc(megabyte);
    const pump = () => {
      while (written < 400 * megabyte) {
        written += megabyte;
        if (request.write(block)) continue;
        request.once('drain', pump);
        break;
      }
    };
    pump();
    await until('the backend has the request', () => taken !== undefined);
    let before = -1;
    for (let same = 0; same < 20; same = written === before ? same + 1 : 0) {
      before = written;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(written).to.be.lessThan(100 * megabyte);
    request.destroy();
    taken!.resume(); // while nobody reads, nobody sees the end
  });

  it('show each piece at once', async () => {
    let more: (() => void) | undefined;
    answer = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html' });
      response.write('<a href="/one">');
      more = () => response.end('<a href="/two">');
    };
    const request = world.request('GET', path).end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    const pieces: string[] = [];
    response.on('data', (chunk: Buffer) => pieces.push(chunk.toString()));
    await until('the first piece is there', () => pieces.length === 1);
    expect(pieces[0]).to.equal(`<a href="${path}one">`);
    more!();
    await once(response, 'end');
    expect(pieces.join('')).to.equal(`<a href="${path}one"><a href="${path}two">`);
  });

  it('end at the backend when clients leave, at whatever moment', async () => {
    const left: string[] = [];
    answer = (request, response) => {
      response.on('close', () => left.push(request.url!));
      if (request.url === '/silent') return;
      response.writeHead(200, { 'content-type': 'text/plain' });
      response.write('begin');
    };
    const silent = world.request('GET', `${path}silent`).end();
    silent.on('error', () => {});
    const upload = world.request('POST', `${path}silent`, { 'transfer-encoding': 'chunked' });
    upload.on('error', () => {});
    upload.write('some');
    const streaming = world.request('GET', `${path}stream`).end();
    streaming.on('error', () => {});
    const [response] = (await once(streaming, 'response')) as [IncomingMessage];
    response.on('error', () => {});
    await until('all three have arrived', () => world.open.size === 3);
    for (const request of [silent, upload, streaming]) request.destroy();
    await until('the backend knows', () => left.length === 3);
  });

  it('become WebSockets', async () => {
    const socket = new WebSocket(`wss://127.0.0.1:${world.port}${path}echo`, {
      ca: world.ca.certificate,
      headers: { authorization: 'Bearer good' },
    });
    await once(socket, 'open');
    const big = randomBytes(8 * megabyte);
    socket.send(big);
    const [data] = (await once(socket, 'message')) as [Buffer];
    expect(data.equals(big)).to.equal(true);
    socket.close();
    await once(socket, 'close');
  });

  it('become whatever both ends agree on', async () => {
    const request = world.request('POST', `${path}a/b?c=d`, { connection: 'Upgrade', upgrade: 'mine/1' });
    request.end();
    const [, socket, head] = (await once(request, 'upgrade')) as [IncomingMessage, Duplex, Buffer];
    let text = head.toString();
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    socket.write('ping');
    const expected = `POST /a/b?c=d ${path}a/b undefined;ping`;
    await until('the answer is there', () => text.length >= expected.length);
    expect(text).to.equal(expected);
    socket.end();
    await once(socket, 'close');
  });

  it('show the refusal of an upgrade as it is', async () => {
    const reply = await world.call('GET', path, { connection: 'Upgrade', upgrade: 'no' });
    expect([reply.status, reply.headers['x-why'], reply.text]).to.deep.equal([403, 'so', 'nope']);
  });

  it('let nothing but the one request through to a backend that refuses', async () => {
    const spoken: string[] = [];
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.on('data', (chunk) => {
        spoken.push(chunk.toString('latin1'));
        // It keeps the connection open for further requests, as HTTP/1.1 has it.
        socket.write(
          'HTTP/1.1 400 Bad Request\r\nTransfer-Encoding: chunked\r\nX-Why: so\r\n\r\n3\r\nno!\r\n0\r\n\r\n',
        );
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    world.routes.set(`${podIp}:82`, (server.address() as AddressInfo).port);
    const client = connectTls({ host: '127.0.0.1', port: world.port, ca: world.ca.certificate });
    let seen = '';
    client.on('data', (chunk) => (seen += chunk.toString('latin1')));
    client.on('error', () => {});
    const closed = once(client, 'close');
    const begin = `GET ${pods}/p:82/proxy/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer good\r\n`;
    const smuggled = 'GET /other HTTP/1.1\r\nHost: x\r\n\r\n';
    client.write(`${begin}Connection: Upgrade\r\nUpgrade: mine\r\n\r\n${smuggled}`);
    await until('the refusal is there', () => seen.includes('no!'));
    client.write(smuggled);
    await closed;
    server.close();
    expect(spoken.join(''))
      .to.match(/^GET \/ HTTP/)
      .and.not.contain('/other');
    expect(seen)
      .to.match(/^HTTP\/1\.1 400 Bad Request\r\n/)
      .and.contain('x-why: so');
    expect(seen.split('\r\n\r\n')[1]).to.equal('no!');
  });

  it('fail when the backend overlooks the upgrade, or does not listen', async () => {
    const ignored = await world.call('GET', path, { connection: 'Upgrade', upgrade: 'ignored' });
    expect([ignored.status, ignored.body.message]).to.deep.equal([500, 'invalid upgrade response: status code 200']);
    const dead = await world.call('GET', `${pods}/p:81/proxy/`, { connection: 'Upgrade', upgrade: 'mine' });
    expect([dead.status, dead.body.message]).to.deep.equal([
      500,
      `error dialing backend: dial tcp ${podIp}:81: connect: connection refused`,
    ]);
  });

  it('that were upgraded end at both sides when one leaves', async () => {
    const upgraded = async () => {
      const request = world.request('GET', path, { connection: 'Upgrade', upgrade: 'mine' }).end();
      const [, socket] = (await once(request, 'upgrade')) as [IncomingMessage, Duplex];
      socket.on('error', () => {});
      return socket;
    };
    const all = await Promise.all([upgraded(), upgraded(), upgraded()]);
    expect(world.open.size).to.equal(3);
    all[0].destroy();
    await until('the backend knows', () => world.open.size === 2);
    for (const socket of world.open) socket.destroy();
    await until('the clients know', () =>
      all.every((socket) => socket.closed || socket.readableEnded || socket.destroyed || !socket.resume()),
    );
    for (const socket of all) socket.destroy();
  });
});

async function sendBlocks(response: ServerResponse, block: Buffer, count: number, told?: () => void): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/octet-stream' });
  for (let i = 0; i < count && !response.destroyed; i++) {
    told?.();
    if (!response.write(block)) await drained(response);
  }
  response.end();
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.on('drain', done);
    response.on('close', done);
  });
}
