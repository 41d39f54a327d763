import { expect } from 'chai';
import { isOurs } from '../../src/ingress/class.ts';
import { model } from '../../src/ingress/model.ts';
import { ingressOptions } from '../../src/ingress/options.ts';
import { compilePattern } from '../../src/ingress/pattern.ts';
import { shadowedPorts } from '../../src/ingress/shadowed.ts';
import { nextStatus } from '../../src/ingress/status.ts';
import { anIngress, aSecret, aService, aSlice, backend, objects, rule } from './objects.ts';
import { certificateFor } from './planes.ts';

const all = { rules: [rule(undefined, '/ Prefix web:80')] };

describe('backends of an Ingress', () => {
  const http = { name: 'http', port: 80, targetPort: 8080, protocol: 'TCP' };
  const slice = (...endpoints: object[]) => aSlice('web', [{ name: 'http', port: 8080, protocol: 'TCP' }], endpoints);
  const ready = (...addresses: string[]) => ({ addresses, conditions: { ready: true } });
  const leaving = (ip: string) => ({ addresses: [ip], conditions: { ready: false, serving: true, terminating: true } });

  for (const [what, text, spec, endpoints, expected, problem] of [
    [
      'ready endpoints',
      'web:80',
      { ports: [http] },
      [ready('10.0.0.2'), ready('10.0.0.1'), { ...ready('10.0.0.3'), conditions: { ready: false } }],
      ['10.0.0.1:8080', '10.0.0.2:8080'],
      undefined,
    ],
    ['a port by name', 'web:http', { ports: [http] }, [ready('10.0.0.1')], ['10.0.0.1:8080'], undefined],
    [
      'those that leave, when there are no others',
      'web:80',
      { ports: [http] },
      [leaving('10.0.0.4')],
      ['10.0.0.4:8080'],
      undefined,
    ],
    [
      'not those that leave beside others',
      'web:80',
      { ports: [http] },
      [leaving('10.0.0.4'), ready('10.0.0.1')],
      ['10.0.0.1:8080'],
      undefined,
    ],
    ['never this machine', 'web:80', { ports: [http] }, [ready('127.0.0.1'), ready('169.254.169.254')], [], undefined],
    [
      'a port that is not there',
      'web:81',
      { ports: [http] },
      [ready('10.0.0.1')],
      [],
      'the service default/web has no port 81',
    ],
    [
      'a port of UDP',
      'web:80',
      { ports: [{ ...http, protocol: 'UDP' }] },
      [],
      [],
      'the service default/web has no port 80',
    ],
    ['a service that is not there', 'other:80', {}, [], [], 'the service default/other does not exist'],
    [
      'a name that is this machine',
      'web:80',
      { type: 'ExternalName', externalName: '127.0.0.1' },
      [],
      [],
      'the service default/web must not lead to 127.0.0.1',
    ],
    [
      'a name elsewhere',
      'web:8443',
      { type: 'ExternalName', externalName: 'example.com.' },
      [],
      ['example.com:8443'],
      undefined,
    ],
  ] as const) {
    it(what, () => {
      const ingress = anIngress('i', { defaultBackend: backend(text) });
      const known = objects({ services: [aService('web', spec)], slices: [slice(...endpoints)] });
      const { upstreams, problems } = model([ingress], known);
      const [upstream] = [...upstreams.values()];
      expect(upstream!.endpoints.map(({ host, port }) => `${host}:${port}`)).to.deep.equal(expected);
      expect(problems.get('default/i')?.[0]).to.equal(problem);
    });
  }

  it('that are resources are refused', () => {
    const resource = { apiGroup: 'k8s.example.com', kind: 'StorageBucket', name: 'icons' };
    const { problems } = model([anIngress('i', { defaultBackend: { resource } })], objects());
    expect(problems.get('default/i')).to.deep.equal(['resource backends are not supported: StorageBucket "icons"']);
  });

  for (const [appProtocol, annotation, protocol] of [
    [undefined, undefined, 'http'],
    ['kubernetes.io/h2c', undefined, 'h2c'],
    ['kubernetes.io/ws', undefined, 'http'],
    ['kubernetes.io/wss', undefined, 'https'],
    ['https', undefined, 'https'],
    ['https', 'GRPC', 'h2c'],
    [undefined, 'GRPCS', 'h2'],
    [undefined, 'HTTPS', 'https'],
  ] as const) {
    it(`are spoken to by ${protocol} for ${appProtocol} and ${annotation}`, () => {
      const services = [aService('web', { ports: [{ ...http, appProtocol }] })];
      const annotations = annotation && { 'nginx.ingress.kubernetes.io/backend-protocol': annotation };
      const { table } = model([anIngress('i', all, { annotations })], objects({ services }));
      expect(table.hosts[0]!.routes[0]!.protocol).to.equal(protocol);
    });
  }
});

