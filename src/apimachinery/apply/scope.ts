import type { FieldSet } from './field-set.ts';
import type { MapType } from './types.ts';

/** An object as another version of its kind sees it. */
export interface VersionView {
  readonly type: MapType;
  /** The object in that version: a new one, or the argument where both versions look the same. */
  convert(object: object): object;
  /** The inverse of `convert`. */
  back(object: object): object;
}

/** Through what a writer writes. */
export interface ApplyScope extends VersionView {
  readonly apiVersion: string;
  /** Empty for the object itself. */
  readonly subresource: string;
  /** Fields of the object that cannot be written here, so that nobody comes to own them: `status`, or `spec`. */
  readonly skip: ReadonlySet<string>;
  /** Further such fields that lie deeper. */
  readonly reset: FieldSet;
  /** Another version of the kind; undefined when there is none such (any more). */
  version(apiVersion: string): VersionView | undefined;
}

/** Who writes, and when. */
export interface Writer {
  readonly manager: string;
  /** RFC 3339. */
  readonly time: string;
}
