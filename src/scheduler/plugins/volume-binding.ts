import { claimsOfPod } from '../../api/core-v1/pod-claims.ts';
import type { PersistentVolumeClaim } from '../../api/core-v1/persistent-volume-claim.ts';
import type { ClusterEvent, Wake } from '../cluster-event.ts';
import { defaultArguments, type VolumeBindingArguments } from '../config/arguments.ts';
import type { NodeInfo } from '../node-info.ts';
import type { Plugin, PluginFactory, PluginHandle, PreFilterResult, Rejection } from '../plugin.ts';
import type { PodInfo } from '../pod-info.ts';
import { AssumedVolumes } from '../volumes/assumed-volumes.ts';
import { bindVolumes } from '../volumes/bind-volumes.ts';
import { chooseVolumes, type VolumeChoice } from '../volumes/choose.ts';
import { readClaims, type PodClaims } from '../volumes/pod-claims.ts';
import { StorageView, usesClaim } from '../volumes/storage-view.ts';

interface State {
  readonly claims: PodClaims;
  /** By the name of the node. */
  readonly choices: Map<string, VolumeChoice>;
  reserved?: { readonly node: NodeInfo; readonly choice: VolumeChoice };
}

/** The pod goes where its volumes can be used, or be made; those that wait for it are bound before it is. */
export const volumeBinding: PluginFactory = {
  name: 'VolumeBinding',
  create: (args, handle) =>
    new VolumeBinding((args as VolumeBindingArguments) ?? defaultArguments.VolumeBinding, handle),
};

class VolumeBinding implements Plugin<State> {
  readonly name = 'VolumeBinding';
  readonly wakesOn: readonly Wake[] = [
    { on: ['PersistentVolumeClaimAdd', 'PersistentVolumeClaimUpdate'], helps: isItsClaim },
    { on: ['NodeAdd', 'NodeUpdateNodeLabel', 'StorageClassAdd', 'StorageClassUpdate'] },
    { on: ['PersistentVolumeAdd', 'PersistentVolumeUpdate', 'CSINodeAdd', 'CSINodeUpdate'] },
    { on: ['CSIDriverAdd', 'CSIDriverUpdate', 'CSIStorageCapacityAdd', 'CSIStorageCapacityUpdate'] },
  ];
  readonly #handle: PluginHandle;
  readonly #view: StorageView;
  readonly #assumed = new AssumedVolumes();
  readonly #timeout: number;

  constructor({ bindTimeoutSeconds }: VolumeBindingArguments, handle: PluginHandle) {
    this.#handle = handle;
    this.#view = new StorageView(handle.informers);
    this.#timeout = bindTimeoutSeconds * 1000;
  }

  preFilter({ pod }: PodInfo): PreFilterResult<State> {
    if (claimsOfPod(pod).length === 0) return 'skip';
    const claims = readClaims(pod, this.#view);
    if ('why' in claims) return { rejection: { reasons: [claims.why], unresolvable: true } };
    return { state: { claims, choices: new Map() } };
  }

  filter(_: PodInfo, node: NodeInfo, { claims, choices }: State): Rejection | undefined {
    const found = chooseVolumes(claims, node, this.#view, this.#assumed);
    if ('reasons' in found) return { reasons: found.reasons, unresolvable: true };
    choices.set(node.name, found);
    return undefined;
  }

  reserve({ uid }: PodInfo, node: NodeInfo, state?: State): undefined {
    const choice = state?.choices.get(node.name);
    if (!state || !choice || choice.matched.length + choice.provisioned.length === 0) return;
    state.reserved = { node, choice };
    this.#assumed.add(uid, choice, node.name);
  }

  unreserve({ uid }: PodInfo, _: string, state?: State): void {
    if (state?.reserved) this.#assumed.remove(uid, state.reserved.choice);
  }

  preBind(pod: PodInfo, _: string, state: State | undefined, signal: AbortSignal): undefined | Promise<void> {
    return state?.reserved && this.#bind(pod, state.reserved, signal);
  }

  async #bind({ uid }: PodInfo, { node, choice }: NonNullable<State['reserved']>, signal: AbortSignal): Promise<void> {
    const { client, clock } = this.#handle;
    await bindVolumes(choice, node, { client, clock, view: this.#view, timeout: this.#timeout }, signal);
    this.#assumed.remove(uid, choice); // by now the API says so
  }
}

function isItsClaim({ pod }: PodInfo, { object }: ClusterEvent): boolean {
  return usesClaim(pod, object as PersistentVolumeClaim);
}
