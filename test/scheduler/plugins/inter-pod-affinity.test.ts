import { expect } from 'chai';
import type { Pod } from '../../../src/api/core-v1/pod.ts';
import { Cycle } from '../../../src/scheduler/cycle.ts';
import { createInterPodAffinity } from '../../../src/scheduler/plugins/inter-pod-affinity.ts';
import { prioritySort } from '../../../src/scheduler/plugins/priority-sort.ts';
import { podInfo } from '../../../src/scheduler/pod-info.ts';
import { profileOf } from '../../../src/scheduler/profile.ts';
import { aNode, aPod } from '../objects.ts';
import { scores, snapshotOf } from './probe.ts';

const namespaceLabels: Record<string, Record<string, string>> = { default: { team: 'a' }, other: { team: 'b' } };
const plugin = createInterPodAffinity({}, (name) => namespaceLabels[name] ?? {});
const profile = profileOf('x', [{ plugin: prioritySort }, { plugin }]);

const term = (labels: Record<string, string>, topologyKey = 'zone', more: object = {}) => ({
  labelSelector: { matchLabels: labels },
  topologyKey,
  ...more,
});
const labelled = (labels: object, affinity: object = {}, namespace = 'default'): Pod =>
  aPod('x', {}, { affinity }, { labels, namespace });
const near = (...terms: object[]) => ({ podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms } });
const far = (...terms: object[]) => ({ podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms } });

/** Two zones with a node each, and a node in none. */
const nodes = [
  aNode('a1', { labels: { zone: 'a', rack: '1' } }),
  aNode('b1', { labels: { zone: 'b', rack: '2' } }),
  aNode('x1'),
];
const friends = "node(s) didn't match pod affinity rules";
const enemies = "node(s) didn't match pod anti-affinity rules";
const shunned = "node(s) didn't satisfy existing pods anti-affinity rules";

/** Where the pod can be: each node with the reason against it. */
function where(pod: Pod, placed: [Pod, string][]): (string | undefined)[] {
  const snapshot = snapshotOf(nodes, placed);
  const cycle = new Cycle(podInfo(pod), profile, snapshot);
  cycle.preFilter();
  return snapshot.nodes.map((node) => cycle.filter(node)?.rejection.reasons[0]);
}

const web = { app: 'web' };
const db = { app: 'db' };

