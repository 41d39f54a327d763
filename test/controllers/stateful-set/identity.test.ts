import { expect } from 'chai';
import { newClaims, newPod, parsePodName, repairedPod } from '../../../src/controllers/stateful-set/identity.ts';
import { isStuck } from '../../../src/controllers/stateful-set/replicas.ts';
import { statefulSetStatus } from '../../../src/controllers/stateful-set/status.ts';
import { now } from '../objects.ts';
import { aMember, aStatefulSet } from './objects.ts';

describe('stateful set: identity', () => {
  const names: [string, ReturnType<typeof parsePodName>][] = [
    ['web-0', { parent: 'web', ordinal: 0 }],
    ['web-1-12', { parent: 'web-1', ordinal: 12 }],
    ['web-2147483647', { parent: 'web', ordinal: 2147483647 }],
    ['web-2147483648', undefined],
    ['web-01', undefined],
    ['web-x', undefined],
    ['web-', undefined],
    ['7', undefined],
  ];
  for (const [name, expected] of names) {
    it(`is read from the name ${name}`, () => expect(parsePodName(name)).to.deep.equal(expected));
  }

  const data = { metadata: { name: 'data', labels: { app: 'x', own: 'y' }, annotations: { a: 'b' } }, spec: {} };
  const claiming = (spec: object = {}) => aStatefulSet({ volumeClaimTemplates: [data], ...spec });

  it('of a pod replaces what the template says of hosts and of volumes with the names of claims', () => {
    const volumes = [
      { name: 'data', emptyDir: {} },
      { name: 'tmp', emptyDir: {} },
    ];
    const template = { spec: { containers: [], hostname: 'other', subdomain: 'other', volumes } };
    const { spec } = newPod(claiming(), template, 'rev', 2);
    expect(spec).to.deep.equal({
      containers: [],
      hostname: 'web-2',
      subdomain: 'web',
      volumes: [
        { name: 'data', persistentVolumeClaim: { claimName: 'data-web-2' } },
        { name: 'tmp', emptyDir: {} },
      ],
    });
  });

  it('of a pod without a service has no subdomain, whatever the template says', () => {
    const { spec } = newPod(claiming({ serviceName: '' }), { spec: { containers: [], subdomain: 'other' } }, 'rev', 0);
    expect(spec!.subdomain).to.equal(undefined);
  });

  it('of a claim is its template’s, with the labels that the set selects by', () => {
    const [claim] = newClaims(claiming(), 2);
    expect(claim).to.deep.equal({
      metadata: {
        namespace: 'default',
        name: 'data-web-2',
        labels: { app: 'web', own: 'y' },
        annotations: { a: 'b' },
      },
      spec: {},
    });
  });

  it('is repaired where labels or volumes are not as they must be', () => {
    const set = claiming();
    const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'data-web-1' } }];
    expect(repairedPod(set, aMember(1, 'ready', 'new', { volumes }))).to.equal(undefined);
    expect(repairedPod(set, aMember(1))!.spec!.volumes).to.deep.equal(volumes);
    const bare = aMember(1);
    delete bare.metadata.labels!['statefulset.kubernetes.io/pod-name'];
    expect(repairedPod(aStatefulSet(), bare)!.metadata.labels).to.include({
      'statefulset.kubernetes.io/pod-name': 'web-1',
      'apps.kubernetes.io/pod-index': '1',
    });
  });
});

describe('stateful set: a stuck pod', () => {
  const waiting = (reason: string) => ({ containerStatuses: [{ state: { waiting: { reason } } }] });
  const cases: [string, object, boolean][] = [
    [
      'is one that no node takes',
      { conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }] },
      true,
    ],
    ['is one whose image cannot be had', waiting('ErrImagePull'), true],
    ['is one that crashes again and again', waiting('CrashLoopBackOff'), true],
    [
      'is one whose init container cannot start',
      { initContainerStatuses: waiting('CreateContainerError').containerStatuses },
      true,
    ],
    ['is not one on its way', waiting('ContainerCreating'), false],
    ['is not one whose init containers run', waiting('PodInitializing'), false],
    ['is not one that runs', { containerStatuses: [{ state: { running: {} } }] }, false],
    ['is not one that is new', {}, false],
  ];
  for (const [name, status, expected] of cases) {
    it(name, () => expect(isStuck({ ...aMember(0), status })).to.equal(expected));
  }
});

describe('stateful set: status', () => {
  const names = { current: 'old', update: 'new', collisionCount: 1 };
  const status = (spec: object, pods: Parameters<typeof aMember>[]) =>
    statefulSetStatus(
      aStatefulSet(spec),
      names,
      pods.map((one) => aMember(...one)),
      now,
    );

  it('counts pods by revision, readiness and availability; those that are going only as replicas and ready', () => {
    expect(
      status({}, [
        [0, 'ready', 'old'],
        [1, 'unready', 'new'],
        [2, 'terminating', 'old'],
      ]),
    ).to.deep.equal({
      replicas: 3,
      readyReplicas: 2,
      availableReplicas: 2,
      currentReplicas: 1,
      updatedReplicas: 1,
      currentRevision: 'old',
      updateRevision: 'new',
      collisionCount: 1,
      observedGeneration: 1,
    });
  });

  it('says that an update is complete when all pods are ready and of its revision', () => {
    const pods: Parameters<typeof aMember>[] = [[0], [1], [2]];
    expect(status({}, pods)).to.include({ currentRevision: 'new', currentReplicas: 3 });
    expect(status({ replicas: 2 }, pods)).to.include({ currentRevision: 'old', currentReplicas: 0 });
    expect(status({ updateStrategy: { type: 'OnDelete' } }, pods)).to.include({ currentRevision: 'old' });
  });

  it('counts as available what has been ready for minReadySeconds', () => {
    expect(status({ minReadySeconds: 61 }, [[0]])).to.include({ readyReplicas: 1, availableReplicas: 0 });
  });
});
