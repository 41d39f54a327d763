import type { Image } from '../runtime/runtime.ts';

/** When the disk is too full, and how far it is emptied: upstream's defaults. Percent, milliseconds. */
export interface CollectionSettings {
  readonly highThreshold: number;
  readonly lowThreshold: number;
  /** For so long an image stays that nobody uses. */
  readonly minimumAge: number;
}

export const usualCollection: CollectionSettings = { highThreshold: 85, lowThreshold: 80, minimumAge: 120_000 };

/** When pods would have to go otherwise, everything goes that nobody has used for a while. */
export const everyCollection: CollectionSettings = { ...usualCollection, highThreshold: 0, lowThreshold: 0 };

/** An image that pods of this node have used. Times are milliseconds since the epoch. */
export interface UsedImage {
  readonly image: Image;
  readonly lastUsed: number;
  readonly inUse: boolean;
}

/** Bytes of the disk that images are on. */
export interface DiskSpace {
  readonly capacity: number;
  readonly available: number;
}

export interface CollectionPlan {
  readonly remove: readonly Image[];
  /** Bytes that should become free, and that do by what is removed. */
  readonly wanted: number;
  readonly found: number;
}

/**
 * Which images have to go, those first that were not used for longest. Images that did not come from a registry stay: nobody
 * could get them back.
 */
export function planCollection(
  images: readonly UsedImage[],
  { capacity, available }: DiskSpace,
  settings: CollectionSettings,
  now: number,
): CollectionPlan {
  const usedPercent = capacity > 0 ? 100 - (available * 100) / capacity : 0;
  if (usedPercent < settings.highThreshold) return { remove: [], wanted: 0, found: 0 };
  const wanted = Math.ceil((capacity * (100 - settings.lowThreshold)) / 100 - available);
  const eligible = images
    .filter(({ image, inUse, lastUsed }) => !inUse && now - lastUsed >= settings.minimumAge && canComeBack(image))
    .toSorted((a, b) => a.lastUsed - b.lastUsed || b.image.size - a.image.size);
  const remove: Image[] = [];
  let found = 0;
  for (const { image } of eligible) {
    if (found >= wanted) break;
    remove.push(image);
    found += image.size;
  }
  return { remove, wanted, found };
}

function canComeBack({ names }: Image): boolean {
  return names.some((name) => name.includes('@'));
}
