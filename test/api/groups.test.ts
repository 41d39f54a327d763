import { expect } from 'chai';
import { mutatingWebhookConfiguration } from '../../src/api/admissionregistration-v1/mutating-webhook-configuration.ts';
import { validatingAdmissionPolicy } from '../../src/api/admissionregistration-v1/validating-admission-policy.ts';
import { validatingAdmissionPolicyBinding } from '../../src/api/admissionregistration-v1/validating-admission-policy-binding.ts';
import { customResourceDefinition } from '../../src/api/apiextensions-v1/custom-resource-definition.ts';
import { apiService } from '../../src/api/apiregistration-v1/api-service.ts';
import { horizontalPodAutoscaler as hpaV1 } from '../../src/api/autoscaling-v1/horizontal-pod-autoscaler.ts';
import { horizontalPodAutoscaler } from '../../src/api/autoscaling-v2/horizontal-pod-autoscaler.ts';
import { cronJob } from '../../src/api/batch-v1/cron-job.ts';
import { scheduleError } from '../../src/api/batch-v1/cron-schedule.ts';
import { job } from '../../src/api/batch-v1/job.ts';
import { certificateSigningRequest } from '../../src/api/certificates-v1/certificate-signing-request.ts';
import { lease } from '../../src/api/coordination-v1/lease.ts';
import { endpointSlice } from '../../src/api/discovery-v1/endpoint-slice.ts';
import { flowSchema } from '../../src/api/flowcontrol-v1/flow-schema.ts';
import { priorityLevelConfiguration } from '../../src/api/flowcontrol-v1/priority-level-configuration.ts';
import { ingressClass } from '../../src/api/networking-v1/ingress-class.ts';
import { ingress } from '../../src/api/networking-v1/ingress.ts';
import { ipAddress } from '../../src/api/networking-v1/ip-address.ts';
import { networkPolicy } from '../../src/api/networking-v1/network-policy.ts';
import { serviceCidr } from '../../src/api/networking-v1/service-cidr.ts';
import { runtimeClass } from '../../src/api/node-v1/runtime-class.ts';
import { podDisruptionBudget } from '../../src/api/policy-v1/pod-disruption-budget.ts';
import { clusterRoleBinding } from '../../src/api/rbac-v1/cluster-role-binding.ts';
import { clusterRole } from '../../src/api/rbac-v1/cluster-role.ts';
import { roleBinding } from '../../src/api/rbac-v1/role-binding.ts';
import { role } from '../../src/api/rbac-v1/role.ts';
import { resourceClaim } from '../../src/api/resource-v1/resource-claim.ts';
import { priorityClass } from '../../src/api/scheduling-v1/priority-class.ts';
import { csiDriver } from '../../src/api/storage-v1/csi-driver.ts';
import { storageClass } from '../../src/api/storage-v1/storage-class.ts';
import { volumeAttachment } from '../../src/api/storage-v1/volume-attachment.ts';
import type { Kind } from '../../src/apimachinery/kind.ts';
import { cells, created, createErrors, defaulted, NOW, updateErrors } from './kind-cases.ts';

const template = { spec: { containers: [{ name: 'a', image: 'a' }], restartPolicy: 'Never' } };
const forever = { spec: { containers: [{ name: 'a', image: 'a' }] } };
const RBAC = 'rbac.authorization.k8s.io';
const rule = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] };
const webhook = {
  name: 'a.b.c',
  sideEffects: 'None',
  admissionReviewVersions: ['v1'],
  clientConfig: { service: { name: 's', namespace: 'n' } },
  rules: [rule],
};
const crdSpec = {
  group: 'a.io',
  scope: 'Namespaced',
  names: { plural: 'foos', kind: 'Foo' },
  versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
};
const target = { scaleTargetRef: { kind: 'Deployment', name: 'web' }, maxReplicas: 3 };
const backend = { service: { name: 's', port: { number: 80 } } };
const csr = {
  signerName: 'kubernetes.io/kube-apiserver-client',
  usages: ['client auth'],
  // as short as one can be: a sequence of what is asked, an algorithm and a signature, all empty
  request: Buffer.from(
    '-----BEGIN CERTIFICATE REQUEST-----\nMAcwADAAAwEA\n-----END CERTIFICATE REQUEST-----\n',
  ).toString('base64'),
};

