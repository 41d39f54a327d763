import type { IncomingMessage } from 'node:http';
import { WebSocketServer } from 'ws';
import type { Exchange, Upgrade } from '../exchange/exchange.ts';
import type { WatchTransport } from './watch-stream.ts';

/** Browsers put their token among the subprotocols; it is no protocol to speak. */
const tokenPrefix = 'base64url.bearer.authorization.k8s.io.';

/** Watchers have nothing to say: messages of theirs are ignored, and large ones end the connection. */
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
 * Turns the connection into a WebSocket whose messages are one event each: text for JSON, bytes for protobuf, which is
 * then without the length that precedes it elsewhere. A handshake that is none is answered 400.
 */
export function watchSocket(exchange: Exchange, { socket, head }: Upgrade, binary: boolean): WatchTransport {
  const { method, url, headers } = exchange.request;
  let send: ((frame: Buffer) => void) | undefined;
  let close: () => void = () => socket.destroy();
  server.handleUpgrade({ method, url, headers } as IncomingMessage, socket, head, (webSocket) => {
    webSocket.on('error', () => {}); // 'close' follows and is what counts
    send = (frame) => webSocket.send(binary ? frame.subarray(4) : frame, { binary });
    close = () => webSocket.close(1000);
  });
  exchange.response.stream(101, {});
  return {
    write: (frames) => {
      for (const frame of frames) send?.(frame);
    },
    get waiting() {
      return socket.writableLength;
    },
    prompt: true,
    end: () => close(),
    abort: () => void socket.destroy(),
  };
}
