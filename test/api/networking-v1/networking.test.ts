import { expect } from 'chai';
import { endpointSlice } from '../../../src/api/discovery-v1/endpoint-slice.ts';
import { specialAddress } from '../../../src/api/discovery-v1/special-address.ts';
import { isStrictSubset } from '../../../src/api/networking-v1/addresses.ts';
import { canonicalCidr, canonicalIp } from '../../../src/apimachinery/ip-address.ts';
import { ingressClass } from '../../../src/api/networking-v1/ingress-class.ts';
import { ingress } from '../../../src/api/networking-v1/ingress.ts';
import { ipAddress } from '../../../src/api/networking-v1/ip-address.ts';
import { networkPolicy } from '../../../src/api/networking-v1/network-policy.ts';
import { serviceCidr } from '../../../src/api/networking-v1/service-cidr.ts';
import type { Kind } from '../../../src/apimachinery/kind.ts';
import { created, createErrors, statusErrors, updateErrors } from '../kind-cases.ts';

const backend = { service: { name: 's', port: { number: 80 } } };
const paths = (...list: object[]) => ({ spec: { rules: [{ http: { paths: list } }] } });
const peer = (...from: object[]) => ({ spec: { ingress: [{ from }] } });
const port = (...ports: object[]) => ({ spec: { egress: [{ ports }] } });
const slice = (endpoint: object, addressType = 'IPv4') => ({ addressType, endpoints: [endpoint] });