describe('defaults', () => {
  const cases: [kind: Kind<any>, given: object, expected: object][] = [
    [
      job,
      { spec: { template } },
      {
        backoffLimit: 6,
        completionMode: 'NonIndexed',
        completions: 1,
        parallelism: 1,
        suspend: false,
        manualSelector: false,
        podReplacementPolicy: 'TerminatingOrFailed',
      },
    ],
    [job, { spec: { template, parallelism: 3 } }, { parallelism: 3, backoffLimit: 6 }],
    [
      cronJob,
      { spec: { schedule: '* * * * *', jobTemplate: { spec: { template } } } },
      { concurrencyPolicy: 'Allow', suspend: false, successfulJobsHistoryLimit: 3, failedJobsHistoryLimit: 1 },
    ],
    [
      networkPolicy,
      { spec: { egress: [{ ports: [{ port: 1 }] }] } },
      { podSelector: {}, policyTypes: ['Ingress', 'Egress'], egress: [{ ports: [{ port: 1, protocol: 'TCP' }] }] },
    ],
    [networkPolicy, { spec: {} }, { policyTypes: ['Ingress'] }],
    [
      ingressClass,
      { spec: { parameters: { kind: 'K', name: 'n' } } },
      { parameters: { kind: 'K', name: 'n', scope: 'Cluster' } },
    ],
    [
      horizontalPodAutoscaler,
      { spec: target },
      {
        minReplicas: 1,
        metrics: [
          { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
        ],
      },
    ],
    [
      csiDriver,
      { spec: {} },
      {
        attachRequired: true,
        podInfoOnMount: false,
        fsGroupPolicy: 'ReadWriteOnceWithFSType',
        volumeLifecycleModes: ['Persistent'],
      },
    ],
    [
      apiService,
      { spec: { service: { name: 's', namespace: 'n' } } },
      { service: { name: 's', namespace: 'n', port: 443 } },
    ],
    [
      customResourceDefinition,
      { spec: crdSpec },
      {
        names: { plural: 'foos', kind: 'Foo', singular: 'foo', listKind: 'FooList' },
        conversion: { strategy: 'None' },
      },
    ],
    [flowSchema, { spec: {} }, { matchingPrecedence: 1000 }],
    [
      priorityLevelConfiguration,
      { spec: { type: 'Limited', limited: { limitResponse: { type: 'Queue', queuing: {} } } } },
      {
        limited: {
          nominalConcurrencyShares: 30,
          lendablePercent: 0,
          limitResponse: { type: 'Queue', queuing: { queues: 64, handSize: 8, queueLengthLimit: 50 } },
        },
      },
    ],
    [
      validatingAdmissionPolicy,
      { spec: { matchConstraints: { resourceRules: [rule] } } },
      {
        failurePolicy: 'Fail',
        matchConstraints: {
          matchPolicy: 'Equivalent',
          namespaceSelector: {},
          objectSelector: {},
          resourceRules: [{ ...rule, scope: '*' }],
        },
      },
    ],
  ];
  for (const [kind, given, expected] of cases) {
    it(`of ${kind.kind} with ${Object.keys((given as any).spec).join(', ')}`, () => {
      expect(defaulted(kind, given).spec).to.deep.include(expected);
    });
  }

  it('of kinds without a spec', () => {
    expect(defaulted(storageClass)).to.include({ reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' });
    expect(defaulted(priorityClass)).to.include({ preemptionPolicy: 'PreemptLowerPriority' });
    expect(defaulted(endpointSlice, { ports: [{ port: 1 }] }).ports).to.deep.equal([
      { port: 1, name: '', protocol: 'TCP' },
    ]);
    expect(defaulted(runtimeClass, { overhead: { podFixed: { cpu: '1000m' } } }).overhead.podFixed.cpu).to.equal('1');
    expect(
      defaulted(roleBinding, { roleRef: { kind: 'Role', name: 'r' }, subjects: [{ kind: 'User', name: 'u' }] }),
    ).to.deep.include({
      roleRef: { kind: 'Role', name: 'r', apiGroup: RBAC },
      subjects: [{ kind: 'User', name: 'u', apiGroup: RBAC }],
    });
    expect(defaulted(mutatingWebhookConfiguration, { webhooks: [webhook] }).webhooks[0]).to.deep.include({
      failurePolicy: 'Fail',
      matchPolicy: 'Equivalent',
      timeoutSeconds: 10,
      reinvocationPolicy: 'Never',
      namespaceSelector: {},
      objectSelector: {},
      clientConfig: { service: { name: 's', namespace: 'n', port: 443 } },
    });
  });
});

describe('validation', () => {
  const cases: [kind: Kind<any>, what: string, fields: object, errors: string[]][] = [
    [job, 'sound', { spec: { template } }, []],
    [
      job,
      'that never ends',
      { spec: { template: forever } },
      ['spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"'],
    ],
    [
      job,
      'with negative counts',
      { spec: { template, parallelism: -1 } },
      ['spec.parallelism: Invalid value: -1: must be greater than or equal to 0'],
    ],
    [
      job,
      'indexed without an end',
      { spec: { template, completionMode: 'Indexed', parallelism: 1 } },
      ['spec.completions: Required value: when completion mode is Indexed'],
    ],
    [
      cronJob,
      'sound',
      { spec: { schedule: '*/5 * * * *', timeZone: 'Europe/Berlin', jobTemplate: { spec: { template } } } },
      [],
    ],
    [
      cronJob,
      'without a schedule',
      { spec: { jobTemplate: { spec: { template } } } },
      ['spec.schedule: Required value'],
    ],
    [
      cronJob,
      'in no time zone',
      { spec: { schedule: '@daily', timeZone: 'Mars/A', jobTemplate: { spec: { template } } } },
      ['spec.timeZone: Invalid value: "Mars/A": unknown time zone Mars/A'],
    ],
    [ingress, 'empty', {}, ['spec: Invalid value: null: either `defaultBackend` or `rules` must be specified']],
    [
      ingress,
      'sound',
      { spec: { rules: [{ host: '*.a.b', http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }] } },
      [],
    ],
    [
      ingress,
      'without a path type',
      { spec: { rules: [{ http: { paths: [{ path: '/', backend }] } }] } },
      ['spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified'],
    ],
    [
      ingress,
      'with a relative path',
      { spec: { rules: [{ http: { paths: [{ path: 'a', pathType: 'Exact', backend }] } }] } },
      ['spec.rules[0].http.paths[0].path: Invalid value: "a": must be an absolute path'],
    ],
    [
      networkPolicy,
      'without a peer',
      { spec: { ingress: [{ from: [{}] }] } },
      ['spec.ingress[0].from[0]: Required value: must specify a peer'],
    ],
    [
      networkPolicy,
      'of a bad range',
      { spec: { egress: [{ to: [{ ipBlock: { cidr: '10.0.0.0' } }] }] } },
      [
        'spec.egress[0].to[0].ipBlock.cidr: Invalid value: "10.0.0.0": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
      ],
    ],
    [serviceCidr, 'empty', {}, ['spec.cidrs: Required value: at least one CIDR required']],
    [ipAddress, 'of nobody', {}, ['spec.parentRef: Required value']],
    [
      podDisruptionBudget,
      'of two minds',
      { spec: { minAvailable: 1, maxUnavailable: 1 } },
      [
        'spec: Invalid value: {"minAvailable":1,"maxUnavailable":1}: minAvailable and maxUnavailable cannot be both set',
      ],
    ],
    [
      podDisruptionBudget,
      'of a bad share',
      { spec: { minAvailable: 'half' } },
      [
        "spec.minAvailable: Invalid value: \"half\": a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
      ],
    ],
    [
      horizontalPodAutoscaler,
      'upside down',
      { spec: { ...target, minReplicas: 5 } },
      ['spec.maxReplicas: Invalid value: 3: must be greater than or equal to `minReplicas`'],
    ],
    [
      hpaV1,
      'without a maximum',
      { spec: { scaleTargetRef: target.scaleTargetRef } },
      [
        'spec.maxReplicas: Invalid value: 0: must be greater than 0',
        'spec.maxReplicas: Invalid value: 0: must be greater than or equal to `minReplicas`',
      ],
    ],
    [
      role,
      'that says nothing',
      { rules: [{}] },
      [
        'rules[0].verbs: Required value: verbs must contain at least one value',
        'rules[0].apiGroups: Required value: resource rules must supply at least one api group',
        'rules[0].resources: Required value: resource rules must supply at least one resource',
      ],
    ],
    [
      role,
      'of paths',
      { rules: [{ verbs: ['get'], nonResourceURLs: ['/x'] }] },
      ['rules[0].nonResourceURLs: Invalid value: ["/x"]: namespaced rules cannot apply to non-resource URLs'],
    ],
    [clusterRole, 'of paths', { rules: [{ verbs: ['get'], nonResourceURLs: ['/x'] }] }, []],
    [
      clusterRoleBinding,
      'of a Role',
      { roleRef: { kind: 'Role', name: 'r' } },
      ['roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"'],
    ],
    [
      clusterRoleBinding,
      'to an account of nowhere',
      { roleRef: { kind: 'ClusterRole', name: 'r' }, subjects: [{ kind: 'ServiceAccount', name: 'a' }] },
      ['subjects[0].namespace: Required value'],
    ],
    [
      roleBinding,
      'to nobody',
      { roleRef: { kind: 'Role', name: 'r' }, subjects: [{ kind: 'Alien', name: 'a' }] },
      ['subjects[0].kind: Unsupported value: "Alien": supported values: "ServiceAccount", "User", "Group"'],
    ],
    [
      priorityClass,
      'too high',
      { value: 1_000_000_001 },
      ['value: Forbidden: maximum allowed value of a user defined priority is 1000000000'],
    ],
    [
      priorityClass,
      'of the system',
      { metadata: { name: 'system-mine' }, value: 1 },
      [
        "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: system-mine is not a known system priority class",
      ],
    ],
    [storageClass, 'of nobody', {}, ['provisioner: Required value']],
    [
      volumeAttachment,
      'of nothing',
      { spec: { attacher: 'a', nodeName: 'n' } },
      ['spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName'],
    ],
    [
      runtimeClass,
      'of no handler',
      { handler: 'A' },
      [
        "handler: Invalid value: \"A\": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
      ],
    ],
    [endpointSlice, 'of no type', { endpoints: [] }, ['addressType: Required value']],
    [
      endpointSlice,
      'of the wrong family',
      { addressType: 'IPv4', endpoints: [{ addresses: ['::1'] }, {}] },
      [
        'endpoints[0].addresses[0]: Invalid value: "::1": must be a valid IPv4 address',
        'endpoints[1].addresses: Required value: must contain at least 1 address',
      ],
    ],
    [
      lease,
      'of no time',
      { spec: { leaseDurationSeconds: 0, leaseTransitions: -1 } },
      [
        'spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0',
        'spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0',
      ],
    ],
    [certificateSigningRequest, 'sound', { spec: csr }, []],
    [
      certificateSigningRequest,
      'of nothing',
      { spec: { ...csr, request: 'AAAA' } },
      ['spec.request: Invalid value: "AAAA": PEM block type must be CERTIFICATE REQUEST'],
    ],
    [customResourceDefinition, 'sound', { metadata: { name: 'foos.a.io' }, spec: crdSpec }, []],
    [
      customResourceDefinition,
      'of another name',
      { spec: crdSpec },
      ['metadata.name: Invalid value: "web": must be spec.names.plural+"."+spec.group'],
    ],
    [
      customResourceDefinition,
      'without a schema',
      { metadata: { name: 'foos.a.io' }, spec: { ...crdSpec, versions: [{ name: 'v1', storage: true }] } },
      ['spec.versions[0].schema.openAPIV3Schema: Required value: schemas are required'],
    ],
    [
      customResourceDefinition,
      'stored nowhere',
      { metadata: { name: 'foos.a.io' }, spec: { ...crdSpec, versions: [{ ...crdSpec.versions[0], storage: false }] } },
      [
        'spec.versions: Invalid value: ["v1"]: must have exactly one version marked as storage version',
        'status.storedVersions: Invalid value: []: must have at least one stored version',
      ],
    ],
    [
      apiService,
      'of another name',
      { spec: { version: 'v1', group: 'a.io', groupPriorityMinimum: 1, versionPriority: 1 } },
      ['metadata.name: Invalid value: "web": must be `spec.version+"."+spec.group`: "v1.a.io"'],
    ],
    [mutatingWebhookConfiguration, 'sound', { webhooks: [webhook] }, []],
    [
      mutatingWebhookConfiguration,
      'of a short name',
      { webhooks: [{ ...webhook, name: 'a.b' }] },
      ['webhooks[0].name: Invalid value: "a.b": should be a domain with at least three segments separated by dots'],
    ],
    [
      mutatingWebhookConfiguration,
      'in the clear',
      { webhooks: [{ ...webhook, clientConfig: { url: 'http://a' } }] },
      [
        'webhooks[0].clientConfig.url: Invalid value: "http": \'https\' is the only allowed URL scheme; desired format: https://host[/path]',
      ],
    ],
    [
      validatingAdmissionPolicyBinding,
      'of nothing',
      {},
      ['spec.policyName: Required value', 'spec.validationActions: Required value'],
    ],
    [
      flowSchema,
      'of no level',
      {},
      ['spec.priorityLevelConfiguration.name: Required value: must reference a priority level'],
    ],
  ];
  for (const [kind, what, fields, errors] of cases) {
    it(`of a ${kind.kind} ${what}`, () => expect(createErrors(kind, fields)).to.deep.equal(errors));
  }
});

describe('changes', () => {
  const binding = (name: string) => ({ roleRef: { kind: 'Role', name } });
  const cases: [kind: Kind<any>, before: object, after: object, errors: string[]][] = [
    [
      roleBinding,
      binding('a'),
      binding('b'),
      [`roleRef: Invalid value: {"kind":"Role","name":"b","apiGroup":"${RBAC}"}: cannot change roleRef`],
    ],
    [priorityClass, { value: 1 }, { value: 2 }, ['value: Forbidden: may not be changed in an update.']],
    [
      storageClass,
      { provisioner: 'a' },
      { provisioner: 'b' },
      ['provisioner: Forbidden: updates to provisioner are forbidden.'],
    ],
    [
      endpointSlice,
      { addressType: 'IPv4' },
      { addressType: 'IPv6' },
      ['addressType: Invalid value: "IPv6": field is immutable'],
    ],
    [
      job,
      { spec: { template, completions: 1 } },
      { spec: { template, completions: 2 } },
      ['spec.completions: Invalid value: 2: field is immutable'],
    ],
  ];
  for (const [kind, before, after, errors] of cases) {
    it(`of a ${kind.kind}`, () => expect(updateErrors(kind, before, after)).to.deep.equal(errors));
  }
});

describe('rows', () => {
  const minutesAgo = (n: number) => new Date(NOW - n * 60_000).toISOString();
  const cases: [kind: Kind<any>, fields: object, row: object][] = [
    [
      job,
      { spec: { completions: 3 }, status: { succeeded: 1, startTime: minutesAgo(5) } },
      { Status: 'Running', Completions: '1/3', Duration: '5m' },
    ],
    [
      job,
      { spec: { parallelism: 2 }, status: { conditions: [{ type: 'Complete', status: 'True' }] } },
      { Status: 'Complete', Completions: '0/1 of 2' },
    ],
    [
      cronJob,
      { spec: { schedule: '@daily', suspend: true }, status: { active: [{}], lastScheduleTime: minutesAgo(3) } },
      { Schedule: '@daily', Suspend: 'True', Active: 1, 'Last Schedule': '3m', Timezone: '<none>' },
    ],
    [
      ingress,
      { spec: { rules: [{ host: 'a.b' }, {}], tls: [{}] } },
      { Hosts: 'a.b', Ports: '80, 443', Class: '<none>', Address: '' },
    ],
    [
      endpointSlice,
      { addressType: 'IPv4', ports: [{ port: 80 }], endpoints: [{ addresses: ['1.1.1.1'] }] },
      { Ports: '80', Endpoints: '1.1.1.1' },
    ],
    [endpointSlice, { addressType: 'IPv4' }, { Ports: '<unset>', Endpoints: '<unset>' }],
    [lease, { spec: { holderIdentity: 'n1' } }, { Holder: 'n1' }],
    [
      horizontalPodAutoscaler,
      {
        spec: {
          ...target,
          metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { averageUtilization: 80 } } }],
        },
        status: {
          currentMetrics: [{ resource: { name: 'cpu', current: { averageUtilization: 12 } } }],
          currentReplicas: 2,
        },
      },
      { Reference: 'Deployment/web', Targets: 'cpu: 12%/80%', MinPods: '<unset>', MaxPods: 3, Replicas: 2 },
    ],
    [
      podDisruptionBudget,
      { spec: { minAvailable: '50%' }, status: { disruptionsAllowed: 1 } },
      { 'Min Available': '50%', 'Max Unavailable': 'N/A', 'Allowed Disruptions': 1 },
    ],
    [
      roleBinding,
      {
        roleRef: { kind: 'Role', name: 'r' },
        subjects: [
          { kind: 'User', name: 'u' },
          { kind: 'ServiceAccount', name: 's', namespace: 'n' },
        ],
      },
      { Role: 'Role/r', Users: 'u', Groups: '', ServiceAccounts: 'n/s' },
    ],
    [role, {}, { 'Created At': '2026-01-01T00:00:00Z' }],
    [
      storageClass,
      { metadata: { annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } }, provisioner: 'p' },
      { Name: 'web (default)', Provisioner: 'p', AllowVolumeExpansion: false },
    ],
    [
      certificateSigningRequest,
      { spec: { username: 'ann' }, status: { conditions: [{ type: 'Approved' }], certificate: 'x' } },
      { Condition: 'Approved,Issued', Requestor: 'ann', RequestedDuration: '<none>' },
    ],
    [
      apiService,
      { spec: {}, status: { conditions: [{ type: 'Available', status: 'False', reason: 'Gone' }] } },
      { Service: 'Local', Available: 'False (Gone)' },
    ],
    [networkPolicy, { spec: { podSelector: {} } }, { 'Pod-Selector': '<none>' }],
    [resourceClaim, { status: { allocation: {}, reservedFor: [{}] } }, { State: 'allocated,reserved' }],
  ];
  for (const [kind, fields, row] of cases) {
    it(`of ${kind.kind}: ${Object.values(row).join(' ')}`, () => expect(cells(kind, fields)).to.include(row));
  }
});

