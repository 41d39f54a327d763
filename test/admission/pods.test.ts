import { expect } from 'chai';
import type { AdmissionRequest } from '../../src/admission/plugin.ts';
import { defaultTolerationSeconds } from '../../src/admission/plugins/default-toleration-seconds.ts';
import { podTopologyLabels } from '../../src/admission/plugins/pod-topology-labels.ts';
import { priority } from '../../src/admission/plugins/priority.ts';
import { runtimeClass } from '../../src/admission/plugins/runtime-class.ts';
import { serviceAccount } from '../../src/admission/plugins/service-account.ts';
import { node } from '../../src/api/core-v1/node.ts';
import { pod } from '../../src/api/core-v1/pod.ts';
import { serviceAccount as accounts } from '../../src/api/core-v1/service-account.ts';
import { runtimeClass as runtimeClasses } from '../../src/api/node-v1/runtime-class.ts';
import { priorityClass } from '../../src/api/scheduling-v1/priority-class.ts';
import { admitted, anUpdate, aRequest, Objects, refusal } from './requests.ts';

const folder = '/var/run/secrets/kubernetes.io/serviceaccount';
const aPod = (spec: object, metadata: object = {}) => aRequest(pod, { metadata, spec });
const account = (name: string, more = {}) => ({ metadata: { name }, ...more });

describe('admission: RuntimeClass', () => {
  const scheduling = { nodeSelector: { vm: 'yes' }, tolerations: [{ key: 'vm', operator: 'Exists' }] };
  const classes = new Objects().with(
    runtimeClasses,
    { metadata: { name: 'vm' }, scheduling, overhead: { podFixed: { cpu: '1' } } },
    { metadata: { name: 'plain' } },
  );

  it('gives a pod what its class says', async () => {
    expect((await admitted(runtimeClass, aPod({}), classes)).spec).to.deep.equal({});
    const { spec } = await admitted(runtimeClass, aPod({ runtimeClassName: 'vm', nodeSelector: { a: 'b' } }), classes);
    expect(spec).to.deep.equal({
      runtimeClassName: 'vm',
      nodeSelector: { a: 'b', vm: 'yes' },
      tolerations: scheduling.tolerations,
      overhead: { cpu: '1' },
    });
    const same = { runtimeClassName: 'vm', overhead: { cpu: '1000m' }, tolerations: scheduling.tolerations };
    expect((await admitted(runtimeClass, aPod(same), classes)).spec.tolerations).to.have.length(1);
  });

  const refused: [what: string, spec: object, why: string][] = [
    ['a class that is not there', { runtimeClassName: 'none' }, 'pod rejected: RuntimeClass "none" not found'],
    [
      'another selector',
      { runtimeClassName: 'vm', nodeSelector: { vm: 'no' } },
      'conflict: runtimeClass.scheduling.nodeSelector[vm] = yes; pod.spec.nodeSelector[vm] = no',
    ],
    [
      'another overhead',
      { runtimeClassName: 'vm', overhead: { cpu: '2' } },
      "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead",
    ],
    [
      'an overhead of its own',
      { overhead: { cpu: '2' } },
      'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead',
    ],
    [
      'an overhead that the class has not',
      { runtimeClassName: 'plain', overhead: { cpu: '2' } },
      'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead',
    ],
  ];
  for (const [what, spec, why] of refused) {
    it(`refuses ${what}`, async () => {
      expect(await refusal(runtimeClass, aPod(spec), classes)).to.equal(`pods "a" is forbidden: ${why}`);
    });
  }
});

