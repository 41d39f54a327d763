import { expect } from 'chai';
import { resourceQuota } from '../../src/admission/plugins/resource-quota.ts';
import type { AdmissionRequest } from '../../src/admission/plugin.ts';
import { undo } from '../../src/admission/chain.ts';
import { deployment } from '../../src/api/apps-v1/deployment.ts';
import { configMap } from '../../src/api/core-v1/config-map.ts';
import { event } from '../../src/api/core-v1/event.ts';
import { namespace } from '../../src/api/core-v1/namespace.ts';
import { pod } from '../../src/api/core-v1/pod.ts';
import { resourceQuota as quotas } from '../../src/api/core-v1/resource-quota.ts';
import { service } from '../../src/api/core-v1/service.ts';
import { admitted, anUpdate, aRequest, Objects, refusal, uid } from './requests.ts';

type Quantities = Record<string, string>;
const quota = (name: string, hard: Quantities, used?: Quantities, spec: object = {}) => ({
  metadata: { name },
  spec: { hard, ...spec },
  status: { hard, used },
});
const aPod = (requests?: Quantities, limits?: Quantities, spec: object = {}) =>
  aRequest(pod, { spec: { containers: [{ name: 'c', resources: { requests, limits } }], ...spec } });
const usedOf = async (objects: Objects, name = 'q') =>
  (await objects.get(quotas, { namespace: 'default', name })).status.used;

