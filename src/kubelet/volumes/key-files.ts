import type { VolumeFile } from './atomic-writer.ts';

/** Which keys of a config map or secret go to which paths. */
export interface KeySelection {
  readonly items?:
    readonly { readonly key: string; readonly path: string; readonly mode?: number | undefined }[] | undefined;
  readonly optional?: boolean | undefined;
}

/**
 * The files that the selected keys become: all keys under their own names, or those listed under the listed paths.
 * @throws Error when a listed key is missing and the selection is not optional
 */
export function keyFiles(
  values: ReadonlyMap<string, Buffer>,
  selection: KeySelection,
  defaultMode: number,
  missing: (key: string) => string,
): Map<string, VolumeFile> {
  if (!selection.items) return new Map([...values].map(([key, content]) => [key, { content, mode: defaultMode }]));
  const files = new Map<string, VolumeFile>();
  for (const { key, path, mode } of selection.items) {
    const content = values.get(key);
    if (content) files.set(path, { content, mode: mode ?? defaultMode });
    else if (!selection.optional) throw new Error(missing(key));
  }
  return files;
}

/** The mode of files whose volume says nothing. */
export const usualMode = 0o644;