describe('admission: ServiceAccount', () => {
  const known = new Objects().with(
    accounts,
    account('default'),
    account('bare', { automountServiceAccountToken: false }),
  );
  const specOf = async (spec: object, context = known) => (await admitted(serviceAccount, aPod(spec), context)).spec;

  it('gives every container the credentials of its account', async () => {
    const spec = await specOf({ initContainers: [{ name: 'i' }], containers: [{ name: 'a' }, { name: 'b' }] });
    expect(spec.serviceAccountName).to.equal('default');
    const [{ name, projected }] = spec.volumes;
    expect(name).to.match(/^kube-api-access-[a-z0-9]{5}$/);
    expect(projected.sources.map((s: object) => Object.keys(s)[0])).to.deep.equal([
      'serviceAccountToken',
      'configMap',
      'downwardAPI',
    ]);
    for (const container of [...spec.initContainers, ...spec.containers])
      expect(container.volumeMounts).to.deep.equal([{ name, mountPath: folder, readOnly: true }]);
  });

  it('mounts none where something else is mounted, or where pod or account want none', async () => {
    const own = [{ name: 'own', mountPath: folder }];
    const containers = () => [{ name: 'a' }];
    expect((await specOf({ containers: [{ name: 'a', volumeMounts: own }] })).volumes).to.equal(undefined);
    const refused = await specOf({ automountServiceAccountToken: false, containers: containers() });
    expect(refused.volumes).to.equal(undefined);
    expect((await specOf({ serviceAccountName: 'bare', containers: containers() })).volumes).to.equal(undefined);
    const insists = { serviceAccountName: 'bare', automountServiceAccountToken: true, containers: containers() };
    expect((await specOf(insists)).volumes).to.have.length(1);
  });

  it('uses the volume that a copied pod brings with it', async () => {
    const volumes = [{ name: 'kube-api-access-abcde', projected: {} }];
    const spec = await specOf({ containers: [{ name: 'a' }], volumes });
    expect(spec.volumes).to.deep.equal(volumes);
    expect(spec.containers[0].volumeMounts[0].name).to.equal('kube-api-access-abcde');
  });

  it('takes the image pull secrets of the account unless the pod has its own', async () => {
    const one = new Objects().with(accounts, account('default', { imagePullSecrets: [{ name: 'of-account' }] }));
    expect((await specOf({ containers: [] }, one)).imagePullSecrets).to.deep.equal([{ name: 'of-account' }]);
    const own = { containers: [], imagePullSecrets: [{ name: 'own' }] };
    expect((await specOf(own, one)).imagePullSecrets).to.deep.equal([{ name: 'own' }]);
  });

  it('refuses an account that does not exist, but not the one that comes with the namespace', async () => {
    const why = 'error looking up service account default/x: serviceaccount "x" not found';
    const none = new Objects();
    expect(await refusal(serviceAccount, aPod({ serviceAccountName: 'x' }), none)).to.equal(
      `pods "a" is forbidden: ${why}`,
    );
    const generated = aPod({ serviceAccountName: 'x' }, { generateName: 'web-', name: 'web-abcde' });
    expect(await refusal(serviceAccount, generated, none)).to.equal(`pods "web-" is forbidden: ${why}`);
    expect((await specOf({ containers: [] }, none)).serviceAccountName).to.equal('default');
  });

  it('leaves updates alone', async () => {
    const old = { spec: { serviceAccountName: 'gone', containers: [{ name: 'a' }] } };
    expect((await admitted(serviceAccount, anUpdate(pod, old, old), known)).spec).to.deep.equal(old.spec);
  });

  const annotations = { 'kubernetes.io/enforce-mountable-secrets': 'true' };
  const strict = account('default', { secrets: [{ name: 'mine' }], imagePullSecrets: [{ name: 'pull' }] });
  const limited = new Objects().with(accounts, { ...strict, metadata: { name: 'default', annotations } });
  const env = (name: string) => [{ name: 'KEY', valueFrom: { secretKeyRef: { name, key: 'k' } } }];
  const because = 'is not allowed because service account default does not reference that';
  const foreign: [spec: object, why: string][] = [
    [
      { volumes: [{ name: 'v', secret: { secretName: 'other' } }] },
      `volume with secret.secretName="other" ${because} secret`,
    ],
    [
      { containers: [{ name: 'c', env: env('other') }] },
      `container c with envVar KEY referencing secret.secretName="other" ${because} secret`,
    ],
    [
      { initContainers: [{ name: 'i', envFrom: [{ secretRef: { name: 'other' } }] }] },
      `init container i with envFrom referencing secret.secretName="other" ${because} secret`,
    ],
    [{ imagePullSecrets: [{ name: 'other' }] }, `imagePullSecrets[0].name="other" ${because} imagePullSecret`],
  ];
  for (const [spec, why] of foreign) {
    it(`of an account that is limited refuses: ${why.split(' is not')[0]}`, async () => {
      const sent = { automountServiceAccountToken: false, ...spec };
      expect(await refusal(serviceAccount, aPod(sent), limited)).to.equal(`pods "a" is forbidden: ${why}`);
    });
  }

  it('of an account that is limited admits the secrets that it names', async () => {
    const containers = [{ name: 'c', env: env('mine') }];
    expect((await specOf({ containers, imagePullSecrets: [{ name: 'pull' }] }, limited)).containers).to.have.length(1);
    const debug = { spec: { containers, ephemeralContainers: [{ name: 'e', env: env('other') }] } };
    expect(await refusal(serviceAccount, anUpdate(pod, debug, debug, 'ephemeralcontainers'), limited)).to.contain(
      'ephemeral container e with envVar KEY',
    );
  });

  const mirror = { annotations: { 'kubernetes.io/config.mirror': 'x' } };
  const ofMirrors: [spec: object, why: string][] = [
    [{ serviceAccountName: 'x' }, 'reference service accounts'],
    [{ volumes: [{ name: 'v', secret: { secretName: 's' } }] }, 'reference secrets'],
    [
      { volumes: [{ name: 'v', projected: { sources: [{ serviceAccountToken: { path: 't' } }] } }] },
      'use ServiceAccountToken volume projections',
    ],
    [{ volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }] }, 'reference persistentvolumeclaims'],
  ];
  for (const [spec, why] of ofMirrors) {
    it(`refuses mirror pods that ${why}`, async () => {
      const message = await refusal(serviceAccount, aPod(spec, mirror), known);
      expect(message).to.equal(`pods "a" is forbidden: a mirror pod may not ${why}`);
    });
  }

  it('gives mirror pods nothing', async () => {
    const spec = { containers: [{ name: 'a' }] };
    expect((await admitted(serviceAccount, aPod(spec, mirror), known)).spec).to.deep.equal(spec);
  });
});

