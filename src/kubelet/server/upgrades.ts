import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { createWebSocketStream, WebSocketServer, type WebSocket } from 'ws';
import { ApiError } from '../../apimachinery/api-error.ts';
import { portForwardProtocol } from './port-forward.ts';
import { oldestProtocol, webSocketProtocols, type ProcessProtocol } from './process-protocols.ts';

/** The WebSocket subprotocol that carries SPDY frames of port forwarding. */
const tunnelProtocol = `SPDY/3.1+${portForwardProtocol}`;
/** The older subprotocols of port forwarding, with two channels for each port. */
const portProtocols = ['v4.channel.k8s.io', 'v4.base64.channel.k8s.io'];
/** Bytes of one message. */
const LARGEST_MESSAGE = 32 * 1024 * 1024;

const options = { noServer: true, perMessageDeflate: false, maxPayload: LARGEST_MESSAGE } as const;
const processServer = new WebSocketServer({
  ...options,
  handleProtocols: (offered) => best([...offered], [...webSocketProtocols.keys()]) ?? false,
});
const portServer = new WebSocketServer({
  ...options,
  handleProtocols: (offered) => best([...offered], portProtocols) ?? false,
});
const plainServer = new WebSocketServer(options);

/** What a client wants its connection to become. */
export function upgradeOf(request: IncomingMessage): 'websocket' | 'spdy' | undefined {
  const upgrade = (request.headers.upgrade ?? '').toLowerCase();
  if (upgrade === 'websocket') return 'websocket';
  return upgrade.startsWith('spdy/3.1') ? 'spdy' : undefined;
}

/** Accepts a WebSocket for exec or attach. @throws ApiError when no subprotocol suits */
export function acceptProcessSocket(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<{ webSocket: WebSocket; protocol: ProcessProtocol }> {
  const offered = offeredProtocols(request);
  const chosen = best(offered, [...webSocketProtocols.keys()]);
  if (offered.length > 0 && !chosen) throw noProtocol(offered, [...webSocketProtocols.keys()]);
  const protocol = chosen === undefined ? oldestProtocol : webSocketProtocols.get(chosen)!;
  return new Promise((resolve) =>
    processServer.handleUpgrade(request, socket, head, (webSocket) => resolve({ webSocket, protocol })),
  );
}

/** Whether the client wants to speak SPDY inside of a WebSocket. */
export function wantsTunnel(request: IncomingMessage): boolean {
  return offeredProtocols(request).includes(tunnelProtocol);
}

/** Accepts a WebSocket with channels for ports that are fixed from the begin. @throws ApiError when no subprotocol suits */
export function acceptPortSocket(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<{ webSocket: WebSocket; base64: boolean }> {
  const offered = offeredProtocols(request);
  const chosen = best(offered, portProtocols);
  if (offered.length > 0 && !chosen) throw noProtocol(offered, [tunnelProtocol, ...portProtocols]);
  const base64 = chosen?.includes('base64') ?? false;
  return new Promise((resolve) =>
    portServer.handleUpgrade(request, socket, head, (webSocket) => resolve({ webSocket, base64 })),
  );
}

function offeredProtocols(request: IncomingMessage): string[] {
  return list(request.headers['sec-websocket-protocol']);
}

function best(offered: readonly string[], known: readonly string[]): string | undefined {
  return known.find((protocol) => offered.includes(protocol));
}

function noProtocol(client: readonly string[], server: readonly string[]): ApiError {
  const message = `unable to upgrade: unable to negotiate protocol: client supports [${client.join(' ')}], server accepts [${server.join(' ')}]`;
  return new ApiError(403, 'Forbidden', message, {});
}

/** Accepts a WebSocket whose messages carry SPDY frames; the frames' stream. */
export async function acceptTunnel(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<Duplex> {
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

/**
 * Answers 101 to a SPDY upgrade. `protocols` are ours, the best first; `chosen` is empty for a client that offers none,
 * as the oldest do.
 * @throws ApiError when none suits
 */
export function acceptSpdy(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  protocols: readonly string[],
): { connection: Duplex; chosen: string } {
  const offered = list(request.headers['x-stream-protocol-version']);
  const chosen = best(offered, protocols) ?? '';
  if (offered.length > 0 && !chosen) throw noProtocol(offered, protocols);
  const lines = ['HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', 'Upgrade: SPDY/3.1'];
  if (chosen) lines.push(`X-Stream-Protocol-Version: ${chosen}`);
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  if (head.length > 0) socket.unshift(head);
  return { connection: socket, chosen };
}

function list(header: string | string[] | undefined): string[] {
  return [header ?? []]
    .flat()
    .flatMap((h) => h.split(','))
    .map((p) => p.trim())
    .filter(Boolean);
}
