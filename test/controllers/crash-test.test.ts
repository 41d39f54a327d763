import { expect } from 'chai';
import { deployment } from '../../src/api/apps-v1/deployment.ts';
import { replicaSet } from '../../src/api/apps-v1/replica-set.ts';
import { configMap } from '../../src/api/core-v1/config-map.ts';
import { pod } from '../../src/api/core-v1/pod.ts';
import { controller, type Controller } from '../../src/client/controller.ts';
import { template } from './objects.ts';
import { crashTest, type CrashScenario } from './crash-test.ts';

const name = { namespace: 'default', name: 'web' };

describe('crash test', () => {
  it('finds that a deployment survives every crash', async () => {
    const { writes } = await crashTest({
      name: 'deployment',
      controllers: ['deployment-controller', 'replicaset-controller'],
      setUp: (client) =>
        client.create(deployment, {
          metadata: name,
          spec: { replicas: 1, selector: { matchLabels: { app: 'web' } }, template: template() },
        }),
      act: [(client) => client.patch(deployment, name, 'merge', { spec: { replicas: 2 } })],
      kinds: [deployment, replicaSet, pod],
      check: ([deployments, sets, pods]) => {
        expect(deployments![0]!.status).to.include({ availableReplicas: 2, updatedReplicas: 2 });
        expect(sets).to.have.length(1);
        expect(pods).to.have.length(2);
      },
    });
    expect(writes.length).to.be.greaterThan(10);
  });

  /** Makes two config maps for each one that is labelled; the second only by what it remembers. */
  const forgetful = (remembers: boolean): Controller => {
    return controller({
      name: 'forgetful-controller',
      for: configMap,
      async reconcile(key, { reader, client }) {
        const of = reader.get(configMap, key);
        if (!of?.metadata.labels?.twice) return;
        const missing = (name: string) => !reader.get(configMap, { namespace: 'default', name });
        const make = (name: string) => client.create(configMap, { metadata: { namespace: 'default', name } });
        if (missing('one')) {
          await make('one');
          await make('two');
        } else if (remembers && missing('two')) await make('two');
      },
    });
  };
  const scenario = (remembers: boolean): CrashScenario => ({
    name: 'twice',
    controllers: [forgetful(remembers)],
    setUp: (client) => client.create(configMap, { metadata: { ...name, labels: { twice: 'yes' } } }),
    kinds: [configMap],
    check: ([maps]) => expect(maps!.map((one) => one.metadata.name)).to.have.members(['one', 'two', 'web']),
  });

  it('tells with which write a controller may not die', async () => {
    let failure: Error | undefined;
    await crashTest(scenario(false)).catch((error: Error) => (failure = error));
    expect(failure?.message).to.match(/^twice: after a crash with write 1, POST \S+\/configmaps, the end is another:/);
    expect(failure?.message).to.include('"two" is missing');
  });

  it('is content with one that looks at the world', async () => {
    expect((await crashTest(scenario(true))).writes).to.have.length(2);
  });

  it('does not wait for ever for a world without rest', async () => {
    const restless = controller({
      name: 'restless-controller',
      for: configMap,
      async reconcile(key, { reader, client, clock }) {
        const one = reader.get(configMap, key);
        if (one) await client.update(configMap, { ...one, data: { at: String(clock.now()) } });
        return { after: 1_000_000 };
      },
    });
    let failure: Error | undefined;
    const busy = { ...scenario(true), controllers: [restless], quiet: 2_000_000 };
    await crashTest(busy).catch((error: Error) => (failure = error));
    expect(failure?.message).to.equal('twice: the world does not come to rest');
  });
});
