import { expect } from 'chai';
import { event } from '../../src/api/core-v1/event.ts';
import { node as nodeKind } from '../../src/api/core-v1/node.ts';
import { pod as podKind, type Pod } from '../../src/api/core-v1/pod.ts';
import { realClock } from '../../src/base/clock.ts';
import { noLog } from '../../src/base/log.ts';
import { seededRandom } from '../../src/base/random.ts';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import type { Client } from '../../src/client/client.ts';
import { adminUser, ControlPlane } from '../../src/cluster/control-plane.ts';
import { Pki } from '../../src/cluster/pki.ts';
import { FakeNetwork, FakeRuntime, Kubelet, type KubeletOptions } from '../../src/kubelet/index.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';

describe('Kubelet: how pods are connected', () => {
  const nodeName = 'n1';
  let clock: VirtualClock;
  let plane: ControlPlane;
  let client: Client;
  let kubelet: Kubelet;

  beforeEach(async () => {
    clock = new VirtualClock();
    plane = await ControlPlane.start({
      ...{ storage: new MemoryStorage({ clock }), pki: await Pki.open({ clock: realClock }), clock, log: noLog },
      ...{ random: seededRandom(1), serviceCidr: '10.96.0.0/16', advertiseAddress: '127.0.0.1' },
      ...{ controllers: ['node-ipam-controller'], nodeRanges: { clusterCidr: '10.7.0.0/16' }, scheduler: false },
    });
    client = plane.clientAs(adminUser);
  });

  afterEach(async () => {
    await kubelet.stop();
    await plane.stop();
  });

  async function startKubelet(more: Partial<KubeletOptions>): Promise<void> {
    const runtime = new FakeRuntime({ clock });
    kubelet = new Kubelet({
      ...{ client, nodeName, nodeIp: '192.0.2.1', runtime, network: new FakeNetwork('10.7.0.0/24') },
      ...{ clock, random: seededRandom(2), log: noLog },
      ...more,
    });
    await kubelet.start();
  }

  const run = (name: string, spec: object = {}) =>
    client.create(podKind, {
      metadata: { namespace: 'default', name },
      spec: { nodeName, containers: [{ name: 'c', image: 'app:1' }], ...spec },
    });

  async function until<T>(read: () => Promise<T>, holds: (value: T) => unknown): Promise<T> {
    let value = await read();
    for (let i = 0; i < 400 && !holds(value); i++) {
      await clock.advance(i < 200 ? 0 : 100);
      value = await read();
    }
    if (!holds(value)) throw new Error(JSON.stringify(value));
    return value;
  }

  const ready = async () => {
    const { status } = await client.get(nodeKind, { name: nodeName });
    return status?.conditions?.find(({ type }) => type === 'Ready');
  };
  const pod = (name: string) => () => client.get(podKind, { namespace: 'default', name });
  const running = ({ status }: Pod) => status?.phase === 'Running';
  const events = async () => (await client.list(event)).items.map(({ reason, message }) => `${reason}: ${message}`);

  it('with addresses of the range that the cluster gives the node', async () => {
    await startKubelet({});
    const { spec } = await client.get(nodeKind, { name: nodeName });
    expect(spec?.podCIDRs).to.deep.equal(['10.7.0.0/24']);
    await until(ready, (condition) => condition?.status === 'True');
  });

  it('not at all before the node has a range, but for pods that need none', async () => {
    await plane.stop();
    plane = await ControlPlane.start({
      ...{ storage: new MemoryStorage({ clock }), pki: await Pki.open({ clock: realClock }), clock, log: noLog },
      ...{ random: seededRandom(1), serviceCidr: '10.96.0.0/16', advertiseAddress: '127.0.0.1' },
      ...{ controllers: false, scheduler: false },
    });
    client = plane.clientAs(adminUser);
    const starting = startKubelet({});
    await clock.advance(1_000);
    await until(() => client.find(nodeKind, { name: nodeName }), Boolean);
    await clock.advance(1_000);
    await starting;
    expect(await ready()).to.include({ status: 'False', reason: 'KubeletNotReady' });
    await run('inside');
    await run('outside', { hostNetwork: true });
    await until(pod('outside'), running);
    await until(events, (all) => all.some((one) => one.startsWith('NetworkNotReady: network is not ready: container runtime network not ready: NetworkReady=false'))); // prettier-ignore
    expect(running(await pod('inside')())).to.equal(false);
    await client.patch(nodeKind, { name: nodeName }, 'merge', { spec: { podCIDR: '10.7.3.0/24' } });
    await until(ready, (condition) => condition?.status === 'True');
    await until(pod('inside'), running);
  });

  it('only when whoever guards the network knows their addresses', async () => {
    const asked: string[] = [];
    const gone: string[] = [];
    let open = false;
    const guard = {
      admit: async ({ metadata }: Pod, addresses: readonly string[]) => {
        asked.push(`${metadata.name} ${addresses.join()}`);
        if (!open) throw new Error('not yet');
      },
      forget: (uid: string) => void gone.push(uid),
    };
    await startKubelet({ guard });
    await run('own', { hostNetwork: true });
    await until(pod('own'), running);
    const { metadata } = await run('guarded');
    await until(events, (all) => all.some((one) => one === 'FailedCreatePodSandBox: Failed to create pod sandbox: not yet')); // prettier-ignore
    expect((await pod('guarded')()).status?.containerStatuses?.[0]?.state?.running).to.equal(undefined);
    open = true;
    await until(pod('guarded'), running);
    expect(new Set(asked)).to.deep.equal(new Set(['guarded 10.7.0.2']));
    await client.delete(podKind, { namespace: 'default', name: 'guarded' }, { gracePeriodSeconds: 0 });
    await until(async () => gone, (uids) => uids.includes(metadata.uid)); // prettier-ignore
  });
});
