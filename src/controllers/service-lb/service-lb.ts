import { node as nodeKind, type Node } from '../../api/core-v1/node.ts';
import { service as serviceKind, type Service } from '../../api/core-v1/service.ts';
import { endpointSlice, type EndpointSlice } from '../../api/discovery-v1/endpoint-slice.ts';
import { ingress as ingressKind, type Ingress } from '../../api/networking-v1/ingress.ts';
import { keyOf } from '../../apimachinery/object.ts';
import { formatTime } from '../../apimachinery/time.ts';
import {
  controller,
  type ClusterReader,
  type Controller,
  type ReconcileContext,
  type Watch,
} from '../../client/controller.ts';
import { withCondition, withoutCondition } from '../conditions.ts';
import { setFinalizer } from '../protection-finalizer.ts';
import { unlessGone } from '../unless-gone.ts';
import { changes } from './changes.ts';
import { isForeign, plan, wantsLoadBalancer, type Plan } from './plan.ts';
import { AddressPool } from './pool.ts';
import { takenPorts } from './taken-ports.ts';

/** Holds a service until its addresses are given back. */
export const CLEANUP_FINALIZER = 'service.kubernetes.io/load-balancer-cleanup';

const NAME = 'service-lb-controller';
/** The condition of a service whose ports cannot all be had, see `ServiceStatus` in the API documentation. */
const PORTS_CONDITION = 'LoadBalancerPortsError';
const BALANCED = 'balanced';
const SERVICE_LABEL = 'kubernetes.io/service-name';

/**
 * Load balancers without a cloud: gives services of type LoadBalancer addresses of a pool or, without one, those of the
 * nodes; the proxies of the nodes take the connections. A port of a node's address is for one service: the first keeps it.
 * @param ranges what the pool consists of; none: there is no pool
 * @throws Error for a range that is none
 */
export function serviceLbController(ranges: readonly string[] = []): Controller {
  const pool = ranges.length > 0 ? new AddressPool(ranges) : undefined;
  return { name: NAME, start: (dependencies) => new LoadBalancers(pool).controller().start(dependencies) };
}

class LoadBalancers {
  readonly #pool: AddressPool | undefined;
  /** What was given to services, by uid: copies may not show it yet. */
  readonly #granted = new Map<string, readonly string[]>();
  /** The services as they were when they were looked at last: only for events. */
  readonly #seen = new Map<string, Service>();
  /** Problems that were told already, by key. */
  readonly #told = new Map<string, string>();

  constructor(pool: AddressPool | undefined) {
    this.#pool = pool;
  }

  controller(): Controller {
    const everybody = (_: unknown, reader: ClusterReader) => balanced(reader).map(keyOf);
    const watches: Watch[] = [
      { kind: nodeKind, keys: everybody, concerns: nodeChanged },
      { kind: endpointSlice, keys: localServiceOf, indexes: { [SERVICE_LABEL]: serviceKeys } },
      { kind: ingressKind, keys: (_, reader) => pending(reader), concerns: portsChanged },
      {
        // What one service gives back another may be waiting for.
        kind: serviceKind,
        keys: (_, reader) => pending(reader),
        concerns: (now: Service, old: Service) => wantsLoadBalancer(old) || wantsLoadBalancer(now),
        indexes: { [BALANCED]: (one: Service) => (wantsLoadBalancer(one) ? [''] : []) },
      },
    ];
    return controller<Service>({
      name: NAME,
      for: serviceKind,
      watches,
      retry: { initial: 100, max: 300_000 },
      reconcile: (key, context) => this.#reconcile(key, context),
    });
  }

