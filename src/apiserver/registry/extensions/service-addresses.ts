import type { Service, ServiceSpec } from '../../../api/core-v1/service.ts';
import { canonicalIp, isIp, type IpFamily } from '../../../apimachinery/ip-address.ts';
import { internalError } from '../../../apimachinery/api-error.ts';
import { invalid, type FieldError } from '../../../apimachinery/field-error.ts';
import type { Storage } from '../../../storage/storage.ts';
import type { AddressRange } from './address-range.ts';
import { pretended, type Claim, type Claims, type Owner } from './claims.ts';
import { usableRanges } from './service-cidrs.ts';

/** The cluster IPs that a service holds, in their canonical form. */
export function addressesOf({ type, clusterIP, clusterIPs }: ServiceSpec): string[] {
  if (type === 'ExternalName') return [];
  const all = clusterIPs?.length ? clusterIPs : clusterIP ? [clusterIP] : [];
  return all.filter(isIp).map(canonicalIp);
}

/** What a write has taken so far, and what is wrong with it. */
export interface Taking {
  readonly owner: Owner;
  readonly dryRun: boolean;
  readonly claims: Claim[];
  readonly errors: FieldError[];
}

/** Gives a service an address of each of its families. */
export class ServiceAddresses {
  readonly #claims: Claims;
  readonly #storage: Storage;
  readonly #configured: readonly AddressRange[];

  constructor(claims: Claims, storage: Storage, configured: readonly AddressRange[]) {
    this.#claims = claims;
    this.#storage = storage;
    this.#configured = configured;
  }

  /** Claims the addresses that the service asks for or lacks, except those in `held`. Its families must be settled. */
  async take({ spec = {} }: Service, held: readonly string[], taking: Taking): Promise<void> {
    if (spec.type === 'ExternalName' || spec.clusterIP === 'None') return;
    const asked = spec.clusterIPs ?? [];
    const families = (spec.ipFamilies ?? []) as IpFamily[];
    const given = await Promise.all(families.map((family, i) => this.#one(family, asked[i], asked, held, taking)));
    if (taking.errors.length > 0) return;
    spec.clusterIPs = given as string[];
    spec.clusterIP = spec.clusterIPs[0]!;
  }

  async #one(
    family: IpFamily,
    asked: string | undefined,
    all: readonly string[],
    held: readonly string[],
    taking: Taking,
  ): Promise<string | undefined> {
    if (asked && held.includes(canonicalIp(asked))) return asked;
    if (!asked) return this.#any(family, taking);
    const why = await this.#claim(family, canonicalIp(asked), taking);
    if (why) taking.errors.push(invalid('spec.clusterIPs', all, `failed to allocate IP ${asked}: ${why}`));
    return asked;
  }

  /** @returns why the address cannot be had */
  async #claim(family: IpFamily, address: string, { owner, dryRun, claims }: Taking): Promise<string | undefined> {
    const inRange = async (freshness: { atLeast: 0 } | undefined) =>
      (await usableRanges(this.#storage, this.#configured, family, freshness)).some((r) => r.contains(address));
    if (!(await inRange({ atLeast: 0 })) && !(await inRange(undefined)))
      return 'the provided network does not match the current range';
    const free = dryRun ? !(await this.#claims.isTaken(address)) && pretended(address) : undefined;
    const claim = dryRun ? free : await this.#claims.claim(address, owner);
    if (!claim) return 'provided IP is already allocated';
    claims.push(claim);
    return undefined;
  }

  async #any(family: IpFamily, { owner, dryRun, claims }: Taking): Promise<string> {
    for (const range of await usableRanges(this.#storage, this.#configured, family, { atLeast: 0 })) {
      const claim = await this.#claims.claimAny(range, owner, dryRun);
      if (!claim) continue;
      claims.push(claim);
      return claim.value;
    }
    throw internalError('failed to allocate a serviceIP: range is full');
  }
}
