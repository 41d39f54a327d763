import { expect } from 'chai';
import { mutatingAdmissionPolicyBinding } from '../../../src/api/admissionregistration-v1/mutating-admission-policy-binding.ts';
import { mutatingAdmissionPolicy } from '../../../src/api/admissionregistration-v1/mutating-admission-policy.ts';
import { validatingAdmissionPolicyBinding } from '../../../src/api/admissionregistration-v1/validating-admission-policy-binding.ts';
import { validatingAdmissionPolicy } from '../../../src/api/admissionregistration-v1/validating-admission-policy.ts';
import { validatingWebhookConfiguration } from '../../../src/api/admissionregistration-v1/validating-webhook-configuration.ts';
import type { Kind } from '../../../src/apimachinery/kind.ts';
import { createErrors } from '../kind-cases.ts';

const rule = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] };
const hook = (more: object) => ({
  webhooks: [
    {
      name: 'a.b.c',
      sideEffects: 'None',
      admissionReviewVersions: ['v1'],
      clientConfig: { url: 'https://a' },
      rules: [rule],
      ...more,
    },
  ],
});
const policy = (more: object) => ({
  spec: { matchConstraints: { resourceRules: [rule] }, validations: [{ expression: 'true' }], ...more },
});
const mutation = (...mutations: object[]) => ({ spec: { matchConstraints: { resourceRules: [rule] }, mutations } });
const binding = (more: object) => ({ spec: { policyName: 'p', validationActions: ['Deny'], ...more } });

describe('the rules of admission', () => {
  const cases: [kind: Kind<any>, fields: object, ...errors: string[]][] = [
    [validatingWebhookConfiguration, hook({})],
    [
      validatingWebhookConfiguration,
      hook({ rules: [{ ...rule, operations: ['*', 'CREATE'], resources: ['pods/*', 'pods/log', ''] }] }),
      `webhooks[0].rules[0].operations: Invalid value: ["*","CREATE"]: if '*' is present, must not specify other operations`,
      `webhooks[0].rules[0].resources[1]: Invalid value: "pods/log": if 'pods/*' is present, must not specify pods/log`,
      'webhooks[0].rules[0].resources[2]: Required value',
    ],
    [
      validatingWebhookConfiguration,
      hook({ rules: [{ ...rule, resources: ['*', 'pods'] }] }),
      `webhooks[0].rules[0].resources: Invalid value: ["*","pods"]: if '*' is present, must not specify other resources without subresources`,
    ],
    [
      validatingWebhookConfiguration,
      hook({ sideEffects: 'Some', timeoutSeconds: 31 }),
      'webhooks[0].sideEffects: Unsupported value: "Some": supported values: "None", "NoneOnDryRun"',
      'webhooks[0].timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30 seconds',
    ],
    [
      validatingWebhookConfiguration,
      hook({ clientConfig: { url: 'https://me@a/?x=1#y' } }),
      'webhooks[0].clientConfig.url: Invalid value: "me": user information is not permitted in the URL',
      'webhooks[0].clientConfig.url: Invalid value: "y": fragments are not permitted in the URL',
      'webhooks[0].clientConfig.url: Invalid value: "x=1": query parameters are not permitted in the URL',
    ],
    [
      validatingWebhookConfiguration,
      hook({ clientConfig: { service: { name: 's', namespace: 'n', path: '/a//b', port: 0 } } }),
      'webhooks[0].clientConfig.service.port: Invalid value: 0: port is not valid: must be between 1 and 65535, inclusive',
      'webhooks[0].clientConfig.service.path: Invalid value: "/a//b": segment[1] may not be empty',
    ],
    [
      validatingWebhookConfiguration,
      hook({
        matchConditions: [
          { name: 'a', expression: '' },
          { name: 'a', expression: 'true' },
        ],
      }),
      'webhooks[0].matchConditions[0].expression: Required value',
      'webhooks[0].matchConditions[1].name: Duplicate value: "a"',
    ],
    [
      validatingWebhookConfiguration,
      hook({ admissionReviewVersions: ['v2', 'v2'] }),
      'webhooks[0].admissionReviewVersions[1]: Invalid value: "v2": duplicate version',
      'webhooks[0].admissionReviewVersions: Invalid value: ["v2","v2"]: must include at least one of v1, v1beta1',
    ],
    [
      validatingWebhookConfiguration,
      hook({ admissionReviewVersions: ['v2'] }),
      'webhooks[0].admissionReviewVersions: Invalid value: ["v2"]: must include at least one of v1, v1beta1',
    ],
    [validatingAdmissionPolicy, policy({})],
    [
      validatingAdmissionPolicy,
      policy({ validations: [] }),
      ...['validations', 'auditAnnotations'].map(
        (name) => `spec.${name}: Required value: validations or auditAnnotations must be provided`,
      ),
    ],
    [
      validatingAdmissionPolicy,
      policy({ validations: [{ expression: 'a\nb', reason: 'Bad' }], variables: [{ name: 'a-b', expression: 'x' }] }),
      'spec.variables[0].name: Invalid value: "a-b": name is not a valid CEL identifier',
      'spec.validations[0].message: Required value: message must be specified if expression contains line breaks',
      'spec.validations[0].reason: Unsupported value: "Bad": supported values: "Unauthorized", "Forbidden", "Invalid", "RequestEntityTooLarge"',
    ],
    [
      validatingAdmissionPolicy,
      policy({ matchConstraints: {}, paramKind: { apiVersion: 'v1' } }),
      'spec.paramKind.kind: Required value',
      'spec.matchConstraints.resourceRules: Required value',
    ],
    [
      validatingAdmissionPolicyBinding,
      binding({ validationActions: ['Deny', 'Warn', 'Warn'] }),
      'spec.validationActions[2]: Duplicate value: "Warn"',
      'spec.validationActions: Invalid value: ["Deny","Warn","Warn"]: must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)',
    ],
    [
      validatingAdmissionPolicyBinding,
      binding({ paramRef: {} }),
      'spec.paramRef: Required value: one of name or selector must be specified',
    ],
    [
      mutatingAdmissionPolicyBinding,
      binding({ paramRef: { name: 'a', selector: {} } }),
      ...['name', 'selector'].map(
        (name) => `spec.paramRef.${name}: Forbidden: name and selector are mutually exclusive`,
      ),
    ],
    [mutatingAdmissionPolicy, mutation({ patchType: 'JSONPatch', jsonPatch: { expression: 'x' } })],
    [
      mutatingAdmissionPolicy,
      mutation({ patchType: 'JSONPatch', applyConfiguration: { expression: 'x' } }),
      'spec.mutations[0].applyConfiguration: Invalid value: "": must not be set when patchType is not ApplyConfiguration',
      'spec.mutations[0].jsonPatch.expression: Required value: expression is not specified',
    ],
  ];
  for (const [kind, fields, ...errors] of cases) {
    it(`of ${kind.kind} ${JSON.stringify(fields).slice(60, 160)}`, () =>
      expect(createErrors(kind, fields)).to.deep.equal(errors));
  }
});
