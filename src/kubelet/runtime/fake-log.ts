import { formatMicroTime } from '../../apimachinery/time.ts';
import type { LogOptions } from './runtime.ts';

/**
 * What is shown of a simulated container's log, all of which it wrote to its standard output and then to its standard
 * error when it started (milliseconds since the epoch).
 */
export function fakeLog(output: string, errors: string, startedAt: number, options: LogOptions): string {
  const { stream, since, tailLines, timestamps } = options;
  const text = `${stream === 'stderr' ? '' : output}${stream === 'stdout' ? '' : errors}`;
  if (text === '' || (since !== undefined && startedAt < since)) return '';
  const lines = text.replace(/\n$/, '').split('\n');
  const shown = tailLines === undefined ? lines : lines.slice(Math.max(0, lines.length - tailLines));
  const time = timestamps ? `${formatMicroTime(startedAt).replace('Z', '000Z')} ` : '';
  return shown.map((line) => `${time}${line}\n`).join('');
}
