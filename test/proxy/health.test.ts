import { expect } from 'chai';
import { get } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import type { Node } from '../../src/api/core-v1/node.ts';
import { noLog } from '../../src/base/log.ts';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { HealthPortServers } from '../../src/proxy/health-port-servers.ts';
import { healthAnswer, healthPort } from '../../src/proxy/health-ports.ts';
import { ProxyHealth } from '../../src/proxy/proxy-health.ts';
import { webService, webSlice } from './objects.ts';

const balanced = { type: 'LoadBalancer', externalTrafficPolicy: 'Local', healthCheckNodePort: 32000 };

describe('the health check node port of a service', () => {
  it('counts the ready endpoints of this node, each address once', () => {
    const endpoints = [
      '10.244.0.2',
      { addresses: ['10.244.0.3'], nodeName: 'n1', conditions: { ready: false, serving: true, terminating: true } },
      { addresses: ['10.244.1.2'], nodeName: 'n2' },
    ];
    const slices = [webSlice(endpoints), webSlice(['10.244.0.2'], undefined, 'other')];
    expect(healthPort(webService(balanced), slices, 'n1')).to.deep.equal({
      namespace: 'shop',
      name: 'web',
      port: 32000,
      localEndpoints: 1,
    });
  });

  const without: [string, object][] = [
    ['of another type', { ...balanced, type: 'NodePort' }],
    ['of policy Cluster', { ...balanced, externalTrafficPolicy: 'Cluster' }],
    ['without a number', { ...balanced, healthCheckNodePort: 0 }],
  ];
  for (const [what, spec] of without) {
    it(`is not there for services ${what}`, () => {
      expect(healthPort(webService(spec), [], 'n1')).to.equal(undefined);
    });
  }

  const answers: [number, boolean, number][] = [
    [2, true, 200],
    [0, true, 503],
    [2, false, 503],
  ];
  for (const [localEndpoints, healthy, status] of answers) {
    it(`answers ${status} with ${localEndpoints} endpoints and a proxy that is ${healthy ? '' : 'not '}well`, () => {
      const answer = healthAnswer({ namespace: 'shop', name: 'web', port: 1, localEndpoints }, healthy);
      expect(answer.status).to.equal(status);
      expect(answer.headers['x-load-balancing-endpoint-weight']).to.equal(`${localEndpoints}`);
      expect(JSON.parse(answer.body)).to.deep.equal({
        service: { namespace: 'shop', name: 'web' },
        localEndpoints,
        serviceProxyHealthy: healthy,
      });
    });
  }

  it('is opened, follows the service, and is closed', async () => {
    const port = await freePort();
    const failures: string[] = [];
    const failed = (_: unknown, reason: string) => failures.push(reason);
    const servers = new HealthPortServers({ address: '127.0.0.1', isHealthy: () => true, log: noLog, failed });
    const web = { namespace: 'shop', name: 'web', port };
    servers.put('shop/web', { ...web, localEndpoints: 1 });
    expect(await ask(port)).to.equal(200);
    servers.put('shop/web', { ...web, localEndpoints: 0 });
    expect(await ask(port)).to.equal(503);
    servers.put('shop/web', undefined);
    expect(await ask(port)).to.equal('ECONNREFUSED');
    const taken = createServer().listen(port, '127.0.0.1');
    servers.put('shop/web', { ...web, localEndpoints: 1 });
    while (failures.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(failures[0]).to.match(/EADDRINUSE/);
    await new Promise((resolve) => taken.close(resolve));
    servers.retry();
    expect(await ask(port)).to.equal(200);
    servers.stop();
    expect(await ask(port)).to.equal('ECONNREFUSED');
  });
});

describe('the health of the proxy', () => {
  const clock = new VirtualClock();
  const node = (rest: object) => ({ metadata: { name: 'n1' }, ...rest }) as unknown as Node;

  it('is good once it has synced, and bad when a change has not come to the rules for a minute', async () => {
    const health = new ProxyHealth(clock);
    expect(health.answer('healthz').status).to.equal(503);
    health.synced(clock.now());
    expect(JSON.parse(health.answer('healthz').body)).to.deep.equal({
      lastUpdated: '2026-01-01T00:00:00.000Z',
      currentTime: '2026-01-01T00:00:00.000Z',
      nodeEligible: true,
    });
    await clock.advance(3_600_000);
    expect(health.answer('healthz').status, 'nothing to do is good').to.equal(200);
    health.changed();
    await clock.advance(59_000);
    health.changed();
    expect(health.answer('healthz').status).to.equal(200);
    await clock.advance(1_000);
    expect(health.answer('healthz').status).to.equal(503);
    expect(JSON.parse(health.answer('livez').body)).to.have.all.keys('lastUpdated', 'currentTime');
    health.synced(clock.now());
    expect(health.answer('healthz').status).to.equal(200);
  });

  it('counts a change that came while it synced', async () => {
    const health = new ProxyHealth(clock);
    const started = clock.now();
    await clock.advance(1_000);
    health.changed();
    health.synced(started);
    await clock.advance(60_000);
    expect(health.keepsUp).to.equal(false);
  });

  const nodes: [string, object, number][] = [
    ['is as any', {}, 200],
    ['is being deleted', { metadata: { name: 'n1', deletionTimestamp: '2026-01-01T00:00:00Z' } }, 503],
    ['is to be removed by the autoscaler', { spec: { taints: [{ key: 'ToBeDeletedByClusterAutoscaler' }] } }, 503],
  ];
  for (const [what, rest, status] of nodes) {
    it(`is told as ${status} when the node ${what}, and to the kubelet as 200`, () => {
      const health = new ProxyHealth(clock);
      health.synced(clock.now());
      health.node(node(rest));
      expect([health.answer('healthz').status, health.answer('livez').status]).to.deep.equal([status, 200]);
    });
  }
});

function ask(port: number): Promise<number | string | undefined> {
  return new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, path: '/', agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.on('error', (error: NodeJS.ErrnoException) => resolve(error.code));
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
