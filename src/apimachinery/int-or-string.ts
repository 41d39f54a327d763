/** A number, or text that is a number of per cent (or a port's name). */
export type IntOrString = number | string;

/**
 * The number that `value` stands for: itself, or its share of `total` when it reads like `25%`.
 * @throws Error when it is text but no percentage
 */
export function resolvePercent(value: IntOrString, total: number, round: 'up' | 'down'): number {
  if (typeof value === 'number') return value;
  const percent = percentOf(value);
  if (percent === undefined) throw new Error('invalid value for IntOrString: invalid type: string is not a percentage');
  const share = (percent * total) / 100;
  return round === 'up' ? Math.ceil(share) : Math.floor(share);
}

/** The number in `25%`, or undefined when `text` is no percentage. */
export function percentOf(text: string): number | undefined {
  const digits = /^([+-]?[0-9]{1,9})%$/.exec(text)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
