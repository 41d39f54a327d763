/** A job's indexes as text: `1,3-5,7`, in order. How many there are, or what is wrong with the text. */
export function countIndexes(text: string, completions: number): number | string {
  if (text === '') return 0;
  let count = 0;
  let last = -1;
  for (const interval of text.split(',')) {
    const [from, to, problem] = parseInterval(interval, completions);
    if (problem) return problem;
    if (last >= from) return `non-increasing order, previous: ${last}, current: ${from}`;
    if (to < from) return `non-increasing order, previous: ${from}, current: ${to}`;
    count += to - from + 1;
    last = to;
  }
  return count;
}

function parseInterval(text: string, completions: number): [from: number, to: number, problem?: string] {
  const parts = text.split('-');
  if (parts.length > 2)
    return [
      0,
      0,
      `the fragment ${JSON.stringify(text)} violates the requirement that an index interval can have at most two parts separated by '-'`,
    ];
  const numbers = parts.map((part) => (/^[0-9]{1,10}$/.test(part) ? Number(part) : undefined));
  const bad = numbers.indexOf(undefined);
  if (bad >= 0) return [0, 0, `cannot convert string to integer for index: ${JSON.stringify(parts[bad])}`];
  const large = numbers.find((n) => n! >= completions);
  if (large !== undefined) return [0, 0, `too large index: ${JSON.stringify(String(large))}`];
  return [numbers[0]!, numbers.at(-1)!];
}
