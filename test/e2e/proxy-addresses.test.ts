import { expect } from 'chai';
import { get } from 'node:http';
import type { Service } from '../../src/api/core-v1/service.ts';
import { freePort } from '../../src/cluster/free-port.ts';
import { webService, webSlice } from '../proxy/objects.ts';
import { nameOf, ProxyWorld } from './proxy-world.ts';
import { eventually } from './running-cluster.ts';

describe('services outside their cluster IP, in a real network', function () {
  this.timeout(60_000);
  const world = new ProxyWorld({
    healthPortAddress: '127.0.0.1',
    status: { health: { address: '127.0.0.1', port: 0 }, metrics: { port: 0 } },
  });
  const { network } = world;
  const ports = [{ port: 80, nodePort: 30080, protocol: 'TCP' }];
  const six = () => webSlice(['fd00:10:244::2'], undefined, 'web-2');

  function balanced(spec: object): Service {
    const service = webService({ type: 'LoadBalancer', ports, ...spec });
    service.status = { loadBalancer: { ingress: [{ ip: '203.0.113.8' }] } };
    return service;
  }

  before(async () => {
    await network.create(2);
    await Promise.all([network.serve(1, 8080), network.serve(1, 5353, 'udp'), network.serve(2, 5353, 'udp')]);
    world.put(webService({ externalIPs: ['203.0.113.7'] }), webSlice(['10.244.0.2']));
    await world.start();
  });

  after(() => world.end());

  it('answer on external addresses, to clients outside, pods and the node', async () => {
    const askers = [network.outside, network.pod(2), network.node];
    const answers = await Promise.all(askers.map((from) => network.ask(from, '203.0.113.7', 80)));
    expect(answers.map(nameOf)).to.deep.equal(['pod1', 'pod1', 'pod1']);
  });

  it("answer on a load balancer's address to those in its source ranges, and to nobody else", async () => {
    await world.change(balanced({ loadBalancerSourceRanges: ['198.51.100.2/32'] }), webSlice(['10.244.0.2']));
    const [outside, pod, nodePort] = await Promise.all([
      network.ask(network.outside, '203.0.113.8', 80),
      network.askInVain(network.pod(2), '203.0.113.8', 80),
      network.ask(network.pod(2), '10.244.0.1', 30080),
    ]);
    expect([nameOf(outside), nameOf(pod), nameOf(nodePort)]).to.deep.equal(['pod1', 'silence', 'pod1']);
  });

  it('are asked for their endpoints here by load balancers', async () => {
    const port = await freePort();
    const local = balanced({ externalTrafficPolicy: 'Local', healthCheckNodePort: port });
    await world.change(local, webSlice(['10.244.0.2']));
    expect(await network.rules()).to.contain(
      `--dport ${port} -m comment --comment "shop/web health check (IPv4)" -j ACCEPT`,
    );
    expect(await fetchFrom(port, '/')).to.deep.include({ status: 200 });
    const [health = 0, metrics = 0] = world.proxy.statusPorts;
    expect(await fetchFrom(health, '/healthz')).to.deep.include({ status: 200 });
    expect(await fetchFrom(health, '/livez')).to.deep.include({ status: 200 });
    expect((await fetchFrom(metrics, '/proxyMode')).body).to.equal('iptables');
    expect((await fetchFrom(metrics, '/metrics')).body)
      .to.match(/^kubeproxy_sync_proxy_rules_duration_seconds_count [1-9]/m)
      .and.match(/^kubeproxy_sync_proxy_rules_iptables_total\{table="nat",ip_family="IPv4"\} [1-9]/m);
    await world.change(local, webSlice([{ addresses: ['10.244.0.3'], nodeName: 'n2' }]));
    const { status, body } = await fetchFrom(port, '/');
    expect(status).to.equal(503);
    expect(JSON.parse(body)).to.deep.equal({
      service: { namespace: 'shop', name: 'web' },
      localEndpoints: 0,
      serviceProxyHealthy: true,
    });
  });

  it('answer on IPv6 too when they have an address of it', async () => {
    const dual = { clusterIPs: ['10.96.0.10', 'fd00:10:96::a'], type: 'NodePort', ports };
    await world.change(webService(dual), webSlice(['10.244.0.2']), six());
    const asked: [string, string, number][] = [
      [network.pod(2), 'fd00:10:96::a', 80],
      [network.pod(1), 'fd00:10:96::a', 80],
      [network.node, 'fd00:10:96::a', 80],
      [network.pod(2), 'fd00:10:244::1', 30080],
      [network.pod(2), '10.96.0.10', 80],
    ];
    const answers = await Promise.all(asked.map((to) => network.ask(...to)));
    expect(answers.map(nameOf)).to.deep.equal(Array(5).fill('pod1'));
    expect(answers[0]).to.equal('pod1 fd00:10:244::3');
    await world.change(webService(dual), webSlice([]), webSlice([], undefined, 'web-2'));
    expect(await network.ask(network.pod(2), 'fd00:10:96::a', 80)).to.equal('refused');
  });

  it('go with their type: a node port, none, an external name, and back', async () => {
    const answer = async (address: string, port: number) =>
      nameOf(await network.askInVain(network.outside, address, port));
    await world.change(webService({ type: 'NodePort', ports }), webSlice(['10.244.0.2']));
    expect(await answer('198.51.100.1', 30080)).to.equal('pod1');
    await world.change(webService(), webSlice(['10.244.0.2']));
    expect(await answer('198.51.100.1', 30080)).to.equal('refused');
    expect(await answer('10.96.0.10', 80)).to.equal('pod1');
    await world.change(webService({ type: 'ExternalName', clusterIP: '', clusterIPs: [] }), webSlice(['10.244.0.2']));
    expect(await network.rules()).not.to.match(/COX-(SVC|EXT|REFUSE-\d|SERVICES-\d)/);
    await world.change(webService({ type: 'NodePort', ports }), webSlice(['10.244.0.2']));
    expect(await answer('198.51.100.1', 30080)).to.equal('pod1');
  });

  it('of UDP forget connections by node port and external address when their endpoint goes', async () => {
    const dns = webService({
      type: 'NodePort',
      externalIPs: ['203.0.113.7'],
      ports: [{ name: 'dns', port: 53, nodePort: 30053, protocol: 'UDP' }],
    });
    const slice = (ip: string) => webSlice([ip], [{ name: 'dns', port: 5353, protocol: 'UDP' }]);
    await world.change(dns, slice('10.244.0.2'));
    const ask = () =>
      Promise.all([
        network.askByDatagram(40_001, '198.51.100.1', 30053, network.outside),
        network.askByDatagram(40_002, '203.0.113.7', 53, network.outside),
      ]);
    expect((await ask()).map(nameOf)).to.deep.equal(['pod1', 'pod1']);
    await world.change(dns, slice('10.244.0.3'));
    await eventually('the new endpoint', async () => (await ask()).every((answer) => nameOf(answer) === 'pod2'));
  });

  it('of SCTP have rules', async () => {
    const sctp = [{ port: 80, nodePort: 30080, protocol: 'SCTP' }];
    const slice = webSlice(['10.244.0.2'], [{ name: '', port: 8080, protocol: 'SCTP' }]);
    await world.change(webService({ type: 'NodePort', ports: sctp }), slice);
    expect(await network.rules()).to.contain('-p sctp -m sctp -j DNAT --to-destination 10.244.0.2:8080');
  });
});

function fetchFrom(port: number, path: string): Promise<{ status: number | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    const request = get({ host: '127.0.0.1', port, path, agent: false }, (response) => {
      let body = '';
      response.on('data', (chunk) => (body += chunk));
      response.on('end', () => resolve({ status: response.statusCode, body }));
    });
    request.on('error', reject);
  });
}
