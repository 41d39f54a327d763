import type { BodyStream, Exchange, Upgrade } from '../exchange/exchange.ts';
import { acceptWebSocket } from '../exchange/web-socket.ts';

/** The protocol whose messages are text; all others get bytes. */
const base64Protocol = 'base64.binary.k8s.io';

/** Turns the connection into a WebSocket whose messages are the bytes of a log as they come. */
export function logSocket(exchange: Exchange, upgrade: Upgrade): BodyStream {
  const { socket } = upgrade;
  const webSocket = acceptWebSocket(exchange, upgrade);
  const asText = webSocket?.protocol === base64Protocol;
  return {
    write: (chunk) => {
      webSocket?.send(asText ? chunk.toString('base64') : chunk, { binary: !asText });
      return !socket.writableNeedDrain;
    },
    onDrain: (listener) => void socket.once('drain', listener),
    get waiting() {
      return socket.writableLength;
    },
    end: () => (webSocket ? webSocket.close(1000) : void socket.destroy()),
    abort: () => void socket.destroy(),
  };
}
