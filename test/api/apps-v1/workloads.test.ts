import { expect } from 'chai';
import { controllerRevision } from '../../../src/api/apps-v1/controller-revision.ts';
import { daemonSet } from '../../../src/api/apps-v1/daemon-set.ts';
import { deployment } from '../../../src/api/apps-v1/deployment.ts';
import { replicaSet } from '../../../src/api/apps-v1/replica-set.ts';
import { statefulSet } from '../../../src/api/apps-v1/stateful-set.ts';
import { cells, created, createErrors, defaulted, object, updateErrors } from '../kind-cases.ts';

const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'nginx:1' }] } };
const spec = { selector: { matchLabels: { app: 'web' } }, template };
const NO_MATCH = '`selector` does not match template `labels`';

describe('a Deployment', () => {
  it('gets the defaults that kubectl get -o yaml shows', () => {
    const made = defaulted(deployment, { spec }).spec;
    expect(made).to.deep.include({
      replicas: 1,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } },
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
    });
    expect(made.template.spec).to.include({ restartPolicy: 'Always', dnsPolicy: 'ClusterFirst' });
    expect(made.template.spec).not.to.have.property('enableServiceLinks');
  });

  const cases: [what: string, spec: object, errors: string[]][] = [
    ['a sound one', spec, []],
    [
      'no selector',
      { template },
      ['spec.selector: Required value', `spec.template.metadata.labels: Invalid value: {"app":"web"}: ${NO_MATCH}`],
    ],
    [
      'an empty selector',
      { ...spec, selector: {} },
      ['spec.selector: Invalid value: {}: empty selector is invalid for deployment'],
    ],
    [
      'a selector of other pods',
      { ...spec, selector: { matchLabels: { app: 'x' } } },
      [`spec.template.metadata.labels: Invalid value: {"app":"web"}: ${NO_MATCH}`],
    ],
    [
      'no containers',
      { ...spec, template: { ...template, spec: {} } },
      ['spec.template.spec.containers: Required value'],
    ],
    [
      'fewer than no replicas',
      { ...spec, replicas: -1 },
      ['spec.replicas: Invalid value: -1: must be greater than or equal to 0'],
    ],
    [
      'pods that end',
      { ...spec, template: { ...template, spec: { ...template.spec, restartPolicy: 'Never' } } },
      ['spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"'],
    ],
    [
      'a strategy of both sorts',
      { ...spec, strategy: { type: 'Recreate', rollingUpdate: {} } },
      ["spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'"],
    ],
    [
      'a strategy that cannot move',
      { ...spec, strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: '0%' } } },
      ['spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "0%": may not be 0 when `maxSurge` is 0'],
    ],
    [
      'more than all unavailable',
      { ...spec, strategy: { rollingUpdate: { maxUnavailable: '101%' } } },
      ['spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "101%": must not be greater than 100%'],
    ],
    [
      'an unknown strategy',
      { ...spec, strategy: { type: 'Foo' } },
      ['spec.strategy: Unsupported value: "Foo": supported values: "Recreate", "RollingUpdate"'],
    ],
    [
      'a deadline before pods can be ready',
      { ...spec, minReadySeconds: 600 },
      ['spec.progressDeadlineSeconds: Invalid value: 600: must be greater than minReadySeconds'],
    ],
  ];
  for (const [what, fields, errors] of cases) {
    it(`with ${what} is judged`, () => expect(createErrors(deployment, { spec: fields })).to.deep.equal(errors));
  }

  it('keeps its selector', () => {
    const other = { selector: { matchLabels: { app: 'x' } }, template };
    expect(updateErrors(deployment, { spec }, { spec: other })).to.deep.equal([
      'spec.selector: Invalid value: {"matchLabels":{"app":"x"}}: field is immutable',
    ]);
  });

  it('shows as a row', () => {
    const status = { readyReplicas: 1, updatedReplicas: 2, availableReplicas: 1 };
    expect(cells(deployment, { spec: { ...spec, replicas: 3 }, status })).to.deep.equal({
      Name: 'web',
      Ready: '1/3',
      'Up-to-date': 2,
      Available: 1,
      Age: '10m',
      Containers: 'web',
      Images: 'nginx:1',
      Selector: 'app=web',
    });
  });
});

