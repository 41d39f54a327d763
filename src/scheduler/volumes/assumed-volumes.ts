import type { PersistentVolumeClaim } from '../../api/core-v1/persistent-volume-claim.ts';
import type { PersistentVolume } from '../../api/core-v1/persistent-volume.ts';
import type { VolumeChoice } from './choose.ts';

interface Held {
  /** The volume's claim, or the claim's node. */
  readonly what: string;
  /** The pods for which it was decided, by uid. */
  readonly pods: Set<string>;
}

/** What was decided about volumes and does not show at the API yet: the next pods must count with it. */
export class AssumedVolumes {
  readonly #claimOfVolume = new Map<string, Held>();
  readonly #nodeOfClaim = new Map<string, Held>();

  /** The uid of the claim that is to have the volume. */
  holderOf({ metadata }: PersistentVolume): string | undefined {
    return this.#claimOfVolume.get(metadata.name)?.what;
  }

  /** The node for which a volume is to be made for the claim. */
  nodeOf({ metadata }: PersistentVolumeClaim): string | undefined {
    return this.#nodeOfClaim.get(metadata.uid)?.what;
  }

  add(podUid: string, { matched, provisioned }: VolumeChoice, nodeName: string): void {
    for (const { claim, volume } of matched) {
      hold(this.#claimOfVolume, volume.metadata.name, claim.metadata.uid, podUid);
    }
    for (const { metadata } of provisioned) hold(this.#nodeOfClaim, metadata.uid, nodeName, podUid);
  }

  remove(podUid: string, { matched, provisioned }: VolumeChoice): void {
    for (const { volume } of matched) release(this.#claimOfVolume, volume.metadata.name, podUid);
    for (const { metadata } of provisioned) release(this.#nodeOfClaim, metadata.uid, podUid);
  }
}

function hold(map: Map<string, Held>, key: string, what: string, podUid: string): void {
  const held = map.get(key);
  if (held) held.pods.add(podUid);
  else map.set(key, { what, pods: new Set([podUid]) });
}

function release(map: Map<string, Held>, key: string, podUid: string): void {
  const held = map.get(key);
  if (held?.pods.delete(podUid) && held.pods.size === 0) map.delete(key);
}
