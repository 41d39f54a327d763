import { CelError, noOverload, type CelFunction, type Extension, type Value } from '../cel/index.ts';
import { compareVersions, parseVersion, type SemanticVersion } from './semver.ts';

/** A semantic version as expressions see it. */
export class VersionValue implements Extension {
  readonly type = 'kubernetes.Semver';
  readonly version: SemanticVersion;

  constructor(version: SemanticVersion) {
    this.version = version;
  }

  equals(other: Value): boolean {
    return other instanceof VersionValue && compareVersions(this.version, other.version) === 0;
  }
}

function versionOf(value: Value | undefined): SemanticVersion {
  if (value instanceof VersionValue) return value.version;
  throw noOverload();
}

function parsed(text: Value | undefined): VersionValue | undefined {
  if (typeof text !== 'string') throw noOverload();
  const version = parseVersion(text);
  return version && new VersionValue(version);
}

/** What expressions can do with versions: `device.attributes["d"].driver.isGreaterThan(semver("1.2.3"))`. */
export const versionFunctions: Readonly<Record<string, CelFunction>> = {
  semver: (text) => {
    const found = parsed(text);
    if (!found) throw new CelError('No Major.Minor.Patch elements found');
    return found;
  },
  isSemver: (text) => parsed(text) !== undefined,
  major: (value) => BigInt(versionOf(value).numbers[0]!),
  minor: (value) => BigInt(versionOf(value).numbers[1]!),
  patch: (value) => BigInt(versionOf(value).numbers[2]!),
};
