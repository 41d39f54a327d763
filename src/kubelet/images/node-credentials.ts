import { readFile } from 'node:fs/promises';
import type { ImageCredentials } from '../runtime/runtime.ts';
import { entriesFor } from './registry-entries.ts';

/**
 * The credentials for an image that stand on the node: files that `docker login` writes, read anew each time. One that
 * is not there or broken gives none.
 */
export async function nodeCredentials(image: string, paths: readonly string[]): Promise<ImageCredentials[]> {
  const files = await Promise.all(paths.map((path) => readFile(path).catch(() => Buffer.alloc(0))));
  const entries = files.flatMap((bytes) => entriesFor(image, new Map([['.dockerconfigjson', bytes]])));
  return entries.map(({ credentials }) => credentials);
}
