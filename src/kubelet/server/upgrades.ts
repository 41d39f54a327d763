import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { createWebSocketStream, WebSocketServer, type WebSocket } from 'ws';
import { badRequest } from '../../apimachinery/api-error.ts';
import { portForwardProtocol } from './port-forward.ts';
import { processProtocols } from './websocket-channels.ts';

/** The WebSocket subprotocol that carries SPDY frames of port forwarding. */
const tunnelProtocol = `SPDY/3.1+${portForwardProtocol}`;
/** Bytes of one message. */
const LARGEST_MESSAGE = 32 * 1024 * 1024;

const options = { noServer: true, perMessageDeflate: false, maxPayload: LARGEST_MESSAGE } as const;
const processServer = new WebSocketServer({
  ...options,
  handleProtocols: (offered) => processProtocols.find((p) => offered.has(p)) ?? false,
});
const plainServer = new WebSocketServer(options);

/** What a client wants its connection to become. */
export function upgradeOf(request: IncomingMessage): 'websocket' | 'spdy' | undefined {
  const upgrade = (request.headers.upgrade ?? '').toLowerCase();
  if (upgrade === 'websocket') return 'websocket';
  return upgrade.startsWith('spdy/3.1') ? 'spdy' : undefined;
}

/** Accepts a WebSocket for exec or attach. @throws ApiError when no subprotocol suits */
export function acceptProcessSocket(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<WebSocket> {
  const offered = list(request.headers['sec-websocket-protocol']);
  if (!processProtocols.some((p) => offered.includes(p))) {
    throw badRequest(
      `unable to upgrade: none of the subprotocols [${offered.join(' ')}] is among [${processProtocols.join(' ')}]`,
    );
  }
  return new Promise((resolve) => processServer.handleUpgrade(request, socket, head, resolve));
}

/** Accepts a WebSocket whose messages carry SPDY frames; the frames' stream. */
export async function acceptTunnel(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<Duplex> {
  if (!list(request.headers['sec-websocket-protocol']).includes(tunnelProtocol)) {
    throw badRequest(`unable to upgrade: the subprotocol must be ${tunnelProtocol}`);
  }
  // The slash makes it no proper token, which the library refuses to see; so it is kept from it and answered by us.
  delete request.headers['sec-websocket-protocol'];
  const answer = (headers: string[], accepted: IncomingMessage) => {
    if (accepted === request) headers.push(`Sec-WebSocket-Protocol: ${tunnelProtocol}`);
  };
  plainServer.on('headers', answer);
  try {
    const webSocket = await new Promise<WebSocket>((resolve) =>
      plainServer.handleUpgrade(request, socket, head, resolve),
    );
    return createWebSocketStream(webSocket);
  } finally {
    plainServer.off('headers', answer);
  }
}

/** Answers 101 to a SPDY upgrade. `protocols` are ours, the best first. @throws ApiError when none suits */
export function acceptSpdy(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  protocols: readonly string[],
): Duplex {
  const offered = list(request.headers['x-stream-protocol-version']);
  const chosen = protocols.find((p) => offered.includes(p));
  if (!chosen)
    throw badRequest(
      `unable to upgrade: none of the protocols [${offered.join(' ')}] is among [${protocols.join(' ')}]`,
    );
  const lines = [
    'HTTP/1.1 101 Switching Protocols',
    'Connection: Upgrade',
    'Upgrade: SPDY/3.1',
    `X-Stream-Protocol-Version: ${chosen}`,
  ];
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  if (head.length > 0) socket.unshift(head);
  return socket;
}

function list(header: string | string[] | undefined): string[] {
  return [header ?? []]
    .flat()
    .flatMap((h) => h.split(','))
    .map((p) => p.trim());
}
