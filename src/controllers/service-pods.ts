import { service as serviceKind, type Service } from '../api/core-v1/service.ts';
import { pod as podKind, type Pod } from '../api/core-v1/pod.ts';
import { isSidecar } from '../api/core-v1/pod-spec.ts';
import { selectorFromMap } from '../apimachinery/label-selector.ts';
import { keyOf } from '../apimachinery/object.ts';
import type { ClusterReader } from '../client/controller.ts';
import { isPodReady, isPodTerminal } from './pod-state.ts';

type ServicePort = NonNullable<NonNullable<Service['spec']>['ports']>[number];

/** One port of a service as a pod serves it. */
export interface TargetPort {
  readonly name: string;
  readonly port: number;
  readonly protocol: string;
  readonly appProtocol?: string;
}

/** Whether the endpoints of this service come from pods: somebody else keeps those of a service without a selector. */
export function selectsPods(service: Service): boolean {
  const selector = service.spec?.selector;
  return selector !== undefined && Object.keys(selector).length > 0 && service.spec?.type !== 'ExternalName';
}

const labelIndex = 'labels';

/** What `podsOf` needs of the pods' informer: they are found by each of their labels. */
export const podIndexes = {
  [labelIndex]: ({ metadata }: Pod) =>
    Object.entries(metadata.labels ?? {}).map(([name, value]) => labelKey(metadata.namespace, name, value)),
};

function labelKey(namespace: string | undefined, name: string, value: string): string {
  return `${namespace}/${name}=${value}`;
}

/** The pods that a service selects and that have (or may still have) an address. */
export function podsOf(reader: ClusterReader, service: Service): Pod[] {
  const { namespace } = service.metadata;
  const selector = selectorFromMap(service.spec?.selector);
  const byLabel = Object.entries(service.spec?.selector ?? {}).map(([name, value]) =>
    reader.byIndex(podKind, labelIndex, labelKey(namespace, name, value)),
  );
  const pods = byLabel.reduce((fewest, list) => (list.length < fewest.length ? list : fewest));
  return pods.filter(
    (pod) => selector.matches(pod.metadata.labels) && !isPodTerminal(pod) && addressesOf(pod).length > 0,
  );
}

/** The keys of the services that select a pod. */
export function servicesOf(pod: Pod, reader: ClusterReader): string[] {
  const services = reader.list(serviceKind, pod.metadata.namespace);
  const selects = (one: Service) =>
    selectsPods(one) && selectorFromMap(one.spec?.selector).matches(pod.metadata.labels);
  return services.filter(selects).map(keyOf);
}

/** The IP addresses of a pod; none while it has no network. */
export function addressesOf(pod: Pod): string[] {
  const all = (pod.status?.podIPs ?? []).map(({ ip }) => ip).filter((ip) => ip !== undefined && ip !== '');
  return all.length > 0 ? all : pod.status?.podIP ? [pod.status.podIP] : [];
}

/**
 * What a service's port is on a pod: a number is the same on all; a name is looked up in the pod's containers (and in
 * the init containers that run on as sidecars). Undefined when the pod has no such port.
 */
export function targetPortOf(pod: Pod, port: ServicePort): TargetPort | undefined {
  const { name = '', protocol = 'TCP', targetPort = port.port, appProtocol } = port;
  const number = typeof targetPort === 'number' ? targetPort || port.port : namedPort(pod, targetPort, protocol);
  if (number === undefined) return undefined;
  return { name, protocol, port: number, ...(appProtocol !== undefined && { appProtocol }) };
}

function namedPort(pod: Pod, name: string, protocol: string): number | undefined {
  const sidecars = (pod.spec?.initContainers ?? []).filter(isSidecar);
  for (const container of [...(pod.spec?.containers ?? []), ...sidecars]) {
    for (const port of container.ports ?? []) {
      if (port.name === name && (port.protocol ?? 'TCP') === protocol) return port.containerPort;
    }
  }
  return undefined;
}

/** All ports of the service that the pod serves, in the service's order. */
export function targetPortsOf(pod: Pod, service: Service): TargetPort[] {
  const ports = (service.spec?.ports ?? []).map((port) => targetPortOf(pod, port));
  return ports.filter((port) => port !== undefined);
}

/** Whether a pod takes new connections, is able to serve at all, and is on its way out. */
export function readinessOf(pod: Pod, service: Service): { ready: boolean; serving: boolean; terminating: boolean } {
  const serving = isPodReady(pod);
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const ready = Boolean(service.spec?.publishNotReadyAddresses) || (serving && !terminating);
  return { ready, serving, terminating };
}

/** The host name under which a pod of the service is published, if it has one. */
export function hostnameOf(pod: Pod, service: Service): string | undefined {
  const { hostname, subdomain } = pod.spec ?? {};
  return hostname && subdomain === service.metadata.name ? hostname : undefined;
}

/** Whether a service has no address of its own. */
export function isHeadless(service: Service): boolean {
  return service.spec?.clusterIP === 'None';
}

/** What an endpoint says about the pod behind it. */
export function targetRefOf(pod: Pod) {
  const { namespace, name, uid } = pod.metadata;
  return { kind: 'Pod', namespace: namespace!, name, uid };
}
