import { expect } from 'chai';
import { servicePorts } from '../../src/proxy/model.ts';
import { webService, webSlice } from './objects.ts';

const endpointsOf = (...args: Parameters<typeof servicePorts>) =>
  servicePorts(...args).map((p) => p.endpoints.map((e) => `${e.ip}:${e.port}${e.local ? ' here' : ''}`));

describe('services of the proxy', () => {
  it('join a service with the ready endpoints of all its slices', () => {
    const slices = [
      webSlice(['10.244.0.3', '10.244.0.2']),
      webSlice([{ addresses: ['10.244.1.9'], nodeName: 'n2' }], undefined, 'b'),
    ];
    slices[1]!.ports = [{ port: 8080 }];
    expect(servicePorts([webService()], slices, 'n1')).to.deep.equal([
      {
        name: 'shop/web:80',
        protocol: 'TCP',
        clusterIp: '10.96.0.10',
        port: 80,
        externalIps: [],
        internalLocal: false,
        externalLocal: false,
        endpoints: [
          { ip: '10.244.0.2', port: 8080, local: true },
          { ip: '10.244.0.3', port: 8080, local: true },
          { ip: '10.244.1.9', port: 8080, local: false },
        ],
      },
    ]);
  });

  const conditions: [string, object, boolean][] = [
    ['nothing known', {}, true],
    ['ready', { ready: true }, true],
    ['not ready', { ready: false }, false],
    ['terminating but serving', { ready: false, serving: true, terminating: true }, true],
    ['terminating and not serving', { ready: false, serving: false, terminating: true }, false],
    ['serving but not ready', { ready: false, serving: true, terminating: false }, false],
  ];
  for (const [what, state, used] of conditions) {
    it(`${used ? 'use' : 'do not use'} the only endpoint when it is ${what}`, () => {
      const slice = webSlice([{ addresses: ['10.244.0.2'], conditions: state }]);
      expect(endpointsOf([webService()], [slice], 'n1')).to.deep.equal([used ? ['10.244.0.2:8080'] : []]);
    });
  }

  it('leave terminating endpoints alone while another is ready', () => {
    const terminating = { addresses: ['10.244.0.2'], conditions: { ready: false, serving: true, terminating: true } };
    expect(endpointsOf([webService()], [webSlice([terminating, '10.244.0.3'])], 'n1')).to.deep.equal([
      ['10.244.0.3:8080 here'],
    ]);
  });

  it('join ports by name and protocol', () => {
    const ports = [
      { name: 'dns', port: 53, protocol: 'UDP' },
      { name: 'dns-tcp', port: 53, protocol: 'TCP' },
      { name: 'metrics', port: 9153 },
    ];
    const slicePorts = [
      { name: 'dns', port: 5353, protocol: 'UDP' },
      { name: 'dns-tcp', port: 5354, protocol: 'TCP' },
      { name: 'metrics', port: 1, protocol: 'UDP' },
    ];
    const [dns, tcp, metrics] = servicePorts([webService({ ports })], [webSlice(['10.244.0.2'], slicePorts)], 'n1');
    expect(dns).to.deep.include({ name: 'shop/web:dns', protocol: 'UDP' });
    expect([dns, tcp, metrics].map((p) => p!.endpoints.map((e) => e.port))).to.deep.equal([[5353], [5354], []]);
  });

  const ignored: [string, ReturnType<typeof webService>][] = [
    ['without a cluster IP', webService({ clusterIP: 'None', clusterIPs: ['None'] })],
    ['that have none yet', webService({ clusterIP: '', clusterIPs: [] })],
    ['of type ExternalName', webService({ type: 'ExternalName' })],
    ['of another proxy', webService({}, { labels: { 'service.kubernetes.io/service-proxy-name': 'other' } })],
    ['of another address family', webService({ clusterIP: 'fd00::1', clusterIPs: ['fd00::1'] })],
  ];
  for (const [what, service] of ignored) {
    it(`are not those ${what}`, () =>
      expect(servicePorts([service], [webSlice(['10.244.0.2'])], 'n1')).to.deep.equal([]));
  }

  it('know node ports, external addresses, policies and affinity', () => {
    const service = webService({
      type: 'LoadBalancer',
      ports: [{ name: 'http', port: 80, nodePort: 30080 }],
      externalIPs: ['198.51.100.7', 'nonsense'],
      externalTrafficPolicy: 'Local',
      internalTrafficPolicy: 'Local',
      sessionAffinity: 'ClientIP',
    });
    service.status = { loadBalancer: { ingress: [{ ip: '198.51.100.8' }, { ip: '198.51.100.9', ipMode: 'Proxy' }] } };
    expect(servicePorts([service], [], 'n1')[0]).to.deep.include({
      nodePort: 30080,
      externalIps: ['198.51.100.7', '198.51.100.8'],
      externalLocal: true,
      internalLocal: true,
      affinitySeconds: 10_800,
    });
  });

  it('let nothing into rules that is not an address or a number', () => {
    const evil = '10.244.0.2\n-A INPUT -j DROP' as string;
    const slices = [
      webSlice([evil, '127.0.0.1', '169.254.169.254', 'host']),
      webSlice(['10.244.0.4'], [{ name: '', port: '1 -j X' as any }]),
    ];
    expect(endpointsOf([webService()], slices, 'n1')).to.deep.equal([[]]);
    const named = webService({
      ports: [{ name: 'a"\n-A INPUT', port: 80 }, { port: 80, protocol: 'ICMP' }, { port: 1.5 }],
    });
    expect(servicePorts([named], [], 'n1').map((p) => p.name)).to.deep.equal(['shop/web:a__-A_INPUT']);
  });
});
