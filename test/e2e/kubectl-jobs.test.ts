import { expect } from 'chai';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cluster } from '../../src/cluster/index.ts';
import { execute } from './running-cluster.ts';

/** What people do with jobs through stock kubectl, on a node whose containers are simulated. */
describe('kubectl and jobs', function () {
  this.timeout(120_000);
  let cluster: Cluster;
  let folder = '';

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'coxswain-jobs-'));
    cluster = await Cluster.start({ nodes: 1 });
    writeFileSync(join(folder, 'kubeconfig'), cluster.kubeconfig, { mode: 0o600 });
  });
  after(async () => {
    await cluster?.stop();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  async function ok(...words: string[]): Promise<string> {
    const args = [...words[0]!.split(' '), ...words.slice(1)];
    const done = await execute('kubectl', args, { env: { KUBECONFIG: join(folder, 'kubeconfig'), HOME: folder } });
    expect(done.code, `kubectl ${args.join(' ')}\n${done.stdout}${done.stderr}`).to.equal(0);
    return done.stdout;
  }

  it('create, wait, describe, logs and delete', async () => {
    await ok('create job hello --image=busybox -- echo hi');
    await ok('wait --for=condition=complete job/hello --timeout=60s');
    expect(await ok('get jobs')).to.match(/^NAME +STATUS +COMPLETIONS .*\nhello +Complete +1\/1 /);
    expect(await ok('logs job/hello')).to.equal('hi\n');
    const text = await ok('describe job hello');
    expect(text).to.match(/Pods Statuses: +0 Active \(0 Ready\) \/ 1 Succeeded \/ 0 Failed/);
    expect(text).to.match(/SuccessfulCreate .* job-controller +Created pod: hello-.*\n.*Completed .* +Job completed/);
    await ok('delete job hello --cascade=foreground');
    expect(await ok('get pods -o name')).to.equal('');
  });

  it('suspend and resume, and leave the pods behind', async () => {
    await ok('create job long --image=busybox -- sleep 1000');
    await ok('patch job long --type=merge -p', '{"spec":{"suspend":true}}');
    await ok('wait --for=condition=suspended job/long --timeout=60s');
    expect(await ok('get jobs long')).to.match(/\nlong +Suspended +0\/1 /);
    await ok('patch job long --type=merge -p', '{"spec":{"suspend":false}}');
    await ok('wait --for=jsonpath={.status.active}=1 job/long --timeout=60s');
    await ok('delete job long --cascade=orphan');
    await ok('delete pods --all --force --grace-period=0');
    await ok('wait --for=delete pods --all --timeout=60s');
  });

  it('create job --from=cronjob', async () => {
    await ok('create cronjob tick --image=busybox', '--schedule=0 0 1 1 *', '--', 'true');
    await ok('create job now --from=cronjob/tick');
    await ok('wait --for=condition=complete job/now --timeout=60s');
    expect(await ok('get cronjobs')).to.match(/\ntick +0 0 1 1 \* +<none> +False +0 +<none> /);
    await ok('wait --for=jsonpath={.status.lastSuccessfulTime} cronjob/tick --timeout=60s');
    await ok('delete cronjob tick --cascade=foreground');
    expect(await ok('get jobs,pods -o name')).to.equal('');
  });
});
