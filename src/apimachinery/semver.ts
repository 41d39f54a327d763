/** A version by semver.org 2.0.0. What builds add behind a `+` does not count. */
export interface SemanticVersion {
  /** Major, minor, patch. */
  readonly numbers: readonly number[];
  readonly prerelease: readonly string[];
}

const SHAPE = /^(0|[1-9]\d{0,14})\.(0|[1-9]\d{0,14})\.(0|[1-9]\d{0,14})(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$/;

/** Undefined: it is no version. */
export function parseVersion(text: string): SemanticVersion | undefined {
  const parts = SHAPE.exec(text);
  if (!parts) return undefined;
  return { numbers: parts.slice(1, 4).map(Number), prerelease: parts[4]?.split('.') ?? [] };
}

/** Negative, zero or positive. */
export function compareVersions(a: SemanticVersion, b: SemanticVersion): number {
  for (const i of [0, 1, 2]) if (a.numbers[i] !== b.numbers[i]) return a.numbers[i]! - b.numbers[i]!;
  // What comes before a release is less than the release.
  if (a.prerelease.length === 0 || b.prerelease.length === 0) return b.prerelease.length - a.prerelease.length;
  for (let i = 0; i < Math.min(a.prerelease.length, b.prerelease.length); i++) {
    const order = compareIdentifiers(a.prerelease[i]!, b.prerelease[i]!);
    if (order !== 0) return order;
  }
  return a.prerelease.length - b.prerelease.length;
}

/** Numbers by their size, before words; words by their letters. */
function compareIdentifiers(a: string, b: string): number {
  const [x, y] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (x && y) return Number(a) - Number(b);
  if (x !== y) return x ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}
