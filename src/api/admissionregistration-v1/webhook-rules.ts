import type { V1MutatingWebhook, V1ValidatingWebhook } from '@kubernetes/client-node';
import { invalid, path, required, type FieldError } from '../../apimachinery/field-error.ts';
import { dns1035Label, dns1123Subdomain } from '../../apimachinery/names.ts';
import type { Plain } from '../../apimachinery/object.ts';
import { noDuplicates, oneOf, repeats, validateLabelSelector } from '../meta-v1/checks.ts';
import { validateMatchConditions } from './match-conditions.ts';
import { validateRule } from './request-rules.ts';
import { validateClient } from './webhook-client.ts';

export type Webhook = Partial<Plain<V1ValidatingWebhook> & Pick<Plain<V1MutatingWebhook>, 'reinvocationPolicy'>>;

const REVIEW_VERSIONS = ['v1', 'v1beta1'];
const SIDE_EFFECTS = ['None', 'NoneOnDryRun'];

/** What every webhook gets. */
export function defaultWebhook(webhook: Webhook): void {
  webhook.failurePolicy ??= 'Fail';
  webhook.matchPolicy ??= 'Equivalent';
  webhook.namespaceSelector ??= {};
  webhook.objectSelector ??= {};
  webhook.timeoutSeconds ??= 10;
  const service = webhook.clientConfig?.service;
  if (service) service.port ??= 443;
  for (const rule of webhook.rules ?? []) rule.scope ??= '*';
}

/** The rules of the webhooks of one configuration. */
export function validateWebhooks(webhooks: readonly Webhook[] | undefined): FieldError[] {
  const list = webhooks ?? [];
  return [
    ...list.flatMap((webhook, i) => validateWebhook(webhook, path('webhooks', i))),
    ...noDuplicates(list.map((webhook, i) => [`webhooks[${i}].name`, webhook.name ?? ''] as const)),
  ];
}

function validateWebhook(webhook: Webhook, at: string): FieldError[] {
  const seconds = webhook.timeoutSeconds ?? 10;
  return [
    ...fullyQualified(path(at, 'name'), webhook.name ?? ''),
    ...(webhook.rules ?? []).flatMap((rule, i) => validateRule(rule, `${at}.rules[${i}]`)),
    ...oneOf(path(at, 'failurePolicy'), webhook.failurePolicy, ['Fail', 'Ignore']),
    ...oneOf(path(at, 'matchPolicy'), webhook.matchPolicy, ['Equivalent', 'Exact']),
    ...validateSideEffects(webhook.sideEffects, path(at, 'sideEffects')),
    ...(seconds < 1 || seconds > 30
      ? [invalid(path(at, 'timeoutSeconds'), seconds, 'the timeout value must be between 1 and 30 seconds')]
      : []),
    ...validateLabelSelector(path(at, 'namespaceSelector'), webhook.namespaceSelector),
    ...validateLabelSelector(path(at, 'objectSelector'), webhook.objectSelector),
    ...oneOf(path(at, 'reinvocationPolicy'), webhook.reinvocationPolicy, ['IfNeeded', 'Never']),
    ...validateClient(webhook.clientConfig ?? {}, path(at, 'clientConfig')),
    ...validateMatchConditions(webhook.matchConditions, path(at, 'matchConditions')),
    ...validateReviewVersions(webhook.admissionReviewVersions ?? [], path(at, 'admissionReviewVersions')),
  ];
}

function validateSideEffects(effects: string | undefined, field: string): FieldError[] {
  if (effects === undefined) return [required(field, `must specify one of ${SIDE_EFFECTS.join(', ')}`)];
  return oneOf(field, effects, SIDE_EFFECTS);
}

/** A domain of at least three parts. */
function fullyQualified(field: string, name: string): FieldError[] {
  if (!name) return [required(field)];
  const problems = dns1123Subdomain(name);
  if (problems.length > 0) return [invalid(field, name, problems.join(','))];
  if (name.split('.').length >= 3) return [];
  return [invalid(field, name, 'should be a domain with at least three segments separated by dots')];
}

function validateReviewVersions(versions: readonly string[], at: string): FieldError[] {
  if (versions.length === 0) return [required(at, `must specify one of ${REVIEW_VERSIONS.join(', ')}`)];
  const again = repeats(versions);
  const errors = versions.flatMap((version, i) => {
    const problems = dns1035Label(version);
    return [
      ...(problems.length > 0 ? [invalid(path(at, i), version, problems.join(','))] : []),
      ...(again(i) ? [invalid(path(at, i), version, 'duplicate version')] : []),
    ];
  });
  if (versions.some((version) => REVIEW_VERSIONS.includes(version))) return errors;
  return [...errors, invalid(at, versions, `must include at least one of ${REVIEW_VERSIONS.join(', ')}`)];
}