describe('admission: DefaultTolerationSeconds', () => {
  const notReady = 'node.kubernetes.io/not-ready';
  const unreachable = 'node.kubernetes.io/unreachable NoExecute 300';
  const tolerations = async (request: AdmissionRequest) =>
    (await admitted(defaultTolerationSeconds, request)).spec.tolerations.map(
      (t: any) => `${t.key ?? '*'} ${t.effect ?? '*'} ${t.tolerationSeconds}`,
    );

  it('lets pods stay five minutes on a node in trouble unless they say otherwise', async () => {
    expect(await tolerations(aPod({}))).to.deep.equal([`${notReady} NoExecute 300`, unreachable]);
    const short = { key: notReady, effect: 'NoExecute', tolerationSeconds: 1 };
    expect(await tolerations(aPod({ tolerations: [short] }))).to.deep.equal([`${notReady} NoExecute 1`, unreachable]);
    expect(await tolerations(aPod({ tolerations: [{ operator: 'Exists' }] }))).to.deep.equal(['* * undefined']);
    expect(await tolerations(aPod({ tolerations: [{ key: notReady, effect: 'NoSchedule' }] }))).to.have.length(3);
  });

  it('does so too when a pod is changed, but not through subresources', async () => {
    expect(await tolerations(anUpdate(pod, { spec: {} }, { spec: {} }))).to.have.length(2);
    const status = await admitted(defaultTolerationSeconds, anUpdate(pod, { spec: {} }, { spec: {} }, 'status'));
    expect(status.spec).to.deep.equal({});
  });
});

