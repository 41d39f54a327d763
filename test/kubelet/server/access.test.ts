import { expect } from 'chai';
import type { IncomingMessage } from 'node:http';
import { VirtualClock } from '../../../src/base/virtual-clock.ts';
import type { Client } from '../../../src/client/client.ts';
import { KubeletAccess } from '../../../src/kubelet/server/access.ts';
import { accessFor } from '../../../src/kubelet/server/access-rules.ts';

describe('accessFor', () => {
  const table: [string, string, string, string[]][] = [
    ['GET', '/stats/summary', 'get', ['stats']],
    ['GET', '/metrics/cadvisor', 'get', ['metrics']],
    ['GET', '/logs/', 'get', ['log']],
    ['GET', '/pods', 'get', ['pods', 'proxy']],
    ['GET', '/configz', 'get', ['configz', 'proxy']],
    ['GET', '/healthz', 'get', ['healthz', 'proxy']],
    ['GET', '/containerLogs/a/b/c', 'get', ['proxy']],
    ['POST', '/exec/a/b/c', 'create', ['proxy']],
    ['GET', '/exec/a/b/c', 'create', ['proxy']],
    ['GET', '/portForward/a/b', 'create', ['proxy']],
    ['DELETE', '/constructor', 'delete', ['proxy']],
  ];
  for (const [method, path, verb, subresources] of table)
    it(`${method} ${path}`, () => expect(accessFor(method, path)).to.deep.equal({ verb, subresources }));
});

describe('KubeletAccess', () => {
  let asked: any[];
  let clock: VirtualClock;
  let access: KubeletAccess;
  beforeEach(() => {
    asked = [];
    clock = new VirtualClock();
    // An API server that knows one token, and lets its user read metrics.
    const create = async ({ kind }: { kind: string }, { spec }: any) => {
      asked.push({ kind, ...spec });
      if (kind === 'TokenReview')
        return {
          status: spec.token === 'good' ? { authenticated: true, user: { username: 'ann', groups: ['g'] } } : {},
        };
      const { user, resourceAttributes } = spec;
      const reads = user === 'ann' && resourceAttributes.subresource === 'metrics';
      return { status: { allowed: reads || spec.groups.includes('system:masters') } };
    };
    access = new KubeletAccess({ client: { create } as unknown as Client, clock, nodeName: 'n1' });
  });

  const request = (peer: object, headers: object, method = 'GET', authorized = true) =>
    ({ method, headers, socket: { authorized, getPeerCertificate: () => peer } }) as unknown as IncomingMessage;
  const refusal = (promise: Promise<void>) =>
    promise.then(
      () => 'let in',
      (error) => `${error.code} ${error.message}`,
    );

  it('lets nobody in without credentials', async () => {
    expect(await refusal(access.check(request({}, {}), '/healthz'))).to.equal('401 Unauthorized');
    const bearer = { authorization: 'Bearer bad' };
    expect(await refusal(access.check(request({}, bearer), '/metrics'))).to.equal('401 Unauthorized');
    const foreign = request({ subject: { CN: 'x', O: 'system:masters' } }, {}, 'GET', false);
    expect(await refusal(access.check(foreign, '/metrics'))).to.equal('401 Unauthorized');
  });

  it('asks the API server what the user of a certificate may do', async () => {
    const admin = { subject: { CN: 'kube-apiserver-kubelet-client', O: 'system:masters' } };
    expect(await refusal(access.check(request(admin, {}, 'POST'), '/exec/a/b/c'))).to.equal('let in');
    expect(asked[0].resourceAttributes).to.deep.equal({
      ...{ group: '', version: 'v1', resource: 'nodes', subresource: 'proxy', verb: 'create', name: 'n1' },
    });
    const other = { subject: { CN: 'bob', O: ['dev', 'ops'] } };
    expect(await refusal(access.check(request(other, {}, 'POST'), '/exec/a/b/c'))).to.equal(
      '403 Forbidden (user=bob, verb=create, resource=nodes, subresource(s)=[proxy], name=n1)',
    );
    expect(asked[1].groups).to.deep.equal(['dev', 'ops', 'system:authenticated']);
  });

  it('asks the API server whose token it is, once for a while', async () => {
    const bearer = request({}, { authorization: 'Bearer good' });
    for (let i = 0; i < 3; i++) await access.check(bearer, '/metrics/resource');
    expect(asked.map(({ kind }) => kind)).to.deep.equal(['TokenReview', 'SubjectAccessReview']);
    expect(await refusal(access.check(bearer, '/pods'))).to.match(/^403 .*subresource\(s\)=\[pods proxy\]/);
    await clock.advance(130_000);
    await access.check(bearer, '/metrics/resource');
    expect(asked.at(-1).kind).to.equal('TokenReview');
  });
});
