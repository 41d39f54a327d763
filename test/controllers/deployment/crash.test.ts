import { expect } from 'chai';
import { deployment } from '../../../src/api/apps-v1/deployment.ts';
import { replicaSet } from '../../../src/api/apps-v1/replica-set.ts';
import { pod } from '../../../src/api/core-v1/pod.ts';
import type { AnyObject } from '../../../src/apimachinery/object.ts';
import type { Client } from '../../../src/client/client.ts';
import { crashTest } from '../crash-test.ts';
import { template } from '../objects.ts';

const name = { namespace: 'default', name: 'web' };
const controllers = ['deployment-controller', 'replicaset-controller'];
const kinds = [deployment, replicaSet, pod];
const revisionAnnotation = 'deployment.kubernetes.io/revision';

const web =
  (spec: object = {}) =>
  (client: Client) =>
    client.create(deployment, {
      metadata: name,
      spec: { replicas: 1, selector: { matchLabels: { app: 'web' } }, template: template(), ...spec },
    });
const patch = (spec: object) => (client: Client) => client.patch(deployment, name, 'merge', { spec });
const complete = (replicas: number) => (all: AnyObject[][]) => {
  const [[found]] = all as [[AnyObject & { status: object }]];
  expect(found.status).to.include({ replicas, updatedReplicas: replicas, availableReplicas: replicas });
};

describe('deployment controller: crashes', function () {
  this.timeout(120_000);

  it('do not harm recreation', () =>
    crashTest({
      name: 'recreation',
      controllers,
      kinds,
      check: complete(1),
      setUp: web({ strategy: { type: 'Recreate' } }),
      act: [patch({ template: template('nginx:2') })],
    }));

  it('do not harm growing and shrinking', () =>
    crashTest({
      name: 'scaling',
      controllers,
      kinds,
      check: complete(1),
      setUp: web(),
      act: [patch({ replicas: 2 }), patch({ replicas: 1 })],
    }));

  it('do not harm a rollback, nor the history of revisions', () =>
    crashTest({
      name: 'rollback',
      controllers,
      kinds,
      setUp: web({ revisionHistoryLimit: 1 }),
      act: [patch({ template: template('nginx:2') }), patch({ template: template('nginx:1') })],
      check: (all) => {
        complete(1)(all);
        const revisions = all[1]!.map(({ metadata }) => metadata.annotations?.[revisionAnnotation]);
        expect(revisions).to.have.members(['2', '3']);
      },
    }));

  it('do not harm a change of size in the middle of a rollout that is stuck', () =>
    crashTest({
      name: 'stuck',
      controllers,
      kinds,
      setUp: web({ replicas: 2, progressDeadlineSeconds: 30 }),
      act: [
        (client, world) => {
          world.podsBecomeReady = false;
          return patch({ template: template('nginx:broken') })(client);
        },
        patch({ replicas: 3 }),
      ],
      quiet: 40_000,
      check: ([deployments, sets]) => {
        const [{ status }] = deployments as [AnyObject & { status: { conditions: { reason: string }[] } }];
        expect(status.conditions.map(({ reason }) => reason)).to.include('ProgressDeadlineExceeded');
        expect(sets).to.have.length(2);
      },
    }));

  it('do not leave what was orphaned without an owner', () =>
    crashTest({
      name: 'adoption',
      controllers: [...controllers, 'garbage-collector-controller'],
      kinds,
      check: complete(1),
      setUp: web(),
      act: [(client) => client.delete(deployment, name, { propagationPolicy: 'Orphan' }), (client) => web()(client)],
    }));
});
