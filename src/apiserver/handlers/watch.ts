import { notAcceptable } from '../../apimachinery/api-error.ts';
import { protobufType } from '../../apimachinery/protobuf/envelope.ts';
import type { Kind } from '../../apimachinery/kind.ts';
import type { Timer } from '../../base/clock.ts';
import type { StorageEvent } from '../../storage/storage.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { tableOptions } from '../output/output.ts';
import { partialMetadata } from '../output/partial-metadata.ts';
import { toTable } from '../output/table.ts';
import type { WatchCount } from '../metrics/watch-metrics.ts';
import { parseInteger } from '../registry/list.ts';
import { watch, type Watcher } from '../registry/watch.ts';
import { negotiate, type Negotiated } from './negotiate.ts';
import { headersFor, toApiError } from './respond.ts';
import type { HandlerServices, ResourceRequest } from './services.ts';
import {
  convertedFrames,
  eventFrame,
  metadataFrames,
  objectFrames,
  protobufFrame,
  protobufFrames,
  sharedFrames,
} from './watch-frames.ts';
import type { EncodeFrame, FrameEncoder, FrameType } from './watch-frames.ts';
import { webSocketUpgrade } from '../exchange/web-socket.ts';
import { watchSocket } from './watch-socket.ts';
import { WatchStream, type WatchTransport } from './watch-stream.ts';

/** A watch without `timeoutSeconds` ends after this many seconds, up to twice as many, so that not all come back at once. */
const defaultTimeout = 1800;

/** Answers with a stream of events. Resolves when the watch has begun; it goes on by itself. */
export async function handleWatch(services: HandlerServices, { exchange, target }: ResourceRequest): Promise<void> {
  const { query } = exchange;
  const accepted = negotiate(exchange.request.headers.accept, target.kind.definition);
  const asked = parseInteger(query.get('timeoutSeconds'));
  const timeout = asked > 0 ? asked : defaultTimeout * (1 + services.registry.random());
  const session = new WatchSession(services, exchange, target.kind, accepted, timeout);
  const wanted = {
    labelSelector: query.get('labelSelector'),
    fieldSelector: query.get('fieldSelector'),
    resourceVersion: query.get('resourceVersion'),
    resourceVersionMatch: query.get('resourceVersionMatch'),
    sendInitialEvents: query.get('sendInitialEvents'),
    continue: query.get('continue'),
  };
  try {
    await watch(services.registry, target, wanted, session, session.signal);
    session.begin();
  } catch (error) {
    session.stop();
    throw error;
  }
}

/** One open watch: turns what the registry tells into frames, with bookmarks, and ends in time. */
class WatchSession implements Watcher {
  readonly #services: HandlerServices;
  readonly #exchange: Exchange;
  readonly #accepted: Negotiated;
  readonly #encoder: FrameEncoder;
  readonly #bookmarks: boolean;
  readonly #abort = new AbortController();
  readonly #timers: Timer[] = [];
  readonly #closed: () => void;
  readonly #count: WatchCount;
  #stream: WatchStream | undefined;
  #revision = 0;

