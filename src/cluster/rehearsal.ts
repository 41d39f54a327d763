import { randomBytes } from 'node:crypto';
import { Agent, request as httpsRequest } from 'node:https';
import { sleep, type Clock } from '../base/clock.ts';
import type { Component } from '../base/component.ts';
import type { HttpExchange, HttpRequest } from '../base/http-exchange.ts';
import { errorMessage, noLog, type Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import { nextTurn } from '../base/turn.ts';
import { httpsExchange } from '../client/https-transport.ts';
import { MemoryStorage } from '../storage/memory.ts';
import type { Entry, Storage } from '../storage/storage.ts';
import { ControlPlane } from './control-plane.ts';
import { Pki } from './pki.ts';

export interface RehearsalOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** The real store; nothing in it is changed. */
  readonly storage: Storage;
  /** Whether the real server is answering somebody, who then comes first. */
  readonly busy: () => boolean;
  /** How often the requests of a round are made. Default: so often that V8 has compiled what they take. */
  readonly rounds?: number;
}

/** Behind this many rounds more of them make nothing faster that is worth their time. */
const ROUNDS = 100;
/** How long to stand back while somebody is served, in milliseconds. */
const STAND_BACK = 50;
/** A key that every cluster has, and a revision at which etcd has written nothing yet. */
const KNOWN_KEY = '/registry/core/namespaces/kube-system';
const NEVER = 1;

/**
 * Makes the first requests of a fresh process as fast as later ones: V8 reads and compiles code only as it is used, so the
 * first few hundred requests cost three times as much. While nobody else wants anything, a second API server in this
 * process, with a store in memory that goes with it, is asked for what clients ask for most, by HTTPS on a loopback port
 * under a token that nobody knows. The real server has no part in it: nothing shows in its objects, metrics or log.
 */
export class Rehearsal implements Component {
  readonly name = 'rehearsal';
  readonly #options: RehearsalOptions;
  readonly #stopping = new AbortController();
  #done: Promise<void> | undefined;

  constructor(options: RehearsalOptions) {
    this.#options = options;
  }