describe('TLS of an Ingress', () => {
  let [cert, key] = ['', ''];
  const rules = [rule('a.test', '/ Prefix web:80'), rule('c.test', '/ Prefix web:80')];
  let secrets: ReturnType<typeof aSecret>[] = [];
  before(async () => {
    ({ cert, key } = await certificateFor('a.test', '*.b.test'));
    secrets = [aSecret('s', cert, key)];
  });
  const redirects = (spec: object, annotations?: object) =>
    model([anIngress('i', spec, { annotations })], objects({ secrets })).table.hosts.map(
      ({ routes }) => routes[0]!.options.redirectToHttps,
    );

  it('shows a secret for its hosts, and says which the certificate is not for', () => {
    const tls = [{ hosts: ['a.test', 'x.b.test', 'y.test'], secretName: 's' }];
    const { table, problems } = model([anIngress('i', { rules, tls })], objects({ secrets }));
    expect(table.certificates).to.deep.equal([{ hosts: ['a.test', 'x.b.test', 'y.test'], cert, key }]);
    expect(problems.get('default/i')).to.include('the certificate of the secret s is not for y.test');
  });

  it('says what is wrong with a secret, and nothing of what it holds', async () => {
    const of = (secret: ReturnType<typeof aSecret>[]) =>
      model([anIngress('i', { rules: [rules[0]], tls: [{ secretName: 's' }] })], objects({ secrets: secret }))
        .problems.get('default/i')!
        .find((problem) => problem.includes('TLS'));
    expect(of([])).to.match(/cannot be used for TLS: there is no secret/);
    expect(of([aSecret('s', cert, (await certificateFor('z.test')).key)])).to.match(/its key does not belong/);
    expect(of([aSecret('s', 'nonsense', 'secret')])).to.match(/must hold a certificate and its key in PEM$/);
  });

  it('redirects plain requests for its hosts, unless it is told otherwise', () => {
    const tls = [{ hosts: ['a.test'], secretName: 's' }];
    expect(redirects({ rules, tls })).to.deep.equal([true, false]);
    expect(redirects({ rules, tls }, { 'ingress.coxswain.io/ssl-redirect': 'false' })).to.deep.equal([false, false]);
    expect(redirects({ rules }, { 'ingress.coxswain.io/force-ssl-redirect': 'true' })).to.deep.equal([true, true]);
    expect(redirects({ rules, tls: [{ secretName: 's' }] })).to.deep.equal([true, true]);
  });
});

describe('annotations of an Ingress', () => {
  const read = (annotations: Record<string, string>) => ingressOptions(anIngress('i', all, { annotations }));

  it('are those of ingress-nginx, and ours before them', () => {
    const { route, patterns, problems } = read({
      'nginx.ingress.kubernetes.io/rewrite-target': '/$1',
      'nginx.ingress.kubernetes.io/proxy-body-size': '8m',
      'ingress.coxswain.io/proxy-body-size': '1k',
      'nginx.ingress.kubernetes.io/proxy-read-timeout': '3600',
      'nginx.ingress.kubernetes.io/proxy-connect-timeout': '9',
      'nginx.ingress.kubernetes.io/whitelist-source-range': '10.0.0.0/8, fd00::/8',
      'nginx.ingress.kubernetes.io/upstream-vhost': 'inner.test',
      'example.com/mine': 'x',
    });
    expect(route).to.deep.equal({
      rewrite: '/$1',
      bodyLimit: 1024,
      readTimeout: 3_600_000,
      connectTimeout: 9_000,
      sources: ['10.0.0.0/8', 'fd00::/8'],
      upstreamHost: 'inner.test',
    });
    expect([patterns, problems]).to.deep.equal([true, []]);
  });

  for (const [name, value, problem] of [
    ['proxy-body-size', '8 MB', 'must be a size like 8m'],
    ['ssl-redirect', 'yes', 'must be "true" or "false"'],
    ['proxy-read-timeout', '-1', 'must be a number of seconds'],
    ['backend-protocol', 'FCGI', 'must be HTTP, HTTPS, GRPC or GRPCS'],
    ['backend-protocol', 'constructor', 'must be HTTP, HTTPS, GRPC or GRPCS'],
    ['whitelist-source-range', 'x', 'must be a list of addresses and CIDRs'],
    ['upstream-vhost', 'a\r\nb', 'must be a host name'],
    ['configuration-snippet', 'x', 'is not supported and has no effect'],
  ] as const) {
    it(`say what is wrong with ${name}: ${JSON.stringify(value)}`, () => {
      const { problems } = read({ [`nginx.ingress.kubernetes.io/${name}`]: value });
      expect(problems).to.have.length(1);
      expect(problems[0]).to.contain(problem);
    });
  }

  for (const [path, fine] of [
    ['/app(/|$)(.*)', true],
    ['/v[0-9]/(.*)', true],
    ['/(?:a|b)/x', true],
    ['/(a+)+$', false],
    ['/(a|a)*b', false],
    ['/.*.*.*x', false],
    ['/(en|de|fr|es|it)/(api|web)?(/.*)?', true],
    ['/.*?/x+?', true],
    [`/${'a?'.repeat(40)}${'a'.repeat(40)}`, false],
    [`/${'(a|aa)'.repeat(30)}b`, false],
    [`/${'(?:a|(b|aa))'.repeat(20)}b`, false],
    ['/(?=a)', false],
    ['/(a)\\1', false],
    ['/(', false],
    [`/${'a'.repeat(300)}`, false],
  ] as const) {
    it(`${fine ? 'take' : 'refuse'} the pattern ${path.slice(0, 20)}`, () =>
      expect(typeof compilePattern(path) !== 'string').to.equal(fine));
  }
});