describe('admission: ResourceQuota', () => {
  let plugin: ReturnType<typeof resourceQuota>;
  beforeEach(() => (plugin = resourceQuota()));

  const withQuota = (hard: Quantities, used?: Quantities, spec?: object) =>
    new Objects().with(quotas, quota('q', hard, used, spec));

  it('charges what is created', async () => {
    const objects = withQuota({ pods: '2', 'requests.cpu': '1' }, { pods: '0', 'requests.cpu': '0' });
    await admitted(plugin, aPod({ cpu: '300m' }), objects);
    expect(await usedOf(objects)).to.deep.equal({ pods: '1', 'requests.cpu': '300m' });
    await admitted(plugin, aPod({ cpu: '200m' }), objects);
    expect(await usedOf(objects)).to.deep.equal({ pods: '2', 'requests.cpu': '500m' });
  });

  it('charges every quota that counts the object, and none that does not', async () => {
    const objects = new Objects().with(
      quotas,
      quota('q', { pods: '2' }, { pods: '0' }),
      quota('r', { 'count/pods': '5', configmaps: '1' }, { 'count/pods': '0', configmaps: '0' }),
      quota('s', { services: '5' }, { services: '0' }),
    );
    await admitted(plugin, aPod(), objects);
    expect(await usedOf(objects)).to.deep.equal({ pods: '1' });
    expect(await usedOf(objects, 'r')).to.deep.equal({ 'count/pods': '1', configmaps: '0' });
    expect(await usedOf(objects, 's')).to.deep.equal({ services: '0' });
  });

  const refused: [what: string, request: AdmissionRequest, objects: Objects, why: string][] = [
    [
      'one pod too many',
      aPod(),
      withQuota({ pods: '2' }, { pods: '2' }),
      'pods "a" is forbidden: exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2',
    ],
    [
      'too much of several things',
      aPod({ cpu: '600m', memory: '1Gi' }),
      withQuota(
        { pods: '9', 'requests.cpu': '1', memory: '1Gi' },
        { pods: '1', 'requests.cpu': '500m', memory: '512Mi' },
      ),
      'pods "a" is forbidden: exceeded quota: q, requested: memory=1Gi,requests.cpu=600m, used: memory=512Mi,requests.cpu=500m, limited: memory=1Gi,requests.cpu=1',
    ],
    [
      'one object too many of any kind',
      aRequest(deployment, {}),
      withQuota({ 'count/deployments.apps': '1' }, { 'count/deployments.apps': '1' }),
      'deployments.apps "a" is forbidden: exceeded quota: q, requested: count/deployments.apps=1, used: count/deployments.apps=1, limited: count/deployments.apps=1',
    ],
    [
      'what a quota counts and a container leaves open',
      aPod({ cpu: '1' }),
      withQuota({ 'limits.cpu': '1', 'requests.memory': '1Gi', 'requests.cpu': '2' }, {}),
      'pods "a" is forbidden: failed quota: q: must specify limits.cpu for: c; requests.memory for: c',
    ],
    [
      'anything before the quota was counted',
      aRequest(configMap, {}),
      withQuota({ configmaps: '1', 'count/configmaps': '2' }),
      'configmaps "a" is forbidden: status unknown for quota: q, resources: configmaps,count/configmaps',
    ],
  ];
  for (const [what, request, objects, why] of refused) {
    it(`refuses ${what}`, async () => {
      const before = await usedOf(objects);
      expect(await refusal(plugin, request, objects)).to.equal(why);
      expect(await usedOf(objects)).to.deep.equal(before);
    });
  }

  it('gives back what the other quotas took when one refuses', async () => {
    const objects = new Objects().with(
      quotas,
      quota('q', { pods: '5' }, { pods: '1' }),
      quota('r', { 'count/pods': '1' }, { 'count/pods': '1' }),
    );
    await refusal(plugin, aPod(), objects);
    expect(await usedOf(objects)).to.deep.equal({ pods: '1' });
  });

  it('gives back what was charged for an object that was not stored, if it is soon', async () => {
    const objects = withQuota({ configmaps: '5' }, { configmaps: '1' });
    const request = aRequest(configMap, {});
    await admitted(plugin, request, objects);
    expect(await usedOf(objects)).to.deep.equal({ configmaps: '2' });
    await undo(request);
    expect(await usedOf(objects)).to.deep.equal({ configmaps: '1' });
    const late = aRequest(configMap, {});
    await admitted(plugin, late, objects);
    await objects.clock.advance(10_000);
    await undo(late);
    expect(await usedOf(objects)).to.deep.equal({ configmaps: '2' });
  });

  it('charges nothing for a dry run, but says whether there is room', async () => {
    const objects = withQuota({ configmaps: '1' }, { configmaps: '0' });
    const dry = () => aRequest(configMap, {}, { dryRun: true });
    await admitted(plugin, dry(), objects);
    expect(await usedOf(objects)).to.deep.equal({ configmaps: '0' });
    await admitted(plugin, aRequest(configMap, {}), objects);
    expect(await refusal(plugin, dry(), objects)).to.contain('exceeded quota: q');
  });

  it('charges what a change adds, and leaves giving back to the controller', async () => {
    const hard = { services: '1', 'services.nodeports': '3', 'services.loadbalancers': '0' };
    const objects = withQuota(hard, { services: '1', 'services.nodeports': '0', 'services.loadbalancers': '0' });
    const of = (type: string, ports: number) => ({ spec: { type, ports: Array.from({ length: ports }, () => ({})) } });
    await admitted(plugin, anUpdate(service, of('NodePort', 2), of('ClusterIP', 2)), objects);
    expect((await usedOf(objects))['services.nodeports']).to.equal('2');
    await admitted(plugin, anUpdate(service, of('ClusterIP', 2), of('NodePort', 2)), objects);
    expect((await usedOf(objects))['services.nodeports']).to.equal('2');
    expect(await refusal(plugin, anUpdate(service, of('LoadBalancer', 1), of('ClusterIP', 1)), objects)).to.contain(
      'requested: services.loadbalancers=1, used: services.loadbalancers=0, limited: services.loadbalancers=0',
    );
  });

  it('charges a pod that is made larger', async () => {
    const objects = withQuota({ 'requests.cpu': '1' }, { 'requests.cpu': '500m' });
    const sized = (cpu: string) => ({ spec: { containers: [{ name: 'c', resources: { requests: { cpu } } }] } });
    await admitted(plugin, anUpdate(pod, sized('800m'), sized('500m')), objects);
    expect(await usedOf(objects)).to.deep.equal({ 'requests.cpu': '500m' });
    await admitted(plugin, anUpdate(pod, sized('800m'), sized('500m'), 'resize'), objects);
    expect(await usedOf(objects)).to.deep.equal({ 'requests.cpu': '800m' });
    expect(await refusal(plugin, anUpdate(pod, sized('2'), sized('800m'), 'resize'), objects)).to.contain(
      'requested: requests.cpu=1200m',
    );
  });

  it('does not count events, what has no namespace, and other namespaces', async () => {
    const objects = withQuota({ 'count/events': '0', 'count/namespaces': '0', configmaps: '0' }, { configmaps: '0' });
    await admitted(plugin, aRequest(event, {}), objects);
    await admitted(plugin, aRequest(namespace, {}), objects);
    await admitted(plugin, aRequest(configMap, {}, { namespace: 'other' }), objects);
  });

  it('lets everything through when the quota goes meanwhile', async () => {
    const objects = withQuota({ configmaps: '1' }, { configmaps: '1' });
    objects.update = async () => false;
    await admitted(plugin, aRequest(configMap, {}), objects);
  });

  it('does not give back to another quota of the same name', async () => {
    const objects = withQuota({ configmaps: '5' }, { configmaps: '1' });
    const request = aRequest(configMap, {});
    await admitted(plugin, request, objects);
    const other = {
      ...quota('q', { configmaps: '5' }, { configmaps: '3' }),
      metadata: { name: 'q', uid: `not ${uid}` },
    };
    objects.with(quotas, other);
    await undo(request);
    expect(await usedOf(objects)).to.deep.equal({ configmaps: '3' });
  });

  it('books many requests at once in few writes, and never too much', async () => {
    const objects = withQuota({ pods: '50' }, { pods: '0' });
    let writes = 0;
    const { update } = objects;
    objects.update = async (...args) => {
      writes++;
      await new Promise((resolve) => setImmediate(resolve));
      return update(...args);
    };
    const outcomes = await Promise.allSettled(Array.from({ length: 200 }, () => admitted(plugin, aPod(), objects)));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).to.have.length(50);
    expect(await usedOf(objects)).to.deep.equal({ pods: '50' });
    expect(writes).to.be.at.most(3);
  });
});
