import { KubeConfig, CoreV1Api, PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import { expect } from 'chai';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually, RunningCluster, type Output } from './running-cluster.ts';

/** What stock kubectl does with objects that several managers write: apply in both forms, and its relatives. */
describe('kubectl apply and its relatives', function () {
  this.timeout(120_000);
  let cluster: RunningCluster;

  before(async () => {
    cluster = await RunningCluster.start('--no-node');
  });

  after(async () => {
    await cluster?.destroy();
  });

  const file = (name: string, text: string): string => {
    const path = join(cluster.dataDir, name);
    writeFileSync(path, text);
    return path;
  };
  const configMap = (name: string, data: Record<string, string>, labels?: Record<string, string>) =>
    JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...(labels && { labels }) }, data });
  const deployment = (name: string, image: string) =>
    JSON.stringify({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name },
      spec: {
        replicas: 0,
        selector: { matchLabels: { app: name } },
        template: {
          metadata: { labels: { app: name } },
          spec: { containers: [{ name: 'c', image, ports: [{ containerPort: 80 }] }] },
        },
      },
    });
  const apply = (name: string, text: string, flags = ''): Promise<Output> =>
    cluster.kubectl(`apply -f ${file(`${name}.json`, text)} ${flags}`);
  const must = async (done: Promise<Output>): Promise<Output> => {
    const output = await done;
    expect(output.code, output.stderr).to.equal(0);
    return output;
  };
  const managers = async (object: string): Promise<any[]> =>
    (await cluster.json(`get ${object} --show-managed-fields`)).metadata.managedFields;
  const names = async (object: string): Promise<string[]> =>
    (await managers(object)).map((e) => [e.manager, e.operation, e.subresource].filter(Boolean).join('/'));

  describe('--server-side', () => {
    it('creates, does nothing, changes, and removes what is no longer there', async () => {
      const first = await must(apply('ss', configMap('ss', { a: '1', b: '2' }), '--server-side'));
      expect(first.stdout).to.contain('configmap/ss serverside-applied');
      const { resourceVersion } = (await cluster.json('get cm ss')).metadata;
      await must(apply('ss', configMap('ss', { a: '1', b: '2' }), '--server-side'));
      expect((await cluster.json('get cm ss')).metadata.resourceVersion).to.equal(resourceVersion);
      await must(apply('ss', configMap('ss', { b: '3' }), '--server-side'));
      expect((await cluster.json('get cm ss')).data).to.deep.equal({ b: '3' });
      expect(await names('cm/ss')).to.deep.equal(['kubectl/Apply']);
    });

    it('explains conflicts, and takes fields by force', async () => {
      await must(apply('fight', configMap('fight', { a: '1' }), '--server-side'));
      const refused = await apply('fight', configMap('fight', { a: '2' }), '--server-side --field-manager=other');
      expect(refused.code).to.equal(1);
      expect(refused.stderr)
        .to.contain('Apply failed with 1 conflict: conflict with "kubectl": .data.a')
        .and.to.contain('--force-conflicts');
      await must(
        apply('fight', configMap('fight', { a: '2' }), '--server-side --field-manager=other --force-conflicts'),
      );
      expect(await names('cm/fight')).to.deep.equal(['other/Apply']);
    });

    it('takes over what was applied on the client’s side, and goes back', async () => {
      await must(apply('move', deployment('move', 'nginx:1')));
      const moved = await must(apply('move', deployment('move', 'nginx:2'), '--server-side'));
      expect(moved.stderr).to.equal('');
      expect(await names('deployment/move')).to.include('kubectl/Apply');
      expect(await names('deployment/move')).not.to.include('kubectl-client-side-apply/Update');
      expect(await cluster.ok('apply view-last-applied deployment/move')).to.contain('nginx:2');
      const back = await must(apply('move', deployment('move', 'nginx:3')));
      expect(back.stdout).to.contain('deployment.apps/move configured');
    });

    it('says what does not fit the schema', async () => {
      const strange = await apply('strange', configMap('strange', {}).replace('"data"', '"dota"'), '--server-side');
      expect(strange.stderr).to.contain('.dota: field not declared in schema');
    });

    it('leaves the replicas to whoever scales', async () => {
      await must(apply('scaled', deployment('scaled', 'nginx'), '--server-side'));
      await cluster.ok('scale deployment/scaled --replicas=1');
      expect(await names('deployment/scaled')).to.include('kubectl/Update/scale');
      const refused = await apply('scaled', deployment('scaled', 'nginx'), '--server-side');
      expect(refused.stderr).to.contain(
        'conflict with "kubectl" with subresource "scale" using apps/v1: .spec.replicas',
      );
    });

    it('only asks with --dry-run=server', async () => {
      await must(apply('dry', configMap('dry', { a: '1' }), '--server-side --dry-run=server'));
      expect((await cluster.kubectl('get cm dry')).code).to.equal(1);
    });
  });

  it('diff --server-side shows what an apply would do', async () => {
    await must(apply('diff', configMap('diff', { a: '1' }), '--server-side'));
    const path = file('diff.json', configMap('diff', { a: '2' }));
    const { code, stdout } = await cluster.kubectl(`diff --server-side -f ${path}`);
    expect(code).to.equal(1);
    expect(stdout).to.contain('-  a: "1"').and.to.contain('+  a: "2"');
    expect((await cluster.json('get cm diff')).data.a).to.equal('1');
  });

  it('apply view-, set- and edit-last-applied', async () => {
    await must(apply('last', configMap('last', { a: '1' })));
    expect(await cluster.ok('apply view-last-applied cm/last')).to.contain('a: "1"');
    await cluster.ok(`apply set-last-applied -f ${file('last.json', configMap('last', { a: '2' }))}`);
    expect(await cluster.ok('apply view-last-applied cm/last')).to.contain('a: "2"');
    const editor = file('editor.sh', '#!/bin/sh\nsed -i s/2/3/ "$1"\n');
    chmodSync(editor, 0o755);
    await withEditor(editor, 'apply edit-last-applied cm/last');
    expect(await cluster.ok('apply view-last-applied cm/last')).to.contain('a: "3"');
    expect((await cluster.json('get cm last')).data.a).to.equal('1');
  });

  it('edit changes what the editor changes', async () => {
    await must(apply('edited', configMap('edited', { a: 'before' })));
    const editor = file('edit.sh', '#!/bin/sh\nsed -i "s/a: before/a: after/" "$1"\n');
    chmodSync(editor, 0o755);
    expect(await withEditor(editor, 'edit cm/edited')).to.contain('configmap/edited edited');
    expect((await cluster.json('get cm edited')).data.a).to.equal('after');
    expect(await names('cm/edited')).to.include('kubectl-edit/Update');
  });

  async function withEditor(editor: string, args: string): Promise<string> {
    const before = process.env['KUBE_EDITOR'];
    process.env['KUBE_EDITOR'] = editor;
    try {
      return await cluster.ok(args);
    } finally {
      if (before === undefined) delete process.env['KUBE_EDITOR'];
      else process.env['KUBE_EDITOR'] = before;
    }
  }

  it('apply --prune removes what is gone from the files', async () => {
    const labels = { prune: 'yes' };
    const both = `${configMap('kept', { a: '1' }, labels)}\n${configMap('pruned', { a: '1' }, labels)}`;
    await cluster.ok(`apply -f ${file('prune.json', both)}`);
    const path = file('prune.json', configMap('kept', { a: '2' }, labels));
    const text = await cluster.ok(`apply --prune -l prune=yes --prune-allowlist=core/v1/ConfigMap -f ${path}`);
    expect(text).to.contain('configmap/kept configured').and.to.contain('configmap/pruned pruned');
  });

  it('replace, and create --save-config, keep what apply needs', async () => {
    await cluster.ok(`create --save-config -f ${file('saved.json', configMap('saved', { a: '1', b: '1' }))}`);
    await must(apply('saved', configMap('saved', { a: '2' })));
    expect((await cluster.json('get cm saved')).data).to.deep.equal({ a: '2' });
    await cluster.ok(`replace --save-config -f ${file('saved.json', configMap('saved', { c: '1' }))}`);
    expect((await cluster.json('get cm saved')).data).to.deep.equal({ c: '1' });
    expect(await names('cm/saved')).to.include('kubectl-replace/Update');
  });

  it('managed fields are shown on demand only', async () => {
    await must(apply('shown', configMap('shown', { a: '1' })));
    expect(await cluster.ok('get cm shown -o yaml')).not.to.contain('managedFields');
    expect(await cluster.ok('get cm shown -o yaml --show-managed-fields')).to.contain('f:a: {}');
  });

  it('components of the cluster write under their names', async () => {
    await must(apply('parts', deployment('parts', 'nginx')));
    await eventually('the controller has written the status', async () =>
      (await names('deployment/parts')).includes('kube-controller-manager/Update/status'),
    );
    expect(await names('namespace/default')).to.include('kube-apiserver/Update');
  });

  it('@kubernetes/client-node applies too', async () => {
    const config = new KubeConfig();
    config.loadFromFile(cluster.kubeconfig);
    const api = config.makeApiClient(CoreV1Api);
    const request = (data: Record<string, string>, fieldManager: string, force = false) =>
      api.patchNamespacedConfigMap(
        { name: 'typed', namespace: 'default', fieldManager, force, body: JSON.parse(configMap('typed', data)) },
        setHeaderOptions('Content-Type', PatchStrategy.ServerSideApply),
      );
    const created = await request({ a: '1' }, 'one');
    expect(created.metadata?.managedFields?.[0]).to.include({ manager: 'one', operation: 'Apply' });
    const error: any = await request({ a: '2' }, 'two').catch((e: unknown) => e);
    expect(error.code).to.equal(409);
    expect((await request({ a: '2' }, 'two', true)).data).to.deep.equal({ a: '2' });
  });
});
