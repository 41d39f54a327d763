import { expect } from 'chai';
import { job, type Job } from '../../../src/api/batch-v1/job.ts';
import { pod, type Pod } from '../../../src/api/core-v1/pod.ts';
import { indexName } from '../../../src/controllers/job/names.ts';
import type { Client } from '../../../src/client/client.ts';
import { crashTest } from '../crash-test.ts';

const name = { namespace: 'default', name: 'work' };
const create = (spec: object) => (client: Client) =>
  client.create(job, {
    metadata: name,
    spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } }, ...spec },
  });
const shared = { controllers: ['job-controller'], kinds: [job, pod], quiet: 2000 };
const indexIn = (one: Pod) => one.metadata.annotations?.[indexName];
const status = (jobs: readonly object[] | undefined) => (jobs![0] as Job).status!;
const tracked = (pods: readonly { metadata: { finalizers?: string[] } }[] | undefined) =>
  pods!.filter((one) => one.metadata.finalizers);

describe('job controller, killed after every single write', function () {
  this.timeout(120_000);

  it('counts every failure once', async () => {
    let failures = 0;
    await crashTest({
      ...shared,
      name: 'failures',
      quiet: 15_000,
      setUp: (client) => {
        failures = 0;
        return create({ completions: 2, parallelism: 1, backoffLimit: 2 })(client);
      },
      podsEnd: () => (failures++ < 1 ? 'Failed' : 'Succeeded'),
      check: ([jobs, pods]) => {
        expect(status(jobs)).to.include({ succeeded: 2, failed: 1 });
        expect(pods).to.have.length(3);
        expect(tracked(pods)).to.have.length(0);
      },
    });
  });

  it('gives up with exact counts', () =>
    crashTest({
      ...shared,
      name: 'giving up',
      setUp: create({ completions: 3, parallelism: 3, backoffLimit: 0, completionMode: 'Indexed' }),
      act: [
        async (client, world) => {
          const { items } = await client.list(pod, { namespace: 'default' });
          await world.ready(
            items.find((one) => indexIn(one) === '1')!,
            false,
            'Failed',
          );
        },
      ],
      check: ([jobs, pods]) => {
        expect(status(jobs)).to.include({ failed: 3 });
        expect(pods).to.have.length(1);
      },
    }).then(() => {}));

  it('keeps the counts of each index', () =>
    crashTest({
      ...shared,
      name: 'per index',
      quiet: 15_000,
      setUp: create({ completions: 3, parallelism: 3, backoffLimitPerIndex: 1, completionMode: 'Indexed' }),
      podsEnd: (one) => (indexIn(one) === '1' ? 'Failed' : 'Succeeded'),
      check: ([jobs, pods]) => {
        expect(status(jobs)).to.include({ succeeded: 2, failed: 2, completedIndexes: '0,2', failedIndexes: '1' });
        expect(pods).to.have.length(4);
        expect(tracked(pods)).to.have.length(0);
      },
    }).then(() => {}));

  it('suspends and resumes', () =>
    crashTest({
      ...shared,
      name: 'suspension',
      setUp: create({ completions: 2, parallelism: 2 }),
      act: [
        (client) => client.patch(job, name, 'merge', { spec: { suspend: true } }),
        (client) => client.patch(job, name, 'merge', { spec: { suspend: false } }),
      ],
      check: ([jobs, pods]) => {
        expect(status(jobs)).to.include({ active: 2 }).and.not.have.any.keys('failed', 'succeeded');
        expect(pods).to.have.length(2);
      },
    }).then(() => {}));

  it('ends early when enough indexes succeeded', () =>
    crashTest({
      ...shared,
      name: 'success policy',
      setUp: create({
        completions: 3,
        parallelism: 3,
        completionMode: 'Indexed',
        successPolicy: { rules: [{ succeededIndexes: '0' }] },
      }),
      podsEnd: (one) => (indexIn(one) === '0' ? 'Succeeded' : undefined),
      check: ([jobs, pods]) => {
        expect(status(jobs))
          .to.include({ succeeded: 1, completedIndexes: '0' })
          .and.not.have.any.keys('failed', 'active');
        expect(pods).to.have.length(1);
      },
    }).then(() => {}));

  it('fails by its deadline', () =>
    crashTest({
      ...shared,
      name: 'deadline',
      setUp: create({ completions: 2, parallelism: 2, activeDeadlineSeconds: 90 }),
      act: [(_, world) => world.settle(90_000)],
      check: ([jobs, pods]) => {
        expect(status(jobs)).to.include({ failed: 2 });
        expect(pods).to.have.length(0);
      },
    }).then(() => {}));

  it('waits for pods that take their time', () =>
    crashTest({
      ...shared,
      name: 'replacement of failed pods',
      quiet: 15_000,
      setUp: (client, world) => {
        world.podsGo = false;
        return create({ completions: 2, parallelism: 2, podReplacementPolicy: 'Failed' })(client);
      },
      act: [
        async (client) => {
          const { items } = await client.list(pod, { namespace: 'default' });
          await client.delete(pod, items[0]!.metadata);
        },
        async (client, world) => {
          const { items } = await client.list(pod, { namespace: 'default' });
          await world.ready(
            items.find(({ metadata }) => metadata.deletionTimestamp)!,
            false,
            'Failed',
          );
        },
      ],
      check: ([jobs]) => expect(status(jobs)).to.include({ failed: 1, active: 2, terminating: 0 }),
    }).then(() => {}));

  it('goes with all its pods', () =>
    crashTest({
      ...shared,
      name: 'deletion',
      controllers: ['job-controller', 'garbage-collector-controller'],
      setUp: create({ completions: 2, parallelism: 2 }),
      act: [(client) => client.delete(job, name, { propagationPolicy: 'Foreground' })],
      check: ([jobs, pods]) => expect([jobs, pods]).to.deep.equal([[], []]),
    }).then(() => {}));

  it('leaves its pods behind without a finalizer', () =>
    crashTest({
      ...shared,
      name: 'orphans',
      ignore: ['metadata.labels'],
      controllers: ['job-controller', 'garbage-collector-controller'],
      setUp: create({ completions: 2, parallelism: 2 }),
      act: [(client) => client.delete(job, name, { propagationPolicy: 'Orphan' })],
      check: ([jobs, pods]) => {
        expect(jobs).to.have.length(0);
        expect(pods).to.have.length(2);
        expect(tracked(pods)).to.have.length(0);
      },
    }).then(() => {}));
});
