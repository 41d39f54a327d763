import { canonicalize } from '../meta-v1/quantities.ts';
import type { ClaimSpec } from './claim-spec-validation.ts';

/** What a claim's spec gets, in a claim of its own or in a template. */
export function defaultClaimSpec(spec: ClaimSpec): void {
  spec.volumeMode ??= 'Filesystem';
  spec.resources ??= {};
  canonicalize(spec.resources.requests);
  canonicalize(spec.resources.limits);
}