describe('a ReplicaSet', () => {
  const scale = replicaSet.subresources.find((s) => s.name === 'scale')!;

  it('has one replica unless it says otherwise', () => {
    expect(created(replicaSet, { spec })).to.deep.include({ status: { replicas: 0 } });
    expect(created(replicaSet, { spec }).spec.replicas).to.equal(1);
    expect(createErrors(replicaSet, { spec })).to.deep.equal([]);
  });

  it('is scaled through scale', () => {
    const expressions = [{ key: 'tier', operator: 'In', values: ['b', 'a'] }];
    const selector = { ...spec.selector, matchExpressions: expressions };
    const rs = object(replicaSet, { spec: { ...spec, selector, replicas: 3 }, status: { replicas: 2 } });
    expect(scale.get!(rs)).to.deep.equal({
      kind: 'Scale',
      apiVersion: 'autoscaling/v1',
      metadata: {
        name: 'web',
        namespace: 'default',
        uid: 'u-1',
        resourceVersion: '',
        creationTimestamp: '2026-01-01T00:00:00Z',
      },
      spec: { replicas: 3 },
      status: { replicas: 2, selector: 'app=web,tier in (a,b)' },
    });
    const scaled = scale.set!(rs, { spec: { replicas: 5 } });
    expect(scaled.spec!.replicas).to.equal(5);
    expect(scale.validate!(scaled, rs)).to.deep.equal([]);
    expect(scale.validate!(scale.set!(rs, { spec: { replicas: -1 } }), rs)[0]!.message).to.match(/^Invalid value: -1/);
  });
});

describe('a StatefulSet', () => {
  it('gets its defaults, and its claims theirs', () => {
    const claims = [{ metadata: { name: 'data' }, spec: { resources: { requests: { storage: '1Gi' } } } }];
    const made = defaulted(statefulSet, { spec: { ...spec, volumeClaimTemplates: claims } }).spec;
    expect(made).to.deep.include({
      podManagementPolicy: 'OrderedReady',
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
      replicas: 1,
      revisionHistoryLimit: 10,
    });
    expect(made.volumeClaimTemplates[0]).to.deep.include({
      kind: 'PersistentVolumeClaim',
      status: { phase: 'Pending' },
    });
  });

  it('lets its pods mount its claims', () => {
    const mounts = [{ name: 'data', mountPath: '/data' }];
    const mounting = { ...template, spec: { containers: [{ name: 'web', image: 'a', volumeMounts: mounts }] } };
    const claims = [{ metadata: { name: 'data' } }];
    expect(
      createErrors(statefulSet, { spec: { ...spec, template: mounting, volumeClaimTemplates: claims } }),
    ).to.deep.equal([]);
    expect(createErrors(statefulSet, { spec: { ...spec, template: mounting } })).to.deep.equal([
      'spec.template.spec.containers[0].volumeMounts[0].name: Not found: "data"',
    ]);
  });

  it('changes in a few fields only', () => {
    expect(updateErrors(statefulSet, { spec }, { spec: { ...spec, replicas: 2 } })).to.deep.equal([]);
    expect(updateErrors(statefulSet, { spec }, { spec: { ...spec, serviceName: 'x' } })[0]).to.match(
      /^spec: Forbidden: updates to statefulset spec for fields other than 'replicas', /,
    );
  });
});

describe('a DaemonSet', () => {
  it('updates one node at a time', () => {
    expect(defaulted(daemonSet, { spec }).spec.updateStrategy).to.deep.equal({
      type: 'RollingUpdate',
      rollingUpdate: { maxUnavailable: 1, maxSurge: 0 },
    });
    expect(createErrors(daemonSet, { spec })).to.deep.equal([]);
    const stuck = { ...spec, updateStrategy: { rollingUpdate: { maxUnavailable: 0 } } };
    expect(createErrors(daemonSet, { spec: stuck })).to.deep.equal([
      'spec.updateStrategy.rollingUpdate.maxUnavailable: Invalid value: 0: cannot be 0 when maxSurge is 0',
    ]);
  });
});

describe('a ControllerRevision', () => {
  it('shows its controller and keeps its data', () => {
    const owner = { apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'web', uid: 'u', controller: true };
    const fields = { metadata: { ownerReferences: [owner] }, revision: 2, data: {} };
    expect(cells(controllerRevision, fields)).to.include({ Controller: 'daemonset.apps/web', Revision: 2 });
    expect(updateErrors(controllerRevision, { data: {} }, { data: { a: 1 } })).to.deep.equal([
      'data: Invalid value: {"a":1}: field is immutable',
    ]);
  });
});
