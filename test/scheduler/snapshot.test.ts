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

  const anti = (topologyKey: string) => ({
    affinity: {
      podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey, labelSelector: {} }] },
    },
  });
  const near = {
    affinity: {
      podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'z', labelSelector: {} }] },
    },
  };
  const port = (hostPort: number) => ({ containers: [{ name: 'c', ports: [{ containerPort: 1, hostPort }] }] });
  const podStates: readonly [object, object][] = [
    [{}, { labels: { app: 'a' } }],
    [anti('z'), { labels: { app: 'b' } }],
    [near, {}],
    [port(80), { labels: { app: 'a' } }],
    [{ containers: [{ name: 'c', resources: { requests: { cpu: '1500m', 'x.io/y': '2' } } }] }, {}],
  ];
  const nodeStates: readonly Parameters<typeof aNode>[1][] = [
    {},
    { labels: { z: '1' }, status: { images: [{ names: ['web:1', 'web:latest'], sizeBytes: 5 }] } },
    { spec: { unschedulable: true, taints: [{ key: 'k', effect: 'PreferNoSchedule' }] } },
    { labels: { z: '2' }, status: { allocatable: { cpu: '9', pods: '3' }, images: [{ names: ['web:1'] }] } },
  ];

  /** All that can be seen of a snapshot, in an order of its own. */
  function seen(snapshot: Snapshot): unknown {
    const uids = (placed: Iterable<{ info: { uid: string } }>) => [...placed].map((p) => p.info.uid).sort();
    const nonZero = (other: ReadonlyMap<string, number>) => [...other].filter(([, amount]) => amount !== 0).sort();
    const nodes = ['a', 'b', 'c'].map((name) => {
      const node = snapshot.node(name);
      if (!node) return undefined;
      const { labels, taints, hasSoftTaints, unschedulable, allocatable, allocatablePods, images } = node;
      const { other, ...requested } = node.requested;
      const { other: scoringOther, ...scoring } = node.scoringRequested;
      const taken = [80, 81].map((p) => node.portTaken({ ip: '0.0.0.0', protocol: 'TCP', port: p }));
      const there = { exists: Boolean(node.node), pods: [...node.pods.keys()].sort(), taken };
      const sums = { requested, scoring, other: nonZero(other), scoringOther: nonZero(scoringOther) };
      const own = { labels: { ...labels }, taints, hasSoftTaints, unschedulable, allocatable, allocatablePods, images };
      return node.node ? { ...there, ...sums, ...own } : { ...there, ...sums };
    });
    return {
      nodes,
      existing: snapshot.nodes.map(({ name }) => name).sort(),
      placed: uids(snapshot.placed),
      namespaces: ['default', 'other'].map((name) => uids(snapshot.placedIn(name))),
      withAffinity: uids(snapshot.withAffinity),
      withRequiredAntiAffinity: uids(snapshot.withRequiredAntiAffinity),
      images: ['web:1', 'web:latest'].map((name) => snapshot.nodesWithImage(name)),
    };
  }

  it('is after any sequence of changes what it would be if it were made anew', () => {
    const names = fc.constantFrom('a', 'b', 'c');
    const step = fc.oneof(
      fc.record({ what: fc.constantFrom('pod', 'assume'), i: fc.nat(4), state: fc.nat(4), node: names }),
      fc.record({ what: fc.constantFrom('gone', 'forget'), i: fc.nat(4), state: fc.constant(0), node: names }),
      fc.record({ what: fc.constantFrom('node', 'away'), i: fc.constant(0), state: fc.nat(3), node: names }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const snapshot = new Snapshot();
        const [pods, assumed, nodes] = [new Map<string, any>(), new Map<string, any>(), new Map<string, any>()];
        let generation = 0;
        for (const { what, i, state, node } of steps) {
          const uid = `uid-${i}`;
          const [spec, metadata] = podStates[state]!;
          const namespace = i % 2 ? 'other' : 'default';
          const pod = () =>
            aPod(`p${i}`, { cpu: '1' }, spec, { uid, namespace, generation: ++generation, ...metadata });
          if (what === 'pod') {
            // The API confirms what was assumed with the spec that was assumed.
            const believed = assumed.get(uid);
            const object = bound(believed?.[0] ?? pod(), node);
            snapshot.setPod(object);
            assumed.delete(uid);
            pods.set(uid, object);
          } else if (what === 'assume' && !pods.has(uid)) {
            assumed.set(uid, [pod(), node]);
            snapshot.assume(podInfo(assumed.get(uid)[0]), node);
          } else if (what === 'gone') {
            snapshot.removePod(uid);
            pods.delete(uid);
            assumed.delete(uid);
          } else if (what === 'forget') {
            expect(snapshot.forget(uid)).to.equal(assumed.delete(uid));
          } else if (what === 'node') {
            nodes.set(node, aNode(node, nodeStates[state]));
            snapshot.setNode(nodes.get(node));
          } else if (what === 'away') {
            nodes.delete(node);
            snapshot.removeNode(node);
          }
        }
        const fresh = new Snapshot();
        for (const node of nodes.values()) fresh.setNode(node);
        for (const pod of pods.values()) fresh.setPod(pod);
        for (const [pod, node] of assumed.values()) fresh.assume(podInfo(pod), node);
        expect(seen(snapshot)).to.deep.equal(seen(fresh));
      }),
    );
  });

  it('knows whether any pod on a node is less important than another', () => {
    const snapshot = new Snapshot();
    const of = (priority: number) => podInfo(aPod(`p${priority}`, {}, { priority }));
    const [low, middle, high] = [of(-1), of(5), of(9)] as const;
    snapshot.assume(middle, 'a');
    snapshot.assume(high, 'b');
    expect([low, middle, high].map((info) => snapshot.hasLessImportant(info))).to.deep.equal([false, false, true]);
    snapshot.forget(middle.uid);
    expect(snapshot.hasLessImportant(high)).to.equal(false);
  });
});