  constructor(services: HandlerServices, exchange: Exchange, kind: Kind, accepted: Negotiated, timeout: number) {
    const { clock } = services.registry;
    this.#services = services;
    this.#exchange = exchange;
    this.#accepted = accepted;
    this.#encoder = encoderFor(exchange, kind, accepted, services);
    this.#bookmarks = exchange.flag('allowWatchBookmarks');
    this.#timers.push(clock.after(timeout * 1000, () => this.#end()));
    if (this.#bookmarks) this.#timers.push(services.bookmarks.add(() => this.#bookmark()));
    this.#closed = services.watches.add(() => this.#end());
    this.#count = services.metrics.watches.opened(exchange);
    exchange.request.onClose(() => this.stop());
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Sends the header, so that the client knows that the watch stands even when nothing happens. */
  begin(): void {
    if (!this.signal.aborted) this.#out();
  }

  /** Frees everything. */
  stop(): void {
    if (this.signal.aborted) return;
    this.#abort.abort();
    for (const timer of this.#timers) timer.cancel();
    this.#stream?.close();
    this.#closed();
    this.#count.closed();
  }

  onInitial(entry: Parameters<Watcher['onInitial']>[0]): void {
    this.#count.initialEvent();
    this.#out().push(this.#encoder.initial(entry), true);
  }

  onInitialEnd(revision: number, asked: boolean): void {
    this.#revision = revision;
    if (asked && this.#bookmarks) this.#out().push(this.#encoder.bookmark(revision, true), true);
  }

  onChange(event: StorageEvent, type: FrameType, gone: boolean): void {
    this.#revision = event.revision;
    const frame = this.#encoder.event(event, type, gone);
    this.#count.event(frame.length);
    this.#out().push(frame);
  }

  onProgress(revision: number): void {
    if (revision > this.#revision) this.#revision = revision;
  }

  onClose(error?: Error): void {
    if (this.signal.aborted) return;
    if (error) {
      const failure = toApiError(error, this.#services.registry.log, `watch ${this.#exchange.path}`);
      this.#out().push(frameEncoding(this.#accepted)('ERROR', failure.toStatus()));
    }
    this.#out().end();
    this.stop();
  }

  /** The polite end: where the client can go on, then nothing more. */
  #end(): void {
    if (this.signal.aborted) return;
    if (this.#bookmarks) this.#bookmark();
    this.#out().end();
    this.stop();
  }

  #bookmark(): void {
    if (this.#revision > 0) this.#out().push(this.#encoder.bookmark(this.#revision, false));
  }

  #out(): WatchStream {
    if (!this.#stream) {
      const { clock } = this.#services.registry;
      this.#stream = new WatchStream(transportFor(this.#exchange, this.#accepted), clock, () => this.stop());
    }
    return this.#stream;
  }
}

/** The watcher's connection: what is left of HTTP's answer, or a WebSocket. */
function transportFor(exchange: Exchange, { contentType, protobuf }: Negotiated): WatchTransport {
  const upgrade = webSocketUpgrade(exchange);
  if (upgrade) return watchSocket(exchange, upgrade, protobuf);
  const headers = headersFor(exchange, protobuf ? `${contentType};stream=watch` : contentType);
  const stream = exchange.response.stream(200, headers);
  return {
    write: (frames) => void stream.write(frames.length === 1 ? frames[0]! : Buffer.concat(frames)),
    get waiting() {
      return stream.waiting;
    },
    prompt: exchange.request.identity === undefined,
    end: () => stream.end(),
    abort: () => stream.abort(),
  };
}

function encoderFor(exchange: Exchange, kind: Kind, accepted: Negotiated, { registry }: HandlerServices): FrameEncoder {
  const { protobuf } = accepted;
  if (accepted.yaml) throw notAcceptable(['application/json;stream=watch', `${protobufType};stream=watch`]);
  switch (accepted.form) {
    case 'object':
      return protobuf ? protobufFrames(kind) : objectFrames(kind);
    case 'partial':
    case 'partial-list':
      return partialFrames(accepted);
    default:
      return tableFrames(exchange, kind, accepted, registry.clock);
  }
}

/** Metadata alone, as JSON or protobuf. */
function partialFrames(accepted: Negotiated): FrameEncoder {
  const { version, protobuf } = accepted;
  const converted = convertedFrames(
    (object) => partialMetadata(object, version),
    (metadata) => ({ kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${version}`, metadata }),
    frameEncoding(accepted),
  );
  return protobuf ? sharedFrames(`partial ${version} protobuf`, converted) : metadataFrames(version, converted);
}

function frameEncoding({ protobuf }: Negotiated): EncodeFrame {
  return protobuf ? protobufFrame : eventFrame;
}

/** Tables of one row each; only the first tells the columns. */
function tableFrames(
  exchange: Exchange,
  kind: Kind,
  accepted: Negotiated,
  clock: HandlerServices['registry']['clock'],
): FrameEncoder {
  let withColumns = true;
  const options = tableOptions(exchange, accepted, clock);
  const table = (rows: Parameters<typeof toTable>[1], metadata: object) => {
    const result = toTable(kind, rows, { ...options, now: clock.now() }, metadata, withColumns);
    withColumns = false;
    return result;
  };
  return convertedFrames(
    (object) => table([object], { resourceVersion: object.metadata.resourceVersion }),
    (metadata) => table([], metadata),
  );
}
