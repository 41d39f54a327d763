import { expect } from 'chai';
import { replicaSet } from '../../../src/api/apps-v1/replica-set.ts';
import { selectorFromMap } from '../../../src/apimachinery/label-selector.ts';
import { planPodClaims, planReplicas, podFromTemplate } from '../../../src/controllers/replica-set/plan.ts';
import { deletionOrder } from '../../../src/controllers/replica-set/rank.ts';
import { nextAvailable, replicaSetStatus } from '../../../src/controllers/replica-set/status.ts';
import { aPod, aSet, now, type PodOptions } from '../objects.ts';

describe('replica set: plan', () => {
  const cases: [string, number, PodOptions[], number, number][] = [
    ['creates what is missing', 3, [{}], 2, 0],
    ['does nothing when the number is right', 2, [{}, {}], 0, 0],
    ['removes what is too much', 1, [{}, {}, {}], 0, 2],
    ['does not count pods that ended', 2, [{ phase: 'Failed' }, { phase: 'Succeeded' }], 2, 0],
    ['does not count pods that are being deleted', 1, [{ deleting: true }], 1, 0],
    ['does not count those that are being deleted when it removes', 1, [{}, {}, { deleting: true }], 0, 1],
    ['creates at most 500 at once', 1200, [], 500, 0],
    ['removes all for no replicas', 0, [{}, {}], 0, 2],
  ];
  for (const [name, replicas, pods, create, remove] of cases) {
    it(name, () => {
      const all = pods.map(aPod);
      const plan = planReplicas(aSet({ replicas }), all, () => all, now);
      expect(plan.create).to.equal(create);
      expect(plan.remove).to.have.length(remove);
    });
  }

  it('does nothing while the set is being deleted', () => {
    const set = aSet({ replicas: 3, meta: { deletionTimestamp: '2026-01-01T00:00:00Z' } });
    expect(planReplicas(set, [], () => [], now)).to.deep.equal({ create: 0, remove: [] });
  });

  it('makes pods of the template, controlled by the set', () => {
    const set = aSet({ name: 'web-1' });
    const pod = podFromTemplate(set, replicaSet);
    expect(pod.metadata.generateName).to.equal('web-1-');
    expect(pod.metadata.labels).to.deep.equal({ app: 'web', 'pod-template-hash': 'web-1' });
    expect(pod.metadata.ownerReferences).to.deep.equal([
      {
        apiVersion: 'apps/v1',
        kind: 'ReplicaSet',
        name: 'web-1',
        uid: set.metadata.uid,
        controller: true,
        blockOwnerDeletion: true,
      },
    ]);
    expect(pod.spec).to.deep.equal(set.spec!.template!.spec);
  });
});

describe('replica set: deletion order', () => {
  const day = 86_400;
  const ready = { node: 'n1', ready: day, age: 2 * day };
  const cost = (value: string) => ({ annotations: { 'controller.kubernetes.io/pod-deletion-cost': value } });
  const restarts = (n: number): PodOptions => ({ ...ready, meta: { restarts: n } });
  const cases: [string, PodOptions, PodOptions][] = [
    ['unassigned before assigned', { age: day }, { ...ready, ready: undefined, phase: 'Pending' }],
    ['pending before running', { node: 'n1', phase: 'Pending' }, { node: 'n1' }],
    ['pending before unknown', { node: 'n1', phase: 'Pending' }, { node: 'n1', phase: 'Unknown' }],
    ['not ready before ready', { node: 'n1' }, ready],
    ['cheap before dear', { ...ready, ...cost('-5') }, { ...ready, ...cost('10') }],
    ['no cost before a positive cost', ready, { ...ready, ...cost('1') }],
    ['an invalid cost counts as none', { ...ready, ...cost('cheap') }, { ...ready, ...cost('1') }],
    ['a cost with a plus sign counts as none', { ...ready, ...cost('+5') }, { ...ready, ...cost('1') }],
    ['a cost of the least int32', { ...ready, ...cost('-2147483648') }, { ...ready, ...cost('-5') }],
    ['a cost beyond an int32 counts as none', { ...ready, ...cost('99999999999') }, { ...ready, ...cost('1') }],
    ['ready for a short time before ready for long', { ...ready, ready: 10 }, ready],
    ['young before old', { ...ready, age: day }, { ...ready, age: 30 * day }],
  ];
  for (const [name, first, second] of cases) {
    it(name, () => {
      const [a, b] = [aPod(first), aPod(second)];
      expect(deletionOrder([b, a], [], now)).to.deep.equal([a, b]);
      expect(deletionOrder([a, b], [], now)).to.deep.equal([a, b]);
    });
  }

  it('takes from crowded nodes first', () => {
    const crowded = aPod({ ...ready, node: 'n1' });
    const alone = aPod({ ...ready, node: 'n2' });
    const related = [crowded, alone, aPod({ node: 'n1' }), aPod({ node: 'n1' })];
    expect(deletionOrder([alone, crowded], related, now)).to.deep.equal([crowded, alone]);
  });

  it('takes the one that restarted more often', () => {
    const calm = aPod(restarts(0));
    const restless = aPod(restarts(3));
    for (const [pod, restartCount] of [
      [calm, 0],
      [restless, 3],
    ] as const) {
      pod.status!.containerStatuses = [{ name: 'c', image: 'i', imageID: '', ready: true, restartCount }];
    }
    expect(deletionOrder([calm, restless], [], now)).to.deep.equal([restless, calm]);
  });
});

