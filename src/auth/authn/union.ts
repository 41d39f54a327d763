import { isApiError, type ApiError } from '../../apimachinery/api-error.ts';
import { anonymous } from '../user.ts';
import type { Authenticator } from './authenticator.ts';

/**
 * Asks one authenticator after the other; the first user found counts. Wrong credentials of one kind do not hide good
 * ones of another, but they never make somebody anonymous: then they are the answer.
 */
export function unionAuthenticator(authenticators: readonly Authenticator[]): Authenticator {
  return {
    async authenticate(request) {
      let refusal: ApiError | undefined;
      for (const authenticator of authenticators) {
        try {
          const user = await authenticator.authenticate(request);
          if (user && !(refusal && user === anonymous)) return user;
        } catch (error) {
          if (!isApiError(error, 'Unauthorized')) throw error;
          refusal ??= error;
        }
      }
      if (refusal) throw refusal;
      return undefined;
    },
    async reviewToken(token, audiences) {
      for (const authenticator of authenticators) {
        const reviewed = await authenticator.reviewToken?.(token, audiences);
        if (reviewed) return reviewed;
      }
      return undefined;
    },
  };
}
