import { isApiError } from '../apimachinery/api-error.ts';

/** What `request` answers; undefined when the object is not there (any more), where that is as good. */
export async function unlessGone<T>(request: Promise<T>): Promise<T | undefined> {
  try {
    return await request;
  } catch (error) {
    if (isApiError(error, 'NotFound')) return undefined;
    throw error;
  }
}
