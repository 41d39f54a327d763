import { invalidObject, type ApiError } from '../../apimachinery/api-error.ts';
import type { FieldError } from '../../apimachinery/field-error.ts';
import type { Exchange } from '../exchange/exchange.ts';

const optionsKinds: Readonly<Record<string, string>> = {
  POST: 'CreateOptions',
  PUT: 'UpdateOptions',
  PATCH: 'PatchOptions',
};

/** The error of a write's parameters, which upstream names by the kind of the options that they are. */
export function invalidParameters({ request }: Exchange, errors: FieldError[]): ApiError {
  const kind = optionsKinds[request.method] ?? 'UpdateOptions';
  return invalidObject({ group: 'meta.k8s.io', kind }, '', errors);
}
