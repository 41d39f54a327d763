import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { Backoff } from '../../base/backoff.ts';
import { sleep, type Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import { dockerMessage, hasStatus, type DockerEngine, type DockerInspection } from './docker.ts';
import { knownOf, label, ownerFilter, type Known, type Owner } from './docker-labels.ts';
import type { DockerState } from './docker-state.ts';
import type { RuntimeListener } from './runtime.ts';

export interface FollowerOptions {
  readonly docker: DockerEngine;
  readonly owner: Owner;
  readonly state: DockerState;
  readonly clock: Clock;
  readonly log: Log;
  readonly socketPath: string;
}

/** What changes a container's state. */
const interesting = ['create', 'start', 'die', 'oom', 'destroy'];
/** Bytes of a termination message, and of a log that stands in for one. */
const LONGEST_MESSAGE = 4096;
const LONGEST_LOG = 2048;
const LOG_LINES = 80;
/** So many inspections at once. */
const PARALLEL = 8;

interface EngineEvent {
  readonly Action?: string;
  readonly Actor?: { readonly ID?: string };
}

/**
 * Keeps the state current: lists everything once, then follows the engine's events. When the engine goes away it says
 * so, and starts over when it is back.
 */
export class DockerFollower {
  readonly #options: FollowerOptions;
  #listener: RuntimeListener | undefined;
  #stop = new AbortController();
  #refreshing = new Map<string, { promise: Promise<void>; again: boolean }>();
  #running: Promise<void> | undefined;
  #problem: string | undefined;

  constructor(options: FollowerOptions) {
    this.#options = options;
  }

  /** @throws a sentence when the engine does not answer */
  async start(listener: RuntimeListener): Promise<void> {
    this.#listener = listener;
    const events = await this.#connect();
    this.#running = this.#follow(events);
  }

  async stop(): Promise<void> {
    this.#listener = undefined;
    this.#stop.abort(new Error('the kubelet stops'));
    await this.#running;
  }

  /** Looks at one container again. Resolves when the state knows it as it was at or after the call. */
  refresh(id: string): Promise<void> {
    const current = this.#refreshing.get(id);
    if (current) {
      current.again = true;
      return current.promise;
    }
    const entry = { promise: Promise.resolve(), again: false };
    this.#refreshing.set(id, entry);
    entry.promise = this.#refreshUntilQuiet(id, entry).finally(() => this.#refreshing.delete(id));
    return entry.promise;
  }

  async #follow(first: AsyncIterable<Buffer>): Promise<void> {
    let events: AsyncIterable<Buffer> | undefined = first;
    const delays = new Backoff<'engine'>(250, 2_000);
    while (!this.#stop.signal.aborted) {
      try {
        events ??= await this.#connect();
        delays.forget('engine');
        this.#setProblem(undefined);
        await this.#readEvents(events);
        throw new Error('the connection was closed');
      } catch (error) {
        events = undefined;
        if (this.#stop.signal.aborted) return;
        this.#setProblem(this.#sentence(error));
        await sleep(this.#options.clock, delays.next('engine'), this.#stop.signal).catch(() => {});
      }
    }
  }

  /** Subscribes first and lists then, so that nothing falls in between. */
  async #connect(): Promise<AsyncIterable<Buffer>> {
    const { docker, owner } = this.#options;
    try {
      const filters = { type: ['container'], event: interesting, label: ownerFilter(owner) };
      const events = await openEvents(docker, filters);
      events.on('error', () => {}); // reading it throws
      this.#endWithUs(events);
      await this.#list();
      return events;
    } catch (error) {
      throw new Error(this.#sentence(error), { cause: error });
    }
  }

  /** Stopping ends the stream, also one that was opened meanwhile; one that ends by itself is forgotten. */
  #endWithUs(events: Readable): void {
    const { signal } = this.#stop;
    const end = () => void events.destroy();
    signal.addEventListener('abort', end, { once: true });
    events.once('close', () => signal.removeEventListener('abort', end));
    if (signal.aborted) end();
  }

  async #list(): Promise<void> {
    const { docker, owner, state } = this.#options;
    const found = await docker.listContainers({ all: true, filters: { label: ownerFilter(owner) } });
    const ids = new Set(found.map((c) => c.Id));
    for (const id of state.ids()) if (!ids.has(id)) this.#forget(id);
    const left = [...ids];
    const work = async () => {
      for (let id = left.pop(); id; id = left.pop()) await this.refresh(id);
    };
    await Promise.all(Array.from({ length: PARALLEL }, work));
  }

  async #readEvents(events: AsyncIterable<Buffer>): Promise<void> {
    let rest = '';
    for await (const chunk of events) {
      const lines = (rest + chunk.toString('utf8')).split('\n');
      rest = lines.pop()!;
      for (const line of lines) if (line) this.#take(JSON.parse(line));
    }
  }

  #take({ Action, Actor }: EngineEvent): void {
    const id = Actor?.ID;
    if (!id) return;
    if (Action === 'destroy') return this.#forget(id);
    this.refresh(id).catch((error) =>
      this.#options.log.debug('cannot inspect a container', { id, error: dockerMessage(error) }),
    );
  }

  #forget(id: string): void {
    const uid = this.#options.state.uidOf(id);
    this.#options.state.remove(id);
    if (uid) this.#listener?.podChanged(uid);
  }

  async #refreshUntilQuiet(id: string, entry: { again: boolean }): Promise<void> {
    do {
      entry.again = false;
      const known = await this.#look(id);
      if (!known) {
        this.#forget(id);
        continue;
      }
      this.#options.state.put(known);
      this.#listener?.podChanged(known.pod.uid);
    } while (entry.again);
  }

  async #look(id: string): Promise<Known | undefined> {
    let info: DockerInspection;
    try {
      info = await this.#options.docker.getContainer(id).inspect();
    } catch (error) {
      if (hasStatus(error, 404)) return undefined;
      throw error;
    }
    const known = knownOf(info);
    if (known?.type !== 'container' || known.container.state !== 'exited' || known.container.message) return known;
    const message = await this.#terminationMessage(info, known.container.exitCode ?? 0);
    return message ? { ...known, container: { ...known.container, message } } : known;
  }

  async #terminationMessage(info: DockerInspection, exitCode: number): Promise<string> {
    const path = info.Config.Labels?.[label.messagePath];
    const text = path ? await beginningOf(path) : '';
    if (text || exitCode === 0 || info.Config.Labels?.[label.messageFromLog] !== 'true') return text;
    const log = await this.#options.docker.getContainer(info.Id).logs({ stdout: true, stderr: true, tail: LOG_LINES });
    return withoutFrames(log, info.Config.Tty).slice(-LONGEST_LOG);
  }

  #setProblem(problem: string | undefined): void {
    if (problem === this.#problem) return;
    this.#problem = problem;
    this.#listener?.healthChanged(problem);
  }

  #sentence(error: unknown): string {
    const why = dockerMessage(error);
    const lead = 'The Docker Engine does not answer';
    return why.startsWith(lead) ? why : `${lead} on ${this.#options.socketPath}: ${why}`;
  }
}

/** The library's types know neither all filters nor all that the stream can do. */
function openEvents(docker: DockerEngine, filters: object): Promise<Readable> {
  return (docker.getEvents as (options: object) => Promise<unknown>).call(docker, { filters }) as Promise<Readable>;
}

async function beginningOf(path: string): Promise<string> {
  try {
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(LONGEST_MESSAGE), 0, LONGEST_MESSAGE, 0);
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await file.close();
    }
  } catch {
    return '';
  }
}

/** The text of a log whose pieces stand in frames of 8 bytes and the piece. */
function withoutFrames(log: Buffer, tty: boolean): string {
  if (tty) return log.toString('utf8');
  const pieces: Buffer[] = [];
  for (let at = 0; at + 8 <= log.length; at += 8 + log.readUInt32BE(at + 4)) {
    pieces.push(log.subarray(at + 8, at + 8 + log.readUInt32BE(at + 4)));
  }
  return Buffer.concat(pieces).toString('utf8');
}
