const LONG = 2 ** 30;

/**
 * Keeps the process running although nothing else does: timers of a `Clock` do not. For commands that wait.
 * @returns the function that ends it
 */
export function keepAlive(): () => void {
  const handle = setInterval(() => {}, LONG);
  return () => clearInterval(handle);
}
