import { expect } from 'chai';
import { job } from '../../src/api/batch-v1/job.ts';
import { event } from '../../src/api/core-v1/event.ts';
import { pod, type Pod } from '../../src/api/core-v1/pod.ts';
import { deviceClass } from '../../src/api/resource-v1/device-class.ts';
import { resourceClaim } from '../../src/api/resource-v1/resource-claim.ts';
import { resourceClaimTemplate } from '../../src/api/resource-v1/resource-claim-template.ts';
import { resourceSlice } from '../../src/api/resource-v1/resource-slice.ts';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { Cluster } from '../../src/cluster/index.ts';

const driver = 'gpu.example.com';
const namespace = 'default';

describe('Cluster: pods that claim devices', () => {
  let clock: VirtualClock;
  let cluster: Cluster;
  beforeEach(async () => {
    clock = new VirtualClock();
    cluster = await Cluster.start({ clock, nodes: 2, listen: false });
    await cluster.client.create(deviceClass, {
      metadata: { name: 'gpu' },
      spec: { selectors: [{ cel: { expression: `device.driver == "${driver}"` } }] },
    });
  });
  afterEach(() => cluster.stop());

  async function turns(): Promise<void> {
    for (let i = 0; i < 4; i++) await new Promise((resolve) => setImmediate(resolve));
  }
  async function eventually<T>(check: () => Promise<T>): Promise<T> {
    let last: unknown;
    for (let second = 0; second < 60; second++) {
      try {
        return await check();
      } catch (error) {
        last = error;
      }
      await clock.advance(1000, turns);
    }
    throw last;
  }
  /** Devices of these names, of a node. */
  const offer = (nodeName: string, ...devices: string[]) =>
    cluster.client.create(resourceSlice, {
      metadata: { name: `${nodeName}-gpus` },
      spec: {
        ...{ driver, nodeName, pool: { name: nodeName, generation: 1, resourceSliceCount: 1 } },
        devices: devices.map((name) => ({ name, attributes: { model: { string: name } } })),
      },
    });
  const requests = (expression?: string) => {
    const selectors = expression ? { selectors: [{ cel: { expression } }] } : {};
    return { devices: { requests: [{ name: 'gpu', exactly: { deviceClassName: 'gpu', ...selectors } }] } };
  };
  const podSpec = (claim: object) => ({
    resourceClaims: [{ name: 'gpu', ...claim }],
    containers: [{ name: 'c', image: 'i', resources: { claims: [{ name: 'gpu' }] } }],
  });
  const createPod = (name: string, claim: object) =>
    cluster.client.create(pod, { metadata: { namespace, name }, spec: podSpec(claim) });
  const getPod = (name: string) => cluster.client.get(pod, { namespace, name });
  const claims = async () => (await cluster.client.list(resourceClaim)).items;
  const running = (name: string): Promise<Pod> =>
    eventually(async () => {
      const found = await getPod(name);
      expect(found.status?.phase).to.equal('Running');
      return found;
    });
  const waits = (name: string, why: string) =>
    eventually(async () => {
      const { conditions } = (await getPod(name)).status!;
      expect(conditions?.find(({ type }) => type === 'PodScheduled')?.message).to.include(why);
    });

  it('get one each from a template, where there are some, and give them back', async () => {
    await offer('node-1', 'a');
    await offer('node-2', 'b');
    await cluster.client.create(resourceClaimTemplate, {
      metadata: { namespace, name: 'one' },
      spec: { metadata: { labels: { from: 'template' } }, spec: requests() },
    });
    for (const name of ['p1', 'p2', 'p3']) await createPod(name, { resourceClaimTemplateName: 'one' });
    const got = await eventually(async () => {
      const all = await claims();
      const given = all.filter(({ status }) => status?.reservedFor?.length);
      expect(given).to.have.length(2);
      return given;
    });
    const devices = got.map(({ status }) => status!.allocation!.devices!.results![0]!);
    expect(devices.map(({ pool, device }) => `${pool}/${device}`)).to.have.members(['node-1/a', 'node-2/b']);
    for (const claim of got) {
      expect(claim.metadata.generateName).to.match(/^p\d-gpu-$/);
      expect(claim.metadata.labels).to.deep.equal({ from: 'template' });
      expect(claim.metadata.finalizers).to.deep.equal(['resource.kubernetes.io/delete-protection']);
      const user = await running(claim.status!.reservedFor![0]!.name);
      expect(user.status?.resourceClaimStatuses).to.deep.equal([
        { name: 'gpu', resourceClaimName: claim.metadata.name },
      ]);
      expect(user.spec?.nodeName).to.equal(claim.status!.allocation!.devices!.results![0]!.pool);
    }
    const users = got.map(({ status }) => status!.reservedFor![0]!.name);
    const third = ['p1', 'p2', 'p3'].find((name) => !users.includes(name))!;
    await waits(third, '0/2 nodes are available: 2 cannot allocate all claims.');
    await cluster.client.delete(pod, { namespace, name: users[0]! });
    expect((await running(third)).spec?.nodeName).to.equal(devices[0]!.pool);
    await eventually(async () => expect(await claims()).to.have.length(2));
  });

  it('share one that somebody made, which goes with its last user only', async () => {
    await offer('node-2', 'a');
    const name = { namespace, name: 'shared' };
    await createPod('early', { resourceClaimName: 'shared' });
    await waits('early', 'resourceclaim "shared" not found');
    await cluster.client.create(resourceClaim, { metadata: name, spec: requests() });
    await createPod('late', { resourceClaimName: 'shared' });
    expect((await running('early')).spec?.nodeName).to.equal('node-2');
    expect((await running('late')).spec?.nodeName).to.equal('node-2');
    const users = async () => (await cluster.client.get(resourceClaim, name)).status?.reservedFor?.map((u) => u.name);
    expect(await users()).to.have.members(['early', 'late']);
    await cluster.client.delete(resourceClaim, name);
    await cluster.client.delete(pod, { namespace, name: 'early' });
    await eventually(async () => expect(await users()).to.deep.equal(['late']));
    await cluster.client.delete(pod, { namespace, name: 'late' });
    await eventually(async () => expect(await claims()).to.deep.equal([]));
  });

  it('are freed when their pod has ended', async () => {
    await offer('node-1', 'a');
    await cluster.client.create(resourceClaim, { metadata: { namespace, name: 'work' }, spec: requests() });
    const spec = podSpec({ resourceClaimName: 'work' });
    const template = {
      spec: { ...spec, restartPolicy: 'Never', containers: [{ ...spec.containers[0]!, command: ['true'] }] },
    };
    await cluster.client.create(job, { metadata: { namespace, name: 'work' }, spec: { template } });
    await eventually(async () => {
      expect((await cluster.client.get(job, { namespace, name: 'work' })).status?.succeeded).to.equal(1);
      const [claim] = await claims();
      expect(claim!.status).to.deep.equal({});
      expect(claim!.metadata.finalizers ?? []).to.deep.equal([]);
    });
  });

  it('wait for devices that fit, and say what is wrong with a selector', async () => {
    await offer('node-1', 'a');
    const fits = (model: string) => requests(`device.attributes["${driver}"].model == "${model}"`);
    await cluster.client.create(resourceClaim, { metadata: { namespace, name: 'b' }, spec: fits('b') });
    await createPod('p', { resourceClaimName: 'b' });
    await waits('p', '0/2 nodes are available: 2 cannot allocate all claims.');
    await offer('node-2', 'b');
    expect((await running('p')).spec?.nodeName).to.equal('node-2');
    await cluster.client.create(resourceClaim, {
      metadata: { namespace, name: 'wrong' },
      spec: requests('device.attributes["x"].y == 1'),
    });
    await createPod('q', { resourceClaimName: 'wrong' });
    await waits('q', '2 claim default/wrong: selector #0: CEL runtime error: no such key: y.');
    const template = { name: 'gpu', resourceClaimTemplateName: 'nowhere' };
    await createPod('r', template);
    const told = await eventually(async () => {
      const { items } = await cluster.client.list(event);
      const ofPod = items.filter(({ involvedObject }) => involvedObject.name === 'r');
      expect(ofPod.map(({ reason }) => reason)).to.deep.equal(['FailedResourceClaimCreation']);
      return ofPod;
    });
    expect(told[0]!.message).to.equal(
      'PodResourceClaim gpu: resource claim template "nowhere": resourceclaimtemplate.resource.k8s.io "nowhere" not found',
    );
  });
});
