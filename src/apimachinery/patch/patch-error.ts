import { ApiError } from '../api-error.ts';

/**
 * A patch that is well formed but does not fit the object. Upstream answers so, without saying what was wrong; `detail` is
 * for whoever catches the error.
 */
export class RejectedPatch extends ApiError {
  readonly detail: string;

  constructor(detail: string) {
    super(422, 'Invalid', 'the server rejected our request due to an error in our request', {});
    this.detail = detail;
  }
}

export function rejectedPatch(detail: string): RejectedPatch {
  return new RejectedPatch(detail);
}

/** A patch that goes wrong where upstream has foreseen no error of its own. */
export function failedPatch(message: string): ApiError {
  return new ApiError(500, '', message);
}
