import { forbiddenAccess, type ApiError } from '../apimachinery/api-error.ts';
import type { AdmissionRequest } from './plugin.ts';

/** Letters and digits that are added to `generateName`. */
const SUFFIX = 5;

/** The refusal of a request: 403 with the object's name and `why`. */
export function refuse({ kind, name }: AdmissionRequest, why: string): ApiError {
  return forbiddenAccess(kind, name, why);
}

/** The same while the object is not named yet as far as its author can know: the prefix stands for the name. */
export function refuseUnnamed(request: AdmissionRequest, why: string): ApiError {
  const { generateName } = request.object?.metadata ?? {};
  const generated = generateName && request.name.length === generateName.length + SUFFIX;
  return forbiddenAccess(request.kind, generated ? generateName : request.name, why);
}
