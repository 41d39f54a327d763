import type { V1MutatingWebhook, V1RuleWithOperations, V1ValidatingWebhook } from '@kubernetes/client-node';
import { forbidden, invalid, path, required, type FieldError } from '../../apimachinery/field-error.ts';
import { dns1123Subdomain } from '../../apimachinery/names.ts';
import type { Plain } from '../../apimachinery/object.ts';
import { checked, noDuplicates, oneOf, requiredText, validateLabelSelector } from '../meta-v1/checks.ts';

export type Rule = Plain<V1RuleWithOperations>;
export type Webhook = Plain<V1ValidatingWebhook> & Pick<Plain<V1MutatingWebhook>, 'reinvocationPolicy'>;

const OPERATIONS = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];

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
    ...noDuplicates(list.map((webhook, i) => [`webhooks[${i}].name`, webhook.name] as const)),
  ];
}

function validateWebhook(webhook: Webhook, at: string): FieldError[] {
  const seconds = webhook.timeoutSeconds ?? 10;
  return [
    ...fullyQualified(path(at, 'name'), webhook.name ?? ''),
    ...(webhook.rules ?? []).flatMap((rule, i) => validateRule(rule, `${at}.rules[${i}]`)),
    ...oneOf(path(at, 'failurePolicy'), webhook.failurePolicy, ['Fail', 'Ignore']),
    ...oneOf(path(at, 'matchPolicy'), webhook.matchPolicy, ['Equivalent', 'Exact']),
    ...(webhook.sideEffects
      ? oneOf(path(at, 'sideEffects'), webhook.sideEffects, ['None', 'NoneOnDryRun'])
      : [required(path(at, 'sideEffects'), 'must specify one of None, NoneOnDryRun')]),
    ...(seconds < 1 || seconds > 30
      ? [invalid(path(at, 'timeoutSeconds'), seconds, 'the timeout value must be between 1 and 30 seconds')]
      : []),
    ...validateLabelSelector(path(at, 'namespaceSelector'), webhook.namespaceSelector),
    ...validateLabelSelector(path(at, 'objectSelector'), webhook.objectSelector),
    ...oneOf(path(at, 'reinvocationPolicy'), webhook.reinvocationPolicy, ['IfNeeded', 'Never']),
    ...validateClient(webhook.clientConfig ?? {}, path(at, 'clientConfig')),
    ...validateReviewVersions(webhook.admissionReviewVersions ?? [], path(at, 'admissionReviewVersions')),
  ];
}

/** A domain of at least three parts. */
function fullyQualified(field: string, name: string): FieldError[] {
  if (!name) return [required(field)];
  const errors = checked(field, name, dns1123Subdomain);
  if (errors.length > 0 || name.split('.').length >= 3) return errors;
  return [invalid(field, name, 'should be a domain with at least three segments separated by dots')];
}

/** The rules of which requests a webhook or policy wants to see. */
export function validateRule(rule: Rule, at: string): FieldError[] {
  const lists = ['apiGroups', 'apiVersions', 'resources'] as const;
  return [
    ...lists.flatMap((list) => {
      const values: string[] = rule[list] ?? [];
      if (values.length === 0) return [required(path(at, list))];
      if (list === 'resources' || values.length === 1 || !values.includes('*')) return [];
      return [invalid(path(at, list), values, "if '*' is present, must not specify other values")];
    }),
    ...(rule.operations?.length ? [] : [required(path(at, 'operations'))]),
    ...(rule.operations ?? []).flatMap((o, i) => oneOf(`${at}.operations[${i}]`, o, OPERATIONS)),
    ...oneOf(path(at, 'scope'), rule.scope, ['*', 'Cluster', 'Namespaced']),
  ];
}

function validateClient(client: Webhook['clientConfig'], at: string): FieldError[] {
  const { url, service } = client;
  if (url === undefined && !service) return [required(at, 'exactly one of url or service is required')];
  if (url !== undefined && service) return [required(at, 'exactly one of url or service is required')];
  if (url !== undefined)
    return url.startsWith('https://') ? [] : [invalid(path(at, 'url'), url, "'https' is the only allowed URL scheme")];
  return [
    ...requiredText(`${at}.service.name`, service!.name),
    ...requiredText(`${at}.service.namespace`, service!.namespace),
    ...(service!.path && !service!.path.startsWith('/')
      ? [invalid(`${at}.service.path`, service!.path, "must start with a '/'")]
      : []),
  ];
}

function validateReviewVersions(versions: readonly string[], at: string): FieldError[] {
  if (versions.length === 0) return [required(at, 'must specify one of v1, v1beta1')];
  if (versions.includes('v1') || versions.includes('v1beta1')) return [];
  return [forbidden(at, 'must include at least one of v1, v1beta1')];
}
