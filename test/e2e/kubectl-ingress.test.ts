import { expect } from 'chai';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Component } from '../../src/base/component.ts';
import { realClock } from '../../src/base/clock.ts';
import { noLog } from '../../src/base/log.ts';
import { loadKubeconfig } from '../../src/client/kubeconfig.ts';
import { freePort } from '../../src/cluster/free-port.ts';
import { Cluster } from '../../src/cluster/index.ts';
import { runIngress } from '../../src/cluster/ingress.ts';
import { certificateFor, request } from '../ingress/planes.ts';
import { namesShown } from '../ingress/shown.ts';
import { eventually, execute } from './running-cluster.ts';

/** What the manifests of ingress-nginx bring that could meet ours. */
const nginx = `
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: { name: nginx, labels: { app.kubernetes.io/name: ingress-nginx } }
spec: { controller: k8s.io/ingress-nginx }
---
apiVersion: v1
kind: Namespace
metadata: { name: ingress-nginx }
---
apiVersion: v1
kind: Service
metadata: { name: ingress-nginx-controller, namespace: ingress-nginx }
spec:
  type: LoadBalancer
  externalTrafficPolicy: Cluster
  ports: [{ name: http, port: 80, targetPort: http }, { name: https, port: 443, targetPort: https }]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: theirs }
spec:
  ingressClassName: nginx
  rules: [{ host: theirs.test, http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }] } }]
`;

/** Load balancers and Ingresses as people use them through stock kubectl; the ingress controller runs as `cox ingress` does. */
describe('kubectl and ingress', function () {
  this.timeout(120_000);
  let cluster: Cluster;
  let folder = '';
  let ingress: Component;
  let backend: http.Server;
  let [httpPort, httpsPort] = [0, 0];
  const own = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal);

  async function ok(words: string, input = ''): Promise<string> {
    const env = { KUBECONFIG: join(folder, 'kubeconfig'), HOME: folder };
    const done = await execute('kubectl', words.split(' '), { env, input });
    expect(done.code, `kubectl ${words}\n${done.stdout}${done.stderr}`).to.equal(0);
    return done.stdout;
  }

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'coxswain-ingress-'));
    cluster = await Cluster.start({ nodes: 1 });
    writeFileSync(join(folder, 'kubeconfig'), cluster.kubeconfig, { mode: 0o600 });
    // Endpoints are never on the loopback; packets to an address of this machine stay on it all the same.
    backend = http.createServer((req, res) => res.end(`${String(req.headers['x-forwarded-host'])} ${req.url}`));
    await new Promise<void>((resolve) => void backend.listen(0, own?.address ?? '127.0.0.1', resolve));
    [httpPort, httpsPort] = [await freePort(), await freePort()];
    const settings = { address: '127.0.0.1', httpPort, httpsPort, publish: ['192.0.2.10'] };
    const connection = loadKubeconfig(join(folder, 'kubeconfig'));
    ingress = await runIngress(settings, { connection, clock: realClock, log: noLog });
    const { port } = backend.address() as AddressInfo;
    const slice = {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: 'web', labels: { 'kubernetes.io/service-name': 'web' } },
      addressType: 'IPv4',
      ports: [{ name: '80', port }],
      endpoints: [{ addresses: [own?.address ?? '192.0.2.1'] }],
    };
    await ok('create service clusterip web --tcp=80');
    await ok('patch service web --type=json -p [{"op":"remove","path":"/spec/selector"}]');
    await ok('apply -f -', JSON.stringify(slice));
  });
  after(async () => {
    await ingress?.stop();
    backend?.close();
    await cluster?.stop();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  it('create, get and describe an Ingress that works', async () => {
    await ok('create ingress web --rule=web.test/app*=web:80');
    await eventually('an address', async () => /192\.0\.2\.10/.test(await ok('get ingress web')));
    expect(await ok('get ingress web')).to.match(/^NAME .*\nweb +coxswain +web\.test +192\.0\.2\.10 +80 /);
    expect(await ok('get ingressclass')).to.match(/coxswain +coxswain\.io\/ingress-controller +<none>/);
    const answer = await request(httpPort, { path: '/app/x', headers: { host: 'web.test' } });
    expect(answer).to.include({ status: 200, text: 'web.test /app/x' });
    expect((await request(httpPort, { path: '/', headers: { host: 'web.test' } })).status).to.equal(404);
    await eventually('an event', async () =>
      /Normal +Sync .*ingress-controller +Scheduled for sync/.test(await ok('describe ingress web')),
    );
  });

  it('create a TLS secret that is shown at once', async () => {
    const { cert, key } = await certificateFor('secure.test');
    writeFileSync(join(folder, 'c.pem'), cert);
    writeFileSync(join(folder, 'k.pem'), key, { mode: 0o600 });
    await ok('create ingress secure --rule=secure.test/*=web:80,tls=secure');
    await ok(`create secret tls secure --cert=${folder}/c.pem --key=${folder}/k.pem`);
    await eventually('the certificate', async () => (await namesShown(httpsPort, 'secure.test')) === 'DNS:secure.test');
    const { status, headers } = await request(httpPort, { path: '/x', headers: { host: 'secure.test' } });
    expect([status, headers.location]).to.deep.equal([308, `https://secure.test:${httpsPort}/x`]);
  });

  it('install ingress-nginx beside it, whose class and ports stay its own', async () => {
    await ok('apply -f -', nginx);
    await eventually('an address of the load balancer', async () =>
      /\d+\.\d+\.\d+\.\d+/.test(
        await ok(
          'get service ingress-nginx-controller -n ingress-nginx -o jsonpath={.status.loadBalancer.ingress[0].ip}',
        ),
      ),
    );
    expect((await request(httpPort, { headers: { host: 'theirs.test' } })).status).to.equal(404);
    expect(await ok('get ingress theirs -o jsonpath={.status.loadBalancer}')).to.equal('{}');
    await ok('delete namespace ingress-nginx --timeout=60s');
  });

  it('delete all, and nothing listens any more', async () => {
    await ok('delete ingress --all');
    await eventually('a closed port', async () => {
      const code = await request(httpPort).catch((error: NodeJS.ErrnoException) => error.code);
      return code === 'ECONNREFUSED';
    });
  });
});
