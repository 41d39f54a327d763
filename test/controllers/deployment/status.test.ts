import { expect } from 'chai';
import { formatTime } from '../../../src/apimachinery/time.ts';
import type { Sets } from '../../../src/controllers/deployment/scaling.ts';
import {
  isComplete,
  pauseCondition,
  rolloutStatus,
  untilOverdue,
  type DeploymentStatus,
} from '../../../src/controllers/deployment/status.ts';
import { aDeployment, aSet, now } from '../objects.ts';

const find = (status: DeploymentStatus, type: string) => status.conditions?.find((c) => c.type === type);

const progressing = (reason: string, secondsAgo = 0, status = 'True') => {
  const time = formatTime(now - secondsAgo * 1000);
  return { type: 'Progressing', status, reason, message: '', lastUpdateTime: time, lastTransitionTime: time };
};

describe('deployment: status', () => {
  it('counts over all replica sets', () => {
    const sets: Sets = { current: aSet({ replicas: 2, available: 1 }), old: [aSet({ replicas: 3, available: 3 })] };
    expect(rolloutStatus(aDeployment(), sets, now)).to.deep.include({
      observedGeneration: 1,
      replicas: 5,
      updatedReplicas: 2,
      readyReplicas: 4,
      availableReplicas: 4,
      unavailableReplicas: 1,
    });
  });

  const availability: [string, number, string, string][] = [
    ['all available', 3, 'True', 'MinimumReplicasAvailable'],
    ['as few as allowed', 2, 'True', 'MinimumReplicasAvailable'],
    ['too few', 1, 'False', 'MinimumReplicasUnavailable'],
  ];
  for (const [name, available, status, reason] of availability) {
    it(`says Available=${status} for ${name}`, () => {
      const deployment = aDeployment({
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } },
      });
      const sets: Sets = { current: aSet({ replicas: 3, available }), old: [] };
      expect(find(rolloutStatus(deployment, sets, now), 'Available')).to.include({ status, reason });
    });
  }

  interface Case {
    name: string;
    before?: object;
    conditions?: object[];
    sets: Sets;
    reason: string | undefined;
    status?: string;
    spec?: object;
  }
  const done: Sets = { current: aSet({ name: 'web-1', replicas: 3 }), old: [] };
  const stuck: Sets = { current: aSet({ name: 'web-1', replicas: 3, available: 0 }), old: [] };
  const seen = { replicas: 3, updatedReplicas: 3, readyReplicas: 0, availableReplicas: 0 };
  const cases: Case[] = [
    {
      name: 'all is there',
      sets: done,
      conditions: [progressing('ReplicaSetUpdated')],
      reason: 'NewReplicaSetAvailable',
      status: 'True',
    },
    {
      name: 'new pods appeared',
      sets: stuck,
      before: { replicas: 3 },
      conditions: [progressing('NewReplicaSetCreated', 60)],
      reason: 'ReplicaSetUpdated',
      status: 'True',
    },
    {
      name: 'pods became available',
      sets: { current: aSet({ replicas: 3, available: 1 }), old: [] },
      before: seen,
      conditions: [progressing('ReplicaSetUpdated', 60)],
      reason: 'ReplicaSetUpdated',
      status: 'True',
    },
    {
      name: 'nothing moved yet',
      sets: stuck,
      before: seen,
      conditions: [progressing('NewReplicaSetCreated', 60)],
      reason: 'NewReplicaSetCreated',
      status: 'True',
    },
    {
      name: 'nothing moved for too long',
      sets: stuck,
      before: seen,
      conditions: [progressing('ReplicaSetUpdated', 601)],
      reason: 'ProgressDeadlineExceeded',
      status: 'False',
    },
    {
      name: 'it timed out before',
      sets: stuck,
      before: seen,
      conditions: [progressing('ProgressDeadlineExceeded', 9999, 'False')],
      reason: 'ProgressDeadlineExceeded',
      status: 'False',
    },
    {
      name: 'it timed out but recovered',
      sets: done,
      before: seen,
      conditions: [progressing('ProgressDeadlineExceeded', 9999, 'False')],
      reason: 'NewReplicaSetAvailable',
      status: 'True',
    },
    {
      name: 'a pod is lost after the rollout',
      sets: stuck,
      before: { ...seen, readyReplicas: 3, availableReplicas: 3 },
      conditions: [progressing('NewReplicaSetAvailable', 9999)],
      reason: 'NewReplicaSetAvailable',
      status: 'True',
    },
    {
      name: 'there is no deadline',
      sets: stuck,
      before: seen,
      conditions: [progressing('ReplicaSetUpdated')],
      reason: undefined,
      spec: { progressDeadlineSeconds: 2 ** 31 - 1 },
    },
  ];
  for (const { name, before = {}, conditions = [], sets, reason, status, spec } of cases) {
    it(`says ${reason ?? 'nothing of progress'} when ${name}`, () => {
      const deployment = aDeployment(spec, { status: { ...before, conditions } });
      const found = find(rolloutStatus(deployment, sets, now), 'Progressing');
      expect(found?.reason).to.equal(reason);
      expect(found?.status).to.equal(status);
    });
  }

  it('names the replica set in the words that kubectl shows', () => {
    const deployment = aDeployment({}, { status: { conditions: [progressing('ReplicaSetUpdated')] } });
    expect(find(rolloutStatus(deployment, done, now), 'Progressing')?.message).to.equal(
      'ReplicaSet "web-1" has successfully progressed.',
    );
  });

  it('renews the time of the last update with every progress, not that of the transition', () => {
    const before = progressing('ReplicaSetUpdated', 60);
    const deployment = aDeployment({}, { status: { conditions: [before] } });
    const found = find(rolloutStatus(deployment, stuck, now), 'Progressing')!;
    expect(found.lastUpdateTime).to.equal(formatTime(now));
    expect(found.lastTransitionTime).to.equal(before.lastTransitionTime);
  });

  it('shows the failure of a replica set, and takes it back', () => {
    const failure = {
      type: 'ReplicaFailure',
      status: 'True',
      reason: 'FailedCreate',
      message: 'quota',
      lastTransitionTime: formatTime(now),
    };
    const sets: Sets = { current: aSet({ status: { conditions: [failure] } }), old: [] };
    const failed = rolloutStatus(aDeployment(), sets, now);
    expect(find(failed, 'ReplicaFailure')).to.include({ reason: 'FailedCreate', message: 'quota' });
    const recovered = rolloutStatus(aDeployment({}, { status: failed }), done, now);
    expect(find(recovered, 'ReplicaFailure')).to.equal(undefined);
  });

  it('is complete only for the newest generation', () => {
    const deployment = aDeployment({}, { meta: { generation: 2 } });
    const status = { replicas: 3, updatedReplicas: 3, availableReplicas: 3 };
    expect(isComplete(deployment, { ...status, observedGeneration: 2 })).to.equal(true);
    expect(isComplete(deployment, { ...status, observedGeneration: 1 })).to.equal(false);
    expect(isComplete(deployment, { ...status, replicas: 4, observedGeneration: 2 })).to.equal(false);
  });

  it('knows when a rollout would be overdue', () => {
    const at = (reason: string, spec: object = {}) =>
      untilOverdue(aDeployment(spec), { ...seen, conditions: [progressing(reason, 100)] }, now);
    expect(at('ReplicaSetUpdated')).to.equal(501_000);
    expect(at('NewReplicaSetAvailable')).to.equal(undefined);
    expect(at('ProgressDeadlineExceeded')).to.equal(undefined);
    expect(at('ReplicaSetUpdated', { paused: true })).to.equal(undefined);
  });
});

describe('deployment: pausing', () => {
  const cases: [string, boolean, string | undefined, string | undefined][] = [
    ['pausing', true, 'NewReplicaSetAvailable', 'DeploymentPaused'],
    ['pausing a new one', true, undefined, 'DeploymentPaused'],
    ['staying paused', true, 'DeploymentPaused', undefined],
    ['resuming', false, 'DeploymentPaused', 'DeploymentResumed'],
    ['running on', false, 'ReplicaSetUpdated', undefined],
    ['pausing what timed out', true, 'ProgressDeadlineExceeded', undefined],
  ];
  for (const [name, paused, before, expected] of cases) {
    it(`${name} sets ${expected ?? 'nothing'}`, () => {
      const conditions = before ? [progressing(before)] : [];
      const next = pauseCondition(aDeployment({ paused }, { status: { conditions } }), now);
      expect(next?.reason).to.equal(expected);
      if (next) expect(next.status).to.equal('Unknown');
    });
  }
});
