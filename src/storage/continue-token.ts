import { badRequest, type ApiError } from '../apimachinery/api-error.ts';

/** Where a list goes on: behind `last`, in the state at `revision`, or in the newest one. */
export interface Position {
  readonly revision: number | undefined;
  readonly last: string;
}

/** In place of a revision. */
const newest = -1;

/** An opaque text for `position`; the prefix is left out, so that a token cannot be carried to another one. */
export function encodeContinue(prefix: string, position: Position): string {
  const text = JSON.stringify({ v: 1, rv: position.revision ?? newest, last: position.last.slice(prefix.length) });
  return Buffer.from(text).toString('base64url');
}

/** @throws ApiError BadRequest when `token` was not made by `encodeContinue` */
export function decodeContinue(prefix: string, token: string): Position {
  const { v, rv, last } = parseToken(token);
  if (v !== 1) throw invalid('server does not recognize this encoded version');
  if (!Number.isSafeInteger(rv) || (rv <= 0 && rv !== newest)) throw invalid('incorrect encoded start resourceVersion');
  if (typeof last !== 'string' || last === '') throw invalid('encoded start key empty');
  return { revision: rv === newest ? undefined : rv, last: prefix + last };
}

function parseToken(token: string): { v?: unknown; rv?: any; last?: unknown } {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(token, 'base64url').toString());
    if (typeof parsed === 'object' && parsed !== null) return parsed;
  } catch {
    // Told below.
  }
  throw invalid('take it unchanged from the metadata of the previous page');
}

function invalid(why: string): ApiError {
  return badRequest(`invalid continue token: continue key is not valid: ${why}`);
}
