import { serviceCidr, type ServiceCIDR } from '../../../api/networking-v1/service-cidr.ts';
import type { Freshness, Storage } from '../../../storage/storage.ts';
import { kindPrefix } from '../registry.ts';
import type { IpFamily } from '../../../apimachinery/ip-address.ts';
import { AddressRange } from './address-range.ts';

/** The `ServiceCIDR` that every cluster has: the ranges that the servers were started with. */
export const DEFAULT_SERVICE_CIDR = 'kubernetes';

/** Parsed once each: they do not change. */
const parsed = new Map<string, AddressRange>();
const REMEMBERED = 1000;

/**
 * The ranges of a family from which addresses are given: those of all `ServiceCIDR`s that are ready and not being
 * deleted, the default one first; and what the server was started with, until the default one is there.
 */
export async function usableRanges(
  storage: Storage,
  configured: readonly AddressRange[],
  family: IpFamily,
  freshness: Freshness,
): Promise<AddressRange[]> {
  const { entries } = await storage.list(kindPrefix(serviceCidr), { freshness });
  const objects = entries.map((entry) => entry.object as ServiceCIDR);
  const isDefault = ({ metadata }: ServiceCIDR) => metadata.name === DEFAULT_SERVICE_CIDR;
  const usable = objects.filter((c) => isUsable(c, isDefault(c)));
  const fromObjects = [...usable.filter(isDefault), ...usable.filter((c) => !isDefault(c))]
    .flatMap(({ spec }) => spec?.cidrs ?? [])
    .flatMap(rangeOf);
  const all = objects.some(isDefault) ? fromObjects : [...configured, ...fromObjects];
  return all.filter((range) => range.family === family);
}

/** The ranges of both families that addresses may lie in: of all `ServiceCIDR`s, also those that are on their way out. */
export async function knownRanges(storage: Storage, configured: readonly AddressRange[]): Promise<AddressRange[]> {
  const { entries } = await storage.list(kindPrefix(serviceCidr));
  const cidrs = entries.flatMap((entry) => (entry.object as ServiceCIDR).spec?.cidrs ?? []);
  return [...configured, ...cidrs.flatMap(rangeOf)];
}

/** The default one is used from its first moment on, for the first service is the cluster's own. */
function isUsable({ metadata, status }: ServiceCIDR, byDefault: boolean): boolean {
  const ready = status?.conditions?.find((c) => c.type === 'Ready')?.status ?? (byDefault ? 'True' : 'Unknown');
  return ready === 'True' && !metadata.deletionTimestamp;
}

/** Ranges too large or too small to be used give nothing. */
function rangeOf(cidr: string): AddressRange[] {
  let range = parsed.get(cidr);
  if (!range) {
    try {
      range = new AddressRange(cidr);
    } catch {
      return [];
    }
    if (parsed.size >= REMEMBERED) parsed.clear();
    parsed.set(cidr, range);
  }
  return [range];
}
