import { expect } from 'chai';
import { deployment } from '../../../src/api/apps-v1/deployment.ts';
import { replicaSet } from '../../../src/api/apps-v1/replica-set.ts';
import {
  horizontalPodAutoscaler,
  type HorizontalPodAutoscaler,
} from '../../../src/api/autoscaling-v2/horizontal-pod-autoscaler.ts';
import { event } from '../../../src/api/core-v1/event.ts';
import { pod } from '../../../src/api/core-v1/pod.ts';
import { ApiError } from '../../../src/apimachinery/api-error.ts';
import { formatTime } from '../../../src/apimachinery/time.ts';
import { template } from '../objects.ts';
import { World } from '../world.ts';

const name = { namespace: 'default', name: 'web' };
const metricsPath = '/apis/metrics.k8s.io/v1beta1/namespaces/default/pods';

describe('horizontal pod autoscaler controller', () => {
  let world: World;
  /** What each pod uses of a CPU, by its name; and what else is measured, by the end of the path. */
  let cpu: (podName: string) => string;
  let others: Record<string, object>;
  /** The paths that were asked. */
  let asked: string[];

  beforeEach(async () => {
    world = await World.start({
      only: ['deployment-controller', 'replicaset-controller', 'horizontal-pod-autoscaler-controller'],
    });
    cpu = () => '500m';
    others = {};
    asked = [];
    world.answer = answer;
  });
  afterEach(() => world.stop());

  let names: string[] = [];
  const answer = (_method: string, url: string) => {
    if (!url.includes('metrics.k8s.io')) return undefined;
    asked.push(url);
    const found = Object.entries(others).find(([end]) => url.endsWith(end));
    if (found) return found[1];
    if (!url.startsWith(metricsPath) || names.length === 0) return undefined;
    const item = (one: string) => ({
      metadata: { name: one, namespace: 'default' },
      timestamp: formatTime(world.clock.now()),
      window: '30s',
      containers: [{ name: 'c', usage: { cpu: cpu(one) } }],
    });
    return { kind: 'PodMetricsList', apiVersion: 'metrics.k8s.io/v1beta1', items: names.map(item) };
  };

  const web = (replicas: number) => {
    const { metadata, spec } = template();
    const containers = spec.containers.map((one) => ({ ...one, resources: { requests: { cpu: '1' } } }));
    return world.client.create(deployment, {
      metadata: name,
      spec: { replicas, selector: { matchLabels: { app: 'web' } }, template: { metadata, spec: { containers } } },
    });
  };
  const autoscale = (spec: object = {}, called = 'web') =>
    world.client.create(horizontalPodAutoscaler, {
      metadata: { namespace: 'default', name: called },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
        maxReplicas: 10,
        metrics: [
          { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } },
        ],
        ...spec,
      },
    });
  const get = (called = 'web') => world.client.get(horizontalPodAutoscaler, { namespace: 'default', name: called });
  const size = async () => (await world.client.get(deployment, name)).spec!.replicas;
  const pods = async () => (await world.client.list(pod, { namespace: 'default' })).items;
  /** Waits until so many pods run and are measured. */
  const running = (replicas: number) =>
    world.eventually(async () => {
      const ready = (await pods()).filter((one) => one.status?.podIP && !one.metadata.deletionTimestamp);
      expect(ready).to.have.length(replicas);
      expect((await world.client.get(deployment, name)).status).to.include({ availableReplicas: replicas });
      for (const one of ready) {
        if (one.status!.startTime) continue;
        const startTime = formatTime(world.clock.now() - 3600_000);
        await world.client.updateStatus(pod, { ...one, status: { ...one.status, startTime } });
      }
      names = ready.map((one) => one.metadata.name);
    });
  const condition = ({ status }: HorizontalPodAutoscaler, type: string) =>
    status?.conditions?.find((one) => one.type === type);
  const shown = (autoscaler: HorizontalPodAutoscaler) =>
    Object.fromEntries(autoscaler.status!.conditions!.map((one) => [one.type, `${one.status} ${one.reason}`]));
  const events = (called = 'web') =>
    world.eventually(async () => {
      const { items } = await world.client.list(event, { namespace: 'default' });
      const about = items.filter(
        ({ involvedObject }) => involvedObject.kind === 'HorizontalPodAutoscaler' && involvedObject.name === called,
      );
      expect(about).not.to.have.length(0);
      about.sort((a, b) => Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion));
      return about.map((one) => `${one.source?.component} ${one.type} ${one.reason}: ${one.message}`);
    });

  it('scales an object whose status has changed since it was read, and nobody hears of it', async () => {
    await web(4);
    await running(4);
    let conflicts = 0;
    world.answer = (method, url) => {
      const refused = method === 'PUT' && url.endsWith('/web/scale') && conflicts++ === 0;
      return refused ? new ApiError(409, 'Conflict', 'the object has been modified') : answer(method, url);
    };
    await autoscale({ maxReplicas: 3 });
    await world.eventually(async () => expect(await size()).to.equal(3));
    expect(conflicts).to.equal(2);
    expect((await events()).join())
      .to.include('SuccessfulRescale')
      .and.not.include('FailedRescale');
  });

  it('grows with the load, and shrinks when that has been less for five minutes', async () => {
    await web(2);
    await running(2);
    cpu = () => '900m';
    await autoscale();
    await world.eventually(async () => expect(await size()).to.equal(4));
    const grown = await get();
    expect(grown.status).to.deep.include({
      currentReplicas: 2,
      desiredReplicas: 4,
      lastScaleTime: formatTime(world.clock.now()),
      currentMetrics: [
        { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 90, averageValue: '900m' } } },
      ],
    });
    expect(shown(grown)).to.deep.equal({
      AbleToScale: 'True SucceededRescale',
      ScalingActive: 'True ValidMetricFound',
      ScalingLimited: 'False DesiredWithinRange',
    });
    expect(condition(grown, 'AbleToScale')?.message).to.equal(
      'the HPA controller was able to update the target scale to 4',
    );
    expect(await events()).to.deep.equal([
      'horizontal-pod-autoscaler Normal SuccessfulRescale: New size: 4; reason: cpu resource utilization (percentage of request) above target',
    ]);
    await running(4);
    cpu = () => '100m';
    await world.settle(60_000);
    expect(shown(await get())).to.include({ AbleToScale: 'True ScaleDownStabilized' });
    expect(await size()).to.equal(4);
    await world.settle(270_000);
    expect(await size()).to.equal(1);
    expect((await events()).at(-1)).to.match(/SuccessfulRescale: New size: 1; reason: All metrics below target$/);
  });

  it('looks every 15 seconds, and at once when it is told something else', async () => {
    await web(2);
    await running(2);
    await autoscale();
    await world.eventually(async () => expect((await get()).status).to.include({ currentReplicas: 2 }));
    const before = asked.length;
    await world.settle(14_000);
    expect(asked.length).to.equal(before);
    await world.settle(2000);
    expect(asked.length).to.equal(before + 1);
    const target = { type: 'Utilization', averageUtilization: 10 };
    const metrics = [{ type: 'Resource', resource: { name: 'cpu', target } }];
    await world.client.patch(horizontalPodAutoscaler, name, 'merge', { spec: { metrics } });
    await world.eventually(async () => expect(await size()).to.equal(4));
  });

  it('says that there are no metrics', async () => {
    await web(1);
    await running(1);
    names = [];
    await autoscale();
    const gone =
      'failed to get cpu utilization: unable to get metrics for resource cpu: ' +
      'no metrics returned from resource metrics API';
    await world.eventually(async () =>
      expect(condition(await get(), 'ScalingActive')).to.include({
        status: 'False',
        reason: 'FailedGetResourceMetric',
        message: `the HPA was unable to compute the replica count: ${gone}`,
      }),
    );
    expect(shown(await get())).to.include({ AbleToScale: 'True SucceededGetScale' });
    await world.eventually(async () =>
      expect(await events()).to.deep.equal([
        `horizontal-pod-autoscaler Warning FailedGetResourceMetric: ${gone}`,
        `horizontal-pod-autoscaler Warning FailedComputeMetricsReplicas: invalid metrics (1 invalid out of 1), first error is: failed to get cpu resource metric value: ${gone}`,
      ]),
    );
  });

  it('keeps within minimum and maximum without asking for metrics', async () => {
    await web(1);
    await autoscale({ minReplicas: 3 });
    await world.eventually(async () => expect(await size()).to.equal(3));
    expect((await events())[0]).to.match(/New size: 3; reason: Current number of replicas below Spec.MinReplicas$/);
    await world.client.patch(horizontalPodAutoscaler, name, 'merge', { spec: { minReplicas: 1, maxReplicas: 2 } });
    await world.eventually(async () => expect(await size()).to.equal(2));
    expect((await events())[1]).to.match(/New size: 2; reason: Current number of replicas above Spec.MaxReplicas$/);
  });

  it('leaves a target alone that was scaled to nothing', async () => {
    await web(0);
    await autoscale();
    await world.eventually(async () =>
      expect(shown(await get())).to.include({ ScalingActive: 'False ScalingDisabled' }),
    );
    expect(await size()).to.equal(0);
  });

  it('says that its target is not there, or of no kind that there is', async () => {
    await autoscale();
    await autoscale({ scaleTargetRef: { apiVersion: 'example.com/v1', kind: 'Thing', name: 'x' } }, 'thing');
    const message = (called: string) => get(called).then((one) => condition(one, 'AbleToScale')?.message);
    const unable = "the HPA controller was unable to get the target's current scale: ";
    await world.eventually(async () => {
      expect(await message('web')).to.equal(`${unable}deployments/scale.apps "web" not found`);
      expect(await message('thing')).to.equal(`${unable}no matches for kind "Thing" in group "example.com"`);
    });
    expect(await events('thing')).to.deep.equal([
      'horizontal-pod-autoscaler Warning FailedGetScale: no matches for kind "Thing" in group "example.com"',
    ]);
  });

  it('does nothing when another one has the same pods', async () => {
    await web(2);
    await running(2);
    await autoscale({}, 'a');
    await world.eventually(async () => expect((await get('a')).status).to.include({ currentReplicas: 2 }));
    cpu = () => '900m';
    await autoscale({}, 'b');
    const message = 'pods by selector app=web are controlled by multiple HPAs: [default/a default/b]';
    const ambiguous = { status: 'False', reason: 'AmbiguousSelector', message };
    await world.eventually(async () => expect(condition(await get('b'), 'ScalingActive')).to.include(ambiguous));
    await world.settle(20_000);
    expect(condition(await get('a'), 'ScalingActive')).to.include(ambiguous);
    expect(await size()).to.equal(2);
    await world.client.delete(horizontalPodAutoscaler, { namespace: 'default', name: 'a' });
    await world.eventually(async () => expect(await size()).to.equal(4));
  });

  it('reads custom metrics of pods and objects, and external ones', async () => {
    await web(2);
    await running(2);
    const describedObject = { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', name: 'front' };
    const value = (one: string, about: string) => ({
      describedObject: { kind: 'Pod', name: about },
      metric: { name: 'm' },
      timestamp: formatTime(world.clock.now()),
      value: one,
    });
    const group = 'custom.metrics.k8s.io';
    others = {
      [`/apis/${group}`]: { kind: 'APIGroup', versions: [{ version: 'v1beta1' }, { version: 'v1beta2' }] },
      [`/apis/${group}/v1beta2/namespaces/default/pods/*/hits?labelSelector=app%3Dweb`]: {
        items: names.map((one) => value('15', one)),
      },
      [`/apis/${group}/v1beta2/namespaces/default/ingresses.networking.k8s.io/front/rps?metricLabelSelector=verb%3DGET`]:
        { items: [value('30', 'front')] },
      '/apis/external.metrics.k8s.io/v1beta1/namespaces/default/queue?labelSelector=queue%3Dq': {
        items: [{ value: '40' }, { value: '20500m' }],
      },
    };
    await autoscale({
      metrics: [
        { type: 'Pods', pods: { metric: { name: 'hits' }, target: { type: 'AverageValue', averageValue: '10' } } },
        {
          type: 'Object',
          object: {
            metric: { name: 'rps', selector: { matchLabels: { verb: 'GET' } } },
            describedObject,
            target: { type: 'Value', value: '20' },
          },
        },
        {
          type: 'External',
          external: {
            metric: { name: 'queue', selector: { matchLabels: { queue: 'q' } } },
            target: { type: 'AverageValue', averageValue: '20' },
          },
        },
      ],
    });
    await world.eventually(async () => expect(await size()).to.equal(4));
    const { currentMetrics } = (await get()).status!;
    expect(currentMetrics!.map((one) => (one.pods ?? one.object ?? one.external)!.current)).to.deep.equal([
      { averageValue: '15' },
      { value: '30' },
      { averageValue: '30250m' },
    ]);
    expect(await events()).to.deep.equal([
      'horizontal-pod-autoscaler Normal SuccessfulRescale: New size: 4; reason: external metric ' +
        'queue(&LabelSelector{MatchLabels:map[string]string{queue: q,},MatchExpressions:[]LabelSelectorRequirement{},}) above target',
    ]);
  });

  it('tells when it cannot scale, and tries again', async () => {
    await web(2);
    await running(2);
    const serve = world.answer!;
    const refusal = new ApiError(403, 'Forbidden', 'not you');
    world.answer = (method, url) => (method === 'PUT' && url.endsWith('/scale') ? refusal : serve(method, url));
    cpu = () => '900m';
    await autoscale();
    await world.eventually(async () =>
      expect(condition(await get(), 'AbleToScale')).to.include({
        status: 'False',
        reason: 'FailedUpdateScale',
        message: 'the HPA controller was unable to update the target scale: not you',
      }),
    );
    expect((await events())[0]).to.match(
      / Warning FailedRescale: New size: 4; reason: cpu .* above target; error: not you$/,
    );
    world.answer = serve;
    await world.eventually(async () => expect(await size()).to.equal(4));
  });

  it('scales whatever has a scale', async () => {
    const { metadata, spec } = template();
    await world.client.create(replicaSet, {
      metadata: { namespace: 'default', name: 'bare' },
      spec: { replicas: 1, selector: { matchLabels: { app: 'web' } }, template: { metadata, spec } },
    });
    await autoscale({
      minReplicas: 2,
      scaleTargetRef: { apiVersion: 'apps/v1beta9', kind: 'ReplicaSet', name: 'bare' },
    });
    await world.eventually(async () => {
      const { spec: now } = await world.client.get(replicaSet, { namespace: 'default', name: 'bare' });
      expect(now!.replicas).to.equal(2);
    });
  });
});
