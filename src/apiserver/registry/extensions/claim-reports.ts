import { createHash, randomUUID } from 'node:crypto';
import { event, EVENT_TTL, type Event } from '../../../api/core-v1/event.ts';
import { service, type Service } from '../../../api/core-v1/service.ts';
import { formatTime } from '../../../apimachinery/time.ts';
import type { Clock } from '../../../base/clock.ts';
import { errorMessage, type Log } from '../../../base/log.ts';
import type { Counter, MetricRegistry } from '../../../base/metrics.ts';
import { KeyExists, type Storage } from '../../../storage/storage.ts';
import { kindPrefix } from '../registry.ts';

/** What can be wrong between services and what they hold: the labels of upstream's metrics. */
export type ClaimFault = 'repair' | 'leak' | 'duplicate' | 'outOfRange';

/** How faults of one kind of value are told. */
export interface FaultWords {
  /** Of the counter, without `_errors_total`. */
  readonly metric: string;
  /** The event's reason and message; a leak is nobody's, so nobody is told. */
  event(fault: Exclude<ClaimFault, 'leak'>, value: string): readonly [reason: string, message: string];
}

/** Tells of faults that the repair found, by metrics and by events of the services, as upstream's repair loops do. */
export class ClaimReports {
  readonly #words: FaultWords;
  readonly #storage: Storage;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #errors: Counter | undefined;

  constructor(
    words: FaultWords,
    {
      storage,
      clock,
      log,
      metrics,
    }: { storage: Storage; clock: Clock; log: Log; metrics?: MetricRegistry | undefined },
  ) {
    this.#words = words;
    this.#storage = storage;
    this.#clock = clock;
    this.#log = log;
    const help = 'Number of errors detected on services by the repair loop, by type of error.';
    this.#errors = metrics?.counter(`${words.metric}_errors_total`, help, ['type']);
  }

  leak(): void {
    this.#errors?.labels('leak').inc();
  }

  /** Each fault is told once for as long as events last. Never rejects. */
  async tell(fault: Exclude<ClaimFault, 'leak'>, about: Service, value: string): Promise<void> {
    this.#errors?.labels(fault).inc();
    const [reason, message] = this.#words.event(fault, value);
    const one = this.#event(about, reason, message);
    try {
      await this.#storage.create(`${kindPrefix(event)}${one.metadata.namespace}/${one.metadata.name}`, one, EVENT_TTL);
    } catch (error) {
      if (!(error instanceof KeyExists)) this.#log.warn('an event was not written', { error: errorMessage(error) });
    }
  }

  #event({ metadata }: Service, reason: string, message: string): Event {
    const { namespace = 'default', name, uid, resourceVersion } = metadata;
    const now = formatTime(this.#clock.now());
    const hash = createHash('sha256').update(`${uid} ${reason} ${message}`).digest('hex').slice(0, 16);
    return {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: `${name}.${hash}`, namespace, uid: randomUUID(), resourceVersion: '', creationTimestamp: now },
      involvedObject: { apiVersion: 'v1', kind: service.kind, namespace, name, uid, resourceVersion },
      ...{ reason, message, type: 'Warning', count: 1, firstTimestamp: now, lastTimestamp: now },
      source: { component: 'ipallocator-repair-controller' },
      reportingComponent: 'ipallocator-repair-controller',
      reportingInstance: '',
    };
  }
}

/** In upstream's words. */
export const addressWords: FaultWords = {
  metric: 'apiserver_clusterip_repair_ip',
  event: (fault, ip) => {
    const at = `Cluster IP [${ip.includes(':') ? 'IPv6' : 'IPv4'}]: ${ip}`;
    if (fault === 'repair') return ['ClusterIPNotAllocated', `${at} is not allocated; repairing`];
    if (fault === 'duplicate')
      return ['ClusterIPAlreadyAllocated', `${at} was assigned to multiple services; please recreate service`];
    return ['ClusterIPOutOfRange', `${at} is not within any configured Service CIDR; please recreate service`];
  },
};

/** In upstream's words. */
export function portWords(range: string): FaultWords {
  return {
    metric: 'apiserver_nodeport_repair_port',
    event: (fault, port) => {
      if (fault === 'repair') return ['PortNotAllocated', `Port ${port} is not allocated; repairing`];
      if (fault === 'duplicate')
        return ['PortAlreadyAllocated', `Port ${port} was assigned to multiple services; please recreate service`];
      return ['PortOutOfRange', `Port ${port} is not within the port range ${range}; please recreate service`];
    },
  };
}
