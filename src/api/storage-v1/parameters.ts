import { invalid, required, tooLong, type FieldError } from '../../apimachinery/field-error.ts';

const MOST = 512;
const LARGEST = 256 * 1024;

/** The rules of the parameters of a class: not too many, not too large, each with a name. */
export function validateParameters(
  parameters: Readonly<Record<string, string>> | undefined,
  needed = false,
): FieldError[] {
  const entries = Object.entries(parameters ?? {});
  if (needed && entries.length === 0) return [required('parameters', 'must contain at least one key/value pair')];
  const errors = entries.length > MOST ? [tooLong('parameters', MOST)] : [];
  const size = entries.reduce((sum, [key, value]) => sum + key.length + value.length, 0);
  for (const [key] of entries) if (key === '') errors.push(invalid('parameters', key, 'field can not be empty.'));
  return size > LARGEST ? [...errors, tooLong('parameters', LARGEST)] : errors;
}
