import { node as nodeKind, type Node } from '../api/core-v1/node.ts';
import { persistentVolumeClaim, type PersistentVolumeClaim } from '../api/core-v1/persistent-volume-claim.ts';
import { persistentVolume, type PersistentVolume } from '../api/core-v1/persistent-volume.ts';
import { storageClassOf, volumeAnnotations } from '../api/core-v1/volume-matching.ts';
import { localPathParameter, localPathProvisioner } from '../api/storage-v1/local-path.ts';
import { storageClass as storageClassKind, type StorageClass } from '../api/storage-v1/storage-class.ts';
import { isApiError } from '../apimachinery/api-error.ts';
import { keyOf, type New } from '../apimachinery/object.ts';
import { controller, type ReconcileContext } from '../client/controller.ts';

const { provisioner, provisionedBy, selectedNode } = volumeAnnotations;
const hostname = 'kubernetes.io/hostname';

/**
 * Makes volumes in folders of nodes for claims whose class asks for it: what kind, minikube and k3s bring along for
 * clusters without other storage. The folder itself is made by the node when a pod first uses it, and removed by the node
 * when the claim is gone and the class says so.
 */
export const localPathProvisionerController = controller<PersistentVolumeClaim>({
  name: 'local-path-provisioner-controller',
  for: persistentVolumeClaim,
  reconcile,
});

async function reconcile(key: string, { reader, client, events }: ReconcileContext): Promise<void> {
  const claim = reader.get(persistentVolumeClaim, key);
  if (!claim || !isAsked(claim)) return;
  const chosen = claim.metadata.annotations?.[selectedNode];
  const [storageClass, node] = await Promise.all([
    client.find(storageClassKind, { name: storageClassOf(claim) }),
    chosen === undefined ? undefined : client.find(nodeKind, { name: chosen }),
  ]);
  const plan = planLocalPath(claim, storageClass, node);
  switch (plan.do) {
    case 'nothing':
      return;
    case 'reschedule': {
      const { [selectedNode]: _, ...annotations } = claim.metadata.annotations ?? {};
      await client.update(persistentVolumeClaim, { ...claim, metadata: { ...claim.metadata, annotations } });
      return;
    }
    case 'fail':
      return events.event(claim, 'Warning', 'ProvisioningFailed', plan.message);
    case 'create': {
      const { name } = plan.volume.metadata;
      events.event(
        claim,
        'Normal',
        'Provisioning',
        `External provisioner is provisioning volume for claim "${keyOf(claim)}"`,
      );
      await client.create(persistentVolume, plan.volume).catch((error) => {
        if (!isApiError(error, 'AlreadyExists')) throw error;
      });
      events.event(claim, 'Normal', 'ProvisioningSucceeded', `Successfully provisioned volume ${name}`);
    }
  }
}

/** Whether the binder asks this provisioner for a volume for the claim. */
function isAsked({ metadata, spec }: PersistentVolumeClaim): boolean {
  return (
    !metadata.deletionTimestamp && !spec?.volumeName && metadata.annotations?.[provisioner] === localPathProvisioner
  );
}

/** What is to be done about a claim that wants a volume. */
export type LocalPathPlan =
  | { readonly do: 'nothing' }
  /** The chosen node is gone: the scheduler has to choose again. */
  | { readonly do: 'reschedule' }
  | { readonly do: 'fail'; readonly message: string }
  | { readonly do: 'create'; readonly volume: New<PersistentVolume> };

/** @param node the one that the scheduler has chosen, when there is one of that name */
export function planLocalPath(
  claim: PersistentVolumeClaim,
  storageClass: StorageClass | undefined,
  node: Node | undefined,
): LocalPathPlan {
  if (storageClass?.provisioner !== localPathProvisioner) return { do: 'nothing' };
  const fail = (why: string): LocalPathPlan => {
    const name = storageClass.metadata.name;
    return { do: 'fail', message: `failed to provision volume with StorageClass "${name}": ${why}` };
  };
  const parent = storageClass.parameters?.[localPathParameter];
  if (!parent?.startsWith('/')) return fail(`the parameter "${localPathParameter}" must name a folder of the nodes`);
  if (claim.spec?.volumeMode === 'Block') return fail('block volumes are not supported');
  if (claim.metadata.annotations?.[selectedNode] === undefined) {
    return fail('no node is selected: the class must have volumeBindingMode WaitForFirstConsumer');
  }
  if (!node) return { do: 'reschedule' };
  return { do: 'create', volume: volumeFor(claim, storageClass, node, parent) };
}

/** The volume is named after the claim's uid, so that a claim never gets two. */
function volumeFor(
  claim: PersistentVolumeClaim,
  storageClass: StorageClass,
  node: Node,
  parent: string,
): New<PersistentVolume> {
  const { namespace, uid, resourceVersion } = claim.metadata;
  const name = `pvc-${uid}`;
  const values = [node.metadata.labels?.[hostname] ?? node.metadata.name];
  return {
    metadata: { name, annotations: { [provisionedBy]: localPathProvisioner } },
    spec: {
      capacity: { storage: claim.spec?.resources?.requests?.storage ?? '0' },
      accessModes: [...(claim.spec?.accessModes ?? [])],
      volumeMode: 'Filesystem',
      storageClassName: storageClass.metadata.name,
      persistentVolumeReclaimPolicy: storageClass.reclaimPolicy ?? 'Delete',
      claimRef: {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        name: claim.metadata.name,
        ...(namespace && { namespace }),
        uid,
        resourceVersion,
      },
      local: { path: `${parent.replace(/\/+$/, '')}/${name}_${namespace}_${claim.metadata.name}` },
      nodeAffinity: {
        required: { nodeSelectorTerms: [{ matchExpressions: [{ key: hostname, operator: 'In', values }] }] },
      },
    },
  };
}
