/**
 * Lets everybody else have their turn on the event loop. For work that is long and can be divided: to be awaited between
 * its parts.
 */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
