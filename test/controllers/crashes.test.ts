import { expect } from 'chai';
import { replicaSet } from '../../src/api/apps-v1/replica-set.ts';
import { certificateSigningRequest } from '../../src/api/certificates-v1/certificate-signing-request.ts';
import { configMap } from '../../src/api/core-v1/config-map.ts';
import { namespace } from '../../src/api/core-v1/namespace.ts';
import { node } from '../../src/api/core-v1/node.ts';
import { persistentVolumeClaim } from '../../src/api/core-v1/persistent-volume-claim.ts';
import { persistentVolume } from '../../src/api/core-v1/persistent-volume.ts';
import { pod } from '../../src/api/core-v1/pod.ts';
import { replicationController } from '../../src/api/core-v1/replication-controller.ts';
import { secret } from '../../src/api/core-v1/secret.ts';
import { serviceAccount } from '../../src/api/core-v1/service-account.ts';
import { service } from '../../src/api/core-v1/service.ts';
import { endpointSlice } from '../../src/api/discovery-v1/endpoint-slice.ts';
import { serviceCidr } from '../../src/api/networking-v1/service-cidr.ts';
import { podDisruptionBudget } from '../../src/api/policy-v1/pod-disruption-budget.ts';
import { clusterRole } from '../../src/api/rbac-v1/cluster-role.ts';
import { storageClass } from '../../src/api/storage-v1/storage-class.ts';
import { formatTime } from '../../src/apimachinery/time.ts';
import { CertificateSigner } from '../../src/auth/certificate-signer.ts';
import { CertificateAuthority } from '../../src/auth/certificates.ts';
import { realClock } from '../../src/base/clock.ts';
import type { Client } from '../../src/client/client.ts';
import { certificateApprovingController } from '../../src/controllers/certificates/approving.ts';
import { certificateCleanerController } from '../../src/controllers/certificates/cleaner.ts';
import { certificateSigningController } from '../../src/controllers/certificates/signing.ts';
import { legacyServiceAccountTokenCleanerOf } from '../../src/controllers/legacy-service-account-token-cleaner.ts';
import { rootCaController } from '../../src/controllers/root-ca.ts';
import { serviceAccountTokenController } from '../../src/controllers/service-account-token.ts';
import { certificateRequest } from '../auth/certificate-request.ts';
import { crashTest, type CrashScenario } from './crash-test.ts';
import { template } from './objects.ts';

const at = (name: string) => ({ namespace: 'default', name });
const namesOf = (objects: readonly { metadata: { name: string } }[] | undefined) =>
  (objects ?? []).map(({ metadata }) => metadata.name).sort();
