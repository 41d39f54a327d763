import { noOverload, type CelFunction, type Value } from '../cel/index.ts';
import { quantityFunctions, QuantityValue } from './cel-quantity.ts';
import { VersionValue, versionFunctions } from './cel-semver.ts';
import { compareVersions } from './semver.ts';

/** Quantities and versions have these in common. */
function order(a: Value | undefined, b: Value | undefined): number {
  if (a instanceof QuantityValue && b instanceof QuantityValue) return a.quantity.compare(b.quantity);
  if (a instanceof VersionValue && b instanceof VersionValue) return compareVersions(a.version, b.version);
  throw noOverload();
}

/** The functions that Kubernetes adds to the language wherever it is spoken. */
export const kubernetesFunctions: Readonly<Record<string, CelFunction>> = {
  ...quantityFunctions,
  ...versionFunctions,
  compareTo: (a, b) => BigInt(Math.sign(order(a, b))),
  isGreaterThan: (a, b) => order(a, b) > 0,
  isLessThan: (a, b) => order(a, b) < 0,
};