describe('a Job', () => {
  it('knows its pods by its uid', () => {
    const { spec } = created(job, { spec: { template } });
    const labels = {
      'batch.kubernetes.io/controller-uid': 'u-1',
      'controller-uid': 'u-1',
      'batch.kubernetes.io/job-name': 'web',
      'job-name': 'web',
    };
    expect(spec.selector).to.deep.equal({ matchLabels: { 'batch.kubernetes.io/controller-uid': 'u-1' } });
    expect(spec.template.metadata.labels).to.deep.equal(labels);
  });
});

describe('a CertificateSigningRequest', () => {
  const approval = certificateSigningRequest.subresources.find((s) => s.name === 'approval')!;
  const condition = (type: string) => ({ type, status: 'True' });

  it('is asked for by whoever was authenticated', () => {
    expect(created(certificateSigningRequest, { spec: { ...csr, username: 'root' } }).spec.username).to.equal('ann');
  });

  it('is approved or denied, once', () => {
    const old = created(certificateSigningRequest, { spec: csr });
    const approved = approval.set!(old, { status: { conditions: [condition('Approved')] } });
    expect(approval.validate!(approved, old)).to.deep.equal([]);
    const both = approval.set!(approved, { status: { conditions: [condition('Approved'), condition('Denied')] } });
    expect(approval.validate!(both, approved).map((e) => e.message)).to.deep.equal([
      'Invalid value: "Denied": Approved and Denied conditions are mutually exclusive',
    ]);
    const none = approval.set!(approved, { status: { conditions: [] } });
    expect(approval.validate!(none, approved)).to.have.length(1);
  });
});