const claimSpec = (more: object = {}) => ({
  ...{ accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  ...more,
});
const volumeSpec = { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, hostPath: { path: '/tmp/x' } };
const runningOn = (nodeName: string, more: object = {}) => ({ ...template().spec, nodeName, ...more });
const labelled = (name: string) => ({ ...at(name), labels: { app: 'web' } });
const rules = (resource: string) => [{ apiGroups: [''], resources: [resource], verbs: ['get'] }];
const tokenSecret = { type: 'kubernetes.io/service-account-token' };
const tokenOf = (name: string) => ({
  metadata: { ...at(name), annotations: { 'kubernetes.io/service-account.name': 'robot' } },
  ...tokenSecret,
});
const day = 24 * 3600_000;

const createPods = async (client: Client, ...names: string[]) => {
  for (const name of names) await client.create(pod, { metadata: labelled(name), spec: template().spec });
};

/** One scenario for each controller that has none elsewhere. */
const scenarios: CrashScenario[] = [
  {
    name: 'service accounts and root certificates of namespaces',
    controllers: [rootCaController('CA')],
    setUp: (client) => client.create(namespace, { metadata: { name: 'one' } }),
    act: [
      (client) => client.create(namespace, { metadata: { name: 'two' } }),
      (client) => client.delete(configMap, { namespace: 'one', name: 'kube-root-ca.crt' }),
      (client) => client.patch(configMap, { namespace: 'two', name: 'kube-root-ca.crt' }, 'merge', { data: null }),
    ],
    kinds: [configMap],
    check: ([maps]) => {
      const published = maps!.filter(({ data }) => (data as Record<string, string> | undefined)?.['ca.crt'] === 'CA');
      expect(published.map(({ metadata }) => metadata.namespace)).to.include.members(['default', 'one', 'two']);
    },
  },
  {
    name: 'default service accounts',
    controllers: ['serviceaccount-controller'],
    setUp: (client) => client.create(namespace, { metadata: { name: 'one' } }),
    act: [(client) => client.delete(serviceAccount, { namespace: 'one', name: 'default' })],
    kinds: [serviceAccount],
    check: ([accounts]) =>
      expect(accounts!.map(({ metadata }) => metadata.namespace)).to.include.members(['default', 'one']),
  },
  {
    name: 'tokens of service accounts',
    controllers: [
      serviceAccountTokenController({ rootCa: 'CA', sign: async ({ secret: name }) => `token of ${name}` }),
    ],
    setUp: async (client) => {
      await client.create(serviceAccount, { metadata: at('robot'), secrets: [{ name: 'b' }] });
      for (const name of ['a', 'b']) await client.create(secret, tokenOf(name));
    },
    act: [(client) => client.delete(secret, at('b'))],
    kinds: [serviceAccount, secret],
    check: ([accounts, secrets]) => {
      expect((accounts![0] as { secrets?: object[] }).secrets ?? []).to.deep.equal([]);
      expect(namesOf(secrets)).to.deep.equal(['a']);
      expect(secrets![0]!.data).to.have.keys('ca.crt', 'namespace', 'token');
    },
  },
  {
    name: 'tokens that nobody uses',
    controllers: [legacyServiceAccountTokenCleanerOf(2 * day)],
    setUp: async (client, world) => {
      const since = formatTime(world.clock.now()).slice(0, 10);
      const tracking = { namespace: 'kube-system', name: 'kube-apiserver-legacy-service-account-token-tracking' };
      await client.create(configMap, { metadata: tracking, data: { since } });
      await client.create(serviceAccount, { metadata: at('robot'), secrets: [{ name: 'a' }, { name: 'b' }] });
      for (const name of ['a', 'b']) await client.create(secret, tokenOf(name));
      await world.settle(4 * day);
    },
    act: [(_, world) => world.settle(4 * day)],
    kinds: [secret],
    check: ([secrets]) => expect(secrets).to.deep.equal([]),
  },
  {
    name: 'roles of roles',
    controllers: ['clusterrole-aggregation-controller'],
    setUp: async (client) => {
      const clusterRoleSelectors = [{ matchLabels: { a: 'yes' } }];
      await client.create(clusterRole, {
        metadata: { name: 'all' },
        aggregationRule: { clusterRoleSelectors },
        rules: [],
      });
      await client.create(clusterRole, { metadata: { name: 'one', labels: { a: 'yes' } }, rules: rules('pods') });
    },
    act: [
      (client) =>
        client.create(clusterRole, { metadata: { name: 'two', labels: { a: 'yes' } }, rules: rules('nodes') }),
      (client) => client.delete(clusterRole, { name: 'one' }),
    ],
    kinds: [clusterRole],
    check: ([roles]) =>
      expect((roles!.find((r) => r.metadata.name === 'all') as any).rules).to.deep.equal(rules('nodes')),
  },
  {
    name: 'times to live of what nodes remember',
    controllers: ['ttl-controller'],
    setUp: (client) => client.create(node, { metadata: { name: 'n1' } }),
    act: [(client) => client.create(node, { metadata: { name: 'n2' } })],
    kinds: [node],
    check: ([nodes]) =>
      nodes!.forEach(({ metadata }) =>
        expect(metadata.annotations).to.include({ 'node.alpha.kubernetes.io/ttl': '0' }),
      ),
  },
  {
    name: 'claims and volumes that are in use',
    controllers: ['persistentvolumeclaim-protection-controller', 'persistentvolume-protection-controller'],
    setUp: async (client) => {
      await client.create(persistentVolume, { metadata: { name: 'v' }, spec: volumeSpec });
      for (const name of ['used', 'free']) {
        await client.create(persistentVolumeClaim, { metadata: at(name), spec: claimSpec() });
      }
      const volumes = [{ name: 'v', persistentVolumeClaim: { claimName: 'used' } }];
      await client.create(pod, { metadata: at('p'), spec: runningOn('n1', { volumes }) });
    },
    act: [
      async (client) => {
        for (const name of ['used', 'free']) await client.delete(persistentVolumeClaim, at(name));
        await client.delete(persistentVolume, { name: 'v' });
      },
      (client) => client.delete(pod, at('p')),
    ],
    kinds: [persistentVolumeClaim, persistentVolume, pod],
    check: (lists) => expect(lists).to.deep.equal([[], [], []]),
  },
  {
    name: 'claims of pods alone',
    controllers: ['ephemeral-volume-controller'],
    setUp: (client) => {
      const volumes = ['x', 'y'].map((name) => ({ name, ephemeral: { volumeClaimTemplate: { spec: claimSpec() } } }));
      return client.create(pod, { metadata: at('p'), spec: runningOn('n1', { volumes }) });
    },
    act: [
      async (client) => {
        await client.patch(persistentVolumeClaim, at('p-x'), 'merge', { metadata: { finalizers: null } });
        await client.delete(persistentVolumeClaim, at('p-x'));
      },
    ],
    kinds: [persistentVolumeClaim],
    check: ([claims]) => expect(namesOf(claims)).to.deep.equal(['p-x', 'p-y']),
  },
  {
    name: 'volumes in folders',
    controllers: ['local-path-provisioner-controller', 'persistentvolume-binder-controller'],
    setUp: async (client) => {
      const labels = { 'kubernetes.io/hostname': 'n1' };
      await client.create(node, { metadata: { name: 'n1', labels } });
      await client.create(storageClass, {
        ...{ metadata: { name: 'local' }, provisioner: 'coxswain.dev/local-path', parameters: { path: '/data' } },
        ...{ reclaimPolicy: 'Delete', volumeBindingMode: 'WaitForFirstConsumer' },
      });
      const annotations = { 'volume.kubernetes.io/selected-node': 'n1' };
      const metadata = { ...at('c'), annotations };
      await client.create(persistentVolumeClaim, { metadata, spec: claimSpec({ storageClassName: 'local' }) });
    },
    kinds: [persistentVolumeClaim, persistentVolume],
    check: ([claims, volumes]) => {
      expect(claims![0]!.status).to.include({ phase: 'Bound' });
      expect(volumes).to.have.length(1);
    },
  },
  {
    name: 'slices of endpoints',
    controllers: ['endpointslice-controller'],
    setUp: async (client) => {
      await createPods(client, 'a', 'b');
      const spec = { selector: { app: 'web' }, ports: [{ port: 80 }] };
      await client.create(service, { metadata: at('web'), spec });
    },
    act: [
      (client) => client.delete(pod, at('a')),
      (client) => client.patch(service, at('web'), 'merge', { spec: { ports: [{ port: 81 }] } }),
      (client) => createPods(client, 'c'),
    ],
    kinds: [endpointSlice],
    ignore: ['endpoints.addresses', 'metadata.annotations'],
    check: ([slices]) => {
      const web = slices!.filter(
        ({ metadata }) => metadata.namespace === 'default' && metadata.name.startsWith('web-'),
      );
      expect(web).to.have.length(1);
      const { endpoints, ports } = web[0] as unknown as { endpoints: unknown[]; ports: { port: number }[] };
      expect(endpoints).to.have.length(2);
      expect(ports[0]!.port).to.equal(81);
    },
  },
  {
    name: 'ranges of service addresses',
    controllers: ['service-cidr-controller'],
    setUp: (client) => client.create(serviceCidr, { metadata: { name: 'more' }, spec: { cidrs: ['10.200.0.0/24'] } }),
    act: [
      (client) => client.create(serviceCidr, { metadata: { name: 'goes' }, spec: { cidrs: ['10.201.0.0/24'] } }),
      (client) => client.delete(serviceCidr, { name: 'goes' }),
    ],
    kinds: [serviceCidr],
    quiet: 15_000,
    check: ([ranges]) => {
      expect(namesOf(ranges)).to.include('more').and.not.include('goes');
      expect(JSON.stringify(ranges)).to.include('"type":"Ready"');
    },
  },
  {
    name: 'disruption budgets',
    controllers: ['disruption-controller'],
    setUp: async (client) => {
      await createPods(client, 'a', 'b');
      const selector = { matchLabels: { app: 'web' } };
      await client.create(podDisruptionBudget, { metadata: at('web'), spec: { minAvailable: 1, selector } });
    },
    act: [(client) => client.delete(pod, at('a')), (client) => createPods(client, 'c', 'd')],
    kinds: [podDisruptionBudget],
    check: ([budgets]) =>
      expect(budgets![0]!.status).to.include({
        currentHealthy: 3,
        expectedPods: 3,
        disruptionsAllowed: 2,
        desiredHealthy: 1,
      }),
  },
  {
    name: 'pods of nodes that are gone',
    controllers: ['pod-garbage-collector-controller'],
    setUp: async (client) => {
      await client.create(node, { metadata: { name: 'n1' } });
      await client.create(pod, { metadata: at('stays'), spec: runningOn('n1') });
      await client.create(pod, { metadata: at('lost'), spec: runningOn('gone') });
    },
    kinds: [pod],
    quiet: 90_000,
    check: ([pods]) => expect(namesOf(pods)).to.deep.equal(['stays']),
  },
  {
    name: 'replica sets',
    controllers: ['replicaset-controller'],
    setUp: async (client) => {
      await createPods(client, 'orphan');
      const selector = { matchLabels: { app: 'web' } };
      await client.create(replicaSet, { metadata: at('web'), spec: { replicas: 2, selector, template: template() } });
    },
    act: [
      (client) => client.patch(pod, at('orphan'), 'merge', { metadata: { labels: { app: 'other' } } }),
      (client) => client.patch(replicaSet, at('web'), 'merge', { spec: { replicas: 1 } }),
    ],
    kinds: [replicaSet, pod],
    check: ([, pods]) => expect(pods).to.have.length(2),
  },
  {
    name: 'replication controllers',
    controllers: ['replicationcontroller-controller'],
    setUp: (client) =>
      client.create(replicationController, {
        metadata: at('web'),
        spec: { replicas: 2, selector: { app: 'web' }, template: template() },
      }),
    act: [(client) => client.patch(replicationController, at('web'), 'merge', { spec: { replicas: 1 } })],
    kinds: [replicationController, pod],
    check: ([, pods]) => expect(pods).to.have.length(1),
  },
];

describe('controllers: a crash after any write changes nothing about', () => {
  for (const scenario of scenarios) it(scenario.name, () => crashTest({ quiet: 3000, ...scenario }));

  it('certificates', async () => {
    const real = new CertificateSigner(await CertificateAuthority.create('ca', realClock));
    const text = await certificateRequest({ O: 'system:nodes', CN: 'system:node:n1' });
    const usages = ['digital signature', 'client auth'];
    const signed = await real.sign(text, { usages, seconds: 3600 });
    // Signing takes real time, of which the world knows nothing: it would seem to be at rest.
    const signer = { identityOf: real.identityOf.bind(real), sign: () => Promise.resolve(signed) };
    const request = Buffer.from(text).toString('base64');
    await crashTest({
      name: 'certificates',
      controllers: [
        certificateApprovingController(signer),
        certificateSigningController(signer),
        certificateCleanerController,
      ],
      setUp: (client) =>
        client.create(certificateSigningRequest, {
          metadata: { name: 'n1' },
          spec: {
            ...{ request, signerName: 'kubernetes.io/kube-apiserver-client-kubelet', expirationSeconds: 3600 },
            usages,
          },
        }),
      kinds: [certificateSigningRequest],
      ignore: ['status.certificate'],
      quiet: 3000,
      check: ([requests]) =>
        expect(JSON.stringify(requests![0]!.status)).to.include('"type":"Approved"').and.not.include('"Failed"'),
    });
  });
});
