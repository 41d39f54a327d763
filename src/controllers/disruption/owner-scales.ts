import { deployment } from '../../api/apps-v1/deployment.ts';
import { replicaSet } from '../../api/apps-v1/replica-set.ts';
import { statefulSet } from '../../api/apps-v1/stateful-set.ts';
import { customResourceDefinition } from '../../api/apiextensions-v1/custom-resource-definition.ts';
import type { Pod } from '../../api/core-v1/pod.ts';
import { replicationController } from '../../api/core-v1/replication-controller.ts';
import { isApiError, qualified } from '../../apimachinery/api-error.ts';
import type { Kind } from '../../apimachinery/kind.ts';
import {
  controllerOf,
  keyOf,
  parseApiVersion,
  type KubeObject,
  type OwnerReference,
} from '../../apimachinery/object.ts';
import type { ClusterReader, ReconcileContext } from '../../client/controller.ts';
import { builtInKinds, customKind } from '../served-kinds.ts';

/** The kinds whose replicas are known from local copies. */
export const scaledKinds: readonly Kind<any>[] = [replicaSet, deployment, statefulSet, replicationController];

/** What the owners of pods want. */
export interface OwnerScales {
  /** Replicas by the uid of the pods' owner. Replica sets of one deployment share the deployment's. */
  readonly scales: ReadonlyMap<string, number>;
  /** Pods that nobody controls: how many of them are wanted is not known. */
  readonly unmanaged: readonly Pod[];
}

/**
 * Finds how many replicas the owners of the pods want: ReplicaSets (or their Deployments), StatefulSets,
 * ReplicationControllers, and whatever else has a `scale` subresource.
 * @throws Error when an owner is of a kind that has no scale
 */
export async function ownerScales(pods: readonly Pod[], context: ReconcileContext): Promise<OwnerScales> {
  const scales = new Map<string, number>();
  const counted = new Set<string>();
  const unmanaged: Pod[] = [];
  for (const pod of pods) {
    const owner = controllerOf(pod);
    if (!owner) unmanaged.push(pod);
    else if (!scales.has(owner.uid)) scales.set(owner.uid, await newReplicas(owner, pod, context, counted));
  }
  return { scales, unmanaged };
}

/** The owner's replicas; 0 when they have been counted already, for another replica set of the same deployment. */
async function newReplicas(
  owner: OwnerReference,
  pod: Pod,
  context: ReconcileContext,
  counted: Set<string>,
): Promise<number> {
  const scale = await scaleOf(owner, pod, context);
  if (!scale) throw new Error(`found no controllers for pod ${JSON.stringify(pod.metadata.name)}`);
  if (counted.has(scale.uid)) return 0;
  counted.add(scale.uid);
  return scale.replicas;
}

type Scale = { readonly uid: string; readonly replicas: number };

async function scaleOf(owner: OwnerReference, pod: Pod, context: ReconcileContext): Promise<Scale | undefined> {
  const namespace = pod.metadata.namespace!;
  const known = scaledKinds.find((kind) => names(owner, kind));
  return known ? knownScale(known, owner, namespace, context.reader) : askedScale(owner, namespace, context);
}

function names({ apiVersion, kind }: OwnerReference, of: Kind<any>): boolean {
  return kind === of.kind && parseApiVersion(apiVersion).group === of.group;
}

function knownScale(
  kind: Kind<any>,
  owner: OwnerReference,
  namespace: string,
  reader: ClusterReader,
): Scale | undefined {
  const object: KubeObject & { spec?: { replicas?: number } } = reader.get(
    kind,
    keyOf({ namespace, name: owner.name }),
  );
  if (object?.metadata.uid !== owner.uid) return undefined;
  const above = controllerOf(object);
  const deployed = above && names(above, deployment) && knownScale(deployment, above, namespace, reader);
  // A set whose deployment is gone stands for itself.
  if (deployed) return deployed;
  return { uid: owner.uid, replicas: object.spec?.replicas ?? 1 };
}

/** Asks the API for the owner's scale. */
async function askedScale(
  owner: OwnerReference,
  namespace: string,
  { reader, client }: ReconcileContext,
): Promise<Scale | undefined> {
  const kind = builtInKinds.find((k) => names(owner, k)) ?? customKindOf(owner, reader);
  if (!kind) throw new Error(`no matches for kind "${owner.kind}" in version "${owner.apiVersion}"`);
  try {
    const { metadata, spec } = (await client.get(kind, { namespace, name: owner.name }, 'scale')) as KubeObject & {
      spec?: { replicas?: number };
    };
    return metadata.uid === owner.uid ? { uid: owner.uid, replicas: spec?.replicas ?? 0 } : undefined;
  } catch (error) {
    if (!isApiError(error, 'NotFound', 'MethodNotAllowed')) throw error;
    if (await client.find(kind, { namespace, name: owner.name })) {
      throw new Error(`${qualified(kind)} does not implement the scale subresource`, { cause: error });
    }
    return undefined;
  }
}

function customKindOf(owner: OwnerReference, reader: ClusterReader): Kind | undefined {
  for (const definition of reader.list(customResourceDefinition)) {
    const kind = customKind(definition);
    if (kind && names(owner, kind)) return kind;
  }
  return undefined;
}
