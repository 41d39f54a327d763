import { expect } from 'chai';
import { Cluster } from '../../src/cluster/index.ts';
import { serviceCidr } from '../../src/api/networking-v1/service-cidr.ts';
import { service } from '../../src/api/core-v1/service.ts';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { services, TestServer } from './test-server.ts';

const addresses = '/apis/networking.k8s.io/v1/ipaddresses';
const ranges = '/apis/networking.k8s.io/v1/servicecidrs';
const web = (name: string, spec: object = {}) => ({ metadata: { name }, spec: { ports: [{ port: 80 }], ...spec } });
const names = async (api: TestServer, path: string) =>
  (await api.get(path)).body.items.map((item: any) => item.metadata.name);

const events = async (api: TestServer): Promise<string[]> =>
  (await api.get('/api/v1/namespaces/default/events')).body.items.map(
    ({ involvedObject, reason, message }: any) => `${involvedObject.name} ${reason}: ${message}`,
  );

describe('addresses of services', () => {
  let api: TestServer;

  const start = async (serviceCidr: string) => {
    api = new TestServer({ serviceCidr, nodePortRange: { first: 30000, last: 30009 } });
    await api.server.start();
  };
  afterEach(() => api.close());

  it('are objects that say to whom they belong, and go with the service', async () => {
    await start('10.0.0.0/24');
    const { clusterIP } = (await api.post(services, web('a'))).body.spec;
    const { metadata, spec } = (await api.get(`${addresses}/${clusterIP}`)).body;
    expect(spec.parentRef).to.deep.include({ resource: 'services', namespace: 'default', name: 'a' });
    expect(metadata.labels).to.deep.equal({
      'ipaddress.kubernetes.io/ip-family': 'IPv4',
      'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io',
    });
    await api.delete(`${services}/a`);
    expect(await names(api, addresses)).to.deep.equal([]);
  });

  it('are not taken by what is not stored', async () => {
    await start('10.0.0.0/24');
    await api.post(services, web('a', { clusterIP: '10.0.0.9' }));
    const port = [{ port: 80, nodePort: 30001 }];
    await api.post(services, web('a', { type: 'NodePort', clusterIP: '10.0.0.8', ports: port }));
    await api.post(`${services}?dryRun=All`, web('b', { type: 'NodePort', clusterIP: '10.0.0.8', ports: port }));
    const bad = { type: 'NodePort', ports: [{ port: 80, nodePort: 80 }] };
    expect((await api.post(services, web('c', bad))).status).to.equal(422);
    expect(await names(api, addresses)).to.deep.equal(['10.0.0.9']);
    const third = await api.post(services, web('d', { type: 'NodePort', clusterIP: '10.0.0.8', ports: port }));
    expect(third.status).to.equal(201);
    const dry = await api.post(`${services}?dryRun=All`, web('e', { clusterIP: '10.0.0.8' }));
    expect(dry.body.message).to.contain('provided IP is already allocated');
  });

  it('can be reserved by hand', async () => {
    await start('10.0.0.0/24');
    const parentRef = { resource: 'things', name: 'mine' };
    const mine = { apiVersion: 'networking.k8s.io/v1', kind: 'IPAddress', metadata: { name: '10.0.0.7' } };
    expect((await api.post(addresses, { ...mine, spec: { parentRef } })).status).to.equal(201);
    expect((await api.post(services, web('a', { clusterIP: '10.0.0.7' }))).status).to.equal(422);
    await api.clock.advance(3_600_000);
    expect(await names(api, addresses)).to.deep.equal(['10.0.0.7']);
  });

  it('are given until the last, and the range is then full', async () => {
    await start('10.0.0.0/25');
    const made = await Promise.all(Array.from({ length: 126 }, (_, i) => api.post(services, web(`s${i}`))));
    expect(new Set(made.map(({ body }) => body.spec.clusterIP)).size).to.equal(126);
    expect((await api.post(services, web('one-more'))).body.message).to.contain('range is full');
    await api.delete(`${services}/s3`);
    expect((await api.post(services, web('again'))).body.spec.clusterIP).to.equal(made[3]!.body.spec.clusterIP);
  });

  describe('that a dead server left behind', () => {
    const claim = (uid: string, namespace: string, name: string) => ({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'IPAddress',
      metadata: {
        name: '10.0.0.5',
        uid,
        resourceVersion: '',
        creationTimestamp: '1970-01-01T00:00:00Z',
        labels: { 'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io' },
      },
      spec: { parentRef: { group: '', resource: 'services', namespace, name } },
    });

    it('go after a while, and not sooner than a service may take to be stored', async () => {
      await start('10.0.0.0/24');
      const now = new Date(api.clock.now() + 170_000).toISOString();
      const fresh = claim('u', 'default', 'ghost');
      fresh.metadata.creationTimestamp = now;
      await api.storage.create('/registry/networking.k8s.io/ipaddresses/10.0.0.5', fresh);
      await api.clock.advance(180_000);
      expect(await names(api, addresses)).to.deep.equal(['10.0.0.5']);
      await api.clock.advance(180_000);
      expect(await names(api, addresses)).to.deep.equal([]);
    });

    it('are claimed anew for services that lost theirs', async () => {
      await start('10.0.0.0/24');
      await api.post(services, web('a', { type: 'NodePort', clusterIP: '10.0.0.9' }));
      await api.delete(`${addresses}/10.0.0.9`);
      await api.clock.advance(180_000);
      expect(await names(api, addresses)).to.deep.equal(['10.0.0.9']);
      expect(await events(api)).to.deep.equal([
        'a ClusterIPNotAllocated: Cluster IP [IPv4]: 10.0.0.9 is not allocated; repairing',
      ]);
    });

    it('are told of where services cannot keep them', async () => {
      await start('10.0.0.0/24');
      await api.post(services, web('a', { type: 'NodePort', clusterIP: '10.0.0.9' }));
      const [entry] = (await api.storage.list('/registry/core/services/')).entries;
      const { metadata, spec } = entry!.object as any;
      const ports = [{ port: 80, protocol: 'TCP', nodePort: 31000 }];
      const stray = { clusterIP: '10.7.0.1', clusterIPs: ['10.7.0.1', '10.0.0.9'], ports };
      await api.storage.create('/registry/core/services/default/b', {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { ...metadata, name: 'b', uid: 'b' },
        spec: { ...spec, ...stray },
      } as any);
      for (let i = 0; i < 2; i++) await api.clock.advance(180_000);
      const told = await events(api);
      for (const one of [
        'b ClusterIPAlreadyAllocated: Cluster IP [IPv4]: 10.0.0.9 was assigned to multiple services; please recreate service',
        'b ClusterIPOutOfRange: Cluster IP [IPv4]: 10.7.0.1 is not within any configured Service CIDR; please recreate service',
        'b PortOutOfRange: Port 31000 is not within the port range 30000-30009; please recreate service',
      ])
        expect(told.filter((text) => text === one)).to.deep.equal([one]);
    });
  });

  describe('of both families', () => {
    const dual = '10.0.0.0/24,fd00:10:96::/112';
    const cases: [what: string, cidr: string, spec: object, policy: string, families: string[], ips: number][] = [
      ['nothing said', dual, {}, 'SingleStack', ['IPv4'], 1],
      ['IPv6 only', dual, { ipFamilies: ['IPv6'] }, 'SingleStack', ['IPv6'], 1],
      ['both preferred', dual, { ipFamilyPolicy: 'PreferDualStack' }, 'PreferDualStack', ['IPv4', 'IPv6'], 2],
      ['both required', dual, { ipFamilyPolicy: 'RequireDualStack' }, 'RequireDualStack', ['IPv4', 'IPv6'], 2],
      [
        'both, IPv6 first',
        dual,
        { ipFamilyPolicy: 'PreferDualStack', ipFamilies: ['IPv6'] },
        'PreferDualStack',
        ['IPv6', 'IPv4'],
        2,
      ],
      ['an IPv6 address', dual, { clusterIP: 'fd00:10:96::99' }, 'SingleStack', ['IPv6'], 1],
      ['a headless one without selector', dual, { clusterIP: 'None' }, 'RequireDualStack', ['IPv4', 'IPv6'], 1],
      ['a headless one with selector', dual, { clusterIP: 'None', selector: { a: 'b' } }, 'SingleStack', ['IPv4'], 1],
      [
        'both preferred where there is one',
        '10.0.0.0/24',
        { ipFamilyPolicy: 'PreferDualStack' },
        'PreferDualStack',
        ['IPv4'],
        1,
      ],
      ['a cluster of IPv6', 'fd00:10:96::/112', {}, 'SingleStack', ['IPv6'], 1],
    ];
    for (const [what, cidr, spec, policy, families, count] of cases) {
      it(`are given for ${what}`, async () => {
        await start(cidr);
        const { body } = await api.post(services, web('a', spec));
        expect(body.spec, JSON.stringify(body)).to.deep.include({ ipFamilyPolicy: policy, ipFamilies: families });
        expect(body.spec.clusterIPs).to.have.length(count);
        expect(body.spec.clusterIP).to.equal(body.spec.clusterIPs[0]);
      });
    }

    const refused: [what: string, cidr: string, spec: object, message: string][] = [
      [
        'both where there is one',
        '10.0.0.0/24',
        { ipFamilyPolicy: 'RequireDualStack' },
        'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services',
      ],
      [
        'a family that is not there',
        '10.0.0.0/24',
        { ipFamilies: ['IPv6'] },
        'spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster',
      ],
      [
        'an address of such a family',
        '10.0.0.0/24',
        { clusterIP: 'fd00::1' },
        'spec.clusterIPs[0]: Invalid value: ["fd00::1"]: IPv6 is not configured on this cluster',
      ],
      [
        'an address of the other family than said',
        dual,
        { clusterIP: 'fd00:10:96::5', ipFamilies: ['IPv4'] },
        'expected an IPv4 value as indicated by `ipFamilies[0]`',
      ],
      [
        'two families of a single stack',
        dual,
        { ipFamilyPolicy: 'SingleStack', ipFamilies: ['IPv4', 'IPv6'] },
        "must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified",
      ],
    ];
    for (const [what, cidr, spec, message] of refused) {
      it(`are refused for ${what}`, async () => {
        await start(cidr);
        const { status, body } = await api.post(services, web('a', spec));
        expect([status, body.message]).to.satisfy(([s, m]: any) => s === 422 && m.includes(message), body.message);
        expect(await names(api, addresses)).to.deep.equal([]);
      });
    }

    it('come and go with the policy', async () => {
      await start(dual);
      const { clusterIP } = (await api.post(services, web('a'))).body.spec;
      const both = await api.patch(`${services}/a`, 'merge-patch', { spec: { ipFamilyPolicy: 'PreferDualStack' } });
      expect(both.body.spec.clusterIPs).to.have.length(2);
      expect(await names(api, addresses)).to.have.members(both.body.spec.clusterIPs);
      const one = await api.patch(`${services}/a`, 'merge-patch', { spec: { ipFamilyPolicy: 'SingleStack' } });
      expect(one.body.spec).to.deep.include({ clusterIPs: [clusterIP], ipFamilies: ['IPv4'] });
      expect(await names(api, addresses)).to.deep.equal([clusterIP]);
    });
  });

  describe('health check node ports', () => {
    const local = { type: 'LoadBalancer', externalTrafficPolicy: 'Local' };

    it('are given to balanced services that keep traffic local, and taken back', async () => {
      await start('10.0.0.0/24');
      const { body } = await api.post(services, web('a', local));
      const port = body.spec.healthCheckNodePort;
      expect(port).to.be.within(30000, 30009).and.not.equal(body.spec.ports[0].nodePort);
      const taken = await api.post(services, web('b', { ...local, healthCheckNodePort: port }));
      expect(taken.body.message).to.contain(`failed to allocate requested HealthCheck NodePort ${port}`);
      const kept = await api.put(`${services}/a`, web('a', { ...local, selector: { a: 'b' } }));
      expect(kept.body.spec.healthCheckNodePort).to.equal(port);
      const wide = await api.patch(`${services}/a`, 'merge-patch', { spec: { externalTrafficPolicy: 'Cluster' } });
      expect(wide.body.spec).not.to.have.property('healthCheckNodePort');
      const free = await api.post(services, web('c', { ...local, healthCheckNodePort: port }));
      expect(free.body.spec.healthCheckNodePort).to.equal(port);
    });
  });

  it('come from what ServiceCIDRs say is ready', async () => {
    await start('10.0.0.0/30');
    const kubernetes = (await api.get(`${ranges}/kubernetes`)).body;
    expect(kubernetes.spec.cidrs).to.deep.equal(['10.0.0.0/30']);
    expect(kubernetes.status.conditions[0]).to.deep.include({ type: 'Ready', status: 'True' });
    await api.post(services, web('a'));
    await api.post(services, web('b'));
    const more = { apiVersion: 'networking.k8s.io/v1', kind: 'ServiceCIDR', metadata: { name: 'more' } };
    await api.post(ranges, { ...more, spec: { cidrs: ['10.9.0.0/24'] } });
    expect((await api.post(services, web('c'))).body.message).to.contain('range is full');
    const status = {
      conditions: [{ type: 'Ready', status: 'True', reason: '', message: '', lastTransitionTime: null }],
    };
    await api.patch(`${ranges}/more/status`, 'merge-patch', { status });
    expect((await api.post(services, web('c'))).body.spec.clusterIP).to.match(/^10\.9\.0\./);
    expect((await api.post(services, web('d', { clusterIP: '10.9.0.200' }))).status).to.equal(201);
  });
});