describe('the rules of networking', () => {
  const cases: [kind: Kind<any>, fields: object, ...errors: string[]][] = [
    [
      ingress,
      { spec: { defaultBackend: {} } },
      'spec.defaultBackend: Invalid value: "": resource or service backend is required',
    ],
    [
      ingress,
      { spec: { defaultBackend: { resource: { kind: '', name: 'a' } } } },
      'spec.defaultBackend.resource.kind: Required value: kind is required',
    ],
    [
      ingress,
      paths({ path: '/a//b/..', pathType: 'Prefix', backend }),
      'spec.rules[0].http.paths[0].path: Invalid value: "/a//b/..": must not contain \'//\'',
      'spec.rules[0].http.paths[0].path: Invalid value: "/a//b/..": cannot end with \'/..\'',
    ],
    [ingress, paths({ path: '/a//b', pathType: 'ImplementationSpecific', backend })],
    [
      ingress,
      paths({ pathType: 'Regex', backend }),
      'spec.rules[0].http.paths[0].pathType: Unsupported value: "Regex": supported values: "Exact", "ImplementationSpecific", "Prefix"',
    ],
    [
      ingress,
      {
        spec: {
          defaultBackend: backend,
          rules: [{ host: '*.example.com' }],
          tls: [{ hosts: ['*.a.b'], secretName: 'x' }],
        },
      },
    ],
    [
      ingress,
      {
        metadata: { annotations: { 'kubernetes.io/ingress.class': 'a' } },
        spec: { defaultBackend: backend, ingressClassName: 'b' },
      },
      'annotations.kubernetes.io/ingress.class: Invalid value: "a": can not be set when the class field is also set',
    ],
    [ingressClass, { spec: {} }, 'spec.controller: Required value'],
    [
      ingressClass,
      { spec: { controller: 'a' } },
      'spec.controller: Invalid value: "a": must be a domain-prefixed path (such as "acme.io/foo")',
    ],
    [
      ingressClass,
      { spec: { controller: 'a.io/b', parameters: { kind: 'K', name: 'n', scope: 'Namespace' } } },
      "spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'",
    ],
    [
      ingressClass,
      { spec: { controller: 'a.io/b', parameters: { kind: 'K', name: 'n', namespace: 'x' } } },
      "spec.parameters.namespace: Forbidden: `parameters.scope` is set to 'Cluster'",
    ],
    [
      networkPolicy,
      peer({ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16', '11.0.0.0/16', '10.0.0.0/8'] } }),
      'spec.ingress[0].from[0].ipBlock.except[1]: Invalid value: "11.0.0.0/16": must be a strict subset of `cidr`',
      'spec.ingress[0].from[0].ipBlock.except[2]: Invalid value: "10.0.0.0/8": must be a strict subset of `cidr`',
    ],
    [networkPolicy, peer({}), 'spec.ingress[0].from[0]: Required value: must specify a peer'],
    [
      networkPolicy,
      port({ endPort: 5 }),
      'spec.egress[0].ports[0].endPort: Invalid value: 5: may not be specified when `port` is not specified',
    ],
    [
      networkPolicy,
      port({ port: 'web', endPort: 5 }),
      'spec.egress[0].ports[0].endPort: Invalid value: 5: may not be specified when `port` is non-numeric',
    ],
    [
      networkPolicy,
      port({ port: 9, endPort: 5 }),
      'spec.egress[0].ports[0].endPort: Invalid value: 5: must be greater than or equal to `port`',
    ],
    [ipAddress, { spec: {} }, 'spec.parentRef: Required value'],
    [
      serviceCidr,
      { spec: { cidrs: ['10.0.0.1/8'] } },
      'spec.cidrs[0]: Invalid value: "10.0.0.1/8": must be in canonical form ("10.0.0.0/8")',
    ],
    [
      serviceCidr,
      { spec: { cidrs: ['10.0.0.0/8', '11.0.0.0/8'] } },
      'spec: Invalid value: {"cidrs":["10.0.0.0/8","11.0.0.0/8"]}: may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/96',
    ],
    [
      endpointSlice,
      slice({ addresses: ['127.0.0.1'] }),
      'endpoints[0].addresses[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
    ],
    [
      endpointSlice,
      slice({ addresses: ['example'] }, 'FQDN'),
      'endpoints[0].addresses[0]: Invalid value: "example": should be a domain with at least two segments separated by dots',
    ],
    [
      endpointSlice,
      slice({ addresses: ['10.0.0.1'], hints: { forZones: [{ name: 'a' }, { name: 'a' }] } }),
      'endpoints[0].hints.forZones[1].name: Duplicate value: "a"',
    ],
    [endpointSlice, { addressType: 'IPv4', ports: [{ port: 80 }, { port: 81 }] }, 'ports[1].name: Duplicate value: ""'],
  ];
  for (const [kind, fields, ...errors] of cases) {
    it(`of ${kind.kind} ${JSON.stringify(fields).slice(0, 80)}`, () =>
      expect(createErrors(kind, fields)).to.deep.equal(errors));
  }

  it('name addresses in one way only', () => {
    expect(ipAddress.validateName!('10.0.0.1')).to.deep.equal([]);
    expect(ipAddress.validateName!('2001:DB8::0:1')).to.deep.equal(['must be in canonical form ("2001:db8::1")']);
    expect(ipAddress.validateName!('web')[0]).to.match(/^must be a valid IP address/);
  });

  it('let a range of the other family join the first', () => {
    const [one, two] = [{ spec: { cidrs: ['10.0.0.0/8'] } }, { spec: { cidrs: ['10.0.0.0/8', 'fd00::/64'] } }];
    expect(updateErrors(serviceCidr, one, two)).to.deep.equal([]);
    expect(updateErrors(serviceCidr, two, one)[0]).to.contain('field is immutable');
    const other = { spec: { cidrs: ['11.0.0.0/8', 'fd00::/64'] } };
    expect(updateErrors(serviceCidr, one, other)).to.deep.equal([
      'spec.cidrs[0]: Invalid value: "11.0.0.0/8": cannot change the primary CIDR',
    ]);
  });

  it('check the status of an ingress', () => {
    const after = { loadBalancer: { ingress: [{ ip: 'x' }, { hostname: '1.2.3.4' }] } };
    expect(statusErrors(ingress, {}, after)).to.deep.equal([
      'status.loadBalancer.ingress[0].ip: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
      'status.loadBalancer.ingress[1].hostname: Invalid value: "1.2.3.4": must be a DNS name, not an IP address',
    ]);
  });

  it('warn of the old annotation', () => {
    const old = created(ingress, { metadata: { annotations: { 'kubernetes.io/ingress.class': 'a' } } });
    expect(ingress.warnings!(old)).to.deep.equal([
      `annotation "kubernetes.io/ingress.class" is deprecated, please use 'spec.ingressClassName' instead`,
    ]);
  });
});

describe('addresses and ranges', () => {
  it('are written in one way', () => {
    expect(canonicalIp('2001:0DB8:0:0:0:0:0:1')).to.equal('2001:db8::1');
    const ranges = [
      '10.1.2.3/8',
      '10.1.2.3/32',
      '10.1.2.200/25',
      '2001:db8::ff/120',
      '2001:db8:ffff::/33',
      '::/0',
      '0.0.0.0/0',
    ];
    expect(ranges.map(canonicalCidr)).to.deep.equal([
      '10.0.0.0/8',
      '10.1.2.3/32',
      '10.1.2.128/25',
      '2001:db8::/120',
      '2001:db8:8000::/33',
      '::/0',
      '0.0.0.0/0',
    ]);
  });

  it('lie within each other, or not', () => {
    const pairs = [
      ['10.1.0.0/16', '10.0.0.0/8'],
      ['10.0.0.0/8', '10.0.0.0/8'],
      ['fd00:1::/64', 'fd00::/16'],
      ['10.0.0.0/9', 'fd00::/8'],
    ];
    expect(pairs.map(([inner, outer]) => isStrictSubset(inner!, outer!))).to.deep.equal([true, false, true, false]);
  });
});

describe('addresses that cannot be reached from elsewhere', () => {
  const cases: [address: string, why: string][] = [
    ['0.0.0.0', 'unspecified'],
    ['127.1.2.3', 'loopback'],
    ['169.254.1.1', 'link-local'],
    ['224.0.0.9', 'multicast'],
    ['::', 'unspecified'],
    ['0:0:0:0:0:0:0:1', 'loopback'],
    ['FE80::1', 'link-local'],
    ['ff02::1', 'multicast'],
    ['10.0.0.1', ''],
    ['fd00::1', ''],
  ];
  for (const [address, why] of cases) {
    it(`${address} is ${why || 'none of them'}`, () =>
      expect(specialAddress(address).join()).to.match(why ? new RegExp(why) : /^$/));
  }
});
