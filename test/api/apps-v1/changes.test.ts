import { expect } from 'chai';
import { daemonSet } from '../../../src/api/apps-v1/daemon-set.ts';
import { deployment } from '../../../src/api/apps-v1/deployment.ts';
import { replicaSet } from '../../../src/api/apps-v1/replica-set.ts';
import { statefulSet } from '../../../src/api/apps-v1/stateful-set.ts';
import type { Kind } from '../../../src/apimachinery/kind.ts';
import { created, createErrors, NOW, updateErrors } from '../kind-cases.ts';

const selector = { matchLabels: { a: 'b' } };
const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'a', image: 'a' }] } };
const spec = { selector, template };
const context = { now: NOW, user: 'ann', subresource: '' };

describe('the rules of workloads', () => {
  const update = { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0 } };
  const cases: [kind: Kind<any>, spec: object, ...errors: string[]][] = [
    [
      daemonSet,
      { template },
      'spec.template.metadata.labels: Invalid value: {"a":"b"}: `selector` does not match template `labels`',
    ],
    [
      daemonSet,
      { template, selector: {} },
      'spec.selector: Invalid value: {}: empty selector is invalid for daemonset',
    ],
    [
      deployment,
      { template },
      'spec.selector: Required value',
      'spec.template.metadata.labels: Invalid value: {"a":"b"}: `selector` does not match template `labels`',
    ],
    [
      statefulSet,
      { ...spec, podManagementPolicy: 'Some' },
      `spec.podManagementPolicy: Invalid value: "Some": must be 'OrderedReady' or 'Parallel'`,
    ],
    [
      statefulSet,
      { ...spec, updateStrategy: update },
      'spec.updateStrategy.rollingUpdate.maxUnavailable: Invalid value: 0: cannot be 0',
    ],
    [statefulSet, { ...spec, serviceName: 'a.b' }, 'spec.serviceName: Invalid value: "a.b": must not contain dots'],
    [
      statefulSet,
      { ...spec, ordinals: { start: -1 } },
      'spec.ordinals.start: Invalid value: -1: must be greater than or equal to 0',
    ],
  ];
  for (const [kind, given, ...errors] of cases) {
    it(`of ${kind.kind} ${JSON.stringify(given).slice(0, 60)}`, () =>
      expect(createErrors(kind, { spec: given })).to.deep.equal(errors));
  }

  it('name statefulsets as hosts are named', () => {
    expect(statefulSet.validateName!('a.b')).to.deep.equal(['must not contain dots']);
  });
});

describe('changes of workloads', () => {
  for (const kind of [deployment, replicaSet, daemonSet] as Kind<any>[]) {
    it(`keep the selector of a ${kind.kind}`, () => {
      const [error] = updateErrors(kind, { spec }, { spec: { ...spec, selector: { matchLabels: { a: 'c' } } } });
      expect(error).to.equal('spec.selector: Invalid value: {"matchLabels":{"a":"c"}}: field is immutable');
    });
  }

  it('of statefulsets are few', () => {
    expect(updateErrors(statefulSet, { spec }, { spec: { ...spec, replicas: 3, minReadySeconds: 2 } })).to.deep.equal(
      [],
    );
    expect(updateErrors(statefulSet, { spec }, { spec: { ...spec, podManagementPolicy: 'Parallel' } })).to.deep.equal([
      "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', " +
        "'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
    ]);
  });

  it('of the template of a daemonset are counted', () => {
    const old = created(daemonSet, { spec });
    const generation = (set: any) => set.metadata.annotations['deprecated.daemonset.template.generation'];
    expect(generation(old)).to.equal('1');
    const same = structuredClone(old);
    daemonSet.prepareForUpdate!(same, old, context);
    const next: any = structuredClone({ ...old, metadata: { ...old.metadata, annotations: undefined } });
    next.spec.template.spec.containers[0].image = 'b';
    daemonSet.prepareForUpdate!(next, old, context);
    expect([generation(same), generation(next)]).to.deep.equal(['1', '2']);
  });

  it('of a status do not change the labels of a deployment', () => {
    const old = created(deployment, { metadata: { labels: { a: 'b' } }, spec });
    const next = structuredClone({ ...old, metadata: { ...old.metadata, labels: { a: 'c' } } });
    deployment.prepareForUpdate!(next, old, { ...context, subresource: 'status' });
    expect(next.metadata.labels).to.deep.equal({ a: 'b' });
  });
});

describe('the status of workloads', () => {
  const cases: [kind: Kind<any>, before: object, after: object, ...errors: string[]][] = [
    [deployment, {}, { replicas: 2, readyReplicas: 1, availableReplicas: 1, updatedReplicas: 2 }],
    [
      deployment,
      {},
      { replicas: 1, readyReplicas: 2 },
      'status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas',
    ],
    [
      deployment,
      { collisionCount: 2 },
      { collisionCount: 1 },
      'status.collisionCount: Invalid value: 1: cannot be decremented',
    ],
    [
      replicaSet,
      {},
      { replicas: 2, readyReplicas: 1, availableReplicas: 2 },
      'status.availableReplicas: Invalid value: 2: cannot be greater than readyReplicas',
    ],
    [daemonSet, {}, { numberReady: -1 }, 'status.numberReady: Invalid value: -1: must be greater than or equal to 0'],
    [
      statefulSet,
      {},
      { replicas: 1, currentReplicas: 2 },
      'status.currentReplicas: Invalid value: 2: cannot be greater than status.replicas',
    ],
  ];
  for (const [kind, before, after, ...errors] of cases) {
    it(`of ${kind.kind} ${JSON.stringify(after)}`, () => {
      const base = created(kind, { spec });
      const status = kind.subresources.find((s) => s.name === 'status')!;
      const found = status.validate!({ ...base, status: after }, { ...base, status: before });
      expect(found.map((e) => `${e.field}: ${e.message}`)).to.deep.equal(errors);
    });
  }
});

describe('warnings about workloads', () => {
  const old = { ...template.spec, nodeSelector: { 'beta.kubernetes.io/os': 'linux' } };
  const said =
    'spec.template.spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead';
  for (const kind of [deployment, replicaSet, daemonSet, statefulSet] as Kind<any>[]) {
    it(`speak of the template of a ${kind.kind} once`, () => {
      const made = created(kind, { spec: { ...spec, template: { ...template, spec: old } } });
      expect(kind.warnings!(made)).to.deep.equal([said]);
      expect(kind.warnings!(made, made)).to.deep.equal([]);
    });
  }

  it('speak of names that hosts cannot have', () => {
    const [first] = deployment.warnings!(created(deployment, { metadata: { name: 'a.b' }, spec }));
    expect(first).to.match(/^metadata.name: this is used in Pod names and hostnames/);
  });
});
