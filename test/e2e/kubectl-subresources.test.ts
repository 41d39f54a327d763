import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cluster } from '../../src/cluster/index.ts';
import { eventually, execute, type Output } from './running-cluster.ts';

const labels = { app: 'web' };
const web = (replicas: number) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    replicas,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'web:1' }] } },
  },
});
const budget = (name: string, spec: object) => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name },
  spec: { selector: { matchLabels: labels }, ...spec },
});

/** What people do with subresources through stock kubectl, on nodes whose containers are simulated. */
describe('kubectl and subresources', function () {
  this.timeout(120_000);
  let cluster: Cluster;
  let folder = '';

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'coxswain-subresources-'));
    cluster = await Cluster.start({ nodes: 3 });
    writeFileSync(join(folder, 'kubeconfig'), cluster.kubeconfig, { mode: 0o600 });
  });
  after(async () => {
    await cluster?.stop();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  const env = () => ({ KUBECONFIG: join(folder, 'kubeconfig'), HOME: folder });
  const run = (line: string, input?: object, more: object = {}): Promise<Output> =>
    execute('kubectl', line.split(' '), {
      env: { ...env(), ...more },
      ...(input && { input: JSON.stringify(input) }),
    });
  async function ok(line: string, input?: object, more?: object): Promise<string> {
    const { code, stdout, stderr } = await run(line, input, more);
    if (code !== 0) throw new Error(`kubectl ${line}: ${stderr}`);
    return stdout;
  }
  const json = async (line: string) => JSON.parse(await ok(`${line} -o json`));
  const nodesOfPods = async () =>
    (await json('get pods -l app=web')).items
      .filter((p: any) => !p.metadata.deletionTimestamp)
      .map((p: any) => p.spec.nodeName as string);

  describe('drain', () => {
    before(async () => {
      await ok('apply -f -', web(4));
      await ok('rollout status deployment/web --timeout=60s');
    });

    it('goes as fast as the budget allows, and all pods live on elsewhere', async () => {
      await ok('apply -f -', budget('web', { maxUnavailable: 1 }));
      await eventually('the budget is worked out', async () => {
        const { status } = await json('get pdb web');
        return status.disruptionsAllowed === 1 && status.expectedPods === 4;
      });
      expect(await ok('get pdb web')).to.match(/web +N\/A +1 +1 /);
      const [node] = await nodesOfPods();
      const text = await ok(`drain ${node} --timeout=90s`);
      expect(text).to.contain(`node/${node} drained`);
      expect(await nodesOfPods()).not.to.include(node);
      await ok(`uncordon ${node}`);
      await ok('rollout status deployment/web --timeout=60s');
    });

    it('waits while the budget allows nothing, and goes on when it does', async () => {
      await ok('delete pdb web');
      await ok('apply -f -', budget('all', { minAvailable: '100%' }));
      await eventually('the budget is worked out', async () => (await json('get pdb all')).status?.expectedPods === 4);
      const [node] = await nodesOfPods();
      const refused = await run(`drain ${node} --timeout=3s`);
      expect(refused.code).not.to.equal(0);
      expect(refused.stderr).to.contain("Cannot evict pod as it would violate the pod's disruption budget.");
      expect(await nodesOfPods()).to.include(node);
      const draining = run(`drain ${node} --timeout=90s`);
      await ok('patch pdb all --type=merge -p {"spec":{"minAvailable":0}}');
      expect((await draining).stdout).to.contain(`node/${node} drained`);
      await ok(`uncordon ${node}`);
      await ok('delete pdb all');
    });
  });

  describe('scale', () => {
    it('is changed, with a condition, and shown as a table of its own', async () => {
      expect(await ok('scale deployment web --replicas=2')).to.equal('deployment.apps/web scaled\n');
      const wrong = await run('scale deployment web --current-replicas=9 --replicas=1');
      expect(wrong.stderr).to.contain('Expected replicas to be 9, was 2');
      expect(await ok('get deployment web --subresource=scale')).to.match(/^NAME +DESIRED +AVAILABLE +AGE\nweb +2 /);
      expect((await json('get deployment web --subresource=scale')).kind).to.equal('Scale');
    });

    it('is patched', async () => {
      await ok('patch deployment web --subresource=scale --type=merge -p {"spec":{"replicas":3}}');
      const scale = await json('get deployment web --subresource=scale');
      expect(scale.spec.replicas).to.equal(3);
      const refused = await run('patch deployment web --subresource=scale --type=merge -p {"spec":{"replicas":-1}}');
      expect(refused.stderr).to.contain('must be greater than or equal to 0');
    });
  });

  describe('status', () => {
    it('is shown as the object is', async () => {
      expect(await ok('get deployment web --subresource=status')).to.match(
        /^NAME +READY +UP-TO-DATE +AVAILABLE +AGE\nweb /,
      );
      expect(await ok('get node node-1 --subresource=status -o name')).to.equal('node/node-1\n');
    });

    it('is patched, replaced and edited', async () => {
      await ok('patch node node-1 --subresource=status --type=merge -p {"status":{"capacity":{"example.com/a":"1"}}}');
      expect((await json('get node node-1')).status.capacity['example.com/a']).to.equal('1');
      const node = await json('get node node-1');
      delete node.metadata.resourceVersion;
      node.status.capacity['example.com/a'] = '2';
      await ok('replace --subresource=status -f -', node);
      expect((await json('get node node-1')).status.capacity['example.com/a']).to.equal('2');
      const editor = join(folder, 'editor.sh');
      writeFileSync(editor, '#!/bin/sh\nsed -i \'s#example.com/a: "2"#example.com/a: "3"#\' "$1"\n');
      chmodSync(editor, 0o700);
      await ok('edit node node-1 --subresource=status', undefined, { KUBE_EDITOR: editor });
      expect((await json('get node node-1')).status.capacity['example.com/a']).to.equal('3');
    });
  });

  describe('proxy', () => {
    it('get --raw reaches the kubelet of a node', async () => {
      expect(await ok('get --raw /api/v1/nodes/node-1/proxy/healthz')).to.equal('ok');
      const { items } = JSON.parse(await ok('get --raw /api/v1/nodes/node-1/proxy/pods'));
      expect(items).to.be.an('array');
    });

    it('get --raw says why it cannot reach a service', async () => {
      await ok('create service clusterip none --tcp=80:80');
      const { stderr } = await run('get --raw /api/v1/namespaces/default/services/none:80/proxy/');
      expect(stderr).to.contain('no endpoints available for service "none"');
    });

    it('kubectl proxy leads there too', async () => {
      const proxy = spawn('kubectl', ['proxy', '--port=0'], { env: { ...process.env, ...env() } });
      try {
        let text = '';
        proxy.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
        const address = await eventually('kubectl proxy listens', async () => /127\.0\.0\.1:\d+/.exec(text)?.[0]);
        const answer = await fetch(`http://${address}/api/v1/nodes/node-1/proxy/healthz`);
        expect([answer.status, await answer.text()]).to.deep.equal([200, 'ok']);
      } finally {
        proxy.kill();
      }
    });
  });

  describe('of pods', () => {
    it('exec, attach and logs name the containers when there is a choice', async () => {
      const containers = ['a', 'b'].map((name) => ({ name, image: 'i' }));
      await ok('apply -f -', { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'two' }, spec: { containers } });
      await ok('wait --for=condition=Ready pod/two --timeout=60s');
      const raw = await run('get --raw /api/v1/namespaces/default/pods/two/log');
      expect(raw.stderr).to.contain('a container name must be specified for pod two, choose one of: [a b]');
      const wrong = await run('logs two -c x');
      expect(wrong.stderr).to.contain('container x is not valid for pod two');
      expect((await run('logs two -c a')).code).to.equal(0);
      expect((await run('exec two -c b -- echo hello')).code).to.equal(0);
    });

    it('create token gives one that the server knows', async () => {
      const token = (await ok('create token default --duration=10m --audience=a --audience=b')).trim();
      const claims = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString());
      expect(claims.aud).to.deep.equal(['a', 'b']);
      expect(claims.exp - claims.iat).to.equal(600);
      const bound = (await ok('create token default --bound-object-kind=Pod --bound-object-name=two')).trim();
      const server = `--kubeconfig=/dev/null --server=${cluster.url} --insecure-skip-tls-verify`;
      const who = JSON.parse(await ok(`auth whoami -o json ${server} --token=${bound}`));
      expect(who.status.userInfo.username).to.equal('system:serviceaccount:default:default');
      expect(who.status.userInfo.extra['authentication.kubernetes.io/pod-name']).to.deep.equal(['two']);
      expect(JSON.parse(Buffer.from(bound.split('.')[1]!, 'base64url').toString())['kubernetes.io'].pod.name).to.equal(
        'two',
      );
      const { stderr } = await run('create token default --duration=5m');
      expect(stderr).to.contain('may not specify a duration less than 10 minutes');
    });
  });
});
