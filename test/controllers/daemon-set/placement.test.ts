import { expect } from 'chai';
import { daemonFor } from '../../../src/controllers/daemon-set/daemons.ts';
import { daemonTolerations, Placements, placements } from '../../../src/controllers/daemon-set/placement.ts';
import { aDaemonSet, site } from './objects.ts';

const requires = (matchExpressions: object[]) => ({
  affinity: {
    nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions }] } },
  },
});
const disk = (values: string[], operator = 'In') => requires([{ key: 'disk', operator, values }]);
const tainted = (text: string) => ({ taints: [text] });
const ours = (text: string) => tainted(`node.kubernetes.io/${text}`);

describe('daemon set: placement', () => {
  type Options = Parameters<typeof site>[1];
  const cases: [string, object, Options, 'runs' | 'stays' | 'goes'][] = [
    ['anywhere', {}, {}, 'runs'],
    ['where the selector matches', { nodeSelector: { disk: 'ssd' } }, { labels: { disk: 'ssd' } }, 'runs'],
    ['not where it does not', { nodeSelector: { disk: 'ssd' } }, { labels: { disk: 'hdd' } }, 'goes'],
    ['where the affinity matches', disk(['ssd', 'nvme']), { labels: { disk: 'nvme' } }, 'runs'],
    ['not where it does not', disk(['ssd']), { labels: { disk: 'hdd' } }, 'goes'],
    ['nowhere by a term that says nothing', requires([]), {}, 'goes'],
    ['nowhere by an unknown operator', disk(['ssd'], 'Like'), { labels: { disk: 'ssd' } }, 'goes'],
    ['on the node of the template', { nodeName: 'n1' }, {}, 'runs'],
    ['not on others', { nodeName: 'n2' }, {}, 'goes'],
    ['not anew where a taint forbids it', {}, tainted('dedicated:NoSchedule'), 'stays'],
    ['not at all where a taint drives it away', {}, tainted('dedicated:NoExecute'), 'goes'],
    ['where a taint only asks it not to', {}, tainted('dedicated:PreferNoSchedule'), 'runs'],
    ['where it tolerates the taint', { tolerations: [{ operator: 'Exists' }] }, tainted('dedicated:NoExecute'), 'runs'],
    ['on a cordoned node', {}, ours('unschedulable:NoSchedule'), 'runs'],
    ['on one that is short of memory', {}, ours('memory-pressure:NoSchedule'), 'runs'],
    ['on one that is short of disk', {}, ours('disk-pressure:NoSchedule'), 'runs'],
    ['on one that is short of processes', {}, ours('pid-pressure:NoSchedule'), 'runs'],
    ['still on one that is not ready', {}, ours('not-ready:NoExecute'), 'runs'],
    ['but not anew as long as it is not', {}, ours('not-ready:NoSchedule'), 'stays'],
    ['still on one that is silent', {}, ours('unreachable:NoExecute'), 'runs'],
    ['not without network', {}, ours('network-unavailable:NoSchedule'), 'stays'],
    ['unless it needs none', { hostNetwork: true }, ours('network-unavailable:NoSchedule'), 'runs'],
  ];
  for (const [name, podSpec, options, expected] of cases) {
    it(`${expected}: ${name}`, () => {
      const placement = placements(aDaemonSet({}, podSpec))(site('n1', options));
      const outcome = { runs: [true, true], stays: [false, true], goes: [false, false] }[expected];
      expect([placement.run, placement.stay]).to.deep.equal(outcome);
    });
  }

  it('tolerates for ever what the template tolerates for a while', () => {
    const limited = { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' };
    const other = { key: 'mine', operator: 'Equal', value: 'yes' };
    const spec = { containers: [], tolerations: [{ ...limited, tolerationSeconds: 30 }, other] };
    const tolerations = daemonTolerations(spec);
    expect(tolerations.filter(({ key }) => key === limited.key)).to.deep.equal([limited]);
    expect(tolerations).to.deep.include(other).and.to.have.length(7);
  });

  it('ties a daemon to its node in place of the demands of the template, and keeps its wishes', () => {
    const { affinity } = disk(['ssd']);
    const preferredDuringSchedulingIgnoredDuringExecution = [
      { weight: 1, preference: { matchExpressions: [{ key: 'disk', operator: 'Exists' }] } },
    ];
    const podAntiAffinity = { preferredDuringSchedulingIgnoredDuringExecution: [] };
    const nodeAffinity = { ...affinity.nodeAffinity, preferredDuringSchedulingIgnoredDuringExecution };
    const set = aDaemonSet({}, { affinity: { nodeAffinity, podAntiAffinity }, nodeSelector: { a: 'b' } });
    set.metadata.annotations = { 'deprecated.daemonset.template.generation': '3' };
    const pod = daemonFor(set, 'n1', 'abc');
    expect(pod.spec?.nodeSelector).to.deep.equal({ a: 'b' });
    expect(pod.spec?.affinity).to.deep.equal({
      podAntiAffinity,
      nodeAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution,
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n1'] }] }],
        },
      },
    });
    expect(pod.metadata.labels).to.deep.equal({
      app: 'web',
      'controller-revision-hash': 'abc',
      'pod-template-generation': '3',
    });
    expect(set.spec?.template.spec?.affinity?.nodeAffinity).to.equal(nodeAffinity);
  });
});

describe('daemon set: remembered placements', () => {
  it('are of the set and the node as they are now', () => {
    const memory = new Placements();
    const set = aDaemonSet({}, { nodeSelector: { disk: 'ssd' } });
    const node = site('n1', { labels: { disk: 'ssd' } });
    expect(memory.of('a', set)(node).run).to.equal(true);
    expect(memory.of('a', set)(site('n1')).run).to.equal(false);
    const changed = aDaemonSet({}, { nodeSelector: { disk: 'hdd' } }, { uid: set.metadata.uid, generation: 2 });
    expect(memory.of('a', changed)(node).run).to.equal(false);
    expect(memory.of('b', set)(node).run).to.equal(true);
    const other = aDaemonSet({}, { nodeSelector: { disk: 'hdd' } });
    expect(memory.of('b', other)(node).run).to.equal(false);
  });
});
