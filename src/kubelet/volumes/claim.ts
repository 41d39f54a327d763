import { isApiError } from '../../apimachinery/api-error.ts';
import { errorMessage } from '../../base/log.ts';
import { compileNodeSelectorTerms } from '../../api/core-v1/node-selector.ts';
import { persistentVolumeClaim, type PersistentVolumeClaim } from '../../api/core-v1/persistent-volume-claim.ts';
import { persistentVolume, type PersistentVolume } from '../../api/core-v1/persistent-volume.ts';
import { ephemeralClaimName } from '../../api/core-v1/pod-claims.ts';
import type { Pod } from '../../api/core-v1/pod.ts';
import { allContainers } from '../pod-spec.ts';
import type { MountedVolume } from '../containers/volume-mounts.ts';
import { mountPersistent } from './persistent.ts';
import { MountError, ProcessingError } from './volume-error.ts';
import type { VolumeContext, VolumeType } from './volume-type.ts';

/** The volume that a claim is bound to. */
export const claimVolume: VolumeType = {
  field: 'persistentVolumeClaim',
  setUp: (context) => {
    const { claimName, readOnly = false } = context.volume.persistentVolumeClaim!;
    return setUpClaim(context, claimName, readOnly, () => undefined);
  },
};

/** The volume of a claim that was made for the pod, and is named after it. */
export const ephemeralVolume: VolumeType = {
  field: 'ephemeral',
  setUp: (context) => {
    const { pod, volume } = context;
    return setUpClaim(context, ephemeralClaimName(pod, volume), false, (claim) => foreign(claim, pod));
  },
};

function foreign({ metadata }: PersistentVolumeClaim, pod: Pod): string | undefined {
  const owner = metadata.ownerReferences?.find((ref) => ref.controller);
  if (owner?.uid === pod.metadata.uid) return undefined;
  const name = `${metadata.namespace}/${metadata.name}`;
  return `PVC ${name} was not created for pod ${pod.metadata.namespace}/${pod.metadata.name} (pod is not owner)`;
}

async function setUpClaim(
  context: VolumeContext,
  name: string,
  readOnly: boolean,
  refusal: (claim: PersistentVolumeClaim) => string | undefined,
): Promise<MountedVolume> {
  const { pod, client, volume } = context;
  const { namespace = '' } = pod.metadata;
  const failed = (why: string) => new ProcessingError(`error processing PVC ${namespace}/${name}: ${why}`);
  const claim = await client.get(persistentVolumeClaim, { namespace, name }).catch((error) => {
    throw failed(`failed to fetch PVC from API server: ${errorMessage(error)}`);
  });
  const why = refusal(claim) ?? whyUnusable(claim, pod);
  if (why) throw failed(why);
  const found = await client.get(persistentVolume, { name: claim.spec!.volumeName! }).catch((error) => {
    if (!isApiError(error, 'NotFound')) throw error;
    throw failed(
      `failed to fetch PV ${JSON.stringify(claim.spec!.volumeName)} from API server: ${errorMessage(error)}`,
    );
  });
  if (found.spec?.claimRef?.uid !== claim.metadata.uid) {
    throw failed(
      `PV.Spec.ClaimRef.UID "${found.spec?.claimRef?.uid ?? ''}" does not match pvc.UID "${claim.metadata.uid}"`,
    );
  }
  checkMode(claim, pod, volume.name);
  checkNode(found, context);
  return { ...(await mountPersistent(context, found, readOnly)), claim: { namespace, name } };
}

/** A pod that runs already keeps a claim that is to be deleted: the claim waits for it. */
function whyUnusable({ metadata, spec, status }: PersistentVolumeClaim, pod: Pod): string | undefined {
  if (metadata.deletionTimestamp && pod.status?.phase !== 'Running') return 'PVC is being deleted';
  return status?.phase === 'Bound' && spec?.volumeName ? undefined : 'PVC is not bound';
}

function checkMode({ spec }: PersistentVolumeClaim, pod: Pod, name: string): void {
  const block = spec?.volumeMode === 'Block';
  const mounted = allContainers(pod).some((c) => c.volumeMounts?.some((mount) => mount.name === name));
  if (block && mounted) {
    throw new ProcessingError(`volume ${name} has volumeMode Block, but is specified in volumeMounts`);
  }
  const device = allContainers(pod).some((c) => c.volumeDevices?.some((one) => one.name === name));
  if (!block && device) {
    throw new ProcessingError(`volume ${name} has volumeMode Filesystem, but is specified in volumeDevices`);
  }
}

function checkNode({ metadata, spec }: PersistentVolume, { node }: VolumeContext): void {
  const terms = spec?.nodeAffinity?.required?.nodeSelectorTerms;
  if (!terms || compileNodeSelectorTerms(terms)(node)) return;
  throw new MountError(
    `MountVolume.NodeAffinity check failed for volume "${metadata.name}" : no matching NodeSelectorTerms`,
  );
}
