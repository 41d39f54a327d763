import { expect } from 'chai';
import { endpoints } from '../../src/api/core-v1/endpoints.ts';
import { node } from '../../src/api/core-v1/node.ts';
import { service } from '../../src/api/core-v1/service.ts';
import { endpointSlice } from '../../src/api/discovery-v1/endpoint-slice.ts';
import { realClock } from '../../src/base/clock.ts';
import { noLog } from '../../src/base/log.ts';
import { Cluster } from '../../src/cluster/cluster.ts';
import { DnsPublisher, differs, dnsSlice, isOthers, type DnsPlace } from '../../src/dns/publish.ts';

const at = { namespace: 'kube-system', name: 'kube-dns' };
const here: DnsPlace = { host: '192.0.2.1', port: 10_053, statusPort: 9153, name: 'n1', nodeName: 'n1' };

describe('DnsPublisher', () => {
  let cluster: Cluster;
  let place: DnsPlace | undefined;
  let publisher: DnsPublisher;

  beforeEach(async () => {
    cluster = await Cluster.start({ listen: false, controllers: false, scheduler: false });
    place = here;
    publisher = make(() => place);
  });

  afterEach(() => cluster.stop());

  const make = (of: () => DnsPlace | undefined) =>
    new DnsPublisher({ client: cluster.client, clock: realClock, log: noLog, clusterIp: '10.96.0.10', place: of });
  const slices = async () => (await cluster.client.list(endpointSlice, { namespace: 'kube-system' })).items;
  const addresses = async () =>
    (await cluster.client.find(endpoints, at))?.subsets?.map((s) => s.addresses?.map((a) => a.ip));
  const names = async () => (await slices()).map(({ metadata }) => metadata.name);

  it('repairs what somebody removed or changed, and writes nothing else', async () => {
    await publisher.check();
    const [before] = await slices();
    const written = await cluster.client.get(endpoints, at);
    await publisher.check();
    expect((await cluster.client.get(endpoints, at)).metadata.resourceVersion).to.equal(
      written.metadata.resourceVersion,
    );
    expect((await slices())[0]!.metadata.resourceVersion).to.equal(before!.metadata.resourceVersion);
    await cluster.client.update(endpointSlice, { ...before!, endpoints: [] });
    await cluster.client.delete(service, at);
    await publisher.check();
    expect((await slices())[0]!.endpoints).to.have.length(1);
    expect((await cluster.client.get(service, at)).spec!.clusterIP).to.equal('10.96.0.10');
  });

  it('follows the server to another port or family, and waits for one that does not answer yet', async () => {
    place = undefined;
    await publisher.check();
    expect(await names()).to.deep.equal([]);
    for (const host of ['192.0.2.1', '2001:db8::1']) {
      place = { ...here, host, port: 5353 };
      await publisher.check();
      const [slice] = await slices();
      expect(slice!.endpoints![0]!.addresses).to.deep.equal([host]);
      expect(slice!.ports!.map((p) => p.port)).to.deep.equal([5353, 5353, 9153]);
    }
  });

  it('leaves the service to somebody else whose pods it selects', async () => {
    await publisher.check();
    const found = await cluster.client.get(service, at);
    await cluster.client.update(service, { ...found, spec: { ...found.spec, selector: { 'k8s-app': 'kube-dns' } } });
    await publisher.check();
    expect(await names()).to.deep.equal([]);
  });

  it('stands beside other servers, and removes those whose node has died', async () => {
    const other = make(() => ({ ...here, name: 'n2', nodeName: 'n2', host: '192.0.2.2' }));
    const ready = (status: string) => ({ conditions: [{ type: 'Ready', status }] });
    const n2 = await cluster.client.create(node, { metadata: { name: 'n2' } });
    await cluster.client.updateStatus(node, { ...n2, status: ready('True') as any });
    await other.check();
    await publisher.check();
    expect(await names()).to.deep.equal(['kube-dns-n1', 'kube-dns-n2']);
    expect(await addresses()).to.deep.equal([['192.0.2.1', '192.0.2.2']]);
    const now = await cluster.client.get(node, { name: 'n2' });
    await cluster.client.updateStatus(node, { ...now, status: ready('Unknown') as any });
    await publisher.check();
    expect(await names()).to.deep.equal(['kube-dns-n1']);
    expect(await addresses()).to.deep.equal([['192.0.2.1']]);
  });
});

describe('differs', () => {
  const written = { ...dnsSlice(here), metadata: { ...dnsSlice(here).metadata, resourceVersion: '1' } } as any;
  it('sees what counts', () => {
    expect(differs(undefined, dnsSlice(here))).to.equal(true);
    expect(differs(written, dnsSlice(here))).to.equal(false);
    expect(differs(written, dnsSlice({ ...here, port: 1 }))).to.equal(true);
    expect(differs(written, dnsSlice({ ...here, statusPort: undefined }))).to.equal(true);
    expect(differs({ ...written, metadata: { ...written.metadata, labels: {} } }, dnsSlice(here))).to.equal(true);
  });
});

describe('isOthers', () => {
  it('is a service that selects pods', () => {
    expect(isOthers(undefined)).to.equal(false);
    expect(isOthers({ spec: {} } as any)).to.equal(false);
    expect(isOthers({ spec: { selector: { a: 'b' } } } as any)).to.equal(true);
  });
});
