import { expect } from 'chai';
import request from 'supertest';
import { Cluster } from '../../src/cluster/index.ts';

const authority = (kubeconfig: string) =>
  Buffer.from(/certificate-authority-data: (\S+)/.exec(kubeconfig)![1]!, 'base64').toString();

for (const http2 of [false, true]) {
  describe(`without credentials, over HTTP/${http2 ? '2' : '1.1'}`, () => {
    let cluster: Cluster;
    const get = (path: string) => request(cluster.url, { http2 }).get(path).ca(authority(cluster.kubeconfig));

    before(async () => {
      cluster = await Cluster.start({ controllers: false, scheduler: false });
    });
    after(() => cluster.stop());

    for (const path of ['/healthz', '/livez', '/readyz', '/readyz/etcd']) {
      it(`${path} answers`, async () => {
        const answer = await get(path).expect(200);
        expect(answer.text).to.equal('ok');
      });
    }

    it('/readyz?verbose names the checks', async () => {
      const answer = await get('/readyz?verbose').expect(200);
      expect(answer.text)
        .to.match(/^\[\+\]ping ok\n/)
        .and.to.match(/readyz check passed\n$/);
    });

    it('/version tells the version', async () => {
      const answer = await get('/version').expect(200).expect('content-type', /json/);
      expect(answer.body).to.include({ major: '1', minor: '36' });
    });

    for (const path of [
      '/',
      '/api',
      '/apis',
      '/openapi/v3',
      '/metrics',
      '/api/v1/namespaces',
      '/api/v1/namespaces/default/secrets/x',
    ]) {
      it(`${path} is forbidden`, async () => {
        const answer = await get(path).expect(403);
        expect(answer.body).to.include({ kind: 'Status', status: 'Failure', reason: 'Forbidden', code: 403 });
        expect(answer.body.message).to.contain('system:anonymous');
      });
    }
  });
}
