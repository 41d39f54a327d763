import { namespace } from '../api/core-v1/namespace.ts';
import { service } from '../api/core-v1/service.ts';
import { serviceCidr, type ServiceCIDR } from '../api/networking-v1/service-cidr.ts';
import { priorityClass } from '../api/scheduling-v1/priority-class.ts';
import { isApiError } from '../apimachinery/api-error.ts';
import { copyJson, equalJson } from '../apimachinery/json-value.ts';
import type { Kind } from '../apimachinery/kind.ts';
import { apiVersionOf, type AnyObject } from '../apimachinery/object.ts';
import { formatTime } from '../apimachinery/time.ts';
import { sleep } from '../base/clock.ts';
import { create } from './registry/create.ts';
import { addressRanges } from './registry/extensions/address-range.ts';
import { DEFAULT_SERVICE_CIDR } from './registry/extensions/service-cidrs.ts';
import { objectKey, type Registry, type WriteOptions } from './registry/registry.ts';
import { update } from './registry/update.ts';
import { apiServerUser } from './server-user.ts';

/** How the server writes for itself. */
export const asServer: WriteOptions = { user: apiServerUser, dryRun: false, fieldManager: 'kube-apiserver' };
/** How often something that another server seems to be making is tried, and the milliseconds in between. */
const CREATE_TRIES = 5;
const CREATE_AGAIN = 200;

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

/**
 * Creates the `ServiceCIDR` that names the ranges of service addresses, and says that it is ready.
 * @param cidrs as `--service-cidr` gives them
 */
export async function createServiceCidr(registry: Registry, cidrs: string): Promise<void> {
  const wanted = addressRanges(cidrs).map((range) => range.cidr);
  const target = { kind: serviceCidr as Kind<any>, namespace: '', name: DEFAULT_SERVICE_CIDR };
  await ensure(registry, serviceCidr, '', { metadata: { name: target.name }, spec: { cidrs: wanted } });
  const { entry } = await update(registry, {
    ...target,
    options: asServer,
    subresource: serviceCidr.subresources.find(({ name }) => name === 'status')!,
    produce: (current) => (isReady(current) ? current : { ...current, status: readyStatus(registry.clock.now()) }),
  });
  const kept = (entry.object as ServiceCIDR).spec?.cidrs ?? [];
  if (!equalJson(kept, wanted)) {
    registry.log.warn('the ServiceCIDR "kubernetes" has other ranges than this server was started with', {
      kept,
      wanted,
    });
  }
}

function isReady({ status }: ServiceCIDR): boolean {
  return status?.conditions?.some(({ type }) => type === 'Ready') ?? false;
}

function readyStatus(now: number): object {
  const message = 'Kubernetes default Service CIDR is ready';
  const condition = { type: 'Ready', status: 'True', reason: '', message, lastTransitionTime: formatTime(now) };
  return { conditions: [condition] };
}

/** Creates the Service `default/kubernetes`, under which pods find the API servers. */
export async function createKubernetesService(registry: Registry, cidrs: string, targetPort: number): Promise<void> {
  const metadata = { name: 'kubernetes', labels: { component: 'apiserver', provider: 'kubernetes' } };
  const clusterIP = addressRanges(cidrs)[0].at(0);
  const ports = [{ name: 'https', port: 443, protocol: 'TCP', targetPort }];
  await ensure(registry, service, 'default', { metadata, spec: { type: 'ClusterIP', clusterIP, ports } });
}

/** Creates the object unless it is there. Another server may be doing the same, and have taken what it needs. */
export async function ensure(registry: Registry, kind: Kind<any>, namespace: string, object: object): Promise<void> {
  const full = { apiVersion: apiVersionOf(kind), kind: kind.kind, ...object } as AnyObject;
  const target = { kind, namespace, name: full.metadata.name };
  const exists = async () => (await registry.storage.get(objectKey(target))) !== undefined;
  if (await exists()) return;
  for (let tries = 1; ; tries++) {
    try {
      return void (await create(registry, target, copyJson(full), asServer));
    } catch (error) {
      if (isApiError(error, 'AlreadyExists') || (await exists())) return;
      if (tries === CREATE_TRIES) throw error;
      await sleep(registry.clock, CREATE_AGAIN);
    }
  }
}

/** Gives the object these contents, and makes it if there is none. Unchanged contents are not written. */
export async function replace(
  registry: Registry,
  kind: Kind<any>,
  namespace: string,
  object: { metadata: { name: string; labels?: Record<string, string> } } & Record<string, unknown>,
): Promise<void> {
  const { metadata, ...contents } = object;
  const target = { kind, namespace, name: metadata.name };
  try {
    const produce = (current: AnyObject) => ({ ...current, ...copyJson(contents) });
    await update(registry, { ...target, options: asServer, produce });
  } catch (error) {
    if (!isApiError(error, 'NotFound')) throw error;
    await ensure(registry, kind, namespace, object);
  }
}
