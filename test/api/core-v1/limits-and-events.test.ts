import { expect } from 'chai';
import { endpoints } from '../../../src/api/core-v1/endpoints.ts';
import { event } from '../../../src/api/core-v1/event.ts';
import { limitRange } from '../../../src/api/core-v1/limit-range.ts';
import { namespace } from '../../../src/api/core-v1/namespace.ts';
import { resourceQuota } from '../../../src/api/core-v1/resource-quota.ts';
import { serviceAccount } from '../../../src/api/core-v1/service-account.ts';
import type { Kind } from '../../../src/apimachinery/kind.ts';
import { created, createErrors, object, updateErrors } from '../kind-cases.ts';

type Case = [what: string, fields: object, ...errors: string[]];

function judge(title: string, kind: Kind<any>, wrap: (fields: object) => object, cases: Case[]): void {
  describe(title, () => {
    for (const [what, fields, ...errors] of cases) {
      it(what, () => expect(createErrors(kind, wrap(fields) as any)).to.deep.equal(errors));
    }
  });
}

judge('a LimitRange is judged', limitRange, (item) => ({ spec: { limits: [item] } }), [
  [
    'of an unknown type',
    { type: 'Foo' },
    'spec.limits[0].type: Invalid value: "Foo": must be a standard limit type or fully qualified',
  ],
  [
    'with defaults for pods',
    { type: 'Pod', default: { cpu: '1' } },
    "spec.limits[0].default: Forbidden: may not be specified when `type` is 'Pod'",
  ],
  [
    'without bounds for claims',
    { type: 'PersistentVolumeClaim' },
    'spec.limits[0].limits: Required value: either minimum or maximum storage value is required, but neither was provided',
  ],
  [
    'with a default below the minimum',
    { type: 'Container', min: { cpu: '2' }, default: { cpu: '1' }, defaultRequest: { cpu: '1' } },
    'spec.limits[0].defaultRequest[cpu]: Invalid value: "1": min value 2 is greater than default request value 1',
    'spec.limits[0].default[cpu]: Invalid value: "1": min value 2 is greater than default value 1',
  ],
  [
    'with ratios that cannot be',
    { type: 'Pod', min: { cpu: '1' }, max: { cpu: '2' }, maxLimitRequestRatio: { cpu: '3', memory: '500m' } },
    'spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: "3": ratio 3 is greater than max/min = 2.000000',
    'spec.limits[0].maxLimitRequestRatio[memory]: Invalid value: "500m": ratio 500m is less than 1',
  ],
]);

judge('a ResourceQuota is judged', resourceQuota, (spec) => ({ spec }), [
  ['that is sound', { hard: { pods: '1', 'count/jobs.batch': '1', 'requests.a.b/gpu': '2', 'limits.cpu': '1' } }],
  [
    'with an unknown resource',
    { hard: { foo: '1' } },
    'spec.hard[foo]: Invalid value: "foo": must be a standard resource type or fully qualified',
    'spec.hard[foo]: Invalid value: "foo": must be a standard resource for quotas',
  ],
  ['with half a pod', { hard: { pods: '500m' } }, 'spec.hard[pods]: Invalid value: "500m": must be an integer'],
  ['with an unknown scope', { scopes: ['Foo'] }, 'spec.scopes: Invalid value: ["Foo"]: unsupported scope'],
  [
    'with a scope that does not fit',
    { hard: { cpu: '1' }, scopes: ['BestEffort'] },
    'spec.scopes: Invalid value: ["BestEffort"]: unsupported scope applied to resource',
  ],
  [
    'with scopes in conflict',
    { scopes: ['Terminating', 'NotTerminating'] },
    'spec.scopes: Invalid value: ["Terminating","NotTerminating"]: conflicting scopes',
  ],
  [
    'with a selector without values',
    { scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In' }] } },
    "spec.scopeSelector.matchExpressions.values: Required value: must be at least one value when `operator` is 'In' or 'NotIn' for scope selector",
  ],
]);

const eventTime = '2026-01-01T00:00:00.000000Z';
judge('an Event is judged', event, (fields) => ({ involvedObject: { namespace: 'default' }, ...fields }), [
  ['of the old kind', {}],
  [
    'of the new kind',
    { eventTime },
    'reportingController: Required value',
    'reportingController: Invalid value: "": name part must be non-empty',
    "reportingController: Invalid value: \"\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
    'reportingInstance: Required value',
    'action: Required value',
    'reason: Required value',
  ],
  [
    'that talks too much',
    {
      eventTime,
      reportingComponent: 'a.b/c',
      reportingInstance: 'x',
      action: 'a'.repeat(129),
      reason: 'r',
      message: 'm'.repeat(1025),
    },
    'action: Invalid value: "": can have at most 128 characters',
    'message: Invalid value: "": can have at most 1024 characters',
  ],
]);

judge('Endpoints are judged', endpoints, (subset) => ({ subsets: [subset] }), [
  [
    'at addresses of their own machine',
    { addresses: [{ ip: '127.0.0.1', hostname: 'A' }] },
    'subsets[0].addresses[0].ip: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
    `subsets[0].addresses[0].hostname: Invalid value: "A": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')`,
  ],
  [
    'with nameless ports',
    { addresses: [{ ip: '10.0.0.1' }], ports: [{ name: 'a', port: 1 }, { port: 2 }] },
    'subsets[0].ports[1].name: Required value',
  ],
]);

describe('changes', () => {
  it('of Endpoints are judged, and what was there is not', () => {
    const old = object(endpoints, { subsets: [{}] });
    expect(endpoints.validate!(structuredClone(old), old)).to.deep.equal([]);
    expect(endpoints.validate!(object(endpoints, { subsets: [{}, {}] }), old)).to.have.length(2);
  });

  it('of the scopes of a quota are refused', () => {
    const scoped = (...scopes: string[]) => ({ spec: { scopes } });
    expect(updateErrors(resourceQuota, scoped('Terminating'), scoped('NotTerminating'))).to.deep.equal([
      'spec.scopes: Invalid value: ["NotTerminating"]: field is immutable',
    ]);
    const [a, b] = ['PriorityClass', 'Terminating'];
    expect(updateErrors(resourceQuota, scoped(a, b), scoped(b, a))).to.deep.equal([]);
  });

  it('of the phase of a Namespace must say what is', () => {
    const status = namespace.subresources.find((s) => s.name === 'status')!;
    const made = { ...created(namespace), status: { phase: 'Terminating' } };
    expect(status.validate!(made, made).map((e) => `${e.field}: ${e.message}`)).to.deep.equal([
      `status.Phase: Invalid value: "Terminating": may only be 'Active' if \`deletionTimestamp\` is empty`,
    ]);
    const gone = { ...made, metadata: { ...made.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } };
    expect(status.validate!(gone, gone)).to.deep.equal([]);
  });

  it('of the secrets of a ServiceAccount keep their names alone', () => {
    const made = created(serviceAccount, { secrets: [{ name: 'a', namespace: 'b', kind: 'Secret' }] });
    expect(made.secrets).to.deep.equal([{ name: 'a' }]);
    const annotations = { 'kubernetes.io/enforce-mountable-secrets': 'true' };
    const old = created(serviceAccount, { metadata: { annotations } });
    expect(serviceAccount.warnings!(old)).to.have.length(1);
    expect(serviceAccount.warnings!(old, old)).to.deep.equal([]);
  });
});
