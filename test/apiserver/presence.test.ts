import { expect } from 'chai';
import { realClock } from '../../src/base/clock.ts';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { Pki } from '../../src/cluster/pki.ts';
import { addressGroups, endpointsOf, slicesOf } from '../../src/apiserver/presence/endpoint-leases.ts';
import { identityOf } from '../../src/apiserver/presence/identity-lease.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import { TestServer } from './test-server.ts';

const leases = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases';
const endpoints = '/api/v1/namespaces/default/endpoints/kubernetes';
const slices = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices';

describe('the addresses of servers', () => {
  const address = (ip: string, port = 6443) => ({ ip, port });

  it('are one subset and one slice when all listen alike', () => {
    const groups = addressGroups([address('192.0.2.2'), address('192.0.2.1'), address('192.0.2.2')]);
    expect(endpointsOf(groups).subsets).to.deep.equal([
      {
        addresses: [{ ip: '192.0.2.1' }, { ip: '192.0.2.2' }],
        ports: [{ name: 'https', port: 6443, protocol: 'TCP' }],
      },
    ]);
    const [slice, ...others] = slicesOf(groups);
    expect(others).to.deep.equal([]);
    expect(slice!.metadata.name).to.equal('kubernetes');
    expect(slice!.endpoints.map((e) => e.addresses[0])).to.deep.equal(['192.0.2.1', '192.0.2.2']);
  });

  it('get subsets and slices by port and family', () => {
    const groups = addressGroups([address('fd00::1'), address('192.0.2.1', 7443), address('192.0.2.1')]);
    expect(
      slicesOf(groups).map(({ metadata, addressType, ports }) => [metadata.name, addressType, ports[0]!.port]),
    ).to.deep.equal([
      ['kubernetes', 'IPv4', 6443],
      ['kubernetes-ipv4-7443', 'IPv4', 7443],
      ['kubernetes-ipv6-6443', 'IPv6', 6443],
    ]);
    expect(endpointsOf(groups).subsets).to.have.length(3);
  });

  it('are none when there is no server', () => {
    expect(endpointsOf(addressGroups([])).subsets).to.deep.equal([]);
    expect(slicesOf(addressGroups([]))).to.have.length(1);
    expect(slicesOf(addressGroups([]))[0]!.endpoints).to.deep.equal([]);
  });
});

describe('the identity of a server', () => {
  it('is the same at each start and another for each address', () => {
    const server = { hostname: 'm1', ip: '192.0.2.1', port: 6443 };
    expect(identityOf(server))
      .to.equal(identityOf({ ...server }))
      .and.match(/^apiserver-[a-z2-7]{26}$/);
    expect(identityOf(server)).not.to.equal(identityOf({ ...server, port: 6444 }));
    expect(identityOf(server)).not.to.equal(identityOf({ ...server, hostname: 'm2' }));
  });
});

describe('the presence of servers', () => {
  let clock: VirtualClock;
  let storage: MemoryStorage;
  let servers: TestServer[];

  const listen = async (ip: string) => {
    const pki = await Pki.open({ clock: realClock });
    const { certificate: cert, privateKey: key } = await pki.credentials('kubelet-serving');
    const server = new TestServer({ clock, storage, advertiseAddress: ip, hostname: 'm' });
    await server.server.listen({ host: '127.0.0.1', port: 0, cert, key, clientCa: pki.caCertificate });
    servers.push(server);
    return server;
  };
  const shown = async (server: TestServer) =>
    (await server.get(endpoints)).body.subsets.flatMap((s: any) => s.addresses.map((a: any) => a.ip)).sort();

  beforeEach(() => {
    clock = new VirtualClock();
    storage = new MemoryStorage({ clock });
    servers = [];
  });
  afterEach(async () => {
    for (const server of servers) await server.close();
    await storage.close();
  });

  it('shows all that live, and not those that left', async () => {
    const [first, second] = [await listen('192.0.2.1'), await listen('192.0.2.2')];
    expect(await shown(first)).to.deep.equal(['192.0.2.1', '192.0.2.2']);
    await clock.advance(120_000);
    expect(await shown(first)).to.deep.equal(['192.0.2.1', '192.0.2.2']);
    const names = (await first.get(slices)).body.items.map(({ metadata }: any) => metadata.name);
    expect(names).to.have.length(2).and.include('kubernetes');
    await second.server.close();
    expect(await shown(first)).to.deep.equal(['192.0.2.1']);
    expect((await first.get(slices)).body.items).to.have.length(1);
  });

  it('forgets the address of one that gives no sign any more', async () => {
    const first = await listen('192.0.2.1');
    const lost = { address: { ip: '192.0.2.9', port: 6443 }, apiVersion: 'coxswain/v1', kind: 'AddressLease' };
    const metadata = { name: '192.0.2.9:6443', uid: '', resourceVersion: '', creationTimestamp: '' };
    await storage.create('/registry/masterleases/192.0.2.9:6443', { ...lost, metadata }, 15);
    await clock.advance(10_000);
    expect(await shown(first)).to.deep.equal(['192.0.2.1', '192.0.2.9']);
    await clock.advance(20_000);
    expect(await shown(first)).to.deep.equal(['192.0.2.1']);
  });

  it('is a lease of each, which goes an hour after its server', async () => {
    const first = await listen('192.0.2.1');
    const second = await listen('192.0.2.2');
    const selected = `${leases}?labelSelector=apiserver.kubernetes.io%2Fidentity%3Dkube-apiserver`;
    const held = (await first.get(selected)).body.items;
    expect(held).to.have.length(2);
    const [{ metadata, spec }] = held;
    expect(metadata.name).to.match(/^apiserver-/);
    expect(metadata.labels['kubernetes.io/hostname']).to.equal('m');
    expect(spec.holderIdentity).to.match(new RegExp(`^${metadata.name}_[0-9a-f-]{36}$`));
    expect(spec.leaseDurationSeconds).to.equal(3600);
    await second.server.close();
    await clock.advance(3_500_000);
    expect((await first.get(selected)).body.items).to.have.length(2);
    await clock.advance(200_000);
    expect((await first.get(selected)).body.items).to.have.length(1);
  });

  it('leaves out an address that only this machine can reach', async () => {
    const server = await listen('127.0.0.1');
    expect((await server.get(endpoints)).status).to.equal(404);
    expect((await server.get(leases)).body.items).to.have.length(1);
  });
});
