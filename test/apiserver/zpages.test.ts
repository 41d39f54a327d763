import { expect } from 'chai';
import { TestServer } from './test-server.ts';

const json = (kind: string, version = 'v1beta1') => ({
  accept: `application/json;v=${version};g=config.k8s.io;as=${kind}`,
});

describe('pages about the server', () => {
  const server = new TestServer({ requestTimeout: 90_000, serviceCidr: '10.1.0.0/16' });
  before(() => server.clock.advance(3_723_000));
  after(() => server.close());

  it('/statusz tells what it is, as text and as JSON', async () => {
    const { text, headers } = await server.get('/statusz');
    expect(headers['content-type']).to.match(/^text\/plain/);
    expect(text).to.match(
      /^\nkube-apiserver statusz\nWarning: .*\n\nStarted: \w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d UTC \d{4}\n/,
    );
    expect(text).to.contain('\nUp: 1 hr 02 min 03 sec\n').and.contain('\nEmulation version: 1.36\n');
    expect(text).to.match(/\nPaths: .*\/readyz .*\n$/);
    for (const version of ['v1beta1', 'v1alpha1']) {
      const { body } = await server.get('/statusz', json('Statusz', version));
      expect(body).to.include({ kind: 'Statusz', apiVersion: `config.k8s.io/${version}`, uptimeSeconds: 3723 });
      expect(body.metadata).to.deep.equal({ name: 'kube-apiserver' });
      expect(body.paths).to.include('/livez');
    }
  });

  it('/flagz and /configz tell how it is set', async () => {
    const { text } = await server.get('/flagz');
    expect(text).to.match(/^\nkube-apiserver flagz\nWarning: /);
    expect(text).to.contain('\nrequest-timeout=1m30s\n').and.contain('\nservice-cluster-ip-range=10.1.0.0/16\n');
    const { body } = await server.get('/flagz', json('Flagz'));
    expect(body).to.include({ kind: 'Flagz', apiVersion: 'config.k8s.io/v1beta1' });
    expect(body.flags).to.include({ 'max-requests-inflight': '400', 'shutdown-delay-duration': '0s' });
    expect((await server.get('/configz')).body['kube-apiserver']).to.deep.equal(body.flags);
  });

  it('are of no other form, and not for everybody', async () => {
    expect((await server.get('/statusz', { accept: 'application/json' })).status).to.equal(406);
    expect((await server.get('/flagz', json('Statusz'))).status).to.equal(406);
    expect((await server.get('/statusz/x')).status).to.equal(404);
    const nobody = { username: 'system:anonymous', groups: ['system:unauthenticated'] };
    for (const path of ['/statusz', '/flagz', '/configz', '/metrics/slis', '/debug/pprof']) {
      const { status } = await server.call('GET', path, undefined, { user: nobody });
      expect(status, path).to.equal(403);
    }
  });

  it('have their place in the list of paths', async () => {
    const { paths } = (await server.get('/')).body;
    expect(paths).to.include.members(['/statusz', '/flagz', '/readyz/ping', '/livez/etcd', '/openapi/v3']);
    expect(paths).to.deep.equal([...paths].toSorted());
    expect((await server.get('/version/')).body).to.include({ minor: '36', emulationMinor: '36' });
    expect((await server.get('/version/x')).status).to.equal(404);
  });
});
