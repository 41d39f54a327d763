import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Cluster } from '../../src/cluster/index.ts';
import { certificateRequest } from '../auth/certificate-request.ts';
import { execute } from './running-cluster.ts';

const agent = {
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name: 'agent' },
  spec: {
    selector: { matchLabels: { app: 'agent' } },
    template: {
      metadata: { labels: { app: 'agent' } },
      spec: { containers: [{ name: 'c', image: 'agent:1' }], terminationGracePeriodSeconds: 0 },
    },
  },
};

describe('kubectl, daemons and certificates', function () {
  this.timeout(120_000);
  let cluster: Cluster;
  let folder = '';

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'coxswain-daemons-'));
    cluster = await Cluster.start({ nodes: 3 });
    writeFileSync(join(folder, 'kubeconfig'), cluster.kubeconfig, { mode: 0o600 });
    await kubectl('wait', '--for=condition=Ready', 'nodes', '--all');
  });
  after(async () => {
    await cluster?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** What it prints; it has to succeed. */
  const kubectl = async (...line: string[]): Promise<string> => {
    const env = { KUBECONFIG: join(folder, 'kubeconfig'), HOME: folder };
    const { code, stdout, stderr } = await execute('kubectl', line, { env });
    expect(code, `${line.join(' ')}: ${stderr}`).to.equal(0);
    return stdout;
  };
  const apply = (object: object) => {
    const file = join(folder, 'object.json');
    writeFileSync(file, JSON.stringify(object));
    return kubectl('apply', '-f', file);
  };
  const rolledOut = () => kubectl('rollout', 'status', 'ds/agent', '--timeout=60s');
  const desired = (count: number) =>
    kubectl('wait', `--for=jsonpath={.status.numberReady}=${count}`, 'ds/agent', '--timeout=60s');

  it('rolls a daemon set out and back', async () => {
    await apply(agent);
    expect(await rolledOut()).to.contain('daemon set "agent" successfully rolled out');
    await kubectl('set', 'image', 'ds/agent', 'c=agent:2');
    await rolledOut();
    expect(await kubectl('rollout', 'history', 'ds/agent', '--revision=2')).to.match(/Image:\s+agent:2/);
    expect(await kubectl('rollout', 'undo', 'ds/agent')).to.contain('daemonset.apps/agent rolled back');
    await rolledOut();
    expect(await kubectl('get', 'ds')).to.match(/^agent +3 +3 +3 +3 +3 +<none> +\S+$/m);
    const description = await kubectl('describe', 'ds', 'agent');
    expect(description)
      .to.match(/Image:\s+agent:1/)
      .and.to.contain('Desired Number of Nodes Scheduled: 3');
    expect(description).to.match(/Normal +SuccessfulCreate +\S+ .*daemonset-controller +Created pod: agent-\w+/);
  });

  it('places daemons as taints say, and drains around them', async () => {
    await kubectl('taint', 'node', 'node-1', 'mine=yes:NoExecute');
    await desired(2);
    await kubectl('taint', 'node', 'node-1', 'mine-');
    await desired(3);
    const drained = await kubectl('drain', 'node-2', '--ignore-daemonsets', '--timeout=60s');
    expect(drained).to.contain('node/node-2 drained');
    expect(await kubectl('get', 'pods', '-o', 'wide')).to.contain('node-2');
  });

  it('gets a certificate for who asks, once it is approved', async () => {
    const request = Buffer.from(await certificateRequest({ O: 'devs', CN: 'jane' })).toString('base64');
    await apply({
      apiVersion: 'certificates.k8s.io/v1',
      kind: 'CertificateSigningRequest',
      metadata: { name: 'jane' },
      spec: { request, signerName: 'kubernetes.io/kube-apiserver-client', usages: ['client auth'] },
    });
    await kubectl('certificate', 'approve', 'jane');
    await kubectl('wait', '--for=jsonpath={.status.certificate}', 'csr/jane');
    expect(await kubectl('get', 'csr')).to.match(/^jane .*Approved,Issued$/m);
    const pem = await kubectl('get', 'csr', 'jane', '-o', 'jsonpath={.status.certificate}');
    expect(new X509Certificate(Buffer.from(pem, 'base64')).subject).to.equal('O=devs\nCN=jane');
  });
});
