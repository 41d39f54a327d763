import { deviceClass } from '../../api/resource-v1/device-class.ts';
import { resourceClaim, type ResourceClaim } from '../../api/resource-v1/resource-claim.ts';
import { deviceTaintRule } from '../../api/resource-v1beta2/device-taint-rule.ts';
import { errorMessage } from '../../base/log.ts';
import type { ClusterEvent, Wake } from '../cluster-event.ts';
import type { Cycle } from '../cycle.ts';
import type { Diagnosis } from '../diagnosis.ts';
import { allocate, TRIES_OF_POD, type Grants } from '../devices/allocate.ts';
import { allocationOf } from '../devices/allocation.ts';
import { bindClaim, unreserveClaim } from '../devices/bind-claim.ts';
import { ClaimLedger } from '../devices/claim-ledger.ts';
import type { Allocation } from '../devices/device.ts';
import { awaitsClaim, claimsOfPod, isReservedFor, usesResourceClaim, waitingFor } from '../devices/pod-claims.ts';
import { poolsFor, selects } from '../devices/pools.ts';
import { SliceView } from '../devices/slice-view.ts';
import { taintsOf } from '../devices/taints.ts';
import type { NodeInfo } from '../node-info.ts';
import type { Plugin, PluginFactory, PluginHandle, PostFilterResult, PreFilterResult, Rejection } from '../plugin.ts';
import type { PodInfo } from '../pod-info.ts';

interface State {
  readonly claims: readonly ResourceClaim[];
  /** Those of them that have nothing yet. */
  readonly open: readonly ResourceClaim[];
  /** Those of them whose devices some node cannot reach. */
  readonly unreachable: Set<ResourceClaim>;
  /** By the name of the node. */
  readonly grants: Map<string, Grants>;
  readonly tries: { left: number };
  reserved?: readonly { readonly claim: ResourceClaim; readonly allocation: Allocation | undefined }[];
  /** The claims that say by now that the pod uses them. */
  readonly bound: Set<ResourceClaim>;
}

/** The pod goes where the devices are that its claims ask for; they are written into the claims before it is bound. */
export const dynamicResources: PluginFactory = {
  name: 'DynamicResources',
  create: (_, handle) => new DynamicResources(handle),
};

class DynamicResources implements Plugin<State> {
  readonly name = 'DynamicResources';
  readonly wakesOn: readonly Wake[] = [
    { on: ['ResourceClaimAdd', 'ResourceClaimUpdate', 'ResourceClaimDelete'], helps: claimHelps },
    { on: ['ResourceSliceAdd', 'ResourceSliceUpdate', 'DeviceClassAdd', 'DeviceClassUpdate'] },
    { on: ['DeviceTaintRuleUpdate', 'DeviceTaintRuleDelete', 'NodeAdd', 'NodeUpdateNodeLabel'] },
  ];
  readonly #handle: PluginHandle;
  readonly #ledger: ClaimLedger;
  readonly #slices: SliceView;

  constructor(handle: PluginHandle) {
    this.#handle = handle;
    this.#ledger = new ClaimLedger(handle.informers);
    this.#slices = new SliceView(handle.informers);
    handle.informers.of(deviceClass);
    handle.informers.of(deviceTaintRule);
  }

