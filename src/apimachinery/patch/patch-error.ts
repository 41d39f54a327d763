import { ApiError } from '../api-error.ts';

/** A patch that is well formed but does not fit the object: 422, with what was wrong as its only cause. */
export function rejectedPatch(detail: string): ApiError {
  const message = 'the server rejected our request due to an error in our request';
  return new ApiError(422, 'Invalid', message, {
    causes: [{ reason: 'UnexpectedServerResponse', message: detail, field: 'patch' }],
  });
}
