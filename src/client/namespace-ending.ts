import { isApiError } from '../apimachinery/api-error.ts';

/** Whether a write was refused because the namespace is going or gone: there is nothing to report or to try again. */
export function isNamespaceEnding(error: unknown): boolean {
  if (isApiError(error, 'NotFound')) return error.details?.kind === 'namespaces';
  return isApiError(error) && Boolean(error.details?.causes?.some((cause) => cause.reason === 'NamespaceTerminating'));
}
