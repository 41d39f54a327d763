import { isIPv4 } from 'node:net';
import { endpoints } from '../api/core-v1/endpoints.ts';
import { namespace } from '../api/core-v1/namespace.ts';
import { service } from '../api/core-v1/service.ts';
import { priorityClass } from '../api/scheduling-v1/priority-class.ts';
import { endpointSlice } from '../api/discovery-v1/endpoint-slice.ts';
import { isApiError } from '../apimachinery/api-error.ts';
import type { Kind } from '../apimachinery/kind.ts';
import { apiVersionOf, type AnyObject } from '../apimachinery/object.ts';
import { create } from './registry/create.ts';
import { AddressRange } from './registry/extensions/address-range.ts';
import type { Registry, WriteOptions } from './registry/registry.ts';
import { copyJson } from '../apimachinery/json-value.ts';
import { update } from './registry/update.ts';
import { apiServerUser } from './server-user.ts';

const asServer: WriteOptions = { user: apiServerUser, dryRun: false };
const systemNamespaces = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];

/** Creates the namespaces that every cluster has. */
export async function createNamespaces(registry: Registry): Promise<void> {
  for (const name of systemNamespaces) await ensure(registry, namespace, '', { metadata: { name } });
}

const systemPriorities = [
  { name: 'system-node-critical', value: 2_000_001_000, to: 'must not be moved from their current node' },
  {
    name: 'system-cluster-critical',
    value: 2_000_000_000,
    to: 'must run in the cluster, but can be moved to another node if necessary',
  },
];

/** Creates the priority classes that every cluster has. */
export async function createPriorityClasses(registry: Registry): Promise<void> {
  for (const { name, value, to } of systemPriorities) {
    const description = `Used for system critical pods that ${to}.`;
    await ensure(registry, priorityClass, '', { metadata: { name }, value, description });
  }
}

/** Where the server can be reached by pods. */
export interface AdvertisedAddress {
  /** IPv4. */
  readonly ip: string;
  readonly port: number;
}

/** Creates the Service `default/kubernetes`, and points its endpoints at this server. */
export async function publishServer(
  registry: Registry,
  serviceCidr: string,
  address: AdvertisedAddress,
): Promise<void> {
  const labels = { component: 'apiserver', provider: 'kubernetes' };
  const metadata = { name: 'kubernetes', labels };
  const clusterIP = new AddressRange(serviceCidr).at(0);
  const port = { name: 'https', port: 443, protocol: 'TCP', targetPort: address.port };
  await ensure(registry, service, 'default', { metadata, spec: { type: 'ClusterIP', clusterIP, ports: [port] } });
  if (!isIPv4(address.ip) || address.ip.startsWith('127.')) return; // pods have a loopback address of their own
  const target = { name: 'https', port: address.port, protocol: 'TCP' };
  const subsets = [{ addresses: [{ ip: address.ip }], ports: [target] }];
  const mirrored = { ...labels, 'endpointslice.kubernetes.io/skip-mirror': 'true' };
  await replace(registry, endpoints, { metadata: { name: 'kubernetes', labels: mirrored }, subsets });
  await replace(registry, endpointSlice, {
    metadata: { name: 'kubernetes', labels: { 'kubernetes.io/service-name': 'kubernetes' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: [address.ip], conditions: { ready: true } }],
    ports: [target],
  });
}

async function ensure(registry: Registry, kind: Kind<any>, namespace: string, object: object): Promise<void> {
  const full = { apiVersion: apiVersionOf(kind), kind: kind.kind, ...object } as AnyObject;
  try {
    await create(registry, { kind, namespace, name: full.metadata.name }, full, asServer);
  } catch (error) {
    if (!isApiError(error, 'AlreadyExists')) throw error;
  }
}

/** Creates the object in `default`, or gives the one that is there these contents. */
async function replace(
  registry: Registry,
  kind: Kind<any>,
  object: { metadata: { name: string; labels: Record<string, string> } } & Record<string, unknown>,
): Promise<void> {
  await ensure(registry, kind, 'default', copyJson(object));
  const { metadata, ...contents } = object;
  await update(registry, {
    kind,
    namespace: 'default',
    name: metadata.name,
    options: asServer,
    produce: (current) => ({ ...current, ...copyJson(contents) }),
  });
}
