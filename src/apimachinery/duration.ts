/** The nanoseconds of each unit of a length of time as Go writes it. */
export const durationUnits: Readonly<Record<string, number>> = {
  h: 3.6e12,
  m: 6e10,
  s: 1e9,
  ms: 1e6,
  us: 1e3,
  µs: 1e3,
  ns: 1,
};

/** A length of time as Go writes it (`1m30s`), in nanoseconds. What is none is 0. */
export function parseDuration(text: string): number {
  let sum = 0;
  for (const [, number, unit] of text.slice(0, 64).matchAll(/([0-9]+(?:\.[0-9]+)?)(ms|us|µs|ns|h|m|s)/g))
    sum += Number(number) * durationUnits[unit!]!;
  return Math.round(text.startsWith('-') ? -sum : sum);
}

/** The same from nanoseconds: hours, minutes and seconds, the last with a fraction if need be. */
export function formatDuration(nanoseconds: number): string {
  const whole = Math.abs(nanoseconds);
  const hours = Math.floor(whole / 3.6e12);
  const minutes = Math.floor((whole % 3.6e12) / 6e10);
  const seconds = Number(((whole % 6e10) / 1e9).toFixed(9));
  const before = hours > 0 ? `${hours}h${minutes}m` : minutes > 0 ? `${minutes}m` : '';
  return `${nanoseconds < 0 ? '-' : ''}${before}${seconds}s`;
}
