import { notSupported, type FieldError } from '../../apimachinery/field-error.ts';
import { qualifiedName } from '../../apimachinery/names.ts';
import { checked } from '../meta-v1/checks.ts';

const KNOWN = 'OldestEmulationVersion';

/** How the holder of a lease is chosen: in a known way, or in one that somebody's domain names. */
export function validateStrategy(field: string, strategy: string): FieldError[] {
  if (strategy.includes('/')) return checked(field, strategy, qualifiedName);
  return strategy === KNOWN ? [] : [notSupported(field, strategy, [KNOWN])];
}
