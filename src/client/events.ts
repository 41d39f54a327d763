import { createHash } from 'node:crypto';
import { event as eventKind, type Event } from '../api/core-v1/event.ts';
import { isApiError } from '../apimachinery/api-error.ts';
import type { KubeObject, New } from '../apimachinery/object.ts';
import { formatMicroTime } from '../apimachinery/time.ts';
import { sleep, type Clock } from '../base/clock.ts';
import { errorMessage, type Log } from '../base/log.ts';
import type { Client } from './client.ts';

/** Records what happened to an object for `kubectl describe`. Never throws; events of one reason are counted together. */
export interface EventRecorder {
  /** @param fieldPath the part of the object that it is about, e.g. `spec.containers{web}` */
  event(about: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string, fieldPath?: string): void;
}

export interface EventRecorderOptions {
  readonly client: Client;
  readonly clock: Clock;
  /** Who reports, e.g. `default-scheduler`. */
  readonly component: string;
  /** The node, for components that run on one. */
  readonly host?: string;
  /**
   * For components that report as `events.k8s.io` has it: times in full, and a series instead of a count. Which of them
   * reports, and what it was doing when something of a reason happened: `Binding` when it `Scheduled`.
   */
  readonly modern?: { readonly instance: string; readonly actionOf: (reason: string) => string };
  readonly log: Log;
  /** How many events may wait to be written, default 1,000; what comes when so many do is dropped. */
  readonly backlog?: number;
  /**
   * Asked before each write, with how many events wait: a promise puts writing off until it resolves, so that what is
   * more urgent goes first.
   */
  readonly hold?: (waiting: number) => Promise<void> | undefined;
}

/** A recorder whose writing can be waited for, in tests and before a shutdown. */
export interface FlushableRecorder extends EventRecorder {
  flush(): Promise<void>;
}

/** An event that was written and can be counted up. */
interface Written {
  name: string | undefined;
  count: number;
  first: string;
  at: number;
}

interface Job {
  readonly about: KubeObject;
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly fieldPath: string | undefined;
  /** Whether this is one of many: then all of them are one event, with the latest message. */
  readonly combined: boolean;
  readonly at: number;
}

/** Milliseconds in which the same event is counted instead of written again. */
const SAME_EVENT = 10 * 60_000;
/** The so-manieth different message of one reason about one object in that time, and what follows, are written as one. */
const SIMILAR_EVENTS = 10;
/** A new object may have so many events at once, then one in five minutes: upstream's spam filter. */
const BURST = 25;
const REFILL = 5 * 60_000;
/** What is remembered, and what may wait to be written, at most. */
const MEMORY = 4096;
const BACKLOG = 1000;
const ATTEMPTS = 4;

/**
 * Writes core/v1 Events in the background, in order: a new one when something happens for the first time, else a patch
 * of the count and time. What cannot be written is logged and dropped: an event must never hold up the work.
 */
export function createEventRecorder(options: EventRecorderOptions): FlushableRecorder {
  return new Recorder(options);
}

