import { expect } from 'chai';
import { model } from '../../src/ingress/model.ts';
import { Router } from '../../src/ingress/router.ts';
import { targetOf } from '../../src/ingress/target.ts';
import { anIngress, backend, objects, rule } from './objects.ts';

/** Which service a request goes to, by name. */
function find(router: Router, host: string, url: string): string | undefined {
  const target = targetOf(url, host);
  const upstream = target && router.find(target.host, target.normal)?.route.upstream;
  return upstream?.replace(/^default\/|:80$/g, '');
}

function routerOf(...ingresses: ReturnType<typeof anIngress>[]): Router {
  return new Router(model(ingresses, objects()).table);
}

describe('ingress paths', () => {
  // The table of the API documentation, and more of the kind.
  for (const [paths, url, service] of [
    [['/ Prefix all:80'], '/any/path', 'all'],
    [['/foo Exact a:80'], '/foo', 'a'],
    [['/foo Exact a:80'], '/bar', undefined],
    [['/foo Exact a:80'], '/foo/', undefined],
    [['/foo/ Exact a:80'], '/foo', undefined],
    [['/foo Prefix a:80'], '/foo', 'a'],
    [['/foo Prefix a:80'], '/foo/', 'a'],
    [['/foo/ Prefix a:80'], '/foo', 'a'],
    [['/foo/ Prefix a:80'], '/foo/', 'a'],
    [['/aaa/bb Prefix a:80'], '/aaa/bbb', undefined],
    [['/aaa/bbb Prefix a:80'], '/aaa/bbb', 'a'],
    [['/aaa/bbb/ Prefix a:80'], '/aaa/bbb', 'a'],
    [['/aaa/bbb Prefix a:80'], '/aaa/bbb/', 'a'],
    [['/aaa/bbb Prefix a:80'], '/aaa/bbb/ccc', 'a'],
    [['/aaa/bbb Prefix a:80'], '/aaa/bbbxyz', undefined],
    [['/ Prefix a:80', '/aaa Prefix b:80'], '/aaa/ccc', 'b'],
    [['/aaa Prefix b:80', '/ Prefix a:80'], '/ccc', 'a'],
    [['/aaa Prefix b:80'], '/ccc', undefined],
    [['/foo Prefix a:80', '/foo Exact b:80'], '/foo', 'b'],
    [['/foo Prefix a:80', '/foo Exact b:80'], '/foo/x', 'a'],
    [['/foo ImplementationSpecific a:80'], '/foo/x', 'a'],
    [['/foo Prefix a:80', '/foo/bar Prefix b:80'], '/foo/bar/x?q=/foo', 'b'],
    [['/Foo Prefix a:80'], '/foo', undefined],
    [['/private Prefix a:80', '/ Prefix b:80'], '/public/../private/x', 'a'],
    [['/private Prefix a:80', '/ Prefix b:80'], '/public/%2E%2e/private', 'a'],
    [['/private Prefix a:80', '/ Prefix b:80'], '//private', 'a'],
    [['/private Prefix a:80', '/ Prefix b:80'], '/./private', 'a'],
    [['/a Prefix a:80'], '/../a', undefined],
    [['/a Prefix a:80'], 'http://x.test/a/b', 'a'],
    [['/a Prefix a:80'], '*', undefined],
  ] as const) {
    it(`${paths.join(', ')}: ${url} goes to ${service}`, () => {
      const router = routerOf(anIngress('i', { rules: [rule(undefined, ...paths)] }));
      expect(find(router, 'x.test', url)).to.equal(service);
    });
  }

  it('does not compare a path of any length with patterns, and lets none get round them', () => {
    const annotations = { 'ingress.coxswain.io/use-regex': 'true' };
    const patterns = anIngress('i', { rules: [rule('x', '/.*/.*x ImplementationSpecific a:80', '/ Prefix b:80')] });
    const router = routerOf({ ...patterns, metadata: { ...patterns.metadata, annotations } });
    expect(['/a/x', '/a/b'].map((path) => find(router, 'x', path))).to.deep.equal(['a', 'b']);
    expect(find(router, 'x', '/a'.repeat(15_000))).to.equal(undefined);
  });

  it('is found as fast in a path of any length', () => {
    const router = routerOf(anIngress('i', { rules: [rule(undefined, '/a/b Prefix a:80')] }));
    expect(find(router, 'x', `/a/b${'/x'.repeat(16_000)}`)).to.equal('a');
  });
});

describe('ingress hosts', () => {
  const router = routerOf(
    anIngress('i', {
      rules: [
        rule('foo.com', '/a Prefix exact:80'),
        rule('*.foo.com', '/ Prefix wild:80'),
        rule('Bar.foo.com', '/ Prefix bar:80'),
        rule(undefined, '/any Prefix any:80'),
      ],
      defaultBackend: backend('fallback:80'),
    }),
  );
  for (const [host, url, service] of [
    ['foo.com', '/a', 'exact'],
    ['FOO.com:8080', '/a', 'exact'],
    ['foo.com.', '/a', 'exact'],
    ['foo.com', '/any', 'any'],
    ['foo.com', '/b', 'fallback'],
    ['baz.foo.com', '/a', 'wild'],
    ['baz.bar.foo.com', '/a', 'fallback'],
    ['baz.bar.foo.com', '/any', 'any'],
    ['bar.foo.com', '/x', 'bar'],
    ['other.test', '/any/x', 'any'],
    ['other.test', '/', 'fallback'],
    ['127.0.0.1:80', '/any', 'any'],
    ['[::1]:80', '/any', 'any'],
    ['', '/any', 'any'],
    ['a b', '/any', undefined],
    ['*.foo.com', '/any', undefined],
  ] as const) {
    it(`${host}${url} goes to ${service}`, () => expect(find(router, host, url)).to.equal(service));
  }
});

describe('several Ingresses', () => {
  const old = { creationTimestamp: '2020-01-01T00:00:00Z' };
  const rules = [rule('a.test', '/x Prefix new:80', '/y Prefix new:80')];
  const young = anIngress('young', { rules, defaultBackend: backend('second:80') });
  const elder = anIngress(
    'elder',
    { rules: [rule('a.test', '/x Prefix old:80')], defaultBackend: backend('first:80') },
    old,
  );
  const { table, problems } = model([young, elder], objects());
  const router = new Router(table);

  it('share a host, and the older one has what both want', () => {
    expect(find(router, 'a.test', '/x')).to.equal('old');
    expect(find(router, 'a.test', '/y')).to.equal('new');
    expect(find(router, 'b.test', '/')).to.equal('first');
    expect(problems.get('default/young')).to.include('a.test/x is served by the older Ingress default/elder');
  });
});
