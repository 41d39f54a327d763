import type { Exchange, Upgrade } from '../exchange/exchange.ts';
import { acceptWebSocket } from '../exchange/web-socket.ts';
import type { WatchTransport } from './watch-stream.ts';

/**
 * Turns the connection into a WebSocket whose messages are one event each: text for JSON, bytes for protobuf, which is
 * then without the length that precedes it elsewhere. A handshake that is none is answered 400.
 */
export function watchSocket(exchange: Exchange, upgrade: Upgrade, binary: boolean): WatchTransport {
  const { socket } = upgrade;
  const webSocket = acceptWebSocket(exchange, upgrade);
  return {
    write: (frames) => {
      for (const frame of frames) webSocket?.send(binary ? frame.subarray(4) : frame, { binary });
    },
    get waiting() {
      return socket.writableLength;
    },
    prompt: true,
    end: () => (webSocket ? webSocket.close(1000) : socket.destroy()),
    abort: () => void socket.destroy(),
  };
}
