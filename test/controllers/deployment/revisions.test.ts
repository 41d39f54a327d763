import { expect } from 'chai';
import { newSet, sortSets } from '../../../src/controllers/deployment/new-set.ts';
import {
  expiredSets,
  findNewSet,
  newSetAnnotations,
  nextRevision,
} from '../../../src/controllers/deployment/revisions.ts';
import { sameTemplate, templateHash } from '../../../src/controllers/deployment/template-hash.ts';
import { aDeployment, aSet, template } from '../objects.ts';

const revision = (n: number) => ({ 'deployment.kubernetes.io/revision': String(n) });

describe('deployment: template hash', () => {
  it('is the same for templates that mean the same', () => {
    const { metadata, spec } = template();
    const other = {
      spec: { ...spec, volumes: [], nodeSelector: {} },
      metadata: { labels: metadata.labels, annotations: {} },
    };
    expect(templateHash(other)).to.equal(templateHash(template()));
  });

  it('differs for other templates and other collision counts', () => {
    const hashes = [templateHash(template()), templateHash(template('nginx:2')), templateHash(template(), 1)];
    expect(new Set(hashes).size).to.equal(3);
  });

  it('never changes: running clusters know their replica sets by it', () => {
    expect(templateHash(template())).to.equal('n6gtwsh6r7');
  });
});

describe('deployment: the new replica set', () => {
  it('has a name that is not too long', () => {
    const name = (deployment: string) =>
      newSet(aDeployment({}, { meta: { name: deployment } }), [], 'h'.repeat(10)).metadata.name;
    expect(name('web')).to.equal('web-hhhhhhhhhh');
    expect(name('a'.repeat(242))).to.equal(`${'a'.repeat(242)}-hhhhhhhhhh`);
    expect(name(`${'a'.repeat(240)}.-b`)).to.equal(`${'a'.repeat(240)}-hhhhhhhhhh`);
  });

  it('is the one with the same template but for the hash label', () => {
    const [old, current] = [aSet({ image: 'nginx:0' }), aSet({ image: 'nginx:1' })];
    expect(findNewSet(aDeployment(), [old, current])).to.equal(current);
    expect(sameTemplate(old, template('nginx:0'))).to.equal(true);
    expect(findNewSet(aDeployment(), [old])).to.equal(undefined);
  });

  it('is the oldest of several', () => {
    const [young, old] = [aSet({ age: 1 }), aSet({ age: 100 })];
    expect(sortSets(aDeployment(), [young, old])).to.deep.equal({ current: old, old: [young] });
  });

  it('gets name, labels, selector, size and revision', () => {
    const deployment = aDeployment(
      { replicas: 4, minReadySeconds: 5 },
      { meta: { annotations: { team: 'a', 'kubectl.kubernetes.io/last-applied-configuration': '{}' } } },
    );
    const set = newSet(deployment, [aSet({ image: 'x', replicas: 3, annotations: revision(7) })], 'abc');
    expect(set.metadata.name).to.equal('web-abc');
    expect(set.metadata.labels).to.deep.equal({ app: 'web', 'pod-template-hash': 'abc' });
    expect(set.metadata.annotations).to.deep.equal({
      team: 'a',
      'deployment.kubernetes.io/revision': '8',
      'deployment.kubernetes.io/desired-replicas': '4',
      'deployment.kubernetes.io/max-replicas': '5',
    });
    expect(set.spec).to.deep.include({ replicas: 2, minReadySeconds: 5 });
    expect(set.spec!.selector.matchLabels).to.deep.equal({ app: 'web', 'pod-template-hash': 'abc' });
    expect(set.spec!.template!.metadata!.labels).to.deep.equal({ app: 'web', 'pod-template-hash': 'abc' });
    expect(set.metadata.ownerReferences![0]).to.include({
      kind: 'Deployment',
      uid: deployment.metadata.uid,
      controller: true,
    });
  });
});

describe('deployment: revisions', () => {
  it('counts on from revisions that no double can hold', () => {
    const adopted = { 'deployment.kubernetes.io/revision': '3546343826724305832' };
    expect(nextRevision([aSet({ annotations: adopted })])).to.equal(3546343826724305833n);
    const next = newSetAnnotations(aDeployment(), adopted, 3546343826724305833n);
    expect(next['deployment.kubernetes.io/revision']).to.equal('3546343826724305833');
    expect(nextRevision([aSet({ annotations: { 'deployment.kubernetes.io/revision': '9'.repeat(19) } })])).to.equal(1n);
  });

  it('counts on from the highest of the old sets', () => {
    expect(nextRevision([])).to.equal(1n);
    expect(nextRevision([aSet({ annotations: revision(3) }), aSet({ annotations: revision(9) })])).to.equal(10n);
  });

  it('raises the revision of a set that is new again, and remembers the one it had', () => {
    const once = newSetAnnotations(aDeployment(), revision(1), 3n);
    expect(once).to.deep.equal({ ...revision(3), 'deployment.kubernetes.io/revision-history': '1' });
    const twice = newSetAnnotations(aDeployment(), once, 5n);
    expect(twice).to.deep.equal({ ...revision(5), 'deployment.kubernetes.io/revision-history': '1,3' });
    expect(newSetAnnotations(aDeployment(), twice, 5n)).to.deep.equal(twice);
  });

  it('takes over the annotations of the deployment, as the cause of the change', () => {
    const deployment = aDeployment(
      {},
      { meta: { annotations: { 'kubernetes.io/change-cause': 'new image', ...revision(4) } } },
    );
    expect(newSetAnnotations(deployment, undefined, 2n)).to.deep.equal({
      'kubernetes.io/change-cause': 'new image',
      ...revision(2),
    });
  });

  it('does not let the history grow for ever', () => {
    let annotations: Record<string, string> = {};
    for (let n = 1n; n < 2000n; n++) annotations = newSetAnnotations(aDeployment(), annotations, n);
    const history = annotations['deployment.kubernetes.io/revision-history']!;
    expect(history.length).to.be.at.most(2000);
    expect(history).to.match(/,1998$/);
  });

  it('drops the oldest idle sets beyond the limit', () => {
    const old = [5, 2, 9, 3].map((n) => aSet({ name: `web-${n}`, replicas: 0, annotations: revision(n) }));
    const names = (limit: number | undefined, sets = old) =>
      expiredSets(aDeployment({ revisionHistoryLimit: limit }), sets).map((set) => set.metadata.name);
    expect(names(2)).to.deep.equal(['web-2', 'web-3']);
    expect(names(0)).to.deep.equal(['web-2', 'web-3', 'web-5', 'web-9']);
    expect(names(10)).to.deep.equal([]);
    expect(names(undefined)).to.deep.equal([]);
  });

  it('keeps sets that still have pods, or are not observed yet', () => {
    const busy = aSet({ replicas: 0, observed: 1 });
    const running = aSet({ replicas: 1 });
    const unseen = aSet({ replicas: 0, status: { observedGeneration: 0 } });
    expect(expiredSets(aDeployment({ revisionHistoryLimit: 0 }), [busy, running, unseen])).to.deep.equal([]);
  });
});
