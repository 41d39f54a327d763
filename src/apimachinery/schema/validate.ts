import { badRequest, invalidObject, type ApiError } from '../api-error.ts';
import { invalid } from '../field-error.ts';
import type { AnyObject } from '../object.ts';
import { Compiler, type UnsetZeros } from './compile.ts';
import { Cursor, DecodeError } from './decode-error.ts';
import type { Definitions } from './schema.ts';

/** The `fieldValidation` parameter: what to do about fields that the schema does not know. The default is `Warn`. */
export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

/** The kind that a body is decoded as. `Kind` values fit. */
export interface DecodeTarget {
  readonly version: string;
  readonly kind: string;
  /** The name of its definition. */
  readonly definition: string;
}

export interface DecodeOptions {
  readonly fieldValidation?: FieldValidation;
  /** Paths of keys that occurred twice in the text, from `parseJson`. */
  readonly duplicates?: readonly string[];
  /** Other faults of the text that are treated as unknown fields are, as sentences. */
  readonly faults?: readonly string[];
}

export interface Decoded {
  readonly object: AnyObject;
  /** Texts for `Warning` headers. */
  readonly warnings: readonly string[];
}

const NO_WARNINGS: readonly string[] = [];

/** Decoders for the definitions of one set, each compiled when first used. */
export class Decoder {
  readonly #compiler: Compiler;

  constructor(definitions: Definitions, unsetZeros: UnsetZeros) {
    this.#compiler = new Compiler(definitions, unsetZeros);
  }

  /**
   * Checks a freshly parsed value against the target's definition and cleans it in place (the caller gives it away and
   * goes on with the returned object): unknown fields, nulls and zeros that
   * say nothing are dropped, quantities and times get their canonical form.
   * @throws ApiError BadRequest with upstream's sentence on a wrong type, or on unknown fields when strict
   */
  decode(value: unknown, target: DecodeTarget, options: DecodeOptions = {}): Decoded {
    try {
      return this.#decode(value, target, options);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      const { kind, version } = target;
      throw badRequest(
        `${kind} in version ${JSON.stringify(version)} cannot be handled as a ${kind}: ${error.message}`,
      );
    }
  }

  /**
   * Like `decode`, for what a patch resulted in: failures are 422 Invalid and name the patch.
   * @param patch the patch's text
   */
  decodePatched(value: unknown, target: DecodeTarget, patch: string, options: DecodeOptions = {}): Decoded {
    try {
      return this.#decode(value, target, options);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      throw invalidPatch(patch, error.message);
    }
  }

  #decode(value: unknown, target: DecodeTarget, options: DecodeOptions): Decoded {
    const at = new Cursor();
    const object = this.#compiler.definition(target.definition).decode(value, at) as AnyObject;
    const validation = options.fieldValidation ?? 'Warn';
    const none = at.unknown.length === 0 && !options.duplicates?.length && !options.faults?.length;
    if (validation === 'Ignore' || none) {
      return { object, warnings: NO_WARNINGS };
    }
    const faults = [
      ...(options.faults ?? []),
      ...at.unknown.map((path) => `unknown field ${JSON.stringify(path)}`),
      ...(options.duplicates ?? []).map((path) => `duplicate field ${JSON.stringify(path)}`),
    ];
    if (validation === 'Strict') throw new DecodeError(`strict decoding error: ${faults.join(', ')}`);
    return { object, warnings: faults };
  }
}

/** The error of a patch whose result is not an object of the kind. */
function invalidPatch(patch: string, detail: string): ApiError {
  const shown = patch.length > 1000 ? `${patch.slice(0, 1000)}...` : patch;
  return invalidObject({ group: '', kind: '' }, '', [invalid('patch', shown, detail)]);
}
