import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { readManifests, staticPod } from '../../../src/kubelet/static-pods/manifest.ts';
import { mirrorOf, planMirrors } from '../../../src/kubelet/static-pods/mirror-plan.ts';

const text = `
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec: {containers: [{name: c, image: app}]}
`;
const read = (change = '', path = '/m/web.yaml') => staticPod({ path, text: text + change }, 'node1', 0);

describe('staticPod', () => {
  it('is bound to its node, named after it, and has all defaults', () => {
    const { metadata, spec } = read();
    expect(metadata).to.include({ name: 'web-node1', namespace: 'default' });
    expect(metadata.annotations).to.include({
      'kubernetes.io/config.source': 'file',
      'kubernetes.io/config.hash': metadata.uid,
    });
    expect(spec).to.include({ nodeName: 'node1', restartPolicy: 'Always', terminationGracePeriodSeconds: 30 });
    expect(spec!.tolerations).to.deep.include({ operator: 'Exists', effect: 'NoExecute' });
    expect(spec!.containers[0]).to.include({ imagePullPolicy: 'Always', terminationMessagePolicy: 'File' });
  });

  it('keeps its uid as long as its file says the same', () => {
    expect(read().metadata.uid).to.equal(read().metadata.uid);
    expect(read('# more').metadata.uid).not.to.equal(read().metadata.uid);
    expect(read('', '/m/other.yaml').metadata.uid).not.to.equal(read().metadata.uid);
  });

  for (const wrong of ['', 'kind: Service\napiVersion: v1', 'a: [', text.replace('name: web', 'name: 5'), '{}']) {
    it(`refuses ${JSON.stringify(wrong.slice(0, 40))}`, () => {
      expect(() => staticPod({ path: '/m/x', text: wrong }, 'n', 0)).to.throw();
    });
  }

  it('refuses a spec that is not valid', () => {
    expect(() => staticPod({ path: '/m/x', text: text.replace('name: c,', 'name: C C,') }, 'n', 0)).to.throw(
      /spec.containers\[0\].name/,
    );
  });
});

describe('readManifests', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'coxswain-manifests-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('reads the visible files of a folder by name, or one file', async () => {
    for (const name of ['b.yaml', 'a.json', '.hidden']) writeFileSync(join(folder, name), name);
    writeFileSync(join(folder, 'empty'), '\n');
    mkdirSync(join(folder, 'sub'));
    expect((await readManifests(folder)).map((m) => m.text)).to.deep.equal(['a.json', 'b.yaml']);
    expect((await readManifests(join(folder, 'b.yaml'))).map((m) => m.text)).to.deep.equal(['b.yaml']);
    expect(await readManifests(join(folder, 'missing'))).to.deep.equal([]);
  });
});

describe('planMirrors', () => {
  const pod = read();
  const asFound = (uid: string, change: object = {}) => {
    const { metadata, spec } = mirrorOf(pod, undefined);
    const found = { ...metadata, uid, resourceVersion: '1', creationTimestamp: '', ...change };
    return { apiVersion: 'v1', kind: 'Pod', metadata: found, spec } as typeof pod;
  };
  const planned = (pods: (typeof pod)[], mirrors: (typeof pod)[]) => {
    const { create, remove } = planMirrors(pods, mirrors);
    return [
      ...create.map(({ metadata }) => `create ${metadata.name}`),
      ...remove.map((m) => `remove ${m.metadata.uid}`),
    ];
  };

  it('makes one for each pod, once', () => {
    expect(planned([pod], [])).to.deep.equal(['create web-node1']);
    expect(planned([pod], [asFound('m1')])).to.deep.equal([]);
  });

  it('removes one that shows nothing, or something else, or is being deleted', () => {
    expect(planned([], [asFound('m1')])).to.deep.equal(['remove m1']);
    expect(planned([read('# changed')], [asFound('m1')])).to.deep.equal(['remove m1']);
    expect(planned([pod], [asFound('m1', { deletionTimestamp: 'now' })])).to.deep.equal(['remove m1']);
  });
});
