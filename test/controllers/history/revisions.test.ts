import { expect } from 'chai';
import { daemonSet } from '../../../src/api/apps-v1/daemon-set.ts';
import { statefulSet, type StatefulSet } from '../../../src/api/apps-v1/stateful-set.ts';
import type { ControllerRevision } from '../../../src/api/apps-v1/controller-revision.ts';
import {
  expiredRevisions,
  newRevision,
  nextRevision,
  planRevision,
  revisionHashLabel,
  sortRevisions,
} from '../../../src/controllers/history/revisions.ts';
import { keepsTemplate, templateOf, templatePatch } from '../../../src/controllers/history/template-patch.ts';
import { metadata, template } from '../objects.ts';

const aSet = (image = 'nginx:1', name = 'web'): StatefulSet => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: metadata(name, { annotations: { note: 'n' } }),
  spec: { replicas: 1, serviceName: '', selector: { matchLabels: { app: 'web' } }, template: template(image) },
});

function aRevision(revision: number, image = `nginx:${revision}`, meta: object = {}): ControllerRevision {
  const base = { apiVersion: 'apps/v1', kind: 'ControllerRevision', revision };
  return { ...base, metadata: metadata(`web-${revision}`, meta), data: templatePatch(aSet(image)) };
}

const snapshot = (workload: StatefulSet) => ({ workload, kind: statefulSet, hashLabel: revisionHashLabel });

describe('history: revisions', () => {
  it('are named, labelled and owned as kubectl and others look for them', () => {
    const set = aSet();
    const made = newRevision(snapshot(set), 3, 0);
    const hash = made.metadata.labels![revisionHashLabel]!;
    expect(made.metadata.name).to.equal(`web-${hash}`);
    expect(made.metadata.labels).to.deep.equal({ app: 'web', [revisionHashLabel]: hash });
    expect(made.metadata.annotations).to.deep.equal({ note: 'n' });
    expect(made.metadata.ownerReferences).to.deep.include({
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      name: 'web',
      uid: set.metadata.uid,
      controller: true,
      blockOwnerDeletion: true,
    });
    expect(made.revision).to.equal(3);
    expect(made.data).to.deep.equal({ spec: { template: { ...template(), $patch: 'replace' } } });
  });

  it('hold a template as the same text, however its fields were ordered', () => {
    const spec = { nodeName: 'n', containers: [{ name: 'c', image: 'i' }] };
    const turned = { containers: [{ image: 'i', name: 'c' }], nodeName: 'n' };
    const [one, other] = [spec, turned].map((s) =>
      JSON.stringify(templatePatch({ ...aSet(), spec: { template: { spec: s } } })),
    );
    expect(one).to.equal(
      '{"spec":{"template":{"$patch":"replace","spec":{"containers":[{"image":"i","name":"c"}],"nodeName":"n"}}}}',
    );
    expect(other).to.equal(one);
  });

  it('carry the hash under the label of their kind', () => {
    const made = newRevision(
      { workload: aSet() as never, kind: daemonSet, hashLabel: 'controller-revision-hash' },
      1,
      0,
    );
    expect(made.metadata.labels).to.have.all.keys('app', 'controller-revision-hash');
  });

  it('get another name for another template and for another collision', () => {
    const names = [newRevision(snapshot(aSet()), 1, 0), newRevision(snapshot(aSet('nginx:2')), 1, 0)];
    names.push(newRevision(snapshot(aSet()), 1, 1));
    expect(new Set(names.map(({ metadata }) => metadata.name)).size).to.equal(3);
    expect(newRevision(snapshot(aSet()), 9, 0).metadata.name).to.equal(names[0]!.metadata.name);
  });

  it('have names that a server takes, also when the owner has a long one', () => {
    const made = newRevision(snapshot(aSet('nginx:1', 'a'.repeat(253))), 1, 0);
    expect(made.metadata.name).to.match(/^a{223}-[a-z0-9]{10}$/);
  });

  it('count on from the highest', () => {
    expect(nextRevision([])).to.equal(1);
    expect(nextRevision([aRevision(7), aRevision(2)])).to.equal(8);
  });

  it('are sorted by number, then age, then name', () => {
    const old = { creationTimestamp: '2020-01-01T00:00:00Z' };
    const [a, b, c] = [
      aRevision(2),
      aRevision(2, 'x', { ...old, name: 'b' }),
      aRevision(2, 'x', { ...old, name: 'a' }),
    ];
    expect(sortRevisions([aRevision(3), a, b, c]).map(({ metadata }) => metadata.name)).to.deep.equal([
      'a',
      'b',
      'web-2',
      'web-3',
    ]);
  });
});

