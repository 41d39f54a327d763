import { expect } from 'chai';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cluster } from '../../src/cluster/index.ts';
import { execute } from './running-cluster.ts';

const labels = { app: 'db' };
const db = {
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'db' },
  spec: {
    replicas: 2,
    serviceName: 'db',
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'db', image: 'db:1' }] },
    },
  },
};

/** What people do with stateful sets through stock kubectl, on nodes whose containers are simulated. */
describe('kubectl and stateful sets', function () {
  this.timeout(120_000);
  let cluster: Cluster;
  let folder = '';

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'coxswain-stateful-'));
    cluster = await Cluster.start({ nodes: 2 });
    writeFileSync(join(folder, 'kubeconfig'), cluster.kubeconfig, { mode: 0o600 });
  });
  after(async () => {
    await cluster?.stop();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  async function ok(line: string, input?: object): Promise<string> {
    const env = { KUBECONFIG: join(folder, 'kubeconfig'), HOME: folder };
    const done = await execute('kubectl', line.split(' '), { env, ...(input && { input: JSON.stringify(input) }) });
    expect(done.code, `kubectl ${line}\n${done.stdout}${done.stderr}`).to.equal(0);
    return done.stdout;
  }
  const rolledOut = () => ok('rollout status statefulset/db --timeout=60s');
  const images = () => ok('get pods -l app=db -o jsonpath={.items[*].spec.containers[0].image}');

  it('apply brings up pods with names that last', async () => {
    await ok('apply -f -', db);
    expect(await rolledOut()).to.contain('partitioned roll out complete: 2 new pods have been updated...');
    expect(await ok('get pods -l app=db -o name')).to.equal('pod/db-0\npod/db-1\n');
    expect(await ok('get statefulsets')).to.match(/^NAME +READY +AGE\ndb +2\/2 /);
    expect(await ok('describe statefulset db')).to.contain('create Pod db-1 in StatefulSet db successful');
  });

  it('set image, rollout history, undo and restart', async () => {
    await ok('set image statefulset/db db=db:2');
    await rolledOut();
    expect(await images()).to.equal('db:2 db:2');
    expect(await ok('rollout history statefulset/db')).to.match(/REVISION +CHANGE-CAUSE\n1 +<none>\n2 +<none>\n/);
    expect(await ok('rollout undo statefulset/db')).to.equal('statefulset.apps/db rolled back\n');
    await rolledOut();
    expect(await images()).to.equal('db:1 db:1');
    expect(await ok('rollout history statefulset/db --revision=3')).to.contain('Image:\tdb:1\n');
    await ok('rollout restart statefulset/db');
    await rolledOut();
  });

  it('scale, and deletion that leaves the pods', async () => {
    await ok('scale statefulset/db --replicas=1');
    await ok('wait --for=delete pod/db-1 --timeout=60s');
    await ok('delete statefulset db --cascade=orphan');
    expect(await ok('get pods -l app=db -o name')).to.equal('pod/db-0\n');
  });
});