  async #reconcile(key: string, context: ReconcileContext): Promise<void> {
    const service = context.reader.get(serviceKind, key);
    if (!service || isForeign(service)) return this.#forget(key);
    if (wantsLoadBalancer(service)) await this.#ensure(key, service, context);
    else await this.#cleanUp(key, service, context);
  }

  #forget(key: string): void {
    const uid = this.#seen.get(key)?.metadata.uid;
    if (uid) this.#granted.delete(uid);
    this.#seen.delete(key);
    this.#told.delete(key);
  }

  /** Takes the addresses of a service back that has no load balancer (any more). */
  async #cleanUp(key: string, service: Service, context: ReconcileContext): Promise<void> {
    if (!service.metadata.finalizers?.includes(CLEANUP_FINALIZER)) return this.#forget(key);
    const { client, events } = context;
    this.#tellChanges(key, service, context);
    events.event(service, 'Normal', 'DeletingLoadBalancer', 'Deleting load balancer');
    const current = await this.#writeStatus(service, { addresses: [], noNodes: false }, context);
    if (current) await setFinalizer(client, serviceKind, current, CLEANUP_FINALIZER, false);
    events.event(service, 'Normal', 'DeletedLoadBalancer', 'Deleted load balancer');
    this.#forget(key);
  }

  async #ensure(key: string, service: Service, context: ReconcileContext): Promise<void> {
    const { events, client } = context;
    this.#tellChanges(key, service, context);
    this.#seen.set(key, service);
    const wanted = this.#plan(service, context.reader);
    const held = service.metadata.finalizers?.includes(CLEANUP_FINALIZER) ?? false;
    const differs = !sameStatus(service, wanted);
    if (differs || !held) events.event(service, 'Normal', 'EnsuringLoadBalancer', 'Ensuring load balancer');
    // The finalizer first: nobody may have addresses that are never given back.
    if (!held) await setFinalizer(client, serviceKind, service, CLEANUP_FINALIZER, true);
    this.#granted.set(service.metadata.uid, wanted.addresses);
    if (differs) await this.#writeStatus(held ? service : await this.#current(service, client), wanted, context);
    this.#tell(key, service, wanted, differs || !held, context);
  }

  #current(service: Service, client: ReconcileContext['client']): Promise<Service> {
    return client.get(serviceKind, service.metadata);
  }

  #plan(service: Service, reader: ClusterReader): Plan {
    const services = balanced(reader).filter(({ metadata }) => metadata.uid !== service.metadata.uid);
    const nodes = reader.list(nodeKind);
    const slices = reader.byIndex(endpointSlice, SERVICE_LABEL, keyOf(service));
    const apiServers = reader.byIndex(endpointSlice, SERVICE_LABEL, 'default/kubernetes');
    const ingresses = reader.list(ingressKind);
    const claimants = { services, granted: this.#granted, ingresses, nodes, apiServers };
    const taken = takenPorts(service, claimants);
    const givenAway = new Set(services.flatMap((one) => this.#addressesOf(one)));
    return plan(service, { nodes, slices, pool: this.#pool, taken, givenAway });
  }

  #addressesOf({ metadata, status }: Service): string[] {
    const shown = (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? []);
    return [...shown, ...(this.#granted.get(metadata.uid) ?? [])];
  }

  async #writeStatus(
    service: Service,
    wanted: Plan,
    { client, clock }: ReconcileContext,
  ): Promise<Service | undefined> {
    if (sameStatus(service, wanted)) return service;
    const ingress = wanted.addresses.map((ip) => ({ ip, ipMode: 'VIP' }));
    const lastTransitionTime = formatTime(clock.now());
    const before = service.status?.conditions as any[] | undefined;
    const condition = { type: PORTS_CONDITION, status: 'True', lastTransitionTime };
    const conditions = wanted.problem
      ? withCondition(withoutOther(before, wanted), { ...condition, ...wanted.problem })
      : withoutCondition(before, PORTS_CONDITION);
    const loadBalancer = ingress.length > 0 ? { ingress } : {};
    const { conditions: _, ...rest } = service.status ?? {};
    const status = { ...rest, loadBalancer, ...(conditions.length > 0 && { conditions }) } as Service['status'];
    return unlessGone(client.updateStatus(serviceKind, { ...service, status }));
  }

  #tell(key: string, service: Service, wanted: Plan, changed: boolean, { events }: ReconcileContext): void {
    const problem = wanted.problem?.message ?? (wanted.noNodes ? 'no nodes' : '');
    const known = this.#told.get(key) ?? '';
    this.#told.set(key, problem);
    if (wanted.noNodes && known !== problem)
      events.event(service, 'Warning', 'UnAvailableLoadBalancer', 'There are no available nodes for LoadBalancer');
    else if (wanted.problem && known !== problem)
      events.event(service, 'Warning', 'SyncLoadBalancerFailed', `Error syncing load balancer: ${problem}`);
    if (wanted.addresses.length > 0 && changed)
      events.event(service, 'Normal', 'EnsuredLoadBalancer', 'Ensured load balancer');
  }

  #tellChanges(key: string, service: Service, { events }: ReconcileContext): void {
    const before = this.#seen.get(key);
    if (!before || before.metadata.uid !== service.metadata.uid) return;
    for (const [reason, message] of changes(service, before)) events.event(service, 'Normal', reason, message);
  }
}

function balanced(reader: ClusterReader): Service[] {
  return reader.byIndex(serviceKind, BALANCED, '');
}

/** The keys of the services that lack something that others have. */
function pending(reader: ClusterReader): string[] {
  return balanced(reader)
    .filter(({ status }) => !status?.loadBalancer?.ingress?.length || problemOf(status.conditions))
    .map(keyOf);
}

function problemOf(conditions: readonly { type: string; message: string }[] | undefined): string | undefined {
  return conditions?.find(({ type }) => type === PORTS_CONDITION)?.message;
}

/** Without the condition when it tells of something else, so that its message is written anew. */
function withoutOther(conditions: any[] | undefined, { problem }: Plan): any[] | undefined {
  return problemOf(conditions) === problem?.message ? conditions : withoutCondition(conditions, PORTS_CONDITION);
}

function sameStatus({ status }: Service, { addresses, problem }: Plan): boolean {
  const current = status?.loadBalancer?.ingress ?? [];
  if (problemOf(status?.conditions) !== problem?.message || current.length !== addresses.length) return false;
  return current.every(({ ip, ipMode, hostname }, i) => ip === addresses[i] && ipMode === 'VIP' && !hostname);
}

/** Nodes report often; only this of them matters. */
function nodeChanged(now: Node, old: Node): boolean {
  const matters = ({ metadata, status }: Node) => {
    const ready = status?.conditions?.find(({ type }) => type === 'Ready')?.status;
    return JSON.stringify([metadata.labels, metadata.deletionTimestamp, ready, status?.addresses]);
  };
  return matters(now) !== matters(old);
}

function portsChanged(now: Ingress, old: Ingress): boolean {
  return JSON.stringify(now.status) !== JSON.stringify(old.status);
}

function serviceKeys({ metadata }: EndpointSlice): string[] {
  const name = metadata.labels?.[SERVICE_LABEL];
  return name ? [`${metadata.namespace}/${name}`] : [];
}

/** The service of the slice, if it matters to it on which nodes its endpoints are. */
function localServiceOf(slice: EndpointSlice, reader: ClusterReader): string[] {
  return serviceKeys(slice).filter((key) => {
    const service = reader.get(serviceKind, key);
    return service !== undefined && wantsLoadBalancer(service) && service.spec?.externalTrafficPolicy === 'Local';
  });
}