  /** Begins; `done` says when it is over. */
  async start(): Promise<void> {
    const { log } = this.#options;
    this.#done = this.#run().catch((error: unknown) => {
      if (!this.#stopping.signal.aborted) log.warn('the rehearsal broke off', { error: errorMessage(error) });
    });
  }

  /** Resolves when the last round is over; never rejects. */
  get done(): Promise<void> {
    return this.#done ?? Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the rehearsal ends'));
    await this.done;
  }

  async #run(): Promise<void> {
    await this.#quiet();
    const stage = await openStage(this.#options);
    try {
      const watch = await stage.watch(this.#stopping.signal);
      for (let i = 0; i < (this.#options.rounds ?? ROUNDS); i++) {
        for (const request of roundOf(i)) {
          await this.#quiet();
          await ask(stage.exchange, request);
        }
        await tryToWrite(this.#options.storage, i);
      }
      watch.end();
      await watch.done;
    } finally {
      await stage.close();
    }
  }

  /** Waits until nobody else is being answered. @throws when the rehearsal is to end */
  async #quiet(): Promise<void> {
    const { clock, busy } = this.#options;
    await nextTurn();
    while (busy()) await sleep(clock, STAND_BACK, this.#stopping.signal);
    this.#stopping.signal.throwIfAborted();
  }
}

interface Stage {
  readonly exchange: HttpExchange;
  /** Reads a watch of what the rounds write until it is told to end. */
  watch(signal: AbortSignal): Promise<{ end(): void; done: Promise<void> }>;
  close(): Promise<void>;
}

/** A server of its own on a free loopback port, and clients that speak HTTP/1.1 (requests) and HTTP/2 (the watch) with it. */
async function openStage({ clock, random }: RehearsalOptions): Promise<Stage> {
  const token = randomBytes(32).toString('base64url');
  const pki = await Pki.open({ clock });
  const plane = await ControlPlane.start({
    storage: new MemoryStorage({ clock }),
    soleWriter: true,
    ...{ pki, clock, random, log: noLog },
    serviceCidr: '10.96.0.0/16',
    advertiseAddress: '127.0.0.1',
    listen: { host: '127.0.0.1', port: 0 },
    tokens: [{ token, username: 'rehearsal', groups: ['system:masters'] }],
    controllers: false,
    scheduler: false,
  });
  const server = `https://127.0.0.1:${plane.port}`;
  const http2 = httpsExchange({ server, ca: pki.caCertificate, token, clock });
  const agent = new Agent({ keepAlive: true, ca: pki.caCertificate });
  return {
    exchange: http1Exchange(server, agent, token),
    watch: (signal) => readWatch(http2, signal),
    async close() {
      agent.destroy();
      await http2.close();
      await plane.stop();
    },
  };
}

function http1Exchange(server: string, agent: Agent, token: string): HttpExchange {
  return ({ method, url, headers, body }) =>
    new Promise((resolve, reject) => {
      const options = { method, agent, headers: { ...headers, authorization: `Bearer ${token}` } };
      const request = httpsRequest(server + url, options, (response) =>
        resolve({ status: response.statusCode!, headers: {}, body: response }),
      );
      request.on('error', reject);
      request.end(body);
    });
}

async function readWatch(exchange: HttpExchange, signal: AbortSignal): Promise<{ end(): void; done: Promise<void> }> {
  const own = new AbortController();
  const ended = AbortSignal.any([signal, own.signal]);
  const response = await exchange({ method: 'GET', url: `${PATH}?watch=1`, headers: {}, signal: ended });
  const done = drain(response.body).catch((error: unknown) => {
    if (!ended.aborted) throw error;
  });
  done.catch(() => {}); // awaited when the rounds are over
  return { end: () => own.abort(), done };
}

const PATH = '/api/v1/namespaces/default/configmaps';
const patchTypes = [
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
];

/** What is asked for in one round: an object's life, with a patch that is of another sort each time. */
export function roundOf(i: number): HttpRequest[] {
  const name = `rehearsal-${i}`;
  const object = (n: number) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels }, data: dataOf(n) });
  const type = patchTypes[i % patchTypes.length]!;
  const manager = type.includes('apply') ? '?fieldManager=rehearsal&force=true' : '';
  return [
    requestOf('POST', PATH, object(0)),
    requestOf('GET', `${PATH}/${name}`),
    requestOf('PUT', `${PATH}/${name}`, object(1)),
    requestOf('PATCH', `${PATH}/${name}${manager}`, object(2), type),
    requestOf('GET', `${PATH}?limit=10&labelSelector=app%3Drehearsal`),
    ...(i % 2 ? [requestOf('DELETE', `${PATH}/${name}`)] : []),
  ];
}

const labels = { app: 'rehearsal', tier: 'none' };

function dataOf(n: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: 6 }, (_, i) => [`key-${i}`, `${n} ${'line '.repeat(20)}`]));
}

function requestOf(method: string, url: string, body?: object, type = 'application/json'): HttpRequest {
  const headers = { accept: 'application/json', ...(body && { 'content-type': type }) };
  return { method, url, headers, ...(body && { body: Buffer.from(JSON.stringify(body)) }) };
}

/** @throws an Error when it is not answered well: then nothing of what should be compiled is */
async function ask(exchange: HttpExchange, request: HttpRequest): Promise<void> {
  const response = await exchange(request);
  await drain(response.body);
  if (response.status >= 300) throw new Error(`${request.method} ${request.url} was answered with ${response.status}`);
}

async function drain(body: AsyncIterable<Buffer>): Promise<void> {
  for await (const part of body) void part;
}

/** A transaction that cannot succeed, since it asks for a state from before all writes: it goes the way of one that does. */
async function tryToWrite(storage: Storage, i: number): Promise<void> {
  const object = JSON.parse(String(roundOf(i)[0]!.body));
  const imagined: Entry = { key: KNOWN_KEY, revision: NEVER, object, bytes: Buffer.alloc(0) };
  await storage.update(KNOWN_KEY, (current) => (current === imagined ? { store: object } : 'keep'), imagined);
}
