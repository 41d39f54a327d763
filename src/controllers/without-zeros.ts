/** A status without the counts that are 0, as upstream writes it; those named in `keep` stay. */
export function withoutZeros<T extends object>(status: T, keep: readonly (keyof T)[] = []): T {
  const entries = Object.entries(status).filter(([key, value]) => value !== 0 || keep.includes(key as keyof T));
  return Object.fromEntries(entries) as T;
}
