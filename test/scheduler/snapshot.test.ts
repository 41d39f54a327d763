import { expect } from 'chai';
import * as fc from 'fast-check';
import { podInfo } from '../../src/scheduler/pod-info.ts';
import { Snapshot } from '../../src/scheduler/snapshot.ts';
import { aNode, aPod } from './objects.ts';

const bound = (pod: ReturnType<typeof aPod>, nodeName: string) => ({ ...pod, spec: { ...pod.spec!, nodeName } });

describe('snapshot', () => {
  it('counts an assumed pod, confirms it, and does not count it twice', () => {
    const snapshot = new Snapshot();
    snapshot.setNode(aNode('a'));
    const pod = aPod('p', { cpu: '1' });
    snapshot.assume(podInfo(pod), 'a');
    expect([snapshot.node('a')!.requested.cpu, snapshot.isAssumed(pod.metadata.uid)]).to.deep.equal([1000, true]);
    snapshot.setPod(bound(pod, 'a'));
    expect([snapshot.node('a')!.requested.cpu, snapshot.isAssumed(pod.metadata.uid)]).to.deep.equal([1000, false]);
    snapshot.forget(pod.metadata.uid);
    expect(snapshot.node('a')!.requested.cpu).to.equal(1000);
  });

  it('takes back what was assumed wrongly, and believes the API about the node', () => {
    const snapshot = new Snapshot();
    for (const name of ['a', 'b']) snapshot.setNode(aNode(name));
    const [p, q] = [aPod('p', { cpu: '1' }), aPod('q', { cpu: '2' })];
    snapshot.assume(podInfo(p), 'a');
    snapshot.forget(p.metadata.uid);
    snapshot.assume(podInfo(q), 'a');
    snapshot.setPod(bound(q, 'b'));
    expect([snapshot.node('a')!.requested.cpu, snapshot.node('b')!.requested.cpu]).to.deep.equal([0, 2000]);
  });

  it('keeps pods of a node that is away, and does not offer it', () => {
    const snapshot = new Snapshot();
    const pod = aPod('p', { cpu: '1' });
    snapshot.setPod(bound(pod, 'a'));
    expect(snapshot.nodes).to.have.length(0);
    snapshot.setNode(aNode('a'));
    expect(snapshot.nodes[0]!.requested.cpu).to.equal(1000);
    snapshot.removeNode('a');
    expect(snapshot.nodes).to.have.length(0);
    snapshot.removePod(pod.metadata.uid);
    expect(snapshot.node('a')).to.equal(undefined);
  });

  it('takes a changed spec in, and only the object when nothing of it changed', () => {
    const snapshot = new Snapshot();
    const pod = bound(aPod('p', { cpu: '1' }), 'a');
    snapshot.setPod(pod);
    const before = snapshot.node('a')!.pods.get(pod.metadata.uid);
    snapshot.setPod({ ...pod, status: { phase: 'Running' } });
    expect(snapshot.node('a')!.pods.get(pod.metadata.uid)).to.equal(before);
    const larger = bound(aPod('p', { cpu: '2' }, {}, { ...pod.metadata, generation: 2 }), 'a');
    snapshot.setPod(larger);
    expect(snapshot.node('a')!.requested.cpu).to.equal(2000);
  });

  it('has the sums right after any sequence of changes', () => {
    const pods = [1, 2, 3, 4].map((n) => aPod(`p${n}`, { cpu: `${n}`, 'x.io/y': `${n}` }));
    const step = fc.tuple(
      fc.constantFrom('assume', 'set', 'forget', 'remove', 'node', 'away'),
      fc.nat(3),
      fc.constantFrom('a', 'b'),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const snapshot = new Snapshot();
        for (const [what, i, node] of steps) {
          const pod = pods[i]!;
          if (what === 'assume') snapshot.assume(podInfo(pod), node);
          if (what === 'set') snapshot.setPod(bound(pod, node));
          if (what === 'forget') snapshot.forget(pod.metadata.uid);
          if (what === 'remove') snapshot.removePod(pod.metadata.uid);
          if (what === 'node') snapshot.setNode(aNode(node));
          if (what === 'away') snapshot.removeNode(node);
        }
        const seen = new Set<string>();
        for (const info of ['a', 'b'].map((n) => snapshot.node(n))) {
          const sum = [...(info?.pods.values() ?? [])].reduce((a, p) => (seen.add(p.uid), a + p.requests.cpu), 0);
          expect(info?.requested.cpu ?? 0).to.equal(sum);
          expect((info?.requested.other.get('x.io/y') ?? 0) * 1000).to.equal(sum);
        }
        const placed = ['a', 'b'].reduce((n, name) => n + (snapshot.node(name)?.pods.size ?? 0), 0);
        expect(placed).to.equal(seen.size);
      }),
    );
  });
});
