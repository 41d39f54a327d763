import { expect } from 'chai';
import { once } from 'node:events';
import {
  createServer,
  type Http2Server,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type Settings,
} from 'node:http2';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { realClock } from '../../src/base/clock.ts';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { GrpcError, grpcStatus } from '../../src/storage/grpc-error.ts';
import { GrpcClient } from '../../src/storage/grpc-client.ts';

/** A gRPC server that answers as the test says. */
class Server {
  readonly #server: Http2Server;
  readonly sessions: ServerHttp2Session[] = [];
  readonly paths: string[] = [];
  /** Calls that have come and wait for their answer. */
  running = 0;
  mostRunning = 0;
  onCall: (stream: ServerHttp2Stream, message: Buffer) => void = (stream, message) => answer(stream, message);
  /** Called before the message has come. */
  onStream: (stream: ServerHttp2Stream) => void = () => {};

  constructor(settings: Settings = {}) {
    this.#server = createServer({ settings });
    this.#server.on('session', (session) => this.sessions.push(session));
    this.#server.on('stream', (stream: ServerHttp2Stream, headers) => {
      this.paths.push(String(headers[':path']));
      const chunks: Buffer[] = [];
      this.mostRunning = Math.max(this.mostRunning, ++this.running);
      stream.on('close', () => this.running--);
      stream.on('error', () => {});
      this.onStream(stream);
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => this.onCall(stream, Buffer.concat(chunks).subarray(5)));
    });
  }

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    for (const session of this.sessions) session.destroy();
    this.#server.close();
  }
}

/** Answers with `message` in chunks of `size` bytes. */
function answer(stream: ServerHttp2Stream, message: Buffer, { status = 0, text = '', size = 1000 } = {}): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': String(status), 'grpc-message': text }));
  const frame = Buffer.concat([Buffer.from([0, 0, 0, 0, 0]), message]);
  frame.writeUInt32BE(message.length, 1);
  for (let at = 0; at < frame.length; at += size) stream.write(frame.subarray(at, at + size));
  stream.end();
}

async function failure(call: Promise<unknown>): Promise<GrpcError> {
  try {
    await call;
  } catch (error) {
    expect(error).to.be.instanceOf(GrpcError);
    return error as GrpcError;
  }
  throw new Error('the call did not fail');
}

