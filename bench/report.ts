import type { Figure } from './measure.ts';

/** Prints the figures as a Markdown table, with the other server's and the ratio (above 1: better than the other). */
export function printTable(figures: readonly Figure[], beside: readonly Figure[]): void {
  const rows = figures.map((figure) => {
    const other = beside.find((o) => o.name === figure.name);
    const ratio = other && (figure.more ? figure.value / other.value : other.value / figure.value);
    const cells = [figure.name, show(figure), figure.note ?? ''];
    return beside.length === 0 ? cells : [...cells, other ? show(other) : '', ratio ? ratio.toFixed(2) : ''];
  });
  const head = ['measure', 'figure', 'detail', ...(beside.length === 0 ? [] : ['beside it', 'times as good'])];
  for (const row of [head, head.map(() => '---'), ...rows]) console.log(`| ${row.join(' | ')} |`);
}

function show(figure: Figure): string {
  const digits = figure.value < 10 ? 2 : figure.value < 100 ? 1 : 0;
  const value = figure.value.toLocaleString('en-US', { maximumFractionDigits: digits });
  return `${value} ${figure.unit}`;
}
