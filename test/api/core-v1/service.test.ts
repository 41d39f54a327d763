import { expect } from 'chai';
import { service } from '../../../src/api/core-v1/service.ts';
import { cells, created, createErrors, updateErrors } from '../kind-cases.ts';

const ports = [{ port: 80 }];

describe('a service', () => {
  it('gets the defaults that kubectl get -o yaml shows', () => {
    expect(created(service, { spec: { ports } })).to.deep.include({
      spec: {
        type: 'ClusterIP',
        sessionAffinity: 'None',
        internalTrafficPolicy: 'Cluster',
        ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
      },
      status: { loadBalancer: {} },
    });
  });

  const types: [what: string, spec: object, expected: object][] = [
    ['NodePort', { type: 'NodePort', ports }, { externalTrafficPolicy: 'Cluster' }],
    [
      'LoadBalancer',
      { type: 'LoadBalancer', ports },
      { allocateLoadBalancerNodePorts: true, externalTrafficPolicy: 'Cluster' },
    ],
    ['headless', { clusterIP: 'None', ports }, { clusterIPs: ['None'] }],
    [
      'sticky',
      { sessionAffinity: 'ClientIP', ports },
      { sessionAffinityConfig: { clientIP: { timeoutSeconds: 10800 } } },
    ],
  ];
  for (const [what, spec, expected] of types) {
    it(`gets the defaults of a ${what} one`, () => expect(created(service, { spec }).spec).to.deep.include(expected));
  }

  it('of another name has no cluster IP', () => {
    const { spec } = created(service, { spec: { type: 'ExternalName', externalName: 'a.b' } });
    expect(spec).to.deep.equal({ type: 'ExternalName', externalName: 'a.b', sessionAffinity: 'None' });
  });

  const cases: [what: string, spec: object, errors: string[]][] = [
    ['a sound one', { ports }, []],
    ['no ports', {}, ['spec.ports: Required value']],
    ['no ports when headless', { clusterIP: 'None' }, []],
    [
      'an unknown type',
      { type: 'Foo', ports },
      [
        'spec.type: Unsupported value: "Foo": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
      ],
    ],
    [
      'two ports without names',
      { ports: [{ port: 1 }, { port: 2 }] },
      ['spec.ports[0].name: Required value', 'spec.ports[1].name: Required value'],
    ],
    [
      'a port out of range',
      { ports: [{ port: 70000 }] },
      [
        'spec.ports[0].port: Invalid value: 70000: must be between 1 and 65535, inclusive',
        'spec.ports[0].targetPort: Invalid value: 70000: must be between 1 and 65535, inclusive',
      ],
    ],
    [
      'one port twice',
      {
        ports: [
          { name: 'a', port: 1 },
          { name: 'b', port: 1 },
        ],
      },
      ['spec.ports[1]: Duplicate value: {"protocol":"TCP","port":1}'],
    ],
    [
      'a node port of a ClusterIP',
      { ports: [{ port: 1, nodePort: 30000 }] },
      ["spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"],
    ],
    [
      'a cluster IP that is none',
      { clusterIP: '1.2.3', ports },
      ['spec.clusterIPs[0]: Invalid value: "1.2.3": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'],
    ],
    [
      'a headless node port',
      { type: 'NodePort', clusterIP: 'None', ports },
      ['spec.clusterIPs[0]: Invalid value: "None": may not be set to \'None\' for NodePort services'],
    ],
    ['another name without the name', { type: 'ExternalName' }, ['spec.externalName: Required value']],
    [
      'a policy for outside',
      { externalTrafficPolicy: 'Local', ports },
      ['spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services'],
    ],
  ];
  for (const [what, spec, errors] of cases) {
    it(`with ${what} is judged`, () => expect(createErrors(service, { spec })).to.deep.equal(errors));
  }

  const dual = { ports, clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.1', 'fd00::1'], ipFamilies: ['IPv4', 'IPv6'] };
  const balanced = { type: 'LoadBalancer', ports };
  const more: typeof cases = [
    ['two stacks', { ...dual, ipFamilyPolicy: 'PreferDualStack' }, []],
    [
      'addresses of one family',
      { ...dual, clusterIPs: ['10.0.0.1', '10.0.0.2'], ipFamilies: ['IPv4'] },
      ['spec.clusterIPs: Invalid value: ["10.0.0.1","10.0.0.2"]: may specify no more than one IP for each IP family'],
    ],
    [
      'an address of the other family',
      { ports, clusterIP: 'fd00::1', ipFamilies: ['IPv4'] },
      ['spec.clusterIPs[0]: Invalid value: "fd00::1": expected an IPv4 value as indicated by `ipFamilies[0]`'],
    ],
    [
      'one name twice, and none',
      { ports: [{ name: 'a', port: 1 }, { name: 'a', port: 2 }, { port: 3 }] },
      ['spec.ports[1].name: Duplicate value: "a"', 'spec.ports[2].name: Required value'],
    ],
    [
      'the port of the kubelet for everybody',
      { ...balanced, ports: [{ port: 10250 }] },
      ['spec.ports[0]: Invalid value: 10250: may not expose port 10250 externally since it is used by kubelet'],
    ],
    [
      'what only load balancers have',
      { ports, loadBalancerSourceRanges: ['10.0.0.0/8'], loadBalancerClass: 'a.b/c', healthCheckNodePort: 30000 },
      [
        "spec.loadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'",
        "spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'",
        "spec.healthCheckNodePort: Invalid value: 30000: may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
      ],
    ],
    [
      'an address of everybody',
      { ports, externalIPs: ['127.0.0.1'] },
      ['spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)'],
    ],
    [
      'affinity for too long',
      { ports, sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 86401 } } },
      [
        'spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 86401: must be greater than 0 and less than 86400',
      ],
    ],
    [
      'another name and an address',
      { type: 'ExternalName', externalName: 'a.b', clusterIP: '10.0.0.1', ipFamilyPolicy: 'SingleStack' },
      [
        'spec.clusterIPs: Forbidden: may not be set for ExternalName services',
        'spec.ipFamilyPolicy: Forbidden: may not be set for ExternalName services',
      ],
    ],
    [
      'an unknown distribution',
      { ports, trafficDistribution: 'Far' },
      [
        'spec.trafficDistribution: Unsupported value: "Far": supported values: "PreferClose", "PreferSameNode", "PreferSameZone"',
      ],
    ],
  ];
  for (const [what, spec, errors] of more) {
    it(`with ${what} is judged`, () => expect(createErrors(service, { spec })).to.deep.equal(errors));
  }

  it('keeps the class of its load balancer', () => {
    const classed = (loadBalancerClass: string) => ({ spec: { ...balanced, loadBalancerClass } });
    expect(updateErrors(service, classed('a.b/c'), classed('a.b/d'))).to.deep.equal([
      'spec.loadBalancerClass: Invalid value: "a.b/d": may not change once set',
    ]);
  });

  it('has addresses of a load balancer only if it is one', () => {
    const status = service.subresources.find((s) => s.name === 'status')!;
    const made = (spec: object, ingress: object) => ({
      ...created(service, { spec }),
      status: { loadBalancer: { ingress: [ingress] } },
    });
    const errors = (spec: object, ingress: object) =>
      status.validate!(made(spec, ingress), made(spec, ingress)).map((e) => `${e.field}: ${e.message}`);
    expect(errors(balanced, { ip: '1.2.3.4', ipMode: 'VIP' })).to.deep.equal([]);
    expect(errors({ ports }, { hostname: '1.2.3.4' })).to.deep.equal([
      "status.loadBalancer.ingress: Forbidden: may only be used when `spec.type` is 'LoadBalancer'",
      'status.loadBalancer.ingress[0].hostname: Invalid value: "1.2.3.4": must be a DNS name, not an IP address',
    ]);
  });

  const warned: [what: string, spec: object, ...warnings: string[]][] = [
    ['nothing', { ports }],
    ['nothing when headless', { ports, clusterIP: 'None' }],
    ['addresses of its own', { ports, externalIPs: ['1.2.3.4'] }, 'spec.externalIPs is deprecated'],
    [
      'what is ignored when headless',
      { ports, clusterIP: 'None', sessionAffinity: 'ClientIP' },
      'spec.SessionAffinity is ignored for headless services',
    ],
    [
      'a name that is not asked for',
      { ports, externalName: 'a.b' },
      'spec.externalName is ignored when spec.type is not "ExternalName"',
    ],
    [
      'an address in a long form',
      { ports, clusterIP: 'FD00:0::1' },
      'spec.clusterIPs[0]: IPv6 address "FD00:0::1" should be in RFC 5952 canonical format ("fd00::1")',
    ],
  ];
  for (const [what, spec, ...warnings] of warned) {
    it(`warns of ${what}`, () => expect(service.warnings!(created(service, { spec }))).to.deep.equal(warnings));
  }

  it('keeps its cluster IP', () => {
    const spec = { ports, clusterIP: '10.0.0.1' };
    expect(updateErrors(service, { spec }, { spec: { ports, clusterIP: '10.0.0.2' } })).to.deep.equal([
      'spec.clusterIPs[0]: Invalid value: ["10.0.0.2"]: may not change once set',
    ]);
  });

  describe('that is changed', () => {
    const change = (before: object, after: object) => {
      const old = created(service, { spec: before });
      const now = created(service, { spec: after });
      for (const field of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy']) {
        if (!(field in after)) delete now.spec[field];
      }
      service.prepareForUpdate!(now, old, { now: 0, user: 'ann' });
      return now.spec;
    };
    const address = { clusterIP: '10.0.0.1' };
    const nodePort = { type: 'NodePort', ...address, ports: [{ port: 80, nodePort: 30080 }] };

    it('keeps what was allocated and is not mentioned', () => {
      const spec = change(nodePort, { type: 'NodePort', ports });
      expect(spec).to.include({ clusterIP: '10.0.0.1' });
      expect(spec.clusterIPs).to.deep.equal(['10.0.0.1']);
      expect(spec.ports[0].nodePort).to.equal(30080);
    });

    it('has its list follow the one address that a client changed', () => {
      const old = created(service, { spec: { ...address, ports } });
      const now = structuredClone(old);
      now.spec.clusterIP = '10.0.0.2';
      service.prepareForUpdate!(now, old, { now: 0, user: 'ann' });
      expect(now.spec.clusterIPs).to.deep.equal(['10.0.0.2']);
      expect([...service.validate!(now), ...service.validateUpdate!(now, old)].map((e) => e.message)).to.deep.equal([
        'Invalid value: ["10.0.0.2"]: may not change once set',
      ]);
    });

    it('loses its node ports with the type', () => {
      const spec = change(nodePort, { type: 'ClusterIP', ports: nodePort.ports, externalTrafficPolicy: 'Cluster' });
      expect(spec.ports[0]).not.to.have.property('nodePort');
      expect(spec).not.to.have.property('externalTrafficPolicy');
    });

    it('loses what only load balancers have', () => {
      const rest = { loadBalancerClass: 'a.b/c', externalTrafficPolicy: 'Local', healthCheckNodePort: 30001 };
      const spec = change({ ...nodePort, type: 'LoadBalancer', ...rest }, { ...rest, ports, type: 'ClusterIP' });
      expect(spec).not.to.have.any.keys(...Object.keys(rest), 'allocateLoadBalancerNodePorts');
    });

    it('loses its cluster IP to another name', () => {
      const spec = change({ ...address, ports }, { ...address, type: 'ExternalName', externalName: 'a.b' });
      expect(spec).not.to.have.any.keys('clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy');
    });
  });

  const rows: [what: string, fields: object, row: object][] = [
    [
      'plain',
      {
        spec: {
          type: 'ClusterIP',
          clusterIP: '10.0.0.1',
          clusterIPs: ['10.0.0.1'],
          ports: [{ port: 80, protocol: 'TCP' }],
          selector: { b: '2', a: '1' },
        },
      },
      {
        Type: 'ClusterIP',
        'Cluster-IP': '10.0.0.1',
        'External-IP': '<none>',
        'Port(s)': '80/TCP',
        Selector: 'a=1,b=2',
      },
    ],
    [
      'node port',
      {
        spec: {
          type: 'NodePort',
          ports: [
            { port: 80, nodePort: 30080, protocol: 'TCP' },
            { port: 53, protocol: 'UDP' },
          ],
        },
      },
      { 'Port(s)': '80:30080/TCP,53/UDP', 'Cluster-IP': '<none>', Selector: '<none>' },
    ],
    ['load balancer', { spec: { type: 'LoadBalancer' } }, { 'External-IP': '<pending>', 'Port(s)': '<none>' }],
    [
      'balanced',
      { spec: { type: 'LoadBalancer' }, status: { loadBalancer: { ingress: [{ ip: '1.2.3.4' }] } } },
      { 'External-IP': '1.2.3.4' },
    ],
    ['external name', { spec: { type: 'ExternalName', externalName: 'a.b' } }, { 'External-IP': 'a.b' }],
  ];
  for (const [what, fields, row] of rows) {
    it(`shows as a row: ${what}`, () => expect(cells(service, fields as any)).to.include(row));
  }
});