describe('GrpcClient', () => {
  let server: Server;
  let endpoint: string;
  let client: GrpcClient;
  const call = (text = 'hello', timeout = 5000) => client.call('/service/Method', Buffer.from(text), timeout);

  beforeEach(async () => {
    server = new Server();
    endpoint = await server.listen();
    client = new GrpcClient({ endpoints: [endpoint], clock: realClock });
  });
  afterEach(() => {
    client.close();
    server.close();
  });

  it('sends a message and gives back the answer’s, in however many pieces it comes', async () => {
    server.onCall = (stream, message) => answer(stream, Buffer.concat([message, message]), { size: 3 });
    expect((await call('abc')).toString()).to.equal('abcabc');
    expect(server.paths).to.deep.equal(['/service/Method']);
  });

  it('makes many calls at once over one connection', async () => {
    const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => call(`n${i}`)));
    expect(answers.map(String)).to.deep.equal(Array.from({ length: 200 }, (_, i) => `n${i}`));
    expect(server.sessions).to.have.length(1);
  });

  it('sends and takes more than there is room for at once', async () => {
    const large = Buffer.alloc(1_200_000, 'large');
    server.onCall = (stream, message) => answer(stream, Buffer.concat(Array(8).fill(message)), { size: 100_000 });
    const [first, second] = await Promise.all([1, 2].map(() => client.call('/service/Method', large, 20_000)));
    expect(first!.equals(Buffer.concat(Array(8).fill(large)))).to.equal(true);
    expect(second!.equals(first!)).to.equal(true);
    expect((await call('1')).toString()).to.equal('11111111');
  });

  it('has no more calls under way than the server takes', async () => {
    const narrow = new Server({ maxConcurrentStreams: 5, initialWindowSize: 100 });
    client.close();
    client = new GrpcClient({ endpoints: [await narrow.listen()], clock: realClock });
    await call('the settings have come when this is answered');
    const text = 'x'.repeat(1000);
    const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => call(text + i)));
    expect(answers.map(String)).to.deep.equal(Array.from({ length: 50 }, (_, i) => text + i));
    expect(narrow.mostRunning).to.be.within(2, 5);
    narrow.close();
  });

  it('hands on the messages of a stream as they come, until it is cancelled', async () => {
    const asked = Promise.withResolvers<ServerHttp2Stream>();
    server.onCall = () => {};
    server.onStream = (stream) => asked.resolve(stream);
    const heard: string[] = [];
    const two = Promise.withResolvers<void>();
    const stream = client.stream('/service/Watch', Buffer.from('from now on'), {
      onMessage: (message) => heard.push(message.toString()) === 2 && two.resolve(),
      onEnd: (error) => two.reject(error),
    });
    const held = await asked.promise;
    held.respond({ ':status': 200 });
    const frame = (text: string) => Buffer.concat([Buffer.from([0, 0, 0, 0, text.length]), Buffer.from(text)]);
    const both = Buffer.concat([frame('one'), frame('two')]);
    held.write(both.subarray(0, 7));
    held.write(both.subarray(7));
    await two.promise;
    const closed = once(held, 'close');
    stream.cancel();
    await closed;
    expect(heard).to.deep.equal(['one', 'two']);
  });

  it('tells the end of a stream once', async () => {
    const ended = Promise.withResolvers<Error>();
    server.onCall = () => {};
    server.onStream = (stream) => stream.respond({ ':status': 200, 'grpc-status': '11' }, { endStream: true });
    client.stream('/service/Watch', Buffer.from('x'), { onMessage: () => {}, onEnd: (error) => ended.resolve(error) });
    expect(await ended.promise).to.include({ code: 11 });
  });

  it('tells the status and its decoded text', async () => {
    server.onCall = (stream) => answer(stream, Buffer.alloc(0), { status: 8, text: 'too%20large' });
    expect(await failure(call())).to.include({ code: 8, message: 'too large' });
  });

  it('reads a status that comes without trailers', async () => {
    server.onCall = (stream) =>
      stream.respond({ ':status': 200, 'grpc-status': '5', 'grpc-message': 'no' }, { endStream: true });
    expect(await failure(call())).to.include({ code: 5, message: 'no' });
  });

  it('takes an answer that is no gRPC for a failure that does not pass', async () => {
    server.onCall = (stream) => stream.respond({ ':status': 404 }, { endStream: true });
    expect(await failure(call())).to.include({ code: grpcStatus.unknown, message: 'the answer was HTTP 404' });
  });

  it('takes half a message for a failure', async () => {
    server.onCall = (stream) => {
      stream.respond({ ':status': 200 }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end(Buffer.from([0, 0, 0, 0, 9, 1]));
    };
    expect((await failure(call())).code).to.equal(grpcStatus.unknown);
  });

  it('gives up a call at its deadline, and only that call', async () => {
    const clock = new VirtualClock();
    client.close();
    client = new GrpcClient({ endpoints: [endpoint], clock });
    const asked = Promise.withResolvers<void>();
    server.onCall = (stream, message) => {
      if (message.toString() === 'slow') asked.resolve();
      else answer(stream, message);
    };
    const slow = failure(call('slow', 3000));
    await asked.promise;
    await clock.advance(3000);
    expect((await slow).code).to.equal(grpcStatus.deadlineExceeded);
    expect((await call('quick')).toString()).to.equal('quick');
    expect(server.sessions).to.have.length(1);
  });

  it('fails as unavailable when the connection breaks during a call, and connects again', async () => {
    server.onCall = () => server.sessions[0]!.destroy();
    expect((await failure(call())).code).to.equal(grpcStatus.unavailable);
    server.onCall = (stream, message) => answer(stream, message);
    expect((await call('again')).toString()).to.equal('again');
    expect(server.sessions).to.have.length(2);
  });

  it('lets calls under way end when the server goes away, and makes new ones elsewhere', async () => {
    const held = Promise.withResolvers<ServerHttp2Stream>();
    server.onCall = (stream) => held.resolve(stream);
    const first = call('first');
    const stream = await held.promise;
    server.sessions[0]!.goaway();
    server.onCall = (stream, message) => answer(stream, message);
    // The notice arrives some time; a call that is refused because of it may be made again.
    const second = call('second').catch(() => call('second'));
    expect((await second).toString()).to.equal('second');
    answer(stream, Buffer.from('late'));
    await first.then(
      (answered) => expect(answered.toString()).to.equal('late'),
      (error: GrpcError) => expect(error.code).to.equal(grpcStatus.unavailable),
    );
  });

  it('goes on to the next endpoint when one refuses', async () => {
    const gone = new Server();
    const nowhere = await gone.listen();
    gone.close();
    client.close();
    client = new GrpcClient({ endpoints: [nowhere, endpoint], clock: realClock });
    expect((await failure(call())).code).to.equal(grpcStatus.unavailable);
    expect((await call('there')).toString()).to.equal('there');
  });

  it('leaves a connection whose other side does not answer pings', async () => {
    const mute = createTcpServer((socket) => socket.on('error', () => {}).resume());
    mute.listen(0, '127.0.0.1');
    await once(mute, 'listening');
    const clock = new VirtualClock();
    client.close();
    client = new GrpcClient({ endpoints: [`http://127.0.0.1:${(mute.address() as AddressInfo).port}`], clock });
    const connected = once(mute, 'connection');
    const hanging = failure(call('x', 60_000));
    await connected;
    await clock.advance(15_000);
    expect((await hanging).code).to.equal(grpcStatus.unavailable);
    mute.close();
  });

  it('breaks off what is under way when it is closed, and takes no more calls', async () => {
    server.onCall = () => client.close();
    expect((await failure(call())).code).to.equal(grpcStatus.unavailable);
    const refused = await call().catch((error: Error) => error.message);
    expect(refused).to.equal('the store is closed');
  });
});