class Recorder implements FlushableRecorder {
  readonly #options: EventRecorderOptions;
  #known = new Map<string, Written>();
  #messages = new Map<string, { at: number; seen: Set<string> }>();
  #tokens = new Map<string, { left: number; at: number }>();
  #jobs: Job[] = [];
  #writing: Promise<void> | undefined;
  #sequence = 0;
  /** A number of this recorder's own. */
  readonly #salt: number;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    const { component, host = '' } = options;
    this.#salt = createHash('sha256').update(`${component}\0${host}`).digest().readUInt32BE();
  }

  event(about: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string, fieldPath?: string): void {
    if (this.#jobs.length >= (this.#options.backlog ?? BACKLOG))
      return this.#dropped(reason, 'too many events wait to be written');
    if (!this.#admits(about)) return;
    const combined = this.#isOneOfMany(about, type, reason, message);
    const text = combined ? `(combined from similar events): ${message}` : message;
    this.#jobs.push({ about, type, reason, message: text, fieldPath, combined, at: this.#options.clock.now() });
    this.#writing ??= this.#writeAll();
  }

  async flush(): Promise<void> {
    while (this.#writing) await this.#writing;
  }

  async #writeAll(): Promise<void> {
    await Promise.resolve(); // so that a burst from one turn is seen as a whole
    for (;;) {
      await this.#options.hold?.(this.#jobs.length);
      const job = this.#jobs.shift();
      if (!job) break;
      await this.#write(job);
    }
    this.#writing = undefined;
  }

  async #write(job: Job): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#send(job);
      } catch (error) {
        const again = !isApiError(error) || error.code >= 500 || error.code === 429 || error.reason === 'AlreadyExists';
        if (!again || attempt === ATTEMPTS) return this.#dropped(job.reason, errorMessage(error));
        if (!isApiError(error, 'AlreadyExists')) await sleep(this.#options.clock, 500 * 2 ** attempt);
      }
    }
  }

  async #send(job: Job): Promise<void> {
    const { about, type, reason, message, fieldPath, combined } = job;
    const same = [about.metadata.uid, about.kind, nameOf(about), type, reason, fieldPath];
    const key = [...same, combined ? '' : message, combined].join('\0');
    const known = this.#known.get(key);
    if (known?.name && job.at - known.at < SAME_EVENT && (await this.#countUp(known, job))) return;
    const first = new Date(job.at).toISOString().replace(/\.\d+/, '');
    const created = await this.#options.client.create<Event>(eventKind, this.#eventOf(job, first));
    remember(this.#known, key, { name: created.metadata.name, count: 1, first, at: job.at });
  }

  /** Adds one to what stands on the server; false when that is gone. */
  async #countUp(known: Written, job: Job): Promise<boolean> {
    const count = known.count + 1;
    const patch = {
      ...(this.#options.modern
        ? { series: { count, lastObservedTime: formatMicroTime(job.at) } }
        : { count, lastTimestamp: new Date(job.at).toISOString().replace(/\.\d+/, '') }),
      ...(job.combined && { message: job.message.slice(0, 1024) }),
    };
    try {
      const name = { namespace: namespaceOf(job.about), name: known.name! };
      await this.#options.client.patch<Event>(eventKind, name, 'merge', patch);
    } catch (error) {
      if (isApiError(error, 'NotFound')) return false;
      throw error;
    }
    known.count++;
    known.at = job.at;
    return true;
  }

  #eventOf(job: Job, timestamp: string): New<Event> {
    const { about } = job;
    return {
      metadata: { namespace: namespaceOf(about), name: `${about.metadata.name}.${this.#suffix(job.at)}` },
      involvedObject: {
        apiVersion: about.apiVersion,
        kind: about.kind,
        ...(about.metadata.namespace && { namespace: about.metadata.namespace }),
        name: about.metadata.name,
        uid: about.metadata.uid,
        resourceVersion: about.metadata.resourceVersion,
        ...(job.fieldPath && { fieldPath: job.fieldPath }),
      },
      type: job.type,
      reason: job.reason,
      message: job.message.slice(0, 1024),
      ...this.#reporter(job, timestamp),
    };
  }

  /** Who reports it, and when it happened. */
  #reporter({ at, reason }: Job, timestamp: string): Partial<Event> {
    const { component, host, modern } = this.#options;
    if (modern) {
      const { instance, actionOf } = modern;
      const reporter = { reportingComponent: component, reportingInstance: instance };
      return { ...reporter, action: actionOf(reason), eventTime: formatMicroTime(at) };
    }
    return {
      source: { component, ...(host && { host }) },
      reportingComponent: component,
      reportingInstance: host ?? '',
      firstTimestamp: timestamp,
      lastTimestamp: timestamp,
      count: 1,
    };
  }

  /** Unlike any other: the time in nanoseconds, whose last digits tell recorders and events of one millisecond apart. */
  #suffix(at: number): string {
    const own = (this.#salt + this.#sequence++) % 1_000_000;
    return (BigInt(at) * 1_000_000n + BigInt(own)).toString(16);
  }

  /** Whether this object has had so many different messages of the reason that this one is told with others. */
  #isOneOfMany(about: KubeObject, type: string, reason: string, message: string): boolean {
    const key = [about.metadata.uid, about.kind, nameOf(about), type, reason].join('\0');
    const now = this.#options.clock.now();
    let entry = this.#messages.get(key);
    if (!entry || now - entry.at > SAME_EVENT) entry = { at: now, seen: new Set() };
    entry.at = now;
    remember(this.#messages, key, entry);
    if (entry.seen.has(message)) return false;
    if (entry.seen.size >= SIMILAR_EVENTS - 1) return true;
    entry.seen.add(message);
    return false;
  }

  #admits(about: KubeObject): boolean {
    const key = `${about.kind}\0${nameOf(about)}\0${about.metadata.uid}`;
    const now = this.#options.clock.now();
    const before = this.#tokens.get(key) ?? { left: BURST, at: now };
    const left = Math.min(BURST, before.left + (now - before.at) / REFILL);
    const admitted = left >= 1;
    remember(this.#tokens, key, { left: admitted ? left - 1 : left, at: now });
    return admitted;
  }

  #dropped(reason: string, why: string): void {
    this.#options.log.debug('event was not written', { component: this.#options.component, reason, error: why });
  }
}

/** Sets a key as the newest of a map that forgets its oldest. */
function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > MEMORY) map.delete(map.keys().next().value!);
}

function nameOf(about: KubeObject): string {
  return `${about.metadata.namespace ?? ''}/${about.metadata.name}`;
}

/** Events about cluster-scoped objects stand in `default`. */
function namespaceOf(about: KubeObject): string {
  return about.metadata.namespace || 'default';
}
