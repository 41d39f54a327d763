import { expect } from 'chai';
import { duplexPair, type Duplex } from 'node:stream';
import { VirtualClock } from '../../../src/base/virtual-clock.ts';
import { exitStatus } from '../../../src/kubelet/server/exec-status.ts';
import { forwardPorts } from '../../../src/kubelet/server/port-forward.ts';
import { spdyChannels } from '../../../src/kubelet/server/spdy-channels.ts';
import { dictionary } from '../../../src/kubelet/server/spdy/dictionary.ts';
import {
  controlFrame,
  dataFrame,
  FIN,
  frameType,
  readFrames,
  words,
  type Frame,
} from '../../../src/kubelet/server/spdy/frame.ts';
import { HeaderCodec } from '../../../src/kubelet/server/spdy/headers.ts';

/** The other end: what kubectl does, as bytes. */
class Client {
  readonly socket: Duplex;
  readonly #codec = new HeaderCodec();
  readonly frames: Frame[] = [];
  readonly done: Promise<void>;

  constructor(socket: Duplex) {
    this.socket = socket;
    this.done = this.#read();
  }

  async open(id: number, headers: Record<string, string>): Promise<void> {
    const block = await this.#codec.encode(new Map(Object.entries(headers)));
    this.socket.write(controlFrame(frameType.synStream, 0, Buffer.concat([words(id, 0), Buffer.alloc(2), block])));
  }

  send(id: number, text: string, fin = false): void {
    this.socket.write(dataFrame(id, fin ? FIN : 0, Buffer.from(text)));
  }

  /** All data of a stream so far. */
  text(id: number): string {
    return this.frames.map((f) => (!f.control && f.streamId === id ? f.payload.toString() : '')).join('');
  }

  ended(id: number): boolean {
    return this.frames.some((f) => !f.control && f.streamId === id && f.flags === FIN);
  }

  replies(): number[] {
    return this.frames.flatMap((f) => (f.control && f.type === frameType.synReply ? [f.payload.readUInt32BE(0)] : []));
  }

  async #read(): Promise<void> {
    for await (const frame of readFrames(this.socket)) this.frames.push(frame);
  }
}

/** Waits until something holds. Headers are packed by other threads, which need time and not only turns. */
async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 2000 && !holds(); i++) await new Promise((resolve) => setTimeout(resolve, 1));
  expect(holds(), 'what was waited for').to.equal(true);
}

describe('SPDY/3.1', () => {
  it('has the dictionary of the protocol', () => {
    expect(dictionary.length).to.equal(1423);
  });

  it('cuts bytes into frames wherever they are torn', async () => {
    const bytes = Buffer.concat([controlFrame(frameType.ping, 0, words(1)), dataFrame(3, FIN, Buffer.from('abc'))]);
    for (let cut = 1; cut < bytes.length; cut++) {
      const frames: Frame[] = [];
      const pieces = async function* () {
        yield bytes.subarray(0, cut);
        yield bytes.subarray(cut);
      };
      for await (const frame of readFrames(pieces())) frames.push(frame);
      expect(frames.map((f) => f.payload.toString('hex'))).to.deep.equal(['00000001', '616263']);
    }
  });

  it('refuses other versions and giants', async () => {
    const read = async (bytes: Buffer) => {
      for await (const _ of readFrames([bytes] as never));
    };
    const said = (bytes: Buffer) =>
      read(bytes).then(
        () => '',
        (e: Error) => e.message,
      );
    expect(await said(Buffer.from('8002000600000000', 'hex'))).to.contain('version 2');
    expect(await said(Buffer.from('0000000100ffffff', 'hex'))).to.contain('too large');
  });

  it('keeps header compression in step over many blocks', async () => {
    const [from, to] = [new HeaderCodec(), new HeaderCodec()];
    for (let i = 0; i < 20; i++) {
      const headers = new Map([
        ['streamtype', i % 2 ? 'data' : 'error'],
        ['requestid', String(i)],
      ]);
      expect(await to.decode(await from.encode(headers))).to.deep.equal(headers);
    }
  });

  it('carries a process: input and its end, outputs, and the exit code last', async () => {
    const [server, socket] = duplexPair();
    const client = new Client(socket);
    const request = { command: [], stdin: true, stdout: true, stderr: true, tty: false };
    const opening = spdyChannels(server, request, new VirtualClock());
    for (const [i, streamtype] of ['error', 'stdin', 'stdout', 'stderr'].entries())
      await client.open(1 + 2 * i, { streamType: streamtype });
    const channels = await opening;
    client.send(3, 'ping', true);
    let input = '';
    for await (const chunk of channels.streams.stdin!) input += chunk;
    expect(input).to.equal('ping');
    channels.streams.stdout!.write('out');
    channels.streams.stderr!.write('err');
    await channels.finish(exitStatus(3));
    await client.done;
    expect(client.replies()).to.deep.equal([1, 3, 5, 7]);
    expect([client.text(5), client.text(7)]).to.deep.equal(['out', 'err']);
    expect(JSON.parse(client.text(1)).details.causes).to.deep.equal([{ reason: 'ExitCode', message: '3' }]);
    expect(client.ended(1) && client.ended(5)).to.equal(true);
  });

  it('gives up on a client that does not open its streams', async () => {
    const clock = new VirtualClock();
    const [server] = duplexPair();
    const request = { command: [], stdin: false, stdout: true, stderr: false, tty: false };
    const opening = spdyChannels(server, request, clock).then(
      () => '',
      (e: Error) => e.message,
    );
    await clock.advance(31_000);
    expect(await opening).to.contain('in time');
    expect(server.destroyed).to.equal(true);
  });

  it('answers pings', async () => {
    const [server, socket] = duplexPair();
    const client = new Client(socket);
    void forwardPorts(server, async () => server);
    client.socket.write(controlFrame(frameType.ping, 0, words(7)));
    await until(() => client.frames.length === 1);
    expect(client.frames[0]).to.deep.include({ control: true, type: frameType.ping, payload: words(7) });
    socket.destroy();
  });

  it('forwards each connection by itself and reports one that fails', async () => {
    const [server, socket] = duplexPair();
    const client = new Client(socket);
    const far: Duplex[] = [];
    const forwarding = forwardPorts(server, async (port) => {
      if (port === 81) throw new Error('connection refused');
      const [near, other] = duplexPair();
      far.push(other);
      return near;
    });
    await client.open(1, { streamtype: 'error', port: '80', requestid: '0' });
    await client.open(3, { streamtype: 'data', port: '80', requestid: '0' });
    client.send(3, 'hello');
    await until(() => far.length === 1);
    far[0]!.once('data', (data) => far[0]!.end(`got ${data}`));
    await client.open(5, { streamtype: 'error', port: '81', requestid: '1' });
    await client.open(7, { streamtype: 'data', port: '81', requestid: '1' });
    await until(() => client.ended(3) && client.ended(5));
    expect(client.text(3)).to.equal('got hello');
    expect(client.text(5)).to.equal('error forwarding port 81: connection refused');
    socket.destroy();
    await forwarding;
  });
});
