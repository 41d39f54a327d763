import { formatMicroTime } from '../../apimachinery/time.ts';
import type { LogOptions } from './runtime.ts';

/**
 * What is shown of a simulated container's log, all of which it wrote to its standard output when it started (milliseconds
 * since the epoch).
 */
export function fakeLog(output: string, startedAt: number, options: LogOptions): string {
  const { stream, since, tailLines, timestamps } = options;
  if (stream === 'stderr' || output === '' || (since !== undefined && startedAt < since)) return '';
  const lines = output.replace(/\n$/, '').split('\n');
  const shown = tailLines === undefined ? lines : lines.slice(Math.max(0, lines.length - tailLines));
  const time = timestamps ? `${formatMicroTime(startedAt).replace('Z', '000Z')} ` : '';
  return shown.map((line) => `${time}${line}\n`).join('');
}
