import { expect } from 'chai';
import { join } from 'node:path';
import { EtcdProcess } from '../storage/etcd-process.ts';
import { eventually, RunningCluster } from './running-cluster.ts';

const service = (name: string) =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { type: 'NodePort', ports: [{ port: 80 }], selector: { app: name } },
  });

/** Two servers over one etcd, as two machines would run them: each its own process and data folder, the keys the same. */
describe('two servers on one etcd', function () {
  this.timeout(180_000);
  let etcd: EtcdProcess;
  let first: RunningCluster;
  let second: RunningCluster;

  before(async () => {
    etcd = await EtcdProcess.start();
    const args = ['--no-node', '--etcd-servers', etcd.endpoint, '--service-cidr', '10.96.0.0/16,fd00:10:96::/112'];
    first = await RunningCluster.start(...args);
    second = await RunningCluster.startWithPki(join(first.dataDir, 'pki'), ...args);
  });
  after(async () => {
    await first?.destroy();
    await second?.destroy();
    await etcd?.remove();
  });

  it('take the credentials that the other made', async () => {
    const token = await first.ok('create token default');
    const server = `https://127.0.0.1:${second.port}`;
    const flags = `--kubeconfig=/dev/null --server=${server} --insecure-skip-tls-verify --token=${token.trim()}`;
    expect(await second.ok(`${flags} auth whoami -o jsonpath={.status.userInfo.username}`)).to.equal(
      'system:serviceaccount:default:default',
    );
  });

  it('show themselves as identities', async () => {
    const leases = await first.ok(
      '-n kube-system get leases -l apiserver.kubernetes.io/identity=kube-apiserver -o name',
    );
    expect(leases.trim().split('\n')).to.have.length(2);
  });

  it('show whose the addresses are, and from which ranges they come', async () => {
    expect(await second.ok('get servicecidrs')).to.match(/^kubernetes +10\.96\.0\.0\/16,fd00:10:96::\/112/m);
    expect(await second.ok('get ipaddresses')).to.match(/^10\.96\.0\.1 +services\/default\/kubernetes/m);
    await first.ok('create service clusterip both --tcp=80');
    await first.ok(`patch service both --type=merge -p {"spec":{"ipFamilyPolicy":"PreferDualStack"}}`);
    const { spec } = await second.json('get service both');
    expect(spec.ipFamilies).to.deep.equal(['IPv4', 'IPv6']);
    expect(await second.ok('get ipaddresses -o name')).to.include(`ipaddress.networking.k8s.io/${spec.clusterIPs[1]}`);
  });

  it('give services made through both at once addresses and ports of their own', async () => {
    const names = Array.from({ length: 24 }, (_, i) => `s-${i}`);
    await Promise.all(names.map((name, i) => (i % 2 ? first : second).ok('apply -f -', service(name))));
    const { items } = await first.json('get services');
    const made = items.filter(({ metadata }: any) => names.includes(metadata.name));
    expect(made).to.have.length(names.length);
    expect(new Set(made.map(({ spec }: any) => spec.clusterIP)).size).to.equal(names.length);
    expect(new Set(made.map(({ spec }: any) => spec.ports[0].nodePort)).size).to.equal(names.length);
  });

  it('agree at once on what was written through one', async () => {
    for (let i = 0; i < 5; i++) {
      const [writer, reader] = i % 2 ? [first, second] : [second, first];
      await writer.ok(`create configmap agreed-${i}`);
      expect(await reader.ok(`get configmap agreed-${i} -o name`)).to.equal(`configmap/agreed-${i}\n`);
    }
  });

  it('go on when one is killed, and take it back', async () => {
    const watch = second.background('get configmaps --watch --output-watch-events -o name');
    await first.stop('SIGKILL');
    await second.ok('create configmap while-alone');
    await eventually('the watch tells', async () => watch.output().includes('configmap/while-alone'));
    await watch.end();
    await first.up();
    expect(await first.ok('get configmap while-alone -o name')).to.equal('configmap/while-alone\n');
  });
});