describe('history: the template of a revision', () => {
  it('comes back as it went in', () => {
    expect(templateOf(aRevision(1))).to.deep.equal(template('nginx:1'));
  });

  it('is kept with sorted fields, by which kubectl knows it again', () => {
    expect(JSON.stringify(aRevision(1).data)).to.equal(
      '{"spec":{"template":{"$patch":"replace","metadata":{"labels":{"app":"web"}},' +
        '"spec":{"containers":[{"image":"nginx:1","name":"c"}]}}}}',
    );
  });

  it('is missing where the data have none', () => {
    for (const data of [{}, { spec: {} }, { spec: { template: null } }, { spec: { template: 'x' } }]) {
      expect(templateOf({ ...aRevision(1), data })).to.equal(undefined);
    }
  });

  it('is the same whether a field is absent or empty', () => {
    const set = aSet('nginx:1');
    const revision = aRevision(1);
    const kept = structuredClone(revision.data) as { spec: { template: { metadata: object } } };
    Object.assign(kept.spec.template.metadata, { creationTimestamp: null, annotations: {} });
    expect(keepsTemplate({ ...revision, data: kept }, set)).to.equal(true);
    expect(keepsTemplate({ ...revision, data: kept }, aSet('nginx:2'))).to.equal(false);
  });
});

describe('history: which revision is the newest', () => {
  const [one, two, three] = [aRevision(1), aRevision(2), aRevision(3)] as const;

  it('is a new one for a template that was never there', () => {
    expect(planRevision(aSet('nginx:4'), [three, one, two])).to.deep.equal({ create: 4 });
    expect(planRevision(aSet('nginx:4'), [])).to.deep.equal({ create: 1 });
  });

  it('stays when it keeps the template', () => {
    expect(planRevision(aSet('nginx:3'), [three, one, two])).to.deep.equal({ is: three });
  });

  it('is an older one raised when the template came back', () => {
    expect(planRevision(aSet('nginx:1'), [three, one, two])).to.deep.equal({ raise: one, to: 4 });
  });

  it('is the latest of several that keep the template', () => {
    const again = aRevision(5, 'nginx:1');
    expect(planRevision(aSet('nginx:1'), [again, one, two])).to.deep.equal({ is: again });
  });
});

describe('history: its limit', () => {
  const all = [5, 3, 1, 4, 2].map((number) => aRevision(number));
  const live =
    (...numbers: number[]) =>
    ({ revision }: ControllerRevision) =>
      numbers.includes(revision);
  const numbers = (found: ControllerRevision[]) => found.map(({ revision }) => revision);

  const cases: [string, ControllerRevision[], number[]][] = [
    ['drops the lowest', expiredRevisions(all, live(), 2), [1, 2, 3]],
    ['drops none within it', expiredRevisions(all, live(), 5), []],
    ['keeps what is live without counting it', expiredRevisions(all, live(1, 5), 2), [2]],
    ['counts what is live when told to', expiredRevisions(all, live(1, 5), 2, { liveCount: true }), [2, 3, 4]],
    ['keeps only what is live when it is 0', expiredRevisions(all, live(5), 0), [1, 2, 3, 4]],
    ['keeps all when it is negative', expiredRevisions(all, live(), -1), []],
  ];
  for (const [what, found, expected] of cases) it(what, () => expect(numbers(found)).to.deep.equal(expected));
});
