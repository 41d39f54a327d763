import { expect } from 'chai';
import { servicePorts } from '../../src/proxy/model.ts';
import { staleConnections } from '../../src/proxy/stale-connections.ts';
import { webService, webSlice } from './objects.ts';

const portsOf = (protocol: string, endpoints: string[], nodePort?: number) => {
  const port = { name: 'dns', port: 53, protocol };
  const spec = { ports: [nodePort ? { ...port, nodePort } : port] };
  return servicePorts([webService(spec)], [webSlice(endpoints, [{ name: 'dns', port: 5353, protocol }])], 'n1');
};

describe('stale connections', () => {
  const cases: [string, ReturnType<typeof portsOf>, ReturnType<typeof portsOf>, object[]][] = [
    [
      'an endpoint that went',
      portsOf('UDP', ['10.244.0.2', '10.244.0.3']),
      portsOf('UDP', ['10.244.0.3']),
      [{ address: '10.96.0.10', port: 53, endpoint: '10.244.0.2' }],
    ],
    [
      'an endpoint that came beside others',
      portsOf('UDP', ['10.244.0.2']),
      portsOf('UDP', ['10.244.0.2', '10.244.0.3']),
      [],
    ],
    [
      'the first endpoint',
      portsOf('UDP', []),
      portsOf('UDP', ['10.244.0.3'], 30053),
      [{ address: '10.96.0.10', port: 53 }, { port: 30053 }],
    ],
    [
      'a service that went',
      portsOf('UDP', ['10.244.0.2'], 30053),
      [],
      [
        { address: '10.96.0.10', port: 53, endpoint: '10.244.0.2' },
        { port: 30053, endpoint: '10.244.0.2' },
      ],
    ],
    ['TCP', portsOf('TCP', ['10.244.0.2']), portsOf('TCP', []), []],
  ];
  for (const [what, before, after, stale] of cases) {
    it(`${stale.length ? 'are those of' : 'are none for'} ${what}`, () => {
      expect(staleConnections(before, after)).to.deep.equal(stale);
    });
  }
});
