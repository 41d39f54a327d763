/**
 * Orders versions as clients prefer them: `v2`, `v1`, `v2beta1`, `v1beta2`, `v1alpha1`, then whatever follows no such
 * pattern, by the alphabet. See https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning
 */
export function sortedVersions(versions: readonly string[]): string[] {
  return versions.toSorted(compareVersions);
}

function compareVersions(a: string, b: string): number {
  const [left, right] = [parse(a), parse(b)];
  if (!left || !right) return left ? -1 : right ? 1 : a < b ? -1 : 1;
  return right.stability - left.stability || right.major - left.major || right.minor - left.minor;
}

function parse(version: string): { major: number; stability: number; minor: number } | undefined {
  const [, major, stage, minor] = /^v([1-9][0-9]*)(?:(alpha|beta)([1-9][0-9]*))?$/.exec(version) ?? [];
  if (!major) return undefined;
  return {
    major: Number(major),
    stability: stage === undefined ? 2 : stage === 'beta' ? 1 : 0,
    minor: Number(minor ?? 0),
  };
}
