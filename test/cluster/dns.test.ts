import { Resolver } from 'node:dns/promises';
import { expect } from 'chai';
import { service } from '../../src/api/core-v1/service.ts';
import { endpointSlice, type EndpointSlice } from '../../src/api/discovery-v1/endpoint-slice.ts';
import { realClock } from '../../src/base/clock.ts';
import { noLog } from '../../src/base/log.ts';
import { parseKubeconfig } from '../../src/client/kubeconfig.ts';
import { Cluster } from '../../src/cluster/cluster.ts';
import { defaultAddress } from '../../src/cluster/machine.ts';
import { ClusterDns, dnsAddressOf } from '../../src/cluster/dns.ts';

describe('dnsAddressOf', () => {
  const cases: [string, string | undefined][] = [
    ['10.96.0.0/16', '10.96.0.10'],
    ['10.96.0.0/16,fd00:10:96::/112', '10.96.0.10'],
    ['fd00:10:96::/112', 'fd00:10:96::a'],
    ['10.96.0.0/30', undefined],
  ];
  for (const [cidr, address] of cases) it(`${cidr}: ${address}`, () => expect(dnsAddressOf(cidr)).to.equal(address));
});

describe('ClusterDns', () => {
  let cluster: Cluster;
  let dns: ClusterDns;
  /** The machine's own: endpoints must not be loopback. */
  let ip: string;
  const at = { namespace: 'kube-system', name: 'kube-dns' };

  before(async () => {
    ip = await defaultAddress();
    cluster = await Cluster.start({ controllers: false, scheduler: false });
    const { server, ca, cert, key } = parseKubeconfig(cluster.kubeconfig);
    const connection = { server, ca: String(ca), cert: String(cert), key: String(key) };
    dns = new ClusterDns({
      ...{ client: cluster.client, connection, clock: realClock, log: noLog, logLevel: 'error', logFile: '/dev/null' },
      ...{ nodeName: 'here', nodeIp: ip, clusterCidr: '10.244.0.0/16', clusterIp: '10.96.0.10' },
    });
    await dns.start();
  });

  after(async () => {
    await dns?.stop();
    await cluster?.stop();
  });

  const slice = () => cluster.client.get(endpointSlice, { ...at, name: 'kube-dns-here' });
  const portOf = ({ ports = [] }: Pick<EndpointSlice, 'ports'>, name: string) =>
    ports.find((p) => p.name === name)!.port!;

  it('is a service that tools look for, and leads to where it answers', async () => {
    const found = await cluster.client.get(service, at);
    expect(found.spec).to.deep.include({ clusterIP: '10.96.0.10', type: 'ClusterIP' });
    expect(found.metadata.labels).to.deep.equal({
      'k8s-app': 'kube-dns',
      'kubernetes.io/cluster-service': 'true',
      'kubernetes.io/name': 'CoreDNS',
    });
    const { endpoints, ...rest } = await slice();
    expect(endpoints).to.deep.equal([
      { addresses: [ip], conditions: { ready: true, serving: true, terminating: false }, nodeName: 'here' },
    ]);
    const resolver = new Resolver();
    resolver.setServers([`${ip}:${portOf(rest, 'dns')}`]);
    expect(await resolver.resolve4('kubernetes.default.svc.cluster.local')).to.deep.equal(['10.96.0.1']);
    expect(await resolver.resolve4('kube-dns.kube-system.svc.cluster.local')).to.deep.equal(['10.96.0.10']);
    const metrics = await fetch(`http://${ip}:${portOf(rest, 'metrics')}/metrics`);
    expect(await metrics.text()).to.contain('coredns_build_info');
  });

  it('takes its endpoint away when it stops', async () => {
    await dns.stop();
    expect(await cluster.client.find(endpointSlice, { ...at, name: 'kube-dns-here' })).to.equal(undefined);
    expect(await cluster.client.find(service, at)).not.to.equal(undefined);
  });
});
