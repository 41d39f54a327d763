import { expect } from 'chai';
import { servicePorts } from '../../src/proxy/model.ts';
import { webPorts, webService, webSlice } from './objects.ts';

const n1 = { name: 'n1' };
const endpointsOf = (...args: Parameters<typeof servicePorts>) =>
  servicePorts(...args).map((p) => p.endpoints.map((e) => `${e.ip}:${e.port}${e.here ? ' here' : ''}`));

describe('services of the proxy', () => {
  it('join a service with the ready endpoints of all its slices', () => {
    const slices = [
      webSlice(['10.244.0.3', '10.244.0.2']),
      webSlice([{ addresses: ['10.244.1.9'], nodeName: 'n2' }], undefined, 'b'),
    ];
    slices[1]!.ports = [{ port: 8080 }];
    expect(servicePorts(webService(), slices, n1)).to.deep.equal([
      {
        name: 'shop/web:80',
        family: 'IPv4',
        protocol: 'TCP',
        clusterIp: '10.96.0.10',
        port: 80,
        externalIps: [],
        balancerIps: [],
        internalLocal: false,
        externalLocal: false,
        endpoints: [
          { ip: '10.244.0.2', port: 8080, here: true },
          { ip: '10.244.0.3', port: 8080, here: true },
          { ip: '10.244.1.9', port: 8080, here: false },
        ],
        localEndpoints: [],
        serving: ['10.244.0.2:8080', '10.244.0.3:8080', '10.244.1.9:8080'],
      },
    ]);
  });

  it('join ports by name and protocol', () => {
    const ports = [
      { name: 'dns', port: 53, protocol: 'UDP' },
      { name: 'dns-tcp', port: 53, protocol: 'TCP' },
      { name: 'metrics', port: 9153 },
      { name: 'sctp', port: 9, protocol: 'SCTP' },
    ];
    const slicePorts = [
      { name: 'dns', port: 5353, protocol: 'UDP' },
      { name: 'dns-tcp', port: 5354, protocol: 'TCP' },
      { name: 'metrics', port: 1, protocol: 'UDP' },
      { name: 'sctp', port: 99, protocol: 'SCTP' },
    ];
    const found = servicePorts(webService({ ports }), [webSlice(['10.244.0.2'], slicePorts)], n1);
    expect(found[0]).to.deep.include({ name: 'shop/web:dns', protocol: 'UDP' });
    expect(found.map((p) => p.endpoints.map((e) => e.port))).to.deep.equal([[5353], [5354], [], [99]]);
  });

  const label = (name: string, value = '') => ({ labels: { [`service.kubernetes.io/${name}`]: value } });
  const ignored: [string, ReturnType<typeof webService>][] = [
    ['without a cluster IP', webService({ clusterIP: 'None', clusterIPs: ['None'] })],
    ['that have none yet', webService({ clusterIP: '', clusterIPs: [] })],
    ['of type ExternalName', webService({ type: 'ExternalName' })],
    ['of another proxy', webService({}, label('service-proxy-name', 'other'))],
    ['that are labelled headless', webService({}, label('headless'))],
  ];
  for (const [what, service] of ignored) {
    it(`are not those ${what}`, () => expect(servicePorts(service, [webSlice(['10.244.0.2'])], n1)).to.deep.equal([]));
  }

  it('have no endpoints of slices that are labelled headless', () => {
    const slice = webSlice(['10.244.0.2']);
    Object.assign(slice.metadata.labels!, label('headless').labels);
    expect(endpointsOf(webService(), [slice], n1)).to.deep.equal([[]]);
  });

  it('have ports in each address family, with the endpoints of that family', () => {
    const service = webService({
      clusterIPs: ['10.96.0.10', 'fd00:0:0::a'],
      externalIPs: ['198.51.100.7', '2001:db8:0::7'],
    });
    const slices = [webSlice(['10.244.0.2']), webSlice(['fd01:0::2'], undefined, 'six')];
    const found = servicePorts(service, slices, n1);
    expect(found.map((p) => [p.family, p.clusterIp, p.externalIps, p.serving])).to.deep.equal([
      ['IPv4', '10.96.0.10', ['198.51.100.7'], ['10.244.0.2:8080']],
      ['IPv6', 'fd00::a', ['2001:db8::7'], ['[fd01::2]:8080']],
    ]);
  });

  it('of IPv6 alone have no IPv4 ports', () => {
    const service = webService({ clusterIP: 'fd00::a', clusterIPs: ['fd00::a'] });
    expect(servicePorts(service, [webSlice(['10.244.0.2'])], n1).map((p) => p.family)).to.deep.equal(['IPv6']);
  });

  const balanced = (spec: object = {}) =>
    webService({
      type: 'LoadBalancer',
      ports: [{ name: 'http', port: 80, nodePort: 30080 }],
      externalIPs: ['198.51.100.7', 'nonsense'],
      externalTrafficPolicy: 'Local',
      internalTrafficPolicy: 'Local',
      healthCheckNodePort: 32000,
      sessionAffinity: 'ClientIP',
      loadBalancerSourceRanges: ['10.1.2.3/8', ' 192.0.2.0/24 ', 'fd00::/8', '10.0.0.0/8', 'x'],
      ...spec,
    });

  it('know node ports, external addresses, source ranges, policies and affinity', () => {
    const service = balanced();
    service.status = { loadBalancer: { ingress: [{ ip: '198.51.100.8' }, { ip: '198.51.100.9', ipMode: 'Proxy' }] } };
    expect(servicePorts(service, [], n1)[0]).to.deep.include({
      nodePort: 30080,
      externalIps: ['198.51.100.7'],
      balancerIps: ['198.51.100.8'],
      sourceRanges: ['10.0.0.0/8', '192.0.2.0/24'],
      healthPort: 32000,
      externalLocal: true,
      internalLocal: true,
      affinitySeconds: 10_800,
    });
  });

  it('have no load balancer when they are of another type, whatever else they say', () => {
    const service = balanced({ type: 'NodePort' });
    service.status = { loadBalancer: { ingress: [{ ip: '198.51.100.8' }] } };
    const [port] = servicePorts(service, [], n1);
    expect(port).to.deep.include({ balancerIps: [] }).and.not.to.have.any.keys('sourceRanges', 'healthPort');
  });

  it('let nobody in when no source range is of their family', () => {
    const [port] = servicePorts(balanced({ loadBalancerSourceRanges: ['fd00::/8'] }), [], n1);
    expect(port).to.deep.include({ sourceRanges: [] });
  });

  it('let nothing into rules that is not an address or a number', () => {
    const evil = '10.244.0.2\n-A INPUT -j DROP' as string;
    const slices = [
      webSlice(['127.0.0.1', evil, '169.254.169.254', 'host', '0.0.0.0']),
      webSlice(['10.244.0.4'], [{ name: '', port: '1 -j X' as any }]),
      webSlice(['::1', 'fe80::1', 'fe80::1%eth0', '::ffff:127.0.0.1', '::']),
    ];
    const dual = webService({ clusterIPs: ['10.96.0.10', 'fd00::a'] });
    expect(endpointsOf(dual, slices, n1)).to.deep.equal([[], []]);
    const named = webService({
      ports: [{ name: 'a"\n-A INPUT', port: 80 }, { port: 80, protocol: 'ICMP' }, { port: 1.5 }],
    });
    expect(servicePorts(named, [], n1).map((p) => p.name)).to.deep.equal(['shop/web:a__-A_INPUT']);
    expect(webPorts({ clusterIP: '10.96.0.10\n', clusterIPs: [] }, [])).to.deep.equal([]);
  });
});
