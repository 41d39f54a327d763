import { expect } from 'chai';
import type { AdmissionReader, AdmissionRequest } from '../../src/admission/plugin.ts';
import { defaultTolerationSeconds } from '../../src/admission/plugins/default-toleration-seconds.ts';
import { priority } from '../../src/admission/plugins/priority.ts';
import { runtimeClass } from '../../src/admission/plugins/runtime-class.ts';
import { serviceAccount } from '../../src/admission/plugins/service-account.ts';
import { pod } from '../../src/api/core-v1/pod.ts';
import { isApiError } from '../../src/apimachinery/api-error.ts';
import type { Kind } from '../../src/apimachinery/kind.ts';
import { anonymous } from '../../src/auth/user.ts';

const folder = '/var/run/secrets/kubernetes.io/serviceaccount';

function request(spec: object): AdmissionRequest & { object: { spec: any } } {
  const metadata = { name: 'a', namespace: 'default', uid: 'b09111fa-a98c-46d5-b052-ea1a0354de2f' };
  const object = { apiVersion: 'v1', kind: 'Pod', metadata, spec } as never;
  const kind = pod as unknown as Kind;
  return {
    ...{ operation: 'CREATE', kind, subresource: '', namespace: 'default' },
    ...{ name: 'a', object, user: anonymous, dryRun: false },
  };
}

const knows = (...objects: { metadata: { name: string } }[]): AdmissionReader => ({
  get: async (_, { name }) => objects.find((o) => o.metadata.name === name) as never,
});

const account = (name: string, more = {}) => ({ metadata: { name }, ...more });

async function admitted(spec: object, reader: AdmissionReader): Promise<any> {
  const created = request(spec);
  await serviceAccount.admit!(created, reader);
  return created.object.spec;
}

async function refusal(run: () => void | Promise<void>): Promise<string> {
  try {
    await run();
  } catch (error) {
    expect(isApiError(error, 'Forbidden')).to.equal(true);
    return (error as Error).message;
  }
  return expect.fail('was admitted');
}

describe('admission of pods', () => {
  it('takes over what a runtime class says, and refuses one that is not there or does not fit', async () => {
    const scheduling = { nodeSelector: { vm: 'yes' }, tolerations: [{ key: 'vm', operator: 'Exists' }] };
    const classes = knows({ metadata: { name: 'vm' }, ...{ scheduling, overhead: { podFixed: { cpu: '1' } } } });
    const admit = (spec: object) => {
      const created = request(spec);
      return Promise.resolve(runtimeClass.admit!(created, classes)).then(() => created.object.spec);
    };
    expect(await admit({})).to.deep.equal({});
    expect(await admit({ runtimeClassName: 'vm', nodeSelector: { a: 'b' } })).to.deep.equal({
      ...{ runtimeClassName: 'vm', nodeSelector: { a: 'b', vm: 'yes' }, tolerations: scheduling.tolerations },
      overhead: { cpu: '1' },
    });
    const conflict = admit({ runtimeClassName: 'vm', nodeSelector: { vm: 'no' } });
    expect(await refusal(async () => void (await conflict))).to.contain('conflict');
    expect(await refusal(async () => void (await admit({ runtimeClassName: 'none' })))).to.equal(
      'pods "a" is forbidden: pod rejected: RuntimeClass "none" not found',
    );
  });

  it('gives every container the credentials of its account', async () => {
    const spec = await admitted(
      { initContainers: [{ name: 'i' }], containers: [{ name: 'a' }, { name: 'b' }] },
      knows(account('default')),
    );
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
    const reader = knows(account('default'), account('bare', { automountServiceAccountToken: false }));
    const containers = () => [{ name: 'a' }];
    expect((await admitted({ containers: [{ name: 'a', volumeMounts: own }] }, reader)).volumes).to.equal(undefined);
    const refused = await admitted({ automountServiceAccountToken: false, containers: containers() }, reader);
    expect(refused.volumes).to.equal(undefined);
    const bare = await admitted({ serviceAccountName: 'bare', containers: containers() }, reader);
    expect(bare.volumes).to.equal(undefined);
    const insists = { serviceAccountName: 'bare', automountServiceAccountToken: true, containers: containers() };
    expect((await admitted(insists, reader)).volumes).to.have.length(1);
  });

  it('takes the image pull secrets of the account unless the pod has its own', async () => {
    const reader = knows(account('default', { imagePullSecrets: [{ name: 'of-account' }] }));
    expect((await admitted({ containers: [] }, reader)).imagePullSecrets).to.deep.equal([{ name: 'of-account' }]);
    const own = { containers: [], imagePullSecrets: [{ name: 'own' }] };
    expect((await admitted(own, reader)).imagePullSecrets).to.deep.equal([{ name: 'own' }]);
  });

  it('refuses an account that does not exist, but not the one that comes with the namespace', async () => {
    const message = await refusal(() => serviceAccount.admit!(request({ serviceAccountName: 'x' }), knows()));
    expect(message).to.equal(
      'pods "a" is forbidden: error looking up service account default/x: serviceaccount "x" not found',
    );
    expect((await admitted({ containers: [] }, knows())).serviceAccountName).to.equal('default');
  });

  it('lets pods stay five minutes on a node in trouble unless they say otherwise', () => {
    const tolerations = (spec: object) => {
      const created = request(spec);
      void defaultTolerationSeconds.admit!(created, knows());
      return created.object.spec.tolerations.map(
        (t: any) => `${t.key ?? '*'} ${t.effect ?? '*'} ${t.tolerationSeconds}`,
      );
    };
    const notReady = 'node.kubernetes.io/not-ready';
    const unreachable = 'node.kubernetes.io/unreachable NoExecute 300';
    expect(tolerations({})).to.deep.equal([`${notReady} NoExecute 300`, unreachable]);
    expect(tolerations({ tolerations: [{ key: notReady, effect: 'NoExecute', tolerationSeconds: 1 }] })).to.deep.equal([
      `${notReady} NoExecute 1`,
      unreachable,
    ]);
    expect(tolerations({ tolerations: [{ operator: 'Exists' }] })).to.deep.equal(['* * undefined']);
    expect(tolerations({ tolerations: [{ key: notReady, effect: 'NoSchedule' }] })).to.have.length(3);
  });

  it('turns a priority class into its number', async () => {
    const reader = knows({ metadata: { name: 'high' }, value: 7, preemptionPolicy: 'Never' } as never);
    const created = request({ priorityClassName: 'high' });
    await priority.admit!(created, reader);
    expect(created.object.spec).to.include({ priority: 7, preemptionPolicy: 'Never' });
    const plain = request({});
    await priority.admit!(plain, reader);
    expect(plain.object.spec).to.include({ priority: 0, preemptionPolicy: 'PreemptLowerPriority' });
  });

  it('refuses a class that does not exist, and a number that the class does not have', async () => {
    expect(await refusal(() => priority.admit!(request({ priorityClassName: 'x' }), knows()))).to.equal(
      'pods "a" is forbidden: no PriorityClass with name x was found',
    );
    expect(await refusal(() => priority.admit!(request({ priority: 5 }), knows()))).to.contain(
      'the integer value of priority (5) must not be provided in pod spec',
    );
  });
});
