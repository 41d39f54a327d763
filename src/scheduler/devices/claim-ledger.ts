import { resourceClaim, type ResourceClaim } from '../../api/resource-v1/resource-claim.ts';
import { controllerOf } from '../../apimachinery/object.ts';
import type { Informer, Informers } from '../../client/informer.ts';
import { deviceId } from './device.ts';

const byPod = 'claims-of-pod';

/** Claims, and who has which device: as the API tells it, and as was decided here and does not show there yet. */
export class ClaimLedger {
  readonly #claims: Informer<ResourceClaim>;
  /** How many claims have a device, by its id. */
  readonly #users = new Map<string, number>();
  /** By the claim's uid: what is counted for it. */
  readonly #told = new Map<string, readonly string[]>();
  readonly #pending = new Map<string, readonly string[]>();
  /** What was written here and has not come back yet. */
  readonly #written = new Map<string, ResourceClaim>();

  constructor(informers: Informers) {
    this.#claims = informers.of(resourceClaim);
    this.#claims.addIndex(byPod, (claim) => [controllerOf(claim)?.uid ?? '']);
    this.#claims.listen({
      added: (claim) => this.#seen(claim),
      updated: (claim) => this.#seen(claim),
      deleted: ({ metadata }) => this.#forget(metadata.uid),
    });
  }

  /** By `namespace/name`. */
  get(key: string): ResourceClaim | undefined {
    const claim = this.#claims.get(key);
    return claim && (this.#written.get(claim.metadata.uid) ?? claim);
  }

  /** The claims that were made for a pod. */
  madeFor(podUid: string): ResourceClaim[] {
    return this.#claims.byIndex(byPod, podUid);
  }

  /** Whether a claim has the device. */
  inUse(id: string): boolean {
    return this.#users.has(id);
  }

  /** Whether devices were chosen for the claim that its status does not tell of yet. */
  isPending({ metadata }: ResourceClaim): boolean {
    return this.#pending.has(metadata.uid);
  }

  /** Devices were chosen for the claim, by their ids. */
  assume({ metadata }: ResourceClaim, devices: readonly string[]): void {
    this.#pending.set(metadata.uid, devices);
    this.#count(devices, 1);
  }

  /** They are not to be for it after all. */
  release({ metadata }: ResourceClaim): void {
    this.#count(this.#pending.get(metadata.uid) ?? [], -1);
    this.#pending.delete(metadata.uid);
  }

  /** The API has taken in what was decided, and answered with this. */
  wrote(claim: ResourceClaim): void {
    const { uid } = claim.metadata;
    this.release(claim);
    const known = this.#claims.get(`${claim.metadata.namespace}/${claim.metadata.name}`);
    if (known?.metadata.uid !== uid || isNewer(known, claim)) return;
    this.#written.set(uid, claim);
    this.#tell(claim);
  }

  #seen(claim: ResourceClaim): void {
    const written = this.#written.get(claim.metadata.uid);
    if (written && isNewer(written, claim)) return;
    this.#written.delete(claim.metadata.uid);
    this.#tell(claim);
  }

  #tell(claim: ResourceClaim): void {
    const { uid } = claim.metadata;
    this.#count(this.#told.get(uid) ?? [], -1);
    const devices = devicesOf(claim);
    this.#told.set(uid, devices);
    this.#count(devices, 1);
  }

  #forget(uid: string): void {
    this.#count(this.#told.get(uid) ?? [], -1);
    this.#told.delete(uid);
    this.#written.delete(uid);
  }

  #count(devices: readonly string[], by: number): void {
    for (const id of devices) {
      const users = (this.#users.get(id) ?? 0) + by;
      if (users > 0) this.#users.set(id, users);
      else this.#users.delete(id);
    }
  }
}

function isNewer(a: ResourceClaim, b: ResourceClaim): boolean {
  return Number(a.metadata.resourceVersion) > Number(b.metadata.resourceVersion);
}

/** Who only looks after a device does not have it. */
function devicesOf({ status }: ResourceClaim): string[] {
  const results = status?.allocation?.devices?.results ?? [];
  return results.filter(({ adminAccess }) => !adminAccess).map(deviceId);
}
