import { expect } from 'chai';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { connect, createServer as createTcpServer, type AddressInfo, type Server as TcpServer } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import { exitStatus, failureStatus } from '../../../src/kubelet/server/exec-status.ts';
import { forwardFixedPorts } from '../../../src/kubelet/server/port-channels.ts';
import { parsePorts } from '../../../src/kubelet/server/requests.ts';
import { acceptPortSocket, acceptProcessSocket } from '../../../src/kubelet/server/upgrades.ts';
import { webSocketChannels } from '../../../src/kubelet/server/websocket-channels.ts';

const asText = (base64: boolean, message: Buffer) =>
  base64
    ? `${message.toString()[0]}:${Buffer.from(message.toString().slice(1), 'base64').toString()}`
    : `${message[0]}:${message.toString('utf8', 1)}`;
const frame = (base64: boolean, channel: number, text: string) =>
  base64 ? `${channel}${Buffer.from(text).toString('base64')}` : Buffer.from(`${String.fromCharCode(channel)}${text}`);

describe('kubelet: WebSockets', () => {
  let server: Server;
  let echo: TcpServer;
  let onUpgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => Promise<void>;
  let refused: unknown;

  before(async () => {
    server = createServer();
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      onUpgrade(request, socket, head).catch((error: unknown) => {
        refused = error;
        socket.destroy();
      });
    });
    echo = createTcpServer((socket) => socket.on('error', () => {}).pipe(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
  });
  after(() => {
    server.closeAllConnections();
    server.close();
    echo.close();
  });

  async function open(protocols: string[]) {
    const { port } = server.address() as AddressInfo;
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`, protocols);
    const base64 = protocols[0]?.includes('base64') ?? false;
    const messages: string[] = [];
    socket.on('message', (data) => messages.push(asText(base64, data as Buffer)));
    await once(socket, 'open');
    return { socket, messages, send: (channel: number, text: string) => socket.send(frame(base64, channel, text)) };
  }

  /** A process that repeats its input, and ends with 3 at the input's end or at the word `exit`. */
  function serveProcess(tty = false): { sizes: string[] } {
    const sizes: string[] = [];
    onUpgrade = async (request, socket, head) => {
      const { webSocket, protocol } = await acceptProcessSocket(request, socket, head);
      const wanted = { command: [], stdin: true, stdout: true, stderr: !tty, tty };
      const channels = webSocketChannels(webSocket, wanted, protocol);
      const { streams } = channels;
      streams.onResize?.((width, height) => sizes.push(`${width}x${height}`));
      for await (const chunk of streams.stdin!) {
        if (String(chunk) === 'exit') break;
        streams.stdout!.write(`got ${String(chunk)}`);
      }
      streams.stderr?.write('bye');
      await channels.finish(exitStatus(3, protocol));
    };
    return { sizes };
  }

  const versions: [string, string[]][] = [
    ['v5.channel.k8s.io', ['v5.channel.k8s.io', 'v4.channel.k8s.io']],
    ['v4.channel.k8s.io', ['v4.channel.k8s.io', 'channel.k8s.io']],
    ['v4.base64.channel.k8s.io', ['v4.base64.channel.k8s.io']],
    ['channel.k8s.io', ['channel.k8s.io']],
    ['base64.channel.k8s.io', ['base64.channel.k8s.io']],
    ['', []],
  ];
  for (const [name, offered] of versions) {
    it(`carry a process over ${name || 'no subprotocol'}`, async () => {
      serveProcess();
      const { socket, messages, send } = await open(offered);
      expect(socket.protocol).to.equal(name);
      send(0, 'hello');
      while (!messages.includes('1:got hello')) await once(socket, 'message');
      if (name.startsWith('v5')) socket.send(Buffer.from([255, 0]));
      else send(0, 'exit');
      await once(socket, 'close');
      const [, , stderr, error] = [0, 1, 2, 3].map((c) =>
        messages
          .filter((m) => m.startsWith(`${c}:`))
          .map((m) => m.slice(2))
          .join(''),
      );
      expect(messages[0]).to.equal('1:'); // says that the connection is there
      expect(stderr).to.equal('bye');
      const sentence = 'command terminated with non-zero exit code: exit status 3';
      if (name.startsWith('v')) {
        expect(JSON.parse(error!)).to.deep.include({ status: 'Failure', reason: 'NonZeroExitCode', message: sentence });
      } else expect(error).to.equal(sentence);
    });
  }

  it('resize terminals', async () => {
    const { sizes } = serveProcess(true);
    const { socket, send } = await open(['v4.channel.k8s.io']);
    send(4, '{"Width":80,"Height":24}');
    send(0, 'exit');
    await once(socket, 'close');
    expect(sizes).to.deep.equal(['80x24']);
  });

  it('refuse what nobody here speaks', async () => {
    serveProcess();
    const failed = await open(['v9.channel.k8s.io']).catch((error: Error) => error);
    expect(failed).to.be.an('error');
    expect(String(refused)).to.contain('client supports [v9.channel.k8s.io]');
  });

  it('say nothing at the end when all is well, in versions that know sentences only', () => {
    expect(exitStatus(0, { version: 1 })).to.equal('');
    expect(JSON.parse(exitStatus(0, { version: 4 })).status).to.equal('Success');
    expect(failureStatus(new Error('no such command'), { version: 3 })).to.equal('no such command');
  });

  for (const protocol of ['v4.channel.k8s.io', 'v4.base64.channel.k8s.io']) {
    it(`forward fixed ports over ${protocol}`, async () => {
      const closed: string[] = [];
      onUpgrade = async (request, socket, head) => {
        const { webSocket, base64 } = await acceptPortSocket(request, socket, head);
        await forwardFixedPorts(webSocket, [80, 9999], base64, async (port) => {
          if (port !== 80) throw new Error('connection refused');
          const target = connect((echo.address() as AddressInfo).port, '127.0.0.1');
          return target.once('close', () => closed.push('target'));
        });
        closed.push('all');
      };
      const { socket, messages, send } = await open([protocol]);
      send(0, 'hello');
      const [port, other] = [String.fromCharCode(80, 0), Buffer.from([9999 & 255, 9999 >> 8]).toString()];
      const expected = [
        `0:${port}`,
        '0:hello',
        `1:${port}`,
        `2:${other}`,
        `3:${other}`,
        '3:error forwarding port 9999: connection refused',
      ];
      while (messages.length < expected.length) await once(socket, 'message');
      expect([...messages].sort()).to.deep.equal([...expected].sort());
      socket.close();
      while (closed.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    });
  }

  const ports: [string, number[] | string][] = [
    ['port=80', [80]],
    ['port=80,443&port=8080', [80, 443, 8080]],
    ['', 'query parameter "port" is required'],
    ['port=', 'query parameter "port" cannot be empty'],
    ['port=http', 'unable to parse "http" as a port'],
    ['port=0', 'port "0" must be > 0'],
    ['port=70000', 'unable to parse "70000" as a port'],
  ];
  for (const [query, expected] of ports) {
    it(`read the ports of ${query || 'nothing'}`, () => {
      const read = () => parsePorts(new URLSearchParams(query));
      if (typeof expected === 'string') expect(read).to.throw(expected);
      else expect(read()).to.deep.equal(expected);
    });
  }
});
