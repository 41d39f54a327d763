import { GrpcError, grpcStatus } from './grpc-error.ts';
import type { HeaderFields } from './http2/header-fields.ts';

/** A message's prefix: whether it is compressed, and its length. */
const PREFIX = 5;

/** What has come of an answer. */
export class GrpcAnswer {
  readonly chunks: Buffer[] = [];
  #http = 0;
  #status: number | undefined;
  #text = '';

  /** Headers or trailers; the status stands in either. */
  head(fields: HeaderFields): void {
    this.#http ||= Number(fields.get(':status') ?? 0);
    const status = fields.get('grpc-status');
    if (status === undefined) return;
    this.#status = Number(status);
    this.#text = decoded(fields.get('grpc-message') ?? '');
  }

  /** Why there will be no (further) message. `broken` is what the connection says about it. */
  end(broken?: Error): GrpcError {
    // When several addresses refuse, the error has a code and no message.
    if (broken)
      return new GrpcError(grpcStatus.unavailable, broken.message || String((broken as { code?: string }).code));
    if (this.#status !== undefined) return new GrpcError(this.#status, this.#text || 'the answer ended');
    if (this.#http && this.#http !== 200) return new GrpcError(grpcStatus.unknown, `the answer was HTTP ${this.#http}`);
    return new GrpcError(grpcStatus.unavailable, 'the connection broke off');
  }

  /** The message. @throws GrpcError */
  message(broken?: Error): Buffer {
    if (broken || this.#status !== grpcStatus.ok) throw this.end(broken);
    const whole = this.chunks.length === 1 ? this.chunks[0]! : Buffer.concat(this.chunks);
    if (whole.length < PREFIX || whole[0] !== 0 || whole.readUInt32BE(1) !== whole.length - PREFIX) {
      throw new GrpcError(grpcStatus.unknown, 'the answer was not one whole, uncompressed message');
    }
    return whole.subarray(PREFIX);
  }
}

/** Puts messages together of the pieces in which they come. */
export class MessageReader {
  readonly #onMessage: (message: Buffer) => void;
  #pieces: Buffer[] = [];
  #size = 0;
  /** Bytes without which there is nothing to do. */
  #needed = PREFIX;

  constructor(onMessage: (message: Buffer) => void) {
    this.#onMessage = onMessage;
  }

  /** @throws GrpcError for a message that is not plain */
  take(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#size += piece.length;
    if (this.#size < this.#needed) return;
    let rest = this.#pieces.length === 1 ? piece : Buffer.concat(this.#pieces);
    for (this.#needed = PREFIX; rest.length >= PREFIX; this.#needed = PREFIX) {
      if (rest[0] !== 0) throw new GrpcError(grpcStatus.unknown, 'a message was compressed');
      this.#needed = PREFIX + rest.readUInt32BE(1);
      if (rest.length < this.#needed) break;
      const message = rest.subarray(PREFIX, this.#needed);
      rest = rest.subarray(this.#needed);
      this.#onMessage(message);
    }
    this.#pieces = rest.length === 0 ? [] : [rest];
    this.#size = rest.length;
  }
}

/** The message as it is sent: with its prefix. */
export function framed(message: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(PREFIX + message.length);
  frame[0] = 0;
  frame.writeUInt32BE(message.length, 1);
  message.copy(frame, PREFIX);
  return frame;
}

/** A status message is percent-encoded; one that is encoded wrongly is shown as it came. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
