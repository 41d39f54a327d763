import { createHash } from 'node:crypto';
import { lease, type Lease } from '../../api/coordination-v1/lease.ts';
import { isApiError } from '../../apimachinery/api-error.ts';
import { formatMicroTime, timeOrZero } from '../../apimachinery/time.ts';
import { asServer, ensure } from '../bootstrap.ts';
import { remove } from '../registry/delete.ts';
import { kindPrefix, type Registry } from '../registry/registry.ts';
import { update } from '../registry/update.ts';

export interface IdentityOptions {
  readonly hostname: string;
  readonly ip: string;
  readonly port: number;
  /** Distinguishes the runs of one server. */
  readonly uuid: string;
}

const NAMESPACE = 'kube-system';
const LABEL = 'apiserver.kubernetes.io/identity';
const SERVER = 'kube-apiserver';
/** Seconds that a lease counts without being renewed. */
const DURATION = 3600;
const LETTERS = 'abcdefghijklmnopqrstuvwxyz234567';

/** The name of a server among all: the same at each start on the same machine and port. */
export function identityOf({ hostname, ip, port }: Omit<IdentityOptions, 'uuid'>): string {
  const digest = createHash('sha256').update(`${hostname}\0${ip}\0${port}`).digest();
  return `apiserver-${Array.from(digest.subarray(0, 26), (byte) => LETTERS[byte % 32]).join('')}`;
}

/** The Lease in `kube-system` by which others learn which API servers there are. */
export class IdentityLease {
  readonly #registry: Registry;
  readonly #options: IdentityOptions;
  readonly #name: string;

  constructor(registry: Registry, options: IdentityOptions) {
    this.#registry = registry;
    this.#options = options;
    this.#name = identityOf(options);
  }

  /** Holds the lease for a while longer, and removes those of servers that have long been gone. */
  async renew(): Promise<void> {
    const target = { kind: lease, namespace: NAMESPACE, name: this.#name };
    const produce = (current: object) => ({ ...current, ...this.#contents(current as Lease) }) as any;
    try {
      await update(this.#registry, { ...target, options: asServer, produce });
    } catch (error) {
      if (!isApiError(error, 'NotFound')) throw error;
      await ensure(this.#registry, lease, NAMESPACE, this.#contents({ metadata: { name: this.#name } } as Lease));
    }
    await this.#removeExpired();
  }

  #contents({ metadata }: Lease): Pick<Lease, 'metadata' | 'spec'> {
    const labels = { ...metadata.labels, [LABEL]: SERVER, 'kubernetes.io/hostname': this.#options.hostname };
    const holderIdentity = `${this.#name}_${this.#options.uuid}`;
    const renewTime = formatMicroTime(this.#registry.clock.now()) as any;
    return {
      metadata: { ...metadata, labels },
      spec: { holderIdentity, leaseDurationSeconds: DURATION, renewTime },
    };
  }

  async #removeExpired(): Promise<void> {
    const prefix = `${kindPrefix(lease)}${NAMESPACE}/apiserver-`;
    const all = `${kindPrefix(lease)}${NAMESPACE}/`;
    const { entries } = await this.#registry.storage.list(all, { freshness: { atLeast: 0 } });
    for (const entry of entries.filter(({ key }) => key.startsWith(prefix))) {
      const { metadata, spec } = entry.object as Lease;
      if (metadata.labels?.[LABEL] !== SERVER || !this.#isOver(spec)) continue;
      const preconditions = { uid: metadata.uid, resourceVersion: metadata.resourceVersion };
      await remove(
        this.#registry,
        { kind: lease, namespace: NAMESPACE, name: metadata.name },
        { preconditions },
        asServer,
      ).catch((error) => {
        if (!isApiError(error, 'NotFound', 'Conflict')) throw error;
      });
    }
  }

  #isOver(spec: Lease['spec']): boolean {
    const until = timeOrZero(spec?.renewTime) + (spec?.leaseDurationSeconds ?? 0) * 1000;
    return until < this.#registry.clock.now();
  }
}
