import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { ApiError, unauthorized } from '../../apimachinery/api-error.ts';
import { tokenReview } from '../../api/authentication-v1/token-review.ts';
import { subjectAccessReview } from '../../api/authorization-v1/subject-access-review.ts';
import type { Clock } from '../../base/clock.ts';
import type { Client } from '../../client/client.ts';
import { accessFor } from './access-rules.ts';

export interface AccessOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly nodeName: string;
}

/** Who calls, as a certificate or the API server says. */
interface Caller {
  readonly user: string;
  readonly uid?: string | undefined;
  readonly groups: readonly string[];
  readonly extra?: { [key: string]: string[] } | undefined;
}

/** For how long answers are believed, in milliseconds: upstream's defaults. */
const TOKEN_FOR = 120_000;
const ALLOWED_FOR = 300_000;
const DENIED_FOR = 30_000;
const MOST_ANSWERS = 1_000;

/**
 * Decides who may use the kubelet's endpoint. Client certificates are checked by the connection; what a bearer token is
 * worth, and what anybody may do, the API server says (TokenReview, SubjectAccessReview on `nodes/...`).
 */
export class KubeletAccess {
  readonly #options: AccessOptions;
  readonly #tokens: Answers<Caller | undefined>;
  readonly #decisions: Answers<boolean>;

  constructor(options: AccessOptions) {
    this.#options = options;
    this.#tokens = new Answers(options.clock, () => TOKEN_FOR);
    this.#decisions = new Answers(options.clock, (allowed) => (allowed ? ALLOWED_FOR : DENIED_FOR));
  }

  /** @throws ApiError Unauthorized, Forbidden, or of the API server when it does not answer */
  async check(request: IncomingMessage, path: string): Promise<void> {
    const caller = certified(request.socket as TLSSocket) ?? (await this.#byToken(request));
    if (!caller) throw unauthorized();
    const { verb, subresources } = accessFor(request.method ?? 'GET', path);
    for (const subresource of subresources) if (await this.#mayDo(caller, verb, subresource)) return;
    const { nodeName } = this.#options;
    const what = `user=${caller.user}, verb=${verb}, resource=nodes, subresource(s)=[${subresources.join(' ')}]`;
    throw new ApiError(403, 'Forbidden', `Forbidden (${what}, name=${nodeName})`);
  }

  async #byToken({ headers }: IncomingMessage): Promise<Caller | undefined> {
    const [, token] = /^Bearer ([^\s]+)$/i.exec(headers.authorization ?? '') ?? [];
    if (!token) return undefined;
    return this.#tokens.get(createHash('sha256').update(token).digest('base64'), () => this.#review(token));
  }

  async #review(token: string): Promise<Caller | undefined> {
    const { status } = await this.#options.client.create(tokenReview, { metadata: { name: '' }, spec: { token } });
    const { authenticated, user } = status ?? {};
    if (!authenticated || !user?.username) return undefined;
    return { user: user.username, uid: user.uid, groups: user.groups ?? [], extra: user.extra };
  }

  #mayDo(caller: Caller, verb: string, subresource: string): Promise<boolean> {
    const key = JSON.stringify([caller, verb, subresource]);
    return this.#decisions.get(key, async () => {
      const { client, nodeName } = this.#options;
      const resourceAttributes = { group: '', version: 'v1', resource: 'nodes', subresource, verb, name: nodeName };
      const { user, uid, extra, groups } = caller;
      const spec = { user, groups: [...groups], ...(uid && { uid }), ...(extra && { extra }), resourceAttributes };
      const { status } = await client.create(subjectAccessReview, { metadata: { name: '' }, spec });
      return status?.allowed === true;
    });
  }
}

/** Whom the client's certificate names; undefined without one. @throws ApiError when another authority has signed it */
function certified(socket: TLSSocket): Caller | undefined {
  const peer = socket.getPeerCertificate();
  if (!peer?.subject) return undefined;
  const user = listOf(peer.subject.CN).at(-1);
  if (!socket.authorized || !user) throw unauthorized();
  return { user, groups: [...listOf(peer.subject.O), 'system:authenticated'] };
}

/** Node gives a string for one value and an array for several. */
function listOf(value: string | string[] | undefined): string[] {
  return value === undefined ? [] : [value].flat();
}

/** Answers that are believed for a while. Failures are not kept. */
class Answers<T> {
  readonly #clock: Clock;
  readonly #lifeOf: (answer: T) => number;
  #known = new Map<string, { readonly answer: T; readonly until: number }>();

  constructor(clock: Clock, lifeOf: (answer: T) => number) {
    this.#clock = clock;
    this.#lifeOf = lifeOf;
  }

  async get(key: string, ask: () => Promise<T>): Promise<T> {
    const known = this.#known.get(key);
    if (known && known.until > this.#clock.now()) return known.answer;
    const answer = await ask();
    this.#known.delete(key);
    this.#known.set(key, { answer, until: this.#clock.now() + this.#lifeOf(answer) });
    const [oldest] = this.#known.keys();
    if (this.#known.size > MOST_ANSWERS && oldest !== undefined) this.#known.delete(oldest);
    return answer;
  }
}
