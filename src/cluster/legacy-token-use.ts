import { configMap } from '../api/core-v1/config-map.ts';
import { secret as secretKind } from '../api/core-v1/secret.ts';
import { isApiError } from '../apimachinery/api-error.ts';
import type { AnyObject } from '../apimachinery/object.ts';
import { formatTime } from '../apimachinery/time.ts';
import type { Clock } from '../base/clock.ts';
import { errorMessage, type Log } from '../base/log.ts';
import type { Client } from '../client/client.ts';

const tracking = { namespace: 'kube-system', name: 'kube-apiserver-legacy-service-account-token-tracking' };

/** The label of a token's secret with the day on which the token was used last. */
const lastUsed = 'kubernetes.io/legacy-token-last-used';

/** Notes on secrets with tokens of service accounts when their token was used, to the day. */
export class LegacyTokenUse {
  readonly #clock: Clock;
  readonly #log: Log;
  /** What was written already, by the secret's uid: the copy that is read may lag behind. */
  #noted = new Map<string, string>();
  #client: Client | undefined;

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  /** Begins to note, and writes down since when that is done in this cluster, if nobody has yet. */
  async start(client: Client): Promise<void> {
    this.#client = client;
    const data = { since: this.#today() };
    try {
      await client.create(configMap, { metadata: tracking, data });
    } catch (error) {
      if (!isApiError(error, 'AlreadyExists')) throw error;
    }
  }

  #today(): string {
    return formatTime(this.#clock.now()).slice(0, 10);
  }

  /** Never throws, and does not keep the caller. Before `start` nothing is noted. */
  note({ metadata }: AnyObject): void {
    const today = this.#today();
    const { uid, labels } = metadata;
    if (!this.#client || labels?.[lastUsed] === today || this.#noted.get(uid) === today) return;
    if (this.#noted.size >= 10_000) this.#noted.clear();
    this.#noted.set(uid, today);
    const patch = { metadata: { uid, labels: { [lastUsed]: today } } };
    this.#client.patch(secretKind, metadata, 'merge', patch).catch((error: unknown) => {
      this.#noted.delete(uid);
      if (isApiError(error, 'NotFound', 'Conflict')) return;
      this.#log.warn('the use of a token was not noted', { secret: metadata.name, error: errorMessage(error) });
    });
  }
}
