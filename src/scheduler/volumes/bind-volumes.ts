import { persistentVolumeClaim, type PersistentVolumeClaim } from '../../api/core-v1/persistent-volume-claim.ts';
import { persistentVolume, type PersistentVolume } from '../../api/core-v1/persistent-volume.ts';
import { volumeAnnotations } from '../../api/core-v1/volume-matching.ts';
import type { KubeObject } from '../../apimachinery/object.ts';
import type { Client } from '../../client/client.ts';
import type { Clock } from '../../base/clock.ts';
import type { NodeInfo } from '../node-info.ts';
import type { VolumeChoice } from './choose.ts';
import { isBound } from './pod-claims.ts';
import { reaches, type StorageView } from './storage-view.ts';

export interface BindDependencies {
  readonly client: Client;
  readonly clock: Clock;
  readonly view: StorageView;
  /** Milliseconds to wait for the binder and for provisioners. */
  readonly timeout: number;
}

/**
 * Tells the API what was chosen and waits until the claims are bound to it.
 * @throws ApiError when somebody was faster, Error when it cannot come to that or takes too long
 */
export async function bindVolumes(
  choice: VolumeChoice,
  node: NodeInfo,
  dependencies: BindDependencies,
  signal: AbortSignal,
): Promise<void> {
  const { client } = dependencies;
  const claims: PersistentVolumeClaim[] = choice.matched.map(({ claim }) => claim);
  for (const { claim, volume } of choice.matched) await nameClaim(volume, claim, client);
  for (const claim of choice.provisioned) claims.push(await selectNode(claim, node.name, client));
  await untilBound(claims, node, dependencies, signal);
}

async function nameClaim(volume: PersistentVolume, { metadata }: PersistentVolumeClaim, client: Client): Promise<void> {
  const ref = volume.spec?.claimRef;
  if (ref?.uid === metadata.uid) return;
  const { name, namespace, uid, resourceVersion } = metadata;
  const claimRef = { ...ref, apiVersion: 'v1', kind: 'PersistentVolumeClaim', name, namespace, uid, resourceVersion };
  const annotations = { ...volume.metadata.annotations, ...(!ref && { [volumeAnnotations.boundByController]: 'yes' }) };
  const next = { ...volume, metadata: { ...volume.metadata, annotations }, spec: { ...volume.spec, claimRef } };
  await client.update(persistentVolume, next);
}

async function selectNode(
  claim: PersistentVolumeClaim,
  nodeName: string,
  client: Client,
): Promise<PersistentVolumeClaim> {
  const { metadata } = claim;
  if (metadata.annotations?.[volumeAnnotations.selectedNode] === nodeName) return claim;
  const annotations = { ...metadata.annotations, [volumeAnnotations.selectedNode]: nodeName };
  return client.update(persistentVolumeClaim, { ...claim, metadata: { ...metadata, annotations } });
}

/** Looks again whenever a claim or a volume changes. */
function untilBound(
  claims: readonly PersistentVolumeClaim[],
  node: NodeInfo,
  { clock, view, timeout }: BindDependencies,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const undo: (() => void)[] = [];
    const end = (settle: () => void) => {
      for (const step of undo.splice(0)) step();
      settle();
    };
    const look = () => {
      try {
        if (claims.every((claim) => isSettled(claim, node, view))) end(resolve);
      } catch (error) {
        end(() => reject(error));
      }
    };
    const stopped = () => end(() => reject(signal.reason));
    const timer = clock.after(timeout, () => end(() => reject(failed('context deadline exceeded'))));
    signal.addEventListener('abort', stopped, { once: true });
    undo.push(
      () => timer.cancel(),
      () => signal.removeEventListener('abort', stopped),
    );
    undo.push(view.claims.listen({ updated: look, deleted: look }), view.volumes.listen({ updated: look }));
    look();
  });
}

/** Whether the claim has its volume. @throws Error when it will not have one for this node */
function isSettled(written: PersistentVolumeClaim, node: NodeInfo, view: StorageView): boolean {
  const { namespace, name } = written.metadata;
  const claim = view.claim(namespace!, name);
  if (!claim) throw failed(`persistentvolumeclaim "${name}" not found`);
  if (isOlder(claim, written)) return false;
  if (isBound(claim)) return isReachable(claim, node, view);
  const selected = claim.metadata.annotations?.[volumeAnnotations.selectedNode];
  if (written.metadata.annotations?.[volumeAnnotations.selectedNode] !== undefined && selected !== node.name) {
    throw failed(`provisioning failed for PVC "${name}"`); // the provisioner asks for another node
  }
  return false;
}

function isReachable({ spec }: PersistentVolumeClaim, node: NodeInfo, view: StorageView): boolean {
  const volume = view.volume(spec!.volumeName!);
  if (!volume) return false; // not heard of yet
  if (reaches(volume, node)) return true;
  const { name } = volume.metadata;
  throw failed(`pv "${name}" node affinity doesn't match node "${node.name}": no matching NodeSelectorTerms`);
}

/** Whether the local copy is from before our own write. */
function isOlder(known: KubeObject, written: KubeObject): boolean {
  return BigInt(known.metadata.resourceVersion) < BigInt(written.metadata.resourceVersion);
}

function failed(why: string): Error {
  return new Error(`running PreBind plugin "VolumeBinding": binding volumes: ${why}`);
}
