import type { IncomingMessage } from 'node:http';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Exchange, Upgrade } from './exchange.ts';

/** Browsers put their token among the subprotocols; it is no protocol to speak. */
const tokenPrefix = 'base64url.bearer.authorization.k8s.io.';

/** Readers have nothing to say: messages of theirs are ignored, and large ones end the connection. */
const server = new WebSocketServer({
  noServer: true,
  perMessageDeflate: false,
  maxPayload: 64 * 1024,
  handleProtocols: (offered) => [...offered].find((protocol) => !protocol.startsWith(tokenPrefix)) ?? false,
});

/** The connection that a request wants to turn into a WebSocket, if it does. */
export function webSocketUpgrade({ request }: Exchange): Upgrade | undefined {
  return request.headers.upgrade?.toLowerCase() === 'websocket' ? request.upgrade : undefined;
}

/**
 * Turns the connection into a WebSocket that only the server says something on. The first protocol that the client offers
 * is taken. A handshake that is none is answered 400, and the result is undefined.
 */
export function acceptWebSocket(exchange: Exchange, { socket, head }: Upgrade): WebSocket | undefined {
  const { method, url, headers } = exchange.request;
  let accepted: WebSocket | undefined;
  server.handleUpgrade({ method, url, headers } as IncomingMessage, socket, head, (webSocket) => {
    webSocket.on('error', () => {}); // 'close' follows and is what counts
    accepted = webSocket;
  });
  exchange.response.stream(101, {});
  return accepted;
}
