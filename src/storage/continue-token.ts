import { badRequest } from '../apimachinery/api-error.ts';

/** Where a list goes on: behind `last`, in the state at `revision`. */
export interface Position {
  readonly revision: number;
  readonly last: string;
}

/** An opaque text for `position`; the prefix is left out, so that a token cannot be carried to another one. */
export function encodeContinue(prefix: string, position: Position): string {
  const text = JSON.stringify({ v: 1, rv: position.revision, last: position.last.slice(prefix.length) });
  return Buffer.from(text).toString('base64url');
}

/** @throws ApiError BadRequest when `token` was not made by `encodeContinue` */
export function decodeContinue(prefix: string, token: string): Position {
  try {
    const { v, rv, last } = JSON.parse(Buffer.from(token, 'base64url').toString());
    if (v === 1 && Number.isSafeInteger(rv) && rv > 0 && typeof last === 'string' && last !== '') {
      return { revision: rv, last: prefix + last };
    }
  } catch {
    // Told below.
  }
  throw badRequest('continue key is not valid: take it unchanged from the metadata of the previous page');
}