describe('an autoscaler in its older version', () => {
  const stored = {
    ...defaulted(horizontalPodAutoscaler, { spec: target }),
    status: { desiredReplicas: 2, currentReplicas: 1, conditions: [{ type: 'AbleToScale', status: 'True' }] },
  };

  it('shows the cpu target and keeps the rest', () => {
    const shown = hpaV1.conversion!.fromStored(stored);
    expect(shown).to.deep.include({ apiVersion: 'autoscaling/v1' });
    expect(shown.spec).to.deep.equal({ ...target, minReplicas: 1, targetCPUUtilizationPercentage: 80 });
    expect(hpaV1.conversion!.toStored(shown)).to.deep.equal(stored);
  });

  it('keeps metrics that it cannot express', () => {
    const metrics = [
      { type: 'Pods', pods: { metric: { name: 'm' }, target: { type: 'AverageValue', averageValue: '1' } } },
    ];
    const other = { ...stored, spec: { ...stored.spec, metrics } };
    expect(hpaV1.conversion!.toStored(hpaV1.conversion!.fromStored(other))).to.deep.equal(other);
  });
});

describe('schedules', () => {
  const good = ['* * * * *', '*/5 0-6,8 1 jan-mar MON', '0 0 ? * 0', '@hourly', '@every 1h30m', ' 1 2 3 4 5 '];
  const bad = [
    'constructor',
    '@constructor',
    '',
    '* * * *',
    '60 * * * *',
    '* * 0 * *',
    '5-1 * * * *',
    '*/0 * * * *',
    'a * * * *',
    '@never',
    '1-2-3 * * * *',
    '* * * 13 *',
  ];
  for (const text of good) it(`take "${text}"`, () => expect(scheduleError(text)).to.equal(undefined));
  for (const text of bad) it(`refuse "${text}"`, () => expect(scheduleError(text)).to.be.a('string'));
});
