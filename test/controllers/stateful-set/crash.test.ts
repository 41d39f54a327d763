import { expect } from 'chai';
import { controllerRevision } from '../../../src/api/apps-v1/controller-revision.ts';
import { statefulSet } from '../../../src/api/apps-v1/stateful-set.ts';
import { persistentVolumeClaim } from '../../../src/api/core-v1/persistent-volume-claim.ts';
import { pod } from '../../../src/api/core-v1/pod.ts';
import type { Client } from '../../../src/client/client.ts';
import { crashTest } from '../crash-test.ts';
import { template } from '../objects.ts';

const name = { namespace: 'default', name: 'web' };
const controllers = [
  'statefulset-controller',
  'garbage-collector-controller',
  'persistentvolumeclaim-protection-controller',
];
const kinds = [statefulSet, controllerRevision, pod, persistentVolumeClaim];

const set = (spec: object) => (client: Client) =>
  client.create(statefulSet, {
    metadata: name,
    spec: {
      serviceName: 'web',
      selector: { matchLabels: { app: 'web' } },
      template: template(),
      volumeClaimTemplates: [
        {
          metadata: { name: 'data' },
          spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
        },
      ],
      persistentVolumeClaimRetentionPolicy: { whenScaled: 'Delete', whenDeleted: 'Delete' },
      ...spec,
    },
  });
const patch = (spec: object) => (client: Client) => client.patch(statefulSet, name, 'merge', { spec });
const names = (objects: readonly { metadata: { name: string } }[] | undefined) =>
  objects!.map((one) => one.metadata.name);

describe('stateful sets after a crash of their controller', () => {
  it('are rolled out and made smaller all the same', async () => {
    const { writes } = await crashTest({
      name: 'ordered rollout and scale-down',
      controllers,
      setUp: set({ replicas: 2 }),
      quiet: 5000,
      act: [patch({ template: template('nginx:2') }), patch({ replicas: 1 })],
      kinds,
      check: ([sets, revisions, pods, claims]) => {
        expect(sets![0]!.status).to.include({ replicas: 1, updatedReplicas: 1, availableReplicas: 1 });
        expect(revisions!.map(({ revision }) => revision as number)).to.have.members([1, 2]);
        expect(names(pods)).to.deep.equal(['web-0']);
        expect(pods![0]!.spec.containers[0].image).to.equal('nginx:2');
        expect(names(claims)).to.deep.equal(['data-web-0']);
      },
    });
    expect(writes.length).to.be.greaterThan(20);
  }).timeout(120_000);

  it('come back to their first template and drop their history with parallel management', () =>
    crashTest({
      name: 'parallel roll-back',
      quiet: 5000,
      controllers: ['statefulset-controller'],
      setUp: set({
        replicas: 2,
        revisionHistoryLimit: 0,
        volumeClaimTemplates: [],
        podManagementPolicy: 'Parallel',
        updateStrategy: { rollingUpdate: { maxUnavailable: 2 } },
      }),
      act: [patch({ template: template('nginx:2') }), patch({ template: template() })],
      kinds,
      check: ([sets, revisions, pods]) => {
        expect(sets![0]!.status).to.include({ replicas: 2, updatedReplicas: 2, availableReplicas: 2 });
        expect(revisions).to.have.length(1);
        expect(pods!.map(({ spec }) => spec.containers[0].image as string)).to.deep.equal(Array(2).fill('nginx:1'));
      },
    })).timeout(120_000);
});
