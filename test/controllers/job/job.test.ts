import { expect } from 'chai';
import { job, type Job } from '../../../src/api/batch-v1/job.ts';
import { pod, type Pod } from '../../../src/api/core-v1/pod.ts';
import { MetricRegistry } from '../../../src/base/metrics.ts';
import { World } from '../world.ts';
import { indexName, trackingFinalizer } from '../../../src/controllers/job/names.ts';

const name = { namespace: 'default', name: 'work' };

describe('job controller', () => {
  let world: World;
  let metrics: MetricRegistry;
  beforeEach(async () => {
    metrics = new MetricRegistry();
    world = await World.start({ only: ['job-controller'], metrics });
  });
  afterEach(() => world.stop());

  const create = (spec: object = {}, podSpec: object = {}) =>
    world.client.create(job, {
      metadata: name,
      spec: {
        template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }], ...podSpec } },
        ...spec,
      },
    });
  const get = () => world.client.get(job, name);
  const pods = async () => (await world.client.list(pod, { namespace: 'default' })).items;
  const running = async (count: number) =>
    world.eventually(async () => {
      const all = (await pods()).filter((one) => one.status?.phase === 'Running' && !one.metadata.deletionTimestamp);
      expect(all).to.have.length(count);
      expect((await get()).status?.ready).to.equal(count);
      return all;
    });
  const end = async (one: Pod, phase: 'Succeeded' | 'Failed', exitCode = phase === 'Failed' ? 1 : 0) => {
    const finishedAt = new Date(world.clock.now()).toISOString().replace(/\.\d+/, '');
    const live = await world.client.get(pod, one.metadata);
    const containerStatuses = [
      {
        name: 'c',
        image: 'i',
        imageID: '',
        ready: false,
        restartCount: 0,
        state: { terminated: { exitCode, finishedAt, reason: phase === 'Failed' ? 'Error' : 'Completed' } },
      },
    ];
    await world.client.updateStatus(pod, { ...live, status: { ...live.status, phase, containerStatuses } });
  };
  const types = (one: Job) => (one.status?.conditions ?? []).filter((c) => c.status === 'True').map((c) => c.type);
  const finished = (type: 'Complete' | 'Failed') =>
    world.eventually(async () => {
      const one = await get();
      expect(types(one)).to.include(type);
      return one;
    });

  it('runs a pod and completes', async () => {
    await create();
    const [first] = await running(1);
    expect(first!.metadata.finalizers).to.deep.equal([trackingFinalizer]);
    expect(first!.metadata.labels).to.include({ 'batch.kubernetes.io/job-name': 'work', 'job-name': 'work' });
    expect((await get()).status).to.deep.include({ active: 1, ready: 1, terminating: 0 });
    await end(first!, 'Succeeded');
    const { status } = await finished('Complete');
    expect(status).to.include({ succeeded: 1, ready: 0, terminating: 0 }).and.not.have.any.keys('active', 'failed');
    expect(status!.conditions!.map((c) => [c.type, c.reason])).to.deep.equal([
      ['SuccessCriteriaMet', 'CompletionsReached'],
      ['Complete', 'CompletionsReached'],
    ]);
    expect(status!.completionTime).to.be.a('string');
    expect((await pods())[0]!.metadata.finalizers).to.equal(undefined);
    await world.settle();
    expect(await world.events('work')).to.deep.equal([
      `SuccessfulCreate: Created pod: ${first!.metadata.name}`,
      'Completed: Job completed',
    ]);
  });

  it('counts its rounds and what has ended', async () => {
    await create({ backoffLimit: 0 });
    const [first] = await running(1);
    await end(first!, 'Failed');
    await finished('Failed');
    const text = metrics.render();
    expect(text).to.match(/job_controller_job_syncs_total\{completion_mode="NonIndexed",result="success"\} [1-9]/);
    expect(text).to.match(
      /job_controller_jobs_finished_total\{completion_mode="NonIndexed",result="failed",reason="BackoffLimitExceeded"\} 1/,
    );
    expect(text).to.match(/job_controller_job_pods_finished_total\{completion_mode="NonIndexed",result="failed"\} 1$/m);
    expect(text).to.match(/job_controller_job_sync_duration_seconds_count\{.*action="pods_created"\} 1$/m);
    expect(text).to.match(/job_controller_job_pods_creation_total\{reason="new",status="succeeded"\} 1$/m);
  });

  it('waits a second for pods that follow, and counts them together', async () => {
    world.podsBecomeReady = false;
    await create({ parallelism: 8, completions: 8 });
    const all = await world.eventually(async () => {
      expect((await get()).status?.active).to.equal(8);
      return pods();
    });
    await world.settle(2_000);
    const before = world.requests(/jobs\/work\/status$/);
    for (const one of all) {
      await end(one, 'Succeeded');
      await world.settle(50);
    }
    expect(world.requests(/jobs\/work\/status$/) - before).to.equal(0);
    expect((await finished('Complete')).status).to.include({ succeeded: 8 });
    expect(world.requests(/jobs\/work\/status$/) - before).to.equal(2);
  });

  it('tries again a second after a pod could not be made, then two, then four', async () => {
    world.noPodsBecause = 'no room';
    await create();
    const tries = async (ms: number) => {
      await world.settle(ms);
      return world.requests(/\/pods$/);
    };
    const first = await tries(500);
    expect(await tries(1_000)).to.equal(first + 1);
    expect(await tries(1_000)).to.equal(first + 1);
    expect(await tries(1_000)).to.equal(first + 2);
    world.noPodsBecause = undefined;
    await running(1);
  });

  it('makes new pods after 10 s, 20 s, 40 s, and gives up at the limit', async () => {
    await create({ backoffLimit: 3 });
    const starts: number[] = [];
    const ends: number[] = [];
    for (let i = 0; i < 4; i++) {
      const [one] = await world
        .eventually(() => running(1))
        .catch(async () => (await world.settle(20_000), running(1)));
      starts.push(Date.parse(one!.metadata.creationTimestamp));
      ends.push(world.clock.now());
      await end(one!, 'Failed');
    }
    const gaps = starts.slice(1).map((at, i) => Math.round((at - ends[i]!) / 1000));
    expect(gaps).to.deep.equal([10, 20, 40]);
    const { status } = await finished('Failed');
    expect(status).to.include({ failed: 4, ready: 0 });
    expect(status!.conditions!.map((c) => [c.type, c.reason, c.message])).to.deep.equal([
      ['FailureTarget', 'BackoffLimitExceeded', 'Job has reached the specified backoff limit'],
      ['Failed', 'BackoffLimitExceeded', 'Job has reached the specified backoff limit'],
    ]);
    await world.settle();
    expect((await world.events('work')).at(-1)).to.equal(
      'BackoffLimitExceeded: Job has reached the specified backoff limit',
    );
  });

  /** Lets a job with a pod per index reach the point at which all run. */
  const indexed = async (completions: number, spec: object = {}) => {
    await create({ completions, parallelism: completions, completionMode: 'Indexed', ...spec });
    return byIndex(await running(completions));
  };
  const byIndex = (all: Pod[]) =>
    [...all].sort((a, b) => Number(a.metadata.annotations![indexName]) - Number(b.metadata.annotations![indexName]));
  const reasons = async (types = ['SuccessfulCreate', 'SuccessfulDelete']) => {
    await world.settle();
    return (await world.events('work')).filter((event) => !types.some((type) => event.startsWith(type)));
  };
  const status = async () => (await get()).status!;
  const shown = (check: (status: NonNullable<Job['status']>) => void) =>
    world.eventually(async () => check((await get()).status!));

  it('gives each pod of an Indexed job its index', async () => {
    const all = await indexed(3);
    expect(all.map(({ spec }) => spec!.hostname)).to.deep.equal(['work-0', 'work-1', 'work-2']);
    expect(all.map(({ metadata }) => metadata.generateName)).to.deep.equal(['work-0-', 'work-1-', 'work-2-']);
    expect(all.map(({ metadata }) => metadata.labels![indexName])).to.deep.equal(['0', '1', '2']);
    expect(all[1]!.spec!.containers[0]!.env).to.deep.equal([
      {
        name: 'JOB_COMPLETION_INDEX',
        valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: `metadata.labels['${indexName}']` } },
      },
    ]);
    await end(all[0]!, 'Succeeded');
    await end(all[2]!, 'Succeeded');
    await shown((now) => expect(now).to.include({ completedIndexes: '0,2', succeeded: 2, active: 1 }));
    await end(all[1]!, 'Succeeded');
    expect((await finished('Complete')).status).to.include({ completedIndexes: '0-2', succeeded: 3 });
  });

  it('grows and shrinks an Indexed job', async () => {
    const all = await indexed(3);
    await end(all[2]!, 'Succeeded');
    await shown((now) => expect(now).to.include({ completedIndexes: '2', active: 2 }));
    await world.client.patch(job, name, 'merge', { spec: { completions: 2, parallelism: 2 } });
    await shown((now) => expect(now).to.not.have.property('completedIndexes'));
    await world.client.patch(job, name, 'merge', { spec: { completions: 4, parallelism: 4 } });
    await running(4);
    expect(await status()).to.not.have.any.keys('succeeded', 'failed');
  });

  it('stops a work queue when one has succeeded and the rest has ended', async () => {
    await create({ parallelism: 2 });
    const all = await running(2);
    await end(all[0]!, 'Succeeded');
    await shown((now) => expect(now).to.include({ succeeded: 1, active: 1 }));
    await world.settle();
    expect(await pods()).to.have.length(2);
    await end(all[1]!, 'Succeeded');
    expect((await finished('Complete')).status).to.include({ succeeded: 2 });
  });

  it('has as many pods as its parallelism says, whatever that becomes', async () => {
    await create({ completions: 9, parallelism: 4 });
    await running(4);
    await world.client.patch(job, name, 'merge', { spec: { parallelism: 1 } });
    await running(1);
    await shown((now) => expect(now).to.include({ active: 1, terminating: 0 }).and.not.have.property('failed'));
    await world.client.patch(job, name, 'merge', { spec: { parallelism: 2 } });
    await running(2);
  });

  it('stops for a while when it is suspended', async () => {
    await create({ parallelism: 2, completions: 2, suspend: true, activeDeadlineSeconds: 100 });
    await shown((now) => expect(now.conditions?.map((c) => [c.type, c.status])).to.deep.equal([['Suspended', 'True']]));
    expect(await pods()).to.deep.equal([]);
    expect(await status()).to.not.have.property('startTime');
    await world.settle(200_000);
    await world.client.patch(job, name, 'merge', { spec: { suspend: false } });
    await running(2);
    const before = (await status()).startTime!;
    expect((await status()).conditions!.map((c) => [c.type, c.status, c.reason])).to.deep.equal([
      ['Suspended', 'False', 'JobResumed'],
    ]);
    await world.settle(60_000);
    await world.client.patch(job, name, 'merge', { spec: { suspend: true } });
    await world.eventually(async () => expect(await pods()).to.deep.equal([]));
    // What ran before may now go elsewhere.
    await world.client.patch(job, name, 'merge', { spec: { template: { spec: { nodeSelector: { zone: 'a' } } } } });
    await world.client.patch(job, name, 'merge', { spec: { suspend: false } });
    const all = await running(2);
    expect(all[0]!.spec!.nodeSelector).to.deep.equal({ zone: 'a' });
    expect(Date.parse((await status()).startTime!)).to.be.greaterThan(Date.parse(before));
    await world.settle(60_000);
    expect(await status())
      .to.include({ active: 2 })
      .and.not.have.property('failed');
    expect(await reasons()).to.deep.equal(['Suspended: Job suspended', 'Resumed: Job resumed']);
  });

  it('fails when its deadline is over', async () => {
    await create({ activeDeadlineSeconds: 30 });
    await running(1);
    await world.settle(31_000);
    const { status: ended } = await finished('Failed');
    expect(ended).to.include({ failed: 1 }).and.not.have.property('active');
    expect(ended!.conditions!.map((c) => c.type)).to.deep.equal(['FailureTarget', 'Failed']);
    expect(await pods()).to.deep.equal([]);
    expect(await reasons()).to.deep.equal(['DeadlineExceeded: Job was active longer than specified deadline']);
  });

  it('waits for its pods before it has failed', async () => {
    await create({ activeDeadlineSeconds: 30 });
    await running(1);
    world.podsGo = false;
    await world.settle(31_000);
    await shown((now) => expect(now).to.include({ terminating: 1, failed: 1 }));
    expect(types(await get())).to.deep.equal(['FailureTarget']);
    const [one] = await pods();
    await world.client.delete(pod, one!.metadata, { gracePeriodSeconds: 0 });
    expect((await finished('Failed')).status).to.include({ terminating: 0, failed: 1 });
  });

  it('counts restarts in place against its limit', async () => {
    await create({ backoffLimit: 2 }, { restartPolicy: 'OnFailure' });
    const [one] = await running(1);
    const restarted = { name: 'c', image: 'i', imageID: '', ready: true, restartCount: 2 };
    await world.client.updateStatus(pod, { ...one!, status: { ...one!.status, containerStatuses: [restarted] } });
    const { status: ended } = await finished('Failed');
    expect(ended!.conditions!.at(-1)!.reason).to.equal('BackoffLimitExceeded');
  });

  const rule = (action: string, values: number[]) => ({ action, onExitCodes: { operator: 'In', values } });

  it('does with failed pods what its policy says', async () => {
    const rules = [
      { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
      rule('FailJob', [42]),
    ];
    await create({ backoffLimit: 0, podFailurePolicy: { rules } });
    const [first] = await running(1);
    const conditions = [
      { type: 'DisruptionTarget', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' },
      { type: 'Ready', status: 'False', lastTransitionTime: '2026-01-01T00:00:00Z' },
    ];
    await world.client.updateStatus(pod, { ...first!, status: { ...first!.status, phase: 'Failed', conditions } });
    await world.settle(10_000);
    const [second] = await running(1);
    expect(await status()).to.not.have.property('failed');
    await end(second!, 'Failed', 42);
    const { status: ended } = await finished('Failed');
    const message = `Container c for pod default/${second!.metadata.name} failed with exit code 42 matching FailJob rule at index 1`;
    expect(ended!.conditions!.at(-1)).to.include({ reason: 'PodFailurePolicy', message });
    expect(ended).to.include({ failed: 1 });
    const text = metrics.render();
    for (const action of ['Ignore', 'FailJob']) {
      const line = `job_controller_pod_failures_handled_by_failure_policy_total{action="${action}"} 1\n`;
      expect(text).to.include(line);
    }
  });

  it('counts failures by index, and fails when too many indexes have', async () => {
    const policy = { podFailurePolicy: { rules: [rule('FailIndex', [7])] }, maxFailedIndexes: 1 };
    const [a, b, c] = await indexed(3, { backoffLimitPerIndex: 1, ...policy });
    await end(a!, 'Failed', 7);
    await shown((now) => expect(now).to.include({ failedIndexes: '0', failed: 1 }));
    await end(b!, 'Failed', 1);
    await world.settle(10_000);
    const [again] = (await running(2)).filter((one) => one.metadata.annotations![indexName] === '1');
    expect(again!.metadata.annotations).to.include({ 'batch.kubernetes.io/job-index-failure-count': '1' });
    await end(again!, 'Failed', 1);
    const { status: ended } = await finished('Failed');
    expect(ended).to.include({ failedIndexes: '0,1', failed: 4 });
    expect(ended!.conditions!.at(-1)!.reason).to.equal('MaxFailedIndexesExceeded');
    expect((await pods()).map(({ metadata }) => metadata.uid)).to.not.include(c!.metadata.uid);
  });

  it('fails at the end when some indexes have', async () => {
    const [a, b] = await indexed(2, { backoffLimitPerIndex: 0 });
    await end(a!, 'Failed');
    await end(b!, 'Succeeded');
    const { status: ended } = await finished('Failed');
    expect(ended).to.include({ failedIndexes: '0', completedIndexes: '1' });
    expect(ended!.conditions!.at(-1)).to.include({ reason: 'FailedIndexes', message: 'Job has failed indexes' });
  });

  it('succeeds when enough has', async () => {
    const rules = [
      { succeededIndexes: '0-1', succeededCount: 2 },
      { succeededCount: 1, succeededIndexes: '2' },
    ];
    const [, , third] = await indexed(3, { successPolicy: { rules } });
    await end(third!, 'Succeeded');
    const { status: ended } = await finished('Complete');
    expect(ended).to.include({ succeeded: 1, completedIndexes: '2', terminating: 0 }).and.not.have.property('failed');
    expect(ended!.conditions!.map((one) => [one.type, one.reason, one.message])).to.deep.equal([
      ['SuccessCriteriaMet', 'SuccessPolicy', 'Matched rules at index 1'],
      ['Complete', 'SuccessPolicy', 'Matched rules at index 1'],
    ]);
    expect(await pods()).to.have.length(1);
  });

  for (const [policy, failed, count] of [
    ['TerminatingOrFailed', 1, 2],
    ['Failed', undefined, 1],
  ] as const) {
    it(`replaces pods by the policy ${policy}`, async () => {
      await create({ podReplacementPolicy: policy });
      const [one] = await running(1);
      world.podsGo = false;
      await world.client.delete(pod, one!.metadata);
      await shown((now) => expect(now.terminating).to.equal(1));
      await world.settle(11_000);
      expect(await pods()).to.have.length(count);
      expect((await status()).failed).to.equal(failed);
      await end(
        (await pods()).find(({ metadata }) => metadata.uid === one!.metadata.uid)!,
        'Failed',
      );
      await world.settle(11_000);
      expect((await pods()).filter(({ status: now }) => now?.phase !== 'Failed')).to.have.length(1);
      expect((await status()).failed).to.equal(1);
    });
  }

  it('adopts pods and lets them go', async () => {
    await create({ parallelism: 1 });
    const [one] = await running(1);
    await world.client.patch(pod, one!.metadata, 'merge', {
      metadata: { labels: { 'batch.kubernetes.io/controller-uid': null } },
    });
    await world.eventually(async () => {
      const let_go = await world.client.get(pod, one!.metadata);
      expect(let_go.metadata.ownerReferences).to.equal(undefined);
      expect(let_go.metadata.finalizers).to.equal(undefined);
      expect(await pods()).to.have.length(2);
    });
    const [other] = (await pods()).filter(({ metadata }) => metadata.uid !== one!.metadata.uid);
    await world.client.patch(pod, other!.metadata, 'merge', { metadata: { ownerReferences: null, finalizers: null } });
    await world.eventually(async () => {
      const adopted = await world.client.get(pod, other!.metadata);
      expect(adopted.metadata.ownerReferences?.[0]?.name).to.equal('work');
      expect(adopted.metadata.finalizers).to.deep.equal([trackingFinalizer]);
    });
  });

  it('lets the pods of a job go that is gone', async () => {
    const { metadata } = await create({ parallelism: 2, completions: 2 });
    await running(2);
    await world.client.delete(job, name, { propagationPolicy: 'Background', preconditions: { uid: metadata.uid } });
    await world.eventually(async () => {
      for (const one of await pods()) expect(one.metadata.finalizers).to.equal(undefined);
    });
  });

  it('lets pods go that lost their owner', async () => {
    await create();
    const [one] = await running(1);
    await world.client.delete(job, name, { propagationPolicy: 'Background' });
    await world.client.patch(pod, one!.metadata, 'merge', {
      metadata: { ownerReferences: null, finalizers: [trackingFinalizer] },
    });
    await world.eventually(async () => {
      expect((await world.client.get(pod, one!.metadata)).metadata.finalizers).to.equal(undefined);
    });
  });

  it('leaves jobs of other managers alone', async () => {
    await create({ managedBy: 'example.com/other' });
    await world.settle(1000);
    expect(await pods()).to.deep.equal([]);
    expect((await get()).status ?? {}).to.deep.equal({});
    await world.client.patch(job, name, 'merge', { metadata: { labels: { a: 'b' } } });
    await world.settle(1000);
    const line = 'job_controller_jobs_by_external_controller_total{controller_name="example.com/other"} 1\n';
    expect(metrics.render()).to.include(line);
  });

  it('says why it cannot make pods, and tries again', async () => {
    world.noPodsBecause = 'no pods today';
    await create();
    await world.settle(1000);
    expect((await reasons())[0]).to.match(/^FailedCreate: Error creating: no pods today$/);
    const failures = /job_controller_job_pods_creation_total\{reason="new",status="failed"\} [1-9]/;
    expect(metrics.render()).to.match(failures);
    world.noPodsBecause = undefined;
    await running(1);
  });
});
