import { createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { grpcHealth } from '../../../src/kubelet/network/grpc-health.ts';

describe('grpcHealth', () => {
  let server: Http2Server;
  let asked: Buffer;
  let answer: (stream: ServerHttp2Stream) => void;

  beforeEach(async () => {
    server = createServer();
    server.on('stream', (stream, headers) => {
      expect(headers[':path']).to.equal('/grpc.health.v1.Health/Check');
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        asked = Buffer.concat(chunks);
        answer(stream as ServerHttp2Stream);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });

  afterEach(() => new Promise<void>((resolve) => server.close(() => resolve())));

  function says(status: string, message: number[] | undefined, text = ''): (stream: ServerHttp2Stream) => void {
    return (stream) => {
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': status, 'grpc-message': text }));
      stream.end(message && Buffer.from([0, 0, 0, 0, message.length, ...message]));
    };
  }

  const check = (service = '', signal = new AbortController().signal) =>
    grpcHealth({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, service, signal });
  const failure = (promise: Promise<unknown>) =>
    promise.then(
      () => '',
      (error: Error) => error.message,
    );

  it('asks for the server as a whole, or for one service', async () => {
    answer = says('0', [8, 1]);
    expect(await check()).to.equal('SERVING');
    expect([...asked]).to.deep.equal([0, 0, 0, 0, 0]);
    await check('db');
    expect([...asked]).to.deep.equal([0, 0, 0, 0, 4, 10, 2, 100, 98]);
  });

  it('tells a server that does not serve', async () => {
    answer = says('0', [8, 2]);
    expect(await check()).to.equal('NOT_SERVING');
    answer = says('0', []);
    expect(await check()).to.equal('UNKNOWN');
  });

  it('says what went wrong', async () => {
    answer = says('12', undefined, 'unknown%20service');
    expect(await failure(check())).to.equal(
      'error: this server does not implement the grpc health protocol (grpc.health.v1.Health): unknown service',
    );
    answer = says('5', undefined, 'no such service');
    expect(await failure(check('x'))).to.equal('error: health rpc probe failed: rpc error: code 5: no such service');
  });

  it('says that nothing listens', async () => {
    const signal = new AbortController().signal;
    expect(await failure(grpcHealth({ host: '127.0.0.1', port: 1, service: '', signal }))).to.equal(
      'error: failed to connect service at "127.0.0.1:1": dial tcp 127.0.0.1:1: connect: connection refused',
    );
  });

  it('gives up when it is told to', async () => {
    const limit = new AbortController();
    answer = () => limit.abort(new Error('too late'));
    expect(await failure(check('', limit.signal))).to.equal('too late');
  });
});
