import { expect } from 'chai';
import { services, TestServer } from './test-server.ts';

const service = (name: string, spec: object = {}) => ({ metadata: { name }, spec: { ports: [{ port: 80 }], ...spec } });

describe('services', () => {
  let api: TestServer;

  beforeEach(async () => {
    api = new TestServer({ serviceCidr: '10.0.0.0/28', nodePortRange: { first: 30000, last: 30003 } });
    await api.server.start();
  });
  afterEach(() => api.close());

  it('get a cluster IP of their own each, also when many are made at once', async () => {
    const made = await Promise.all(Array.from({ length: 14 }, (_, i) => api.post(services, service(`s${i}`))));
    const addresses = made.map((m) => m.body.spec.clusterIP);
    expect(new Set(addresses).size).to.equal(14);
    for (const address of addresses) expect(address).to.match(/^10\.0\.0\.([1-9]|1[0-4])$/);
    expect(made[0]!.body.spec).to.deep.include({
      clusterIPs: [addresses[0]],
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
    });
    const full = await api.post(services, service('one-too-many'));
    expect([full.status, full.body.message]).to.deep.equal([
      500,
      'Internal error occurred: failed to allocate a serviceIP: range is full',
    ]);
  });

  it('get the IP they ask for, unless it is taken or foreign', async () => {
    expect((await api.post(services, service('a', { clusterIP: '10.0.0.9' }))).body.spec.clusterIP).to.equal(
      '10.0.0.9',
    );
    const taken = await api.post(services, service('b', { clusterIP: '10.0.0.9' }));
    expect(taken.status).to.equal(422);
    expect(taken.body.message).to.contain(
      'spec.clusterIPs: Invalid value: ["10.0.0.9"]: failed to allocate IP 10.0.0.9: provided IP is already allocated',
    );
    const foreign = await api.post(services, service('c', { clusterIP: '1.2.3.4' }));
    expect(foreign.body.message).to.contain(
      'failed to allocate IP 1.2.3.4: the provided network does not match the current range',
    );
  });

  it('give their IP and ports back when they go, and when a create fails', async () => {
    const spec = { type: 'NodePort', clusterIP: '10.0.0.9', ports: [{ port: 80, nodePort: 30001 }] };
    await api.post(services, service('a', spec));
    await api.post(services, service('a', { ...spec, clusterIP: '10.0.0.8', ports: [{ port: 80, nodePort: 30002 }] }));
    expect(
      (
        await api.post(
          services,
          service('b', { ...spec, clusterIP: '10.0.0.8', ports: [{ port: 80, nodePort: 30002 }] }),
        )
      ).status,
    ).to.equal(201);
    await api.delete(`${services}/a`);
    expect((await api.post(services, service('c', spec))).status).to.equal(201);
  });

  it('leave nothing behind when an update changes nothing', async () => {
    await api.post(services, service('a', { clusterIP: '10.0.0.9' }));
    await api.put(`${services}/a`, service('a'));
    await api.delete(`${services}/a`);
    expect((await api.post(services, service('b', { clusterIP: '10.0.0.9' }))).status).to.equal(201);
  });

  it('get node ports, and say which one is taken or out of range', async () => {
    const { body } = await api.post(services, service('a', { type: 'NodePort' }));
    const { nodePort } = body.spec.ports[0];
    expect(nodePort).to.be.within(30000, 30003);
    const taken = await api.post(services, service('b', { type: 'NodePort', ports: [{ port: 80, nodePort }] }));
    expect(taken.body.message).to.contain(
      `spec.ports[0].nodePort: Invalid value: ${nodePort}: provided port is already allocated`,
    );
    const outside = await api.post(services, service('c', { type: 'NodePort', ports: [{ port: 80, nodePort: 80 }] }));
    expect(outside.body.message).to.contain(
      'provided port is not in the valid range. The range of valid ports is 30000-30003',
    );
  });

  it('share a node port between two protocols of one port', async () => {
    const ports = [
      { name: 'u', port: 53, protocol: 'UDP' },
      { name: 't', port: 53, protocol: 'TCP' },
    ];
    const { body } = await api.post(services, service('dns', { type: 'NodePort', ports }));
    expect(body.spec.ports[0].nodePort).to.equal(body.spec.ports[1].nodePort);
  });

  it('without an IP of their own stay without', async () => {
    const headless = (await api.post(services, service('h', { clusterIP: 'None' }))).body;
    expect([headless.spec.clusterIP, headless.spec.clusterIPs]).to.deep.equal(['None', ['None']]);
    const external = (await api.post(services, service('e', { type: 'ExternalName', externalName: 'example.com' })))
      .body;
    expect(external.spec).not.to.have.any.keys('clusterIP', 'clusterIPs', 'ipFamilies');
  });

  it('keep their IP through updates, and lose node ports with their type', async () => {
    const { body } = await api.post(services, service('a', { type: 'NodePort' }));
    const put = (await api.put(`${services}/a`, service('a', { type: 'NodePort', selector: { a: 'b' } }))).body;
    expect([put.spec.clusterIP, put.spec.ports]).to.deep.equal([body.spec.clusterIP, body.spec.ports]);
    const inside = (await api.patch(`${services}/a`, 'merge-patch', { spec: { type: 'ClusterIP' } })).body;
    expect(inside.spec.ports[0]).not.to.have.property('nodePort');
    const ports = [{ port: 80, nodePort: body.spec.ports[0].nodePort }];
    expect((await api.post(services, service('b', { type: 'NodePort', ports }))).status).to.equal(201);
  });

  it('take and give back an IP when they become and stop being external names', async () => {
    const { clusterIP } = (await api.post(services, service('a'))).body.spec;
    const external = await api.patch(`${services}/a`, 'merge-patch', {
      spec: { type: 'ExternalName', externalName: 'example.com', clusterIP: null, clusterIPs: null },
    });
    expect(external.body.spec).not.to.have.property('clusterIP');
    expect((await api.post(services, service('b', { clusterIP }))).status).to.equal(201);
    const back = await api.patch(`${services}/a`, 'merge-patch', { spec: { type: 'ClusterIP', externalName: null } });
    expect(back.body.spec.clusterIP)
      .to.match(/^10\.0\.0\./)
      .and.not.equal(clusterIP);
  });

  it('are known to a server that starts over the same store', async () => {
    await api.post(services, service('a', { clusterIP: '10.0.0.9' }));
    const second = new TestServer({ serviceCidr: '10.0.0.0/28', storage: api.storage });
    await second.server.start();
    expect((await second.post(services, service('b', { clusterIP: '10.0.0.9' }))).status).to.equal(422);
    await second.server.close();
  });
});
