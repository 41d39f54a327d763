import type { WebSocket } from 'ws';

/** A message of a connection with several channels: the channel's number and the data. */
export interface ChannelMessage {
  readonly channel: number;
  readonly data: Buffer;
}

/** Reads a message; undefined when there is none in it. In base64 the channel is a digit, else a byte. */
export function readMessage(message: Buffer, base64: boolean): ChannelMessage | undefined {
  if (message.length === 0) return undefined;
  if (!base64) return { channel: message[0]!, data: message.subarray(1) };
  const channel = message[0]! - 48;
  if (channel < 0 || channel > 9) return undefined;
  return { channel, data: Buffer.from(message.toString('latin1', 1), 'base64') };
}

/** Sends data on a channel; resolves when it has been handed to the network. @throws Error when the client has left */
export function sendMessage(socket: WebSocket, { channel, data }: ChannelMessage, base64: boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    if (socket.readyState !== socket.OPEN) return reject(new Error('the client has left'));
    const message = base64
      ? `${channel}${data.toString('base64')}`
      : Buffer.concat([Buffer.from([channel]), data], data.length + 1);
    socket.send(message, { binary: !base64 }, (error) => (error ? reject(error) : resolve()));
  });
}
