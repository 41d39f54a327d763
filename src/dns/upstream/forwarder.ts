import type { Clock } from '../../base/clock.ts';
import { errorMessage, type Log } from '../../base/log.ts';
import type { Random } from '../../base/random.ts';
import type { DnsMetrics } from '../metrics.ts';
import { rcode } from '../wire/constants.ts';
import { isWritable, lowerCase } from '../wire/name.ts';
import type { Reply } from '../wire/reply.ts';
import { bare, type Answer } from '../wire/response.ts';
import { AnswerStore } from './answer-store.ts';
import { ask, type UpstreamAddress } from './exchange.ts';
import { keyOf, ServerHealth } from './server-health.ts';

export interface ForwarderOptions {
  /** Whom to ask, in this order. */
  readonly servers: () => readonly UpstreamAddress[];
  readonly clock: Clock;
  /** Of ids and of the case of names: must not be guessable. */
  readonly random: Random;
  readonly log: Log;
  readonly metrics: DnsMetrics;
}

/** Milliseconds for all servers together: those who ask give up after five seconds. */
const BUDGET = 4500;
/** So many questions may be under way. CoreDNS' limit in kubeadm's Corefile. */
const MOST_QUESTIONS = 1000;
/** Letters in a name that make it unlikely for somebody else to ask for it in just our case. */
const TELLING_LETTERS = 8;

/** Asks other servers what the cluster does not know, and remembers what they said. */
export class Forwarder {
  readonly #options: ForwarderOptions;
  readonly #store = new AnswerStore();
  readonly #health = new ServerHealth();
  readonly #underWay = new Map<string, Promise<Answer>>();
  /** The names as they were sent, with whom they were sent to, as long as an answer is awaited. */
  readonly #sent = new Map<string, UpstreamAddress>();

  constructor(options: ForwarderOptions) {
    this.#options = options;
    options.metrics.cacheEntries(() => this.#store.size);
  }

  /** Never rejects: what cannot be found out is SERVFAIL. Those who ask the same at the same time share one question. */
  resolve(name: string, type: number): Answer | Promise<Answer> {
    const key = `${lowerCase(name)} ${type}`;
    const { metrics, clock } = this.#options;
    const kept = this.#store.get(key, clock.monotonic());
    if (kept) {
      metrics.cacheHit(kept.rcode === rcode.NOERROR && kept.answers.length > 0);
      return kept;
    }
    metrics.cacheMiss();
    const underWay = this.#underWay.get(key);
    if (underWay) return underWay;
    if (this.#underWay.size >= MOST_QUESTIONS) {
      metrics.rejected();
      return bare(rcode.REFUSED);
    }
    const answer = this.#find(lowerCase(name), type, key).finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, answer);
    return answer;
  }

  /**
   * Whether a question is one of ours that came back: the case of its letters is what we made up. The server that it
   * was sent to, which leads back to us, comes last from now on.
   */
  cameBack(name: string, type: number): boolean {
    const server = this.#sent.get(`${name} ${type}`);
    if (!server || (name.match(/[a-zA-Z]/g) ?? []).length < TELLING_LETTERS || name === lowerCase(name)) return false;
    this.#options.log.error('a DNS server asks us what we ask it: a loop', { server: keyOf(server) });
    this.#health.rest(server, this.#options.clock.monotonic());
    return true;
  }

  async #find(name: string, type: number, key: string): Promise<Answer> {
    const answer = isWritable(name) ? await this.#askInTurn(name, type) : bare(rcode.FORMERR);
    return this.#store.put(key, answer, this.#options.clock.monotonic());
  }

  /** The first answer that says something; else that of the last who refused. */
  async #askInTurn(name: string, type: number): Promise<Answer> {
    const { clock, servers } = this.#options;
    const started = clock.monotonic();
    let worst = bare(rcode.SERVFAIL);
    for (const { server, patience } of this.#health.candidates(servers(), started)) {
      const left = BUDGET - (clock.monotonic() - started);
      if (left <= 0) break;
      const reply = await this.#askOne(server, name, type, Math.min(patience, left));
      if (!reply) continue;
      const { answers, authority } = reply;
      const answer = { rcode: reply.rcode, authoritative: false, answers, authority, additional: [] };
      if (reply.rcode === rcode.NOERROR || reply.rcode === rcode.NXDOMAIN) return answer;
      worst = { ...bare(reply.rcode) };
    }
    return worst;
  }

  async #askOne(server: UpstreamAddress, name: string, type: number, timeout: number): Promise<Reply | undefined> {
    const { clock, log, metrics } = this.#options;
    const done = this.#health.asking(server);
    const started = clock.monotonic();
    try {
      let reply = await this.#send(server, name, type, { timeout, edns: true });
      // Old servers do not know EDNS.
      if (reply.rcode === rcode.FORMERR || reply.rcode === rcode.NOTIMP)
        reply = await this.#send(server, name, type, { timeout, edns: false });
      this.#health.answered(server);
      metrics.forwarded(keyOf(server), reply.rcode, (clock.monotonic() - started) / 1000);
      return reply;
    } catch (error) {
      log.debug('a DNS server does not answer', { server: keyOf(server), error: errorMessage(error) });
      this.#health.failed(server, clock.monotonic());
      metrics.failed(keyOf(server));
      return undefined;
    } finally {
      done();
    }
  }

  async #send(
    server: UpstreamAddress,
    name: string,
    type: number,
    options: { timeout: number; edns: boolean },
  ): Promise<Reply> {
    const { clock, random } = this.#options;
    const sent = randomCase(name, random);
    const key = `${sent} ${type}`;
    this.#sent.set(key, server);
    try {
      return await ask({ server, name: sent, type, clock, random, ...options });
    } finally {
      this.#sent.delete(key);
    }
  }
}

/** Each letter large or small by chance: an answer must repeat it, which is more to guess (RFC 5452 and its like). */
function randomCase(name: string, random: Random): string {
  return name.replace(/[a-z]/g, (letter) => (random() < 0.5 ? letter.toUpperCase() : letter));
}
