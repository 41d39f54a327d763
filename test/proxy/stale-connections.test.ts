import { expect } from 'chai';
import { servicePorts, type ServicePort } from '../../src/proxy/model.ts';
import { hasUdp, staleConnections } from '../../src/proxy/stale-connections.ts';
import { webService, webSlice } from './objects.ts';

type Endpoints = Parameters<typeof webSlice>[0];

const portsOf = (endpoints: Endpoints, spec: object = {}, protocol = 'UDP') => {
  const ports = [{ name: 'dns', port: 53, protocol, nodePort: 30053 }];
  const slices = [webSlice(endpoints, [{ name: 'dns', port: 5353, protocol }])];
  const external = { type: 'NodePort', externalIPs: ['198.51.100.7'] };
  return servicePorts(webService({ ...external, ports, ...spec }), slices, { name: 'n1' });
};
const connection = (address: string, port: number, endpoint: string, endpointPort = 5353) => ({
  address,
  port,
  endpoint,
  endpointPort,
});
const node = new Set(['192.0.2.1']);
const terminating = { conditions: { ready: false, serving: true, terminating: true }, nodeName: 'n1' };

describe('stale connections', () => {
  const toCluster = (endpoint: string) => connection('10.96.0.10', 53, endpoint);
  // [what, ports now, ports before, a connection, whether it is stale]
  const cases: [string, ServicePort[], ServicePort[], ReturnType<typeof connection>, boolean][] = [
    ['to an endpoint that is there', portsOf(['10.244.0.3']), [], toCluster('10.244.0.3'), false],
    ['to an endpoint that is gone', portsOf(['10.244.0.3']), [], toCluster('10.244.0.2'), true],
    ['to a port that is gone', portsOf(['10.244.0.3']), [], connection('10.96.0.10', 53, '10.244.0.3', 9), true],
    [
      'from before there was an endpoint',
      portsOf(['10.244.0.3']),
      [],
      connection('10.96.0.10', 53, '10.96.0.10', 53),
      true,
    ],
    ['to the last endpoint, which is gone', portsOf([]), [], toCluster('10.244.0.2'), true],
    [
      'to one that still serves, though another is ready',
      portsOf([{ addresses: ['10.244.0.2'], ...terminating }, '10.244.0.3']),
      [],
      toCluster('10.244.0.2'),
      false,
    ],
    ['by an external address', portsOf(['10.244.0.3']), [], connection('198.51.100.7', 53, '10.244.0.2'), true],
    ['by a node port', portsOf(['10.244.0.3']), [], connection('192.0.2.1', 30053, '10.244.0.2'), true],
    [
      'by a node port to the right one',
      portsOf(['10.244.0.3']),
      [],
      connection('192.0.2.1', 30053, '10.244.0.3'),
      false,
    ],
    [
      "to another machine's port of that number",
      portsOf(['10.244.0.3']),
      [],
      connection('192.0.2.9', 30053, '192.0.2.9', 30053),
      false,
    ],
    ['of a service that is gone', [], portsOf(['10.244.0.2']), toCluster('10.244.0.2'), true],
    ['of nobody that we know', portsOf(['10.244.0.2']), [], connection('10.96.0.99', 53, '10.244.0.9'), false],
    [
      'by an address that the service had',
      portsOf(['10.244.0.2'], { externalIPs: [] }),
      portsOf(['10.244.0.2']),
      connection('198.51.100.7', 53, '10.244.0.2'),
      true,
    ],
    ['of TCP', portsOf(['10.244.0.3'], {}, 'TCP'), [], toCluster('10.244.0.2'), false],
  ];
  for (const [what, ports, gone, found, stale] of cases) {
    it(`${stale ? 'are' : 'are not'} those ${what}`, () => {
      expect(staleConnections([found], 'IPv4', { ports, gone }, node)).to.deep.equal(stale ? [found] : []);
    });
  }

  it('of many clients are one', () => {
    const found = [toCluster('10.244.0.2'), toCluster('10.244.0.2'), toCluster('10.244.0.4')];
    expect(staleConnections(found, 'IPv4', { ports: portsOf([]) }, node)).to.have.length(2);
  });

  it('are looked for only where there is UDP of that family', () => {
    expect([portsOf([]), portsOf([], {}, 'TCP')].map((ports) => hasUdp(ports, 'IPv4'))).to.deep.equal([true, false]);
    expect(hasUdp(portsOf([]), 'IPv6')).to.equal(false);
  });
});