  /** A pod whose claims are just being made is not tried in vain. */
  preEnqueue({ pod }: PodInfo): Rejection | undefined {
    return awaitsClaim(pod, this.#ledger) ? { reasons: [waitingFor(pod)], unresolvable: true } : undefined;
  }

  preFilter({ pod, spec }: PodInfo): PreFilterResult<State> {
    if (!spec.resourceClaims?.length) return 'skip';
    const claims = claimsOfPod(pod, this.#ledger, this.#classOf);
    if ('why' in claims) return { rejection: { reasons: [claims.why], unresolvable: true } };
    if (claims.length === 0) return 'skip';
    const open = claims.filter(({ status }) => !status?.allocation);
    return {
      state: {
        claims,
        open,
        unreachable: new Set(),
        grants: new Map(),
        bound: new Set(),
        tries: { left: TRIES_OF_POD },
      },
    };
  }

  filter(_: PodInfo, node: NodeInfo, state: State): Rejection | undefined {
    const { claims, open, unreachable } = state;
    const away = claims.filter(({ status }) => {
      const selector = status?.allocation?.nodeSelector;
      return selector && !selects(selector, node);
    });
    for (const claim of away) unreachable.add(claim);
    if (away.length > 0) return { reasons: ['resourceclaim not available on the node'], unresolvable: false };
    return open.length > 0 ? this.#allocate(node, state) : undefined;
  }

  /** Another node may do when devices are given back that nobody uses yet. */
  postFilter(cycle: Cycle, _: Diagnosis, state?: State): PostFilterResult | Promise<PostFilterResult> {
    const { pod } = cycle.pod;
    const unused = [...(state?.unreachable ?? [])].find(({ status }) =>
      (status?.reservedFor ?? []).every(({ uid }) => uid === pod.metadata.uid),
    );
    return unused ? this.#deallocate(unused) : {};
  }

  async #deallocate(claim: ResourceClaim): Promise<PostFilterResult> {
    const { allocation: _given, reservedFor: _users, ...status } = claim.status!;
    await this.#handle.client.updateStatus(resourceClaim, { ...claim, status });
    return { message: 'deallocation of ResourceClaim completed' };
  }

  reserve(_: PodInfo, node: NodeInfo, state?: State): undefined {
    if (!state) return;
    const grants = state.grants.get(node.name) ?? [];
    state.reserved = state.claims.map((claim) => {
      const index = state.open.indexOf(claim);
      if (index < 0) return { claim, allocation: undefined };
      const devices = grants[index]!.filter(({ asked }) => !asked.adminAccess).map(({ device }) => device.id);
      this.#ledger.assume(claim, devices);
      return { claim, allocation: allocationOf(claim, grants[index]!, node.name) };
    });
  }

  unreserve({ pod }: PodInfo, _: string, state?: State): void {
    for (const claim of state?.open ?? []) this.#ledger.release(claim);
    const { client, log } = this.#handle;
    for (const claim of state?.bound ?? []) {
      unreserveClaim(client, pod, claim).catch((error: unknown) =>
        log.warn('cannot take a pod off its resource claim', {
          claim: claim.metadata.name,
          error: errorMessage(error),
        }),
      );
    }
  }

  preBind({ pod }: PodInfo, _: string, state?: State): undefined | Promise<void> {
    const todo = (state?.reserved ?? []).filter(({ claim, allocation }) => allocation || !isReservedFor(claim, pod));
    return todo.length > 0 ? this.#bind(pod, todo, state!) : undefined;
  }

  async #bind(pod: PodInfo['pod'], todo: NonNullable<State['reserved']>, { bound }: State): Promise<void> {
    for (const { claim, allocation } of todo) {
      const written = await bindClaim(this.#handle.client, pod, claim, allocation);
      bound.add(written);
      this.#ledger.wrote(written);
    }
  }

  #allocate(node: NodeInfo, { open, grants, tries }: State): Rejection | undefined {
    const rules = this.#handle.informers.of(deviceTaintRule).list();
    try {
      const found = allocate({
        claims: open,
        tries,
        pools: poolsFor(node, this.#slices.near(node.name)),
        classOf: this.#classOf,
        inUse: (id) => this.#ledger.inUse(id),
        taintsOf: (device) => taintsOf(device, rules),
      });
      if (!found) return { reasons: ['cannot allocate all claims'], unresolvable: false };
      grants.set(node.name, found);
      return undefined;
    } catch (error) {
      return { reasons: [errorMessage(error)], unresolvable: true };
    }
  }

  readonly #classOf = (name: string) => this.#handle.informers.of(deviceClass).get(name);
}

/** A claim that is the pod's own, or devices that became free. */
function claimHelps({ pod }: PodInfo, { name, object, old }: ClusterEvent): boolean {
  const has = (claim: unknown) => Boolean((claim as ResourceClaim | undefined)?.status?.allocation);
  const freed = name === 'ResourceClaimDelete' ? has(object) : has(old) && !has(object);
  return freed || usesResourceClaim(pod, object as ResourceClaim);
}
