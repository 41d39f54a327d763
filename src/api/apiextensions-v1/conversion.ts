import { forbidden, invalid, path, required, type FieldError } from '../../apimachinery/field-error.ts';
import { dns1035Label } from '../../apimachinery/names.ts';
import { validateClient } from '../admissionregistration-v1/webhook-client.ts';
import { repeats, requiredOneOf } from '../meta-v1/checks.ts';
import type { CustomResourceDefinition } from './custom-resource-definition.ts';

type Conversion = NonNullable<CustomResourceDefinition['spec']['conversion']>;

const REVIEW_VERSIONS = ['v1', 'v1beta1'];

/** The rules of how objects become those of another version. */
export function validateConversion(conversion: Partial<Conversion>, at: string): FieldError[] {
  const errors = requiredOneOf(path(at, 'strategy'), conversion.strategy, ['None', 'Webhook']);
  const { clientConfig, conversionReviewVersions: versions } = conversion.webhook ?? {};
  const clientField = path(at, 'webhookClientConfig');
  const versionsField = path(at, 'conversionReviewVersions');
  if (conversion.strategy !== 'Webhook') {
    const detail = 'should not be set when strategy is not set to Webhook';
    if (clientConfig) errors.push(forbidden(clientField, detail));
    if (versions?.length) errors.push(forbidden(versionsField, detail));
    return errors;
  }
  if (clientConfig) errors.push(...validateClient(clientConfig, clientField));
  else errors.push(required(clientField, 'required when strategy is set to Webhook'));
  return [...errors, ...validateVersions(versions ?? [], versionsField)];
}

function validateVersions(versions: readonly string[], at: string): FieldError[] {
  if (versions.length === 0) return [required(at)];
  const again = repeats(versions);
  const errors = versions.flatMap((version, i) => [
    ...(again(i)
      ? [invalid(path(at, i), version, 'duplicate version')]
      : dns1035Label(version).map((detail) => invalid(path(at, i), version, detail))),
  ]);
  if (versions.some((version) => REVIEW_VERSIONS.includes(version))) return errors;
  return [...errors, invalid(at, versions, `must include at least one of ${REVIEW_VERSIONS.join(', ')}`)];
}