describe('plugin InterPodAffinity', () => {
  const table: [string, Pod, [Pod, string][], (string | undefined)[]][] = [
    ['no wishes', labelled(web), [[labelled(db), 'a1']], [undefined, undefined, undefined]],
    ['near another', labelled(web, near(term(db))), [[labelled(db), 'b1']], [friends, undefined, friends]],
    ['near nobody there', labelled(web, near(term(db))), [], [friends, friends, friends]],
    ['the first of its kind', labelled(web, near(term(web))), [], [undefined, undefined, friends]],
    ['the second of its kind', labelled(web, near(term(web))), [[labelled(web), 'a1']], [undefined, friends, friends]],
    [
      'near two, in one topology',
      labelled(web, near(term(db), term({ tier: 'x' }))),
      [
        [labelled({ ...db, tier: 'x' }), 'a1'],
        [labelled(db), 'b1'],
      ],
      [undefined, friends, friends],
    ],
    [
      'in another namespace',
      labelled(web, near(term(db))),
      [[labelled(db, {}, 'other'), 'a1']],
      [friends, friends, friends],
    ],
    [
      'in a named namespace',
      labelled(web, near(term(db, 'zone', { namespaces: ['other'] }))),
      [[labelled(db, {}, 'other'), 'a1']],
      [undefined, friends, friends],
    ],
    [
      'in namespaces by label',
      labelled(web, near(term(db, 'zone', { namespaceSelector: { matchLabels: { team: 'b' } } }))),
      [
        [labelled(db, {}, 'other'), 'a1'],
        [labelled(db), 'b1'],
      ],
      [undefined, friends, friends],
    ],
    [
      'in all namespaces',
      labelled(web, near(term(db, 'zone', { namespaceSelector: {} }))),
      [[labelled(db, {}, 'unknown'), 'b1']],
      [friends, undefined, friends],
    ],
    ['far from another', labelled(web, far(term(db))), [[labelled(db), 'b1']], [undefined, enemies, undefined]],
    ['far from its own kind', labelled(web, far(term(web))), [[labelled(web), 'a1']], [enemies, undefined, undefined]],
    [
      'kept away by one that is there',
      labelled(web),
      [[labelled(db, far(term(web))), 'a1']],
      [shunned, undefined, undefined],
    ],
    [
      'not kept away by one who means another namespace',
      labelled(web, {}, 'other'),
      [[labelled(db, far(term(web))), 'a1']],
      [undefined, undefined, undefined],
    ],
    [
      'a key that objects have anyway',
      labelled(web, far(term(db, 'constructor'))),
      [[labelled(db), 'a1']],
      [undefined, undefined, undefined],
    ],
  ];
  for (const [name, pod, placed, expected] of table) {
    it(name, () => expect(where(pod, placed)).to.deep.equal(expected));
  }

  it('follows what is thought to come and go', () => {
    const enemy = labelled(db, far(term(web)));
    const snapshot = snapshotOf(nodes, [[enemy, 'a1']]);
    const pod = labelled(web, near(term({ app: 'cache' })));
    const cycle = new Cycle(podInfo(pod), profile, snapshot);
    cycle.preFilter();
    const simulation = cycle.simulate(snapshot.existing('a1')!);
    simulation.remove(podInfo(enemy));
    expect(simulation.filter()!.rejection.reasons).to.deep.equal([friends]);
    simulation.add(podInfo(labelled({ app: 'cache' })));
    expect(simulation.filter()).to.equal(undefined);
    expect(cycle.filter(snapshot.existing('a1')!)!.rejection.reasons).to.deep.equal([friends]);
  });

  it('prefers by the weights of both sides', () => {
    const weighted = (weight: number, podAffinityTerm: object) => ({ weight, podAffinityTerm });
    const pod = labelled(web, {
      podAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [weighted(10, term(db))] },
      podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [weighted(30, term({ app: 'noise' }))] },
    });
    expect(scores(plugin, pod, nodes, [[labelled(db), 'a1']])).to.deep.equal([100, 0, 0]);
    expect(scores(plugin, pod, nodes, [[labelled({ app: 'noise' }), 'a1']])).to.deep.equal([0, 100, 100]);
    const both: [Pod, string][] = [
      [labelled(db), 'a1'],
      [labelled({ app: 'noise' }), 'b1'],
    ];
    expect(scores(plugin, pod, nodes, both)).to.deep.equal([100, 0, 75]);
    expect(scores(plugin, labelled(web), nodes, [[labelled(db, near(term(web))), 'b1']])).to.deep.equal([0, 100, 0]);
  });

  const helps = (pod: Pod, name: any, object: any, old?: any) =>
    plugin.wakesOn!.some((w) => w.on.includes(name) && (w.helps?.(podInfo(pod), { name, object, old }) ?? true));
  it('knows which pods and nodes can help', () => {
    const lonely = labelled(web, near(term(db)));
    const shy = labelled(web, far(term(db)));
    const social = labelled(web, near(term(web)));
    const [node, moved] = [aNode('n', { labels: { zone: 'a' } }), aNode('n', { labels: { zone: 'b' } })];
    const found: [string, boolean][] = [
      ['a friend comes', helps(lonely, 'AssignedPodAdd', labelled(db))],
      ['somebody comes', helps(lonely, 'AssignedPodAdd', labelled({ app: 'z' }))],
      ['becomes a friend', helps(lonely, 'AssignedPodUpdatePodLabel', labelled(db), labelled(web))],
      ['an enemy goes', helps(shy, 'AssignedPodDelete', labelled(db))],
      ['somebody goes', helps(shy, 'AssignedPodDelete', labelled({ app: 'z' }))],
      ['one that did not want us goes', helps(labelled(web), 'AssignedPodDelete', labelled(db, far(term(web))))],
      ['stops being an enemy', helps(shy, 'AssignedPodUpdatePodLabel', labelled(web), labelled(db))],
      ['a node comes', helps(lonely, 'NodeAdd', node)],
      ['a node outside of all zones', helps(lonely, 'NodeAdd', aNode('n'))],
      ['a node moves', helps(lonely, 'NodeUpdateNodeLabel', moved, node)],
      ['a node stays', helps(lonely, 'NodeUpdateNodeLabel', node, node)],
      ['a node leaves its zone', helps(social, 'NodeUpdateNodeLabel', aNode('n'), node)],
      ['a node goes, and its pods with it', helps(shy, 'NodeDelete', node)],
      ['the last of the group goes', helps(social, 'AssignedPodDelete', labelled(web))],
      ['the last of the group leaves it', helps(social, 'AssignedPodUpdatePodLabel', labelled(db), labelled(web))],
      ['a friend goes of one who is none', helps(lonely, 'AssignedPodDelete', labelled(db))],
    ];
    const yes = found.filter(([, answer]) => answer).map(([name]) => name);
    expect(yes).to.deep.equal([
      'a friend comes',
      'becomes a friend',
      'an enemy goes',
      'one that did not want us goes',
      'stops being an enemy',
      'a node comes',
      'a node moves',
      'a node leaves its zone',
      'a node goes, and its pods with it',
      'the last of the group goes',
      'the last of the group leaves it',
    ]);
  });
});