describe('admission: Priority', () => {
  const classes = new Objects().with(
    priorityClass,
    { metadata: { name: 'high' }, value: 7, preemptionPolicy: 'Never' },
    { metadata: { name: 'low' }, value: 1, preemptionPolicy: 'PreemptLowerPriority' },
  );

  it('turns a priority class into its number', async () => {
    const { spec } = await admitted(priority, aPod({ priorityClassName: 'high' }), classes);
    expect(spec).to.include({ priority: 7, preemptionPolicy: 'Never' });
    const plain = await admitted(priority, aPod({}), classes);
    expect(plain.spec).to.deep.equal({ priority: 0, preemptionPolicy: 'PreemptLowerPriority' });
  });

  it('uses the default class, the lowest if there should be several', async () => {
    const two = new Objects().with(
      priorityClass,
      { metadata: { name: 'b' }, value: 9, globalDefault: true },
      { metadata: { name: 'c' }, value: 5, globalDefault: true },
    );
    expect((await admitted(priority, aPod({}), two)).spec).to.include({ priorityClassName: 'c', priority: 5 });
  });

  it('refuses a class that does not exist, and what the class does not say', async () => {
    const why = (spec: object) => refusal(priority, aPod(spec), classes);
    expect(await why({ priorityClassName: 'x' })).to.equal(
      'pods "a" is forbidden: no PriorityClass with name x was found',
    );
    expect(await why({ priority: 5 })).to.equal(
      'pods "a" is forbidden: the integer value of priority (5) must not be provided in pod spec; priority admission controller computed 0 from the given PriorityClass name',
    );
    expect(await why({ priorityClassName: 'high', preemptionPolicy: 'PreemptLowerPriority' })).to.equal(
      'pods "a" is forbidden: the string value of PreemptionPolicy (PreemptLowerPriority) must not be provided in pod spec; priority admission controller computed Never from the given PriorityClass name',
    );
  });

  it('keeps the priority when an update leaves it out', async () => {
    const old = { spec: { priority: 7, preemptionPolicy: 'Never' } };
    const { spec } = await admitted(priority, anUpdate(pod, { spec: {} }, old), classes);
    expect(spec).to.deep.equal(old.spec);
  });

  it('allows one default class only', async () => {
    const one = new Objects().with(priorityClass, { metadata: { name: 'first' }, value: 1, globalDefault: true });
    const second = { metadata: { name: 'second' }, value: 2, globalDefault: true };
    const message =
      'priorityclasses.scheduling.k8s.io "second" is forbidden: PriorityClass first is already marked as default. Only one default can exist';
    expect(await refusal(priority, aRequest(priorityClass, second), one)).to.equal(message);
    expect(await refusal(priority, anUpdate(priorityClass, second, second), one)).to.equal(message);
    const first = { metadata: { name: 'first' }, value: 1, globalDefault: true };
    await admitted(priority, anUpdate(priorityClass, first, first), one);
    await admitted(priority, aRequest(priorityClass, { ...second, globalDefault: false }), one);
  });
});

describe('admission: PodTopologyLabels', () => {
  const labels = { 'topology.kubernetes.io/zone': 'z', 'topology.kubernetes.io/region': 'r', other: 'x' };
  const nodes = new Objects().with(node, { metadata: { name: 'n', labels } });
  const where = { 'topology.kubernetes.io/zone': 'z', 'topology.kubernetes.io/region': 'r' };

  it('puts the place of the node on a binding', async () => {
    const bind = (name: string) =>
      aRequest(pod, { metadata: { labels: { own: '1' } }, target: { name } }, { subresource: 'binding' });
    expect((await admitted(podTopologyLabels, bind('n'), nodes)).metadata.labels).to.deep.equal({ ...where, own: '1' });
    expect((await admitted(podTopologyLabels, bind('gone'), nodes)).metadata.labels).to.deep.equal({ own: '1' });
  });

  it('puts it on pods that are made for a node', async () => {
    const made = await admitted(podTopologyLabels, aPod({ nodeName: 'n' }), nodes);
    expect(made.metadata.labels).to.deep.equal(where);
    expect((await admitted(podTopologyLabels, aPod({}), nodes)).metadata.labels).to.equal(undefined);
  });
});