describe('replica set: restarts and chance', () => {
  const status = (name: string, restartCount: number) => ({ name, image: 'i', imageID: '', ready: true, restartCount });
  const withRestarts = (uid: string, main: number, init: number, sidecar: number, ready = 86_400) => {
    const initContainers = [
      { name: 'init', image: 'i' },
      { name: 'sidecar', image: 'i', restartPolicy: 'Always' },
    ];
    const pod = aPod({ node: 'n1', ready, age: 2 * 86_400, meta: { uid }, spec: { initContainers } });
    pod.status!.containerStatuses = [status('c', main)];
    pod.status!.initContainerStatuses = [status('init', init), status('sidecar', sidecar)];
    return pod;
  };
  const cases: [string, ReturnType<typeof withRestarts>, ReturnType<typeof withRestarts>][] = [
    ['sidecars count when nothing else differs', withRestarts('b', 1, 0, 2), withRestarts('a', 1, 0, 1)],
    ['containers count before sidecars', withRestarts('b', 2, 0, 0), withRestarts('a', 1, 0, 9)],
    ['init containers do not count', withRestarts('a', 1, 0, 0), withRestarts('b', 1, 9, 0)],
    ['chance decides among those of about one age', withRestarts('a', 0, 0, 0), withRestarts('b', 9, 0, 0, 86_401)],
  ];
  for (const [name, first, second] of cases) {
    it(name, () => {
      expect(deletionOrder([second, first], [], now)).to.deep.equal([first, second]);
      expect(deletionOrder([first, second], [], now)).to.deep.equal([first, second]);
    });
  }
});

describe('replica set: claims', () => {
  const set = aSet({ name: 'web-1' });
  const own = {
    ownerReferences: [
      { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-1', uid: set.metadata.uid, controller: true },
    ],
  };
  const cases: [string, PodOptions, 'keep' | 'adopt' | 'release' | undefined][] = [
    ['keeps its own', { meta: own }, 'keep'],
    ['keeps its own while it terminates', { meta: own, deleting: true }, 'keep'],
    ['forgets its own when it ended', { meta: own, phase: 'Succeeded' }, undefined],
    ['adopts an orphan', {}, 'adopt'],
    ['leaves an orphan that failed', { phase: 'Failed' }, undefined],
    ['leaves an orphan that terminates', { deleting: true }, undefined],
    ['releases its own with other labels', { meta: own, labels: { app: 'other' } }, 'release'],
    [
      'lets its own end in peace with other labels',
      { meta: own, labels: { app: 'other' }, phase: 'Failed' },
      undefined,
    ],
    ['does not count its own that terminates with other labels', { meta: own, labels: {}, deleting: true }, undefined],
  ];
  for (const [name, options, kind] of cases) {
    it(name, () => {
      const claims = planPodClaims(set, selectorFromMap({ app: 'web' }), [aPod(options)]);
      const found = (['keep', 'adopt', 'release'] as const).filter((one) => claims[one].length > 0);
      expect(found).to.deep.equal(kind ? [kind] : []);
    });
  }
});

describe('replica set: status', () => {
  const hash = { app: 'web', 'pod-template-hash': 'web-1' };
  const pods = [
    aPod({ ready: 60, labels: hash }),
    aPod({ ready: 5, labels: hash }),
    aPod({ labels: { app: 'web' } }),
    aPod({ ready: 60, deleting: true, labels: hash }),
    aPod({ phase: 'Failed' }),
  ];

  it('counts active, labelled, ready, available and terminating pods', () => {
    const set = aSet({ name: 'web-1', spec: { minReadySeconds: 10 } });
    expect(replicaSetStatus(set, pods, undefined, now)).to.deep.equal({
      replicas: 3,
      fullyLabeledReplicas: 2,
      readyReplicas: 2,
      availableReplicas: 1,
      terminatingReplicas: 1,
      observedGeneration: 1,
    });
  });

  it('knows when the next pod becomes available', () => {
    const waiting = aSet({ spec: { minReadySeconds: 10 } });
    expect(nextAvailable(waiting, pods, now)).to.equal(5000);
    expect(nextAvailable(waiting, pods, now + 5000)).to.equal(undefined);
    expect(nextAvailable(aSet(), pods, now)).to.equal(undefined);
  });

  it('reports a failure and takes it back', () => {
    const failure = { reason: 'FailedCreate', message: 'quota' } as const;
    const failed = replicaSetStatus(aSet(), pods, failure, now);
    expect(failed.conditions).to.have.length(1);
    expect(failed.conditions![0]).to.include({ type: 'ReplicaFailure', status: 'True', ...failure });
    const recovered = replicaSetStatus(aSet({ status: { conditions: failed.conditions } }), pods, undefined, now);
    expect(recovered).not.to.have.property('conditions');
  });
});
