import { expect } from 'chai';
import { job, type Job } from '../../../src/api/batch-v1/job.ts';
import { pod, type Pod } from '../../../src/api/core-v1/pod.ts';
import { World } from '../world.ts';
import { trackingFinalizer } from '../../../src/controllers/job/names.ts';

const name = { namespace: 'default', name: 'work' };

describe('job controller', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.start({ only: ['job-controller'] });
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
        ...{ name: 'c', image: 'i', imageID: '', ready: false, restartCount: 0 },
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

  it('makes new pods after 10 s, 20 s, 40 s, and gives up at the limit', async () => {
    await create({ backoffLimit: 3 });
    const starts: number[] = [];
    for (let i = 0; i < 4; i++) {
      const [one] = await world
        .eventually(() => running(1))
        .catch(async () => (await world.settle(20_000), running(1)));
      starts.push(Date.parse(one!.metadata.creationTimestamp));
      await end(one!, 'Failed');
    }
    const gaps = starts.slice(1).map((at, i) => Math.round((at - starts[i]!) / 1000));
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
});
