import { expect } from 'chai';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cluster } from '../../src/cluster/index.ts';
import { execute } from './running-cluster.ts';

const manifests = new URL('manifests/every-group.yaml', import.meta.url).pathname;

/** Rows of `kubectl get -o wide` that people know by heart, age and all that is random left out. */
const rows: readonly [resource: string, row: RegExp][] = [
  ['statefulset/sts', /^sts +0\/1 +\S+ +c +i$/m],
  ['daemonset/ds', /^ds +0 +0 +0 +0 +0 +<none> +\S+ +c +i +a=b$/m],
  ['cronjob/cj', /^cj +\*\/5 \* \* \* \* +Europe\/Paris +False +0 +<none> +\S+ +c +i +<none>$/m],
  ['hpa/hpa', /^hpa +Deployment\/web +memory: <unknown>\/50% +1 +5 +0 +\S+$/m],
  ['pdb/pdb', /^pdb +1 +N\/A +0 +\S+$/m],
  ['ingress/ing', /^ing +<none> +a\.example\.com +80 +\S+$/m],
  ['ipaddress/192.168.1.5', /^192\.168\.1\.5 +services\/default\/s +\S+$/m],
  ['rolebinding/rb', /^rb +Role\/sys:role +\S+ +ann *$/m],
  ['csidriver/d.io', /^d\.io +true +false +false +<unset> +false +Persistent +\S+$/m],
  ['flowschema/exempt', /^exempt +exempt +1 +<none> +\S+ +\S+$/m],
  ['resourceclaim/rc1', /^rc1 +pending +\S+$/m],
];

/** Changes that must be refused, and why. */
const refused: readonly [line: string[], why: string][] = [
  [
    ['patch', 'job', 'job', '--type=merge', '-p', '{"spec":{"completions":5}}'],
    'spec.completions: Invalid value: 5: field is immutable',
  ],
  [['patch', 'rolebinding', 'rb', '--type=merge', '-p', '{"roleRef":{"name":"other"}}'], 'cannot change roleRef'],
  [
    ['patch', 'sts', 'sts', '-p', '{"spec":{"podManagementPolicy":"Parallel"}}'],
    "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', " +
      "'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
  ],
  [
    ['patch', 'crd', 'foos.a.io', '--type=merge', '-p', '{"spec":{"group":"b.io"}}'],
    'spec.group: Invalid value: "b.io": field is immutable',
  ],
];

describe('kubectl and the kinds of every group', function () {
  this.timeout(120_000);
  let cluster: Cluster;
  let folder = '';

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'coxswain-kinds-'));
    // What these two write depends on the time, and on how far a deployment has come.
    const still = ['-cronjob-controller', '-horizontal-pod-autoscaler-controller'];
    cluster = await Cluster.start({ controllers: ['*', ...still] });
    writeFileSync(join(folder, 'kubeconfig'), cluster.kubeconfig, { mode: 0o600 });
  });
  after(async () => {
    await cluster?.stop();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  const kubectl = (...line: string[]) =>
    execute('kubectl', line, { env: { KUBECONFIG: join(folder, 'kubeconfig'), HOME: folder } });

  it('makes, shows and describes one of each', async () => {
    const made = await kubectl('apply', '-f', manifests);
    expect([made.code, made.stderr.split('\n').filter((line) => line && !line.startsWith('Warning: '))]).to.deep.equal([
      0,
      [],
    ]);
    expect(
      made.stdout
        .trim()
        .split('\n')
        .filter((line) => !line.endsWith(' created')),
    ).to.deep.equal([]);
    for (const [resource, row] of rows) {
      const { stdout } = await kubectl('get', resource, '-o', 'wide');
      expect(stdout, resource).to.match(row);
    }
    const described = await kubectl('describe', '-f', manifests);
    expect([described.code, described.stdout.match(/^Name:/gm)?.length]).to.deep.equal([
      0,
      made.stdout.trim().split('\n').length,
    ]);
  });

  it('says why a change is refused', async () => {
    for (const [line, why] of refused) {
      const { code, stderr } = await kubectl(...line);
      expect(code).to.equal(1);
      expect(stderr).to.contain(why);
    }
  });

  it('deletes them all', async () => {
    const { code, stdout } = await kubectl('delete', '-f', manifests, '--wait=false');
    expect(code).to.equal(0);
    expect(
      stdout
        .trim()
        .split('\n')
        .filter((line) => !line.includes(' deleted')),
    ).to.deep.equal([]);
  });
});
