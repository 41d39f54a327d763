import { readFileSync } from 'node:fs';
import type { Outcome } from './outcome.ts';

/** What the reference said, by the names of a scenario's steps. */
export type Recorded = Readonly<Record<string, Outcome>>;

export const recordedFile = new URL('./recorded.json', import.meta.url);

/** What the reference said when it was last asked, by the names of the scenarios. */
export function readRecorded(): Readonly<Record<string, Recorded>> {
  return JSON.parse(readFileSync(recordedFile, 'utf8')) as Record<string, Recorded>;
}
