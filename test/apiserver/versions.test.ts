import { expect } from 'chai';
import { TestServer } from './test-server.ts';

const claims = (version: string) => `/apis/resource.k8s.io/${version}/namespaces/default/resourceclaims`;
const scalers = (version: string) => `/apis/autoscaling/${version}/namespaces/default/horizontalpodautoscalers`;
const merge = { 'content-type': 'application/merge-patch+json' };

describe('versions of one kind', () => {
  let api: TestServer;
  beforeEach(async () => {
    api = new TestServer();
    await api.server.start();
  });
  afterEach(() => api.close());

  it('are one object in several shapes', async () => {
    const request = { name: 'r', deviceClassName: 'c' };
    const made = await api.post(claims('v1beta1'), {
      metadata: { name: 'a' },
      spec: { devices: { requests: [request] } },
    });
    expect([made.status, made.body.apiVersion]).to.deep.equal([201, 'resource.k8s.io/v1beta1']);
    const full = { ...request, allocationMode: 'ExactCount', count: 1 };
    expect(made.body.spec.devices.requests).to.deep.equal([full]);
    for (const version of ['v1', 'v1beta2']) {
      const { body } = await api.get(`${claims(version)}/a`);
      const { name, ...exactly } = full;
      expect(body.apiVersion).to.equal(`resource.k8s.io/${version}`);
      expect(body.spec.devices.requests).to.deep.equal([{ name, exactly }]);
      expect(body.metadata.uid).to.equal(made.body.metadata.uid);
    }
    expect((await api.post(claims('v1'), { metadata: { name: 'a' }, spec: {} })).status).to.equal(409);
  });

  it('warn of those that go', async () => {
    const { headers } = await api.get(claims('v1beta1'));
    expect(String(headers['warning'])).to.contain('resource.k8s.io/v1beta1 ResourceClaim is deprecated');
    expect((await api.get(claims('v1'))).headers['warning']).to.equal(undefined);
  });

  it('are changed through each other without loss', async () => {
    const memory = {
      type: 'Resource',
      resource: { name: 'memory', target: { type: 'AverageValue', averageValue: '1Gi' } },
    };
    const cpu = (averageUtilization: number) => ({
      type: 'Resource',
      resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } },
    });
    const spec = { scaleTargetRef: { kind: 'Deployment', name: 'web' }, maxReplicas: 3, metrics: [cpu(50), memory] };
    expect((await api.post(scalers('v2'), { metadata: { name: 'h' }, spec })).status).to.equal(201);
    const patch = { spec: { targetCPUUtilizationPercentage: 70 } };
    const patched = await api.call('PATCH', `${scalers('v1')}/h`, patch, { headers: merge });
    expect([patched.status, patched.body.apiVersion]).to.deep.equal([200, 'autoscaling/v1']);
    const { body } = await api.get(`${scalers('v2')}/h`);
    expect(body.spec.metrics).to.deep.equal([cpu(70), memory]);
    expect(body.metadata.annotations ?? {}).to.deep.equal({});
  });

  it('have one status', async () => {
    const spec = { scaleTargetRef: { kind: 'Deployment', name: 'web' }, maxReplicas: 3 };
    await api.post(scalers('v2'), { metadata: { name: 'h' }, spec });
    const status = { currentReplicas: 2, desiredReplicas: 3, currentCPUUtilizationPercentage: 40 };
    const patched = await api.call('PATCH', `${scalers('v1')}/h/status`, { status }, { headers: merge });
    expect([patched.status, patched.body.status]).to.deep.equal([200, status]);
    const { body } = await api.get(`${scalers('v2')}/h`);
    expect(body.status.currentMetrics[0].resource).to.deep.equal({ name: 'cpu', current: { averageUtilization: 40 } });
    const wrong = await api.call(
      'PATCH',
      `${scalers('v1')}/h/status`,
      { status: { desiredReplicas: -1 } },
      { headers: merge },
    );
    expect([wrong.status, wrong.body.details.causes[0].field]).to.deep.equal([422, 'status.desiredReplicas']);
  });

  it('list and select alike', async () => {
    const slice = {
      driver: 'd.io',
      nodeName: 'n',
      pool: { name: 'p', resourceSliceCount: 1 },
      devices: [{ name: 'd', basic: {} }],
    };
    const url = (version: string) => `/apis/resource.k8s.io/${version}/resourceslices`;
    expect((await api.post(url('v1beta1'), { metadata: { name: 's' }, spec: slice })).status).to.equal(201);
    for (const version of ['v1', 'v1beta1', 'v1beta2']) {
      const { body } = await api.get(`${url(version)}?fieldSelector=spec.nodeName%3Dn,spec.driver%3Dd.io`);
      expect(body.items.map((i: any) => [i.apiVersion ?? body.apiVersion, i.metadata.name])).to.deep.equal([
        [`resource.k8s.io/${version}`, 's'],
      ]);
      expect((await api.get(`${url(version)}?fieldSelector=spec.nodeName%3Dm`)).body.items).to.deep.equal([]);
    }
  });
});