describe('a ServiceCIDR', () => {
  it('becomes ready, gives addresses, and outlives its deletion for as long as it is needed', async () => {
    const clock = new VirtualClock();
    const cluster = await Cluster.start({ clock, listen: false });
    const { client } = cluster;
    const ready = async () => {
      for (let i = 0; i < 100; i++) {
        const found = await client.find(serviceCidr, { name: 'more' });
        if (!found || found.status?.conditions?.[0]) return found;
        await clock.advance(100);
      }
      throw new Error('no condition');
    };
    await client.create(serviceCidr, { metadata: { name: 'more' }, spec: { cidrs: ['10.9.0.0/24'] } });
    const made = await ready();
    expect(made!.status!.conditions![0]).to.deep.include({ type: 'Ready', status: 'True' });
    expect(made!.metadata.finalizers).to.deep.equal(['networking.k8s.io/service-cidr-finalizer']);
    const a = { metadata: { name: 'a', namespace: 'default' } };
    await client.create(service, { ...a, spec: { clusterIP: '10.9.0.9', ports: [{ port: 80 }] } });
    await client.delete(serviceCidr, { name: 'more' });
    await clock.advance(60_000);
    const ending = await client.get(serviceCidr, { name: 'more' });
    expect(ending.status!.conditions![0]).to.deep.include({ status: 'False', reason: 'Terminating' });
    await client.delete(service, a.metadata);
    await clock.advance(60_000);
    expect(await client.find(serviceCidr, { name: 'more' })).to.equal(undefined);
    await cluster.stop();
  });
});
