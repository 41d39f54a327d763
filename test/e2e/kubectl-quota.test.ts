import { expect } from 'chai';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cluster } from '../../src/cluster/index.ts';
import { eventually, execute } from './running-cluster.ts';

/** What people see of quotas, limit ranges and the other built-in admission plugins through kubectl. */
describe('kubectl and admission', function () {
  this.timeout(60_000);
  let cluster: Cluster;
  let folder = '';

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'coxswain-quota-'));
    cluster = await Cluster.start({ nodes: 1 });
    writeFileSync(join(folder, 'kubeconfig'), cluster.kubeconfig, { mode: 0o600 });
    await ok('create namespace limited');
  });
  after(async () => {
    await cluster?.stop();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  const run = (line: string, input?: object) =>
    execute('kubectl', line.split(' '), {
      env: { KUBECONFIG: join(folder, 'kubeconfig'), HOME: folder },
      ...(input && { input: JSON.stringify(input) }),
    });
  async function ok(line: string, input?: object): Promise<string> {
    const { code, stdout, stderr } = await run(line, input);
    if (code !== 0) throw new Error(`kubectl ${line}: ${stderr}`);
    return stdout;
  }
  async function refused(line: string, input?: object): Promise<string> {
    const { code, stderr } = await run(line, input);
    expect(code, `kubectl ${line}`).not.to.equal(0);
    return stderr;
  }
  /** The rows of a table by their first column. */
  const rows = (text: string) => new Map(text.split('\n').map((line) => [line.trim().split(/\s+/)[0], line.trim()]));
  const shows = (row: string) =>
    eventually(`the quota shows ${row}`, async () =>
      (await ok('describe quota q -n limited')).split('\n').some((line) => line.trim().replace(/\s+/g, ' ') === row),
    );

  it('creates a quota and shows what is used of it', async () => {
    await ok('create quota q -n limited --hard=pods=2,requests.cpu=300m,count/deployments.apps=1');
    await shows('pods 0 2');
    await shows('count/deployments.apps 0 1');
  });

  it('says what a pod leaves open that a quota counts', async () => {
    expect(await refused('run a -n limited --image=x')).to.contain(
      'pods "a" is forbidden: failed quota: q: must specify requests.cpu for: a',
    );
  });

  it('creates a limit range that fills it in', async () => {
    const limit = { type: 'Container', default: { cpu: '200m' }, defaultRequest: { cpu: '100m' }, max: { cpu: '1' } };
    const claims = { type: 'PersistentVolumeClaim', max: { storage: '2Gi' } };
    const range = { apiVersion: 'v1', kind: 'LimitRange', metadata: { name: 'l' }, spec: { limits: [limit, claims] } };
    await ok('apply -n limited -f -', range);
    const described = rows(await ok('describe limitrange l -n limited'));
    expect(described.get('Container')).to.match(/^Container +cpu +- +1 +100m +200m +-$/);
    expect(described.get('PersistentVolumeClaim')).to.match(/storage +- +2Gi/);
    await ok('run a -n limited --image=x');
    await ok('run b -n limited --image=x');
    await shows('pods 2 2');
    await shows('requests.cpu 200m 300m');
    const pod = JSON.parse(await ok('get pod a -n limited -o json'));
    expect(pod.spec.containers[0].resources).to.deep.equal({ limits: { cpu: '200m' }, requests: { cpu: '100m' } });
    expect(pod.metadata.annotations['kubernetes.io/limit-ranger']).to.equal(
      'LimitRanger plugin set: cpu request for container a; cpu limit for container a',
    );
  });

  it('refuses what is too much, and makes room when something goes', async () => {
    const why = 'exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2';
    expect(await refused('run c -n limited --image=x')).to.contain(`pods "c" is forbidden: ${why}`);
    expect(await refused('run c -n limited --image=x --dry-run=server')).to.contain(why);
    await ok('delete pod a -n limited --now');
    await shows('pods 1 2');
    await ok('create deployment w -n limited --image=x --replicas=2');
    await shows('count/deployments.apps 1 1');
    await shows('pods 2 2');
    await eventually('the replica set says why a pod is missing', async () =>
      (await ok('get events -n limited')).includes('exceeded quota: q'),
    );
    expect(await refused('create deployment w2 -n limited --image=x')).to.contain('count/deployments.apps=1');
  });

  it('keeps claims small, and lets them go when nothing uses them', async () => {
    const claim = (storage: string) => ({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'c' },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } },
    });
    expect(await refused('create -n limited -f -', claim('3Gi'))).to.contain(
      'maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 3Gi',
    );
    await ok('create -n limited -f -', claim('1Gi'));
    expect(await ok('describe pvc c -n limited')).to.contain('kubernetes.io/pvc-protection');
    await ok('delete pvc c -n limited --timeout=30s');
  });

  it('keeps the namespaces that must stay, and lets one with quotas go', async () => {
    expect(await refused('delete namespace kube-system')).to.contain(
      'namespaces "kube-system" is forbidden: this namespace may not be deleted',
    );
    expect(await refused('create configmap a -n nowhere')).to.contain('namespaces "nowhere" not found');
    await ok('delete namespace limited --timeout=45s');
  });

  it('allows one default priority class, which pods get', async () => {
    await ok('create priorityclass usual --value=5 --global-default');
    expect(await refused('create priorityclass other --value=6 --global-default')).to.contain(
      'PriorityClass usual is already marked as default. Only one default can exist',
    );
    await ok('run p --image=x');
    expect(await ok('get pod p -o jsonpath={.spec.priorityClassName}/{.spec.priority}')).to.equal('usual/5');
  });
});
