/**
 * Runs `task` `count` times (with 0, 1, 2, ...) in batches of 1, 2, 4, ... that each wait for the one before, and stops after the first
 * batch with a failure: whatever makes one fail (a quota, an admission plugin) then costs few calls.
 * @returns the results of those that succeeded, the first error if there was one, and how many were not tried
 */
export async function slowStart<T>(
  count: number,
  task: (i: number) => Promise<T>,
): Promise<{ done: T[]; error?: unknown; skipped: number }> {
  const done: T[] = [];
  let left = count;
  for (let size = 1; left > 0; size *= 2) {
    const batch = Math.min(size, left);
    const first = count - left;
    const results = await Promise.allSettled(Array.from({ length: batch }, (_, i) => task(first + i)));
    left -= batch;
    for (const result of results) if (result.status === 'fulfilled') done.push(result.value);
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) return { done, error: failed.reason, skipped: left };
  }
  return { done, skipped: 0 };
}
