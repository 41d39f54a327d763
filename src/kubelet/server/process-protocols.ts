/** How the streams of a process travel: the versions of the API's remote command protocol. */
export interface ProcessProtocol {
  /** From 3 on terminals can be resized, from 4 on the end is told as a Status, from 5 on stdin can be closed. */
  readonly version: 1 | 2 | 3 | 4 | 5;
  /** WebSocket only: messages are text, with the data in base64 behind the channel's number as a digit. */
  readonly base64?: boolean;
}

/** Subprotocols of WebSockets, the best first. A client that offers none speaks the first version. */
export const webSocketProtocols: ReadonlyMap<string, ProcessProtocol> = new Map<string, ProcessProtocol>([
  ['v5.channel.k8s.io', { version: 5 }],
  ['v4.channel.k8s.io', { version: 4 }],
  ['v4.base64.channel.k8s.io', { version: 4, base64: true }],
  ['channel.k8s.io', { version: 1 }],
  ['base64.channel.k8s.io', { version: 1, base64: true }],
]);

/** Protocols over SPDY, the best first. A client that offers none speaks the first version. */
export const spdyProtocols: ReadonlyMap<string, ProcessProtocol> = new Map<string, ProcessProtocol>([
  ['v5.channel.k8s.io', { version: 5 }],
  ['v4.channel.k8s.io', { version: 4 }],
  ['v3.channel.k8s.io', { version: 3 }],
  ['v2.channel.k8s.io', { version: 2 }],
  ['channel.k8s.io', { version: 1 }],
]);

export const oldestProtocol: ProcessProtocol = { version: 1 };