describe('the class of an Ingress', () => {
  const aClass = (name: string, controller: string, byDefault = false) =>
    ({
      metadata: { name, annotations: byDefault ? { 'ingressclass.kubernetes.io/is-default-class': 'true' } : {} },
      spec: { controller },
    }) as any;
  const ours = (byDefault: boolean) => [
    aClass('coxswain', 'coxswain.io/ingress-controller', byDefault),
    aClass('inner', 'coxswain.io/ingress-controller'),
    aClass('nginx', 'k8s.io/ingress-nginx', !byDefault),
  ];
  for (const [what, spec, meta, byDefault, expected] of [
    ['is named', { ingressClassName: 'coxswain' }, {}, false, true],
    ['is another one of ours', { ingressClassName: 'inner' }, {}, false, true],
    ['is somebody else’s', { ingressClassName: 'nginx' }, {}, true, false],
    ['does not exist', { ingressClassName: 'gone' }, {}, true, false],
    ['stands in an annotation', {}, { annotations: { 'kubernetes.io/ingress.class': 'coxswain' } }, false, true],
    ['of somebody else does so', {}, { annotations: { 'kubernetes.io/ingress.class': 'nginx' } }, true, false],
    ['is the default', {}, {}, true, true],
    ['is not the default', {}, {}, false, false],
    ['does not matter when it goes', {}, { deletionTimestamp: '2026-01-01T00:00:00Z' }, true, false],
  ] as const) {
    it(what, () => expect(isOurs(anIngress('i', { ...all, ...spec }, meta), ours(byDefault))).to.equal(expected));
  }
});

describe('the status of an Ingress', () => {
  const node = (address: string, ready: string) =>
    ({
      status: { addresses: [{ type: 'InternalIP', address }], conditions: [{ type: 'Ready', status: ready }] },
    }) as any;
  const nodes = [node('10.0.0.1', 'True'), node('10.0.0.2', 'True'), node('10.0.0.3', 'False')];
  const entry = (ip: string, ...ports: number[]) => ({ ip, ports: ports.map((port) => ({ port, protocol: 'TCP' })) });
  const us = { addresses: ['10.0.0.1'], ports: [80, 443] };
  const ownEntry = entry('10.0.0.1', 80, 443);
  for (const [what, current, ours, published, expected] of [
    ['is ours', [], true, us, [ownEntry]],
    ['is right already', [ownEntry], true, us, undefined],
    ['of another node that is ready stays', [entry('10.0.0.2', 80)], true, us, [ownEntry, entry('10.0.0.2', 80)]],
    ['of a node that is not ready goes', [entry('10.0.0.3', 80), ownEntry], true, us, [ownEntry]],
    ['of the controller before goes', [{ ip: '9.9.9.9' }], true, us, [ownEntry]],
    ['is not ours any more', [ownEntry, { ip: '9.9.9.9' }], false, us, [{ ip: '9.9.9.9' }]],
    ['was never ours', [{ ip: '10.0.0.1' }], false, us, undefined],
    ['is empty while nothing listens', [ownEntry], true, { ...us, ports: [] }, []],
    ['changes with the ports', [ownEntry], true, { ...us, ports: [443] }, [entry('10.0.0.1', 443)]],
  ] as const) {
    it(what, () => {
      const ingress = { ...anIngress('i', all), status: { loadBalancer: { ingress: current } } } as any;
      const next = nextStatus(ingress, ours, published, nodes);
      expect(next?.loadBalancer?.ingress ?? (next && [])).to.deep.equal(expected);
    });
  }

  it('leaves out ports whose connections a load balancer sends elsewhere', () => {
    const web = { ...aService('web', { type: 'LoadBalancer', ports: [{ port: 80 }, { port: 443, protocol: 'UDP' }] }) };
    const status = { loadBalancer: { ingress: [{ ip: '10.0.0.1', ipMode: 'VIP' }] } };
    expect([...shadowedPorts([{ ...web, status }], ['10.0.0.1'], [80, 443])]).to.deep.equal([[80, 'default/web']]);
    expect(shadowedPorts([{ ...web, status }], ['10.0.0.9'], [80, 443]).size).to.equal(0);
  });
});
