import { expect } from 'chai';
import type { Pod } from '../../../src/api/core-v1/pod.ts';
import { noLog } from '../../../src/base/log.ts';
import { VirtualClock } from '../../../src/base/virtual-clock.ts';
import { EvictionManager } from '../../../src/kubelet/eviction/eviction-manager.ts';
import { evictionMessage, overLimit } from '../../../src/kubelet/eviction/messages.ts';
import { lookAtPressure, noPressure, observe, type PressureMemory } from '../../../src/kubelet/eviction/pressure.ts';
import { rankPods } from '../../../src/kubelet/eviction/ranking.ts';
import { parseThresholds, type Signal, type ThresholdSettings } from '../../../src/kubelet/eviction/thresholds.ts';
import type { UsageReport } from '../../../src/kubelet/stats/monitor.ts';
import type { NodeUsage } from '../../../src/kubelet/stats/node-usage.ts';
import { somePod } from '../pods.ts';

const MI = 2 ** 20;
const observed = (available: number, signal: Signal = 'memory.available', capacity = 1000 * MI) =>
  new Map([[signal, { available, capacity }]]);

function podNamed(name: string, requests: object = {}, priority = 0, limits: object = {}): Pod {
  const containers = [{ name: 'app', resources: { requests, limits } }];
  return somePod({ containers, priority }, {}, { name, uid: `uid-${name}` });
}

describe('parseThresholds', () => {
  it("knows upstream's defaults", () => {
    const found = parseThresholds({}).map(({ signal, least }) => [signal, least]);
    expect(found).to.deep.include(['memory.available', { amount: 100 * MI }]);
    expect(found).to.deep.include(['nodefs.available', { share: 0.1 }]);
  });

  const wrong: [ThresholdSettings, RegExp][] = [
    [{ hard: { 'memory.free': '1Gi' } }, /"memory.free" is no eviction signal/],
    [{ hard: { 'memory.available': '101%' } }, /must be an amount or a percentage/],
    [{ hard: { 'memory.available': 'much' } }, /must be an amount or a percentage/],
    [{ soft: { 'memory.available': '1Gi' } }, /needs a grace period/],
  ];
  for (const [settings, message] of wrong) {
    it(JSON.stringify(settings), () => expect(() => parseThresholds(settings)).to.throw(message));
  }
});

describe('lookAtPressure', () => {
  const look = (settings: ThresholdSettings, steps: readonly [at: number, available: number][]) => {
    const thresholds = parseThresholds(settings);
    let memory: PressureMemory = noPressure;
    return steps.map(([now, available]) => {
      const found = lookAtPressure(thresholds, observed(available * MI), memory, { now, transition: 100 });
      memory = found.memory;
      return [found.conditions.join(), found.due.length];
    });
  };

  it('evicts at once below a hard threshold, and tells the condition a while longer', () => {
    const steps = look({}, [
      [0, 101],
      [10, 99],
      [20, 101],
      [109, 101],
      [110, 101],
    ]);
    expect(steps).to.deep.equal([
      ['', 0],
      ['MemoryPressure', 1],
      ['MemoryPressure', 0],
      ['MemoryPressure', 0],
      ['', 0],
    ]);
  });

  it('waits for the grace period of a soft one, which begins anew when the pressure was over', () => {
    const soft = { hard: {}, soft: { 'memory.available': '20%' }, softGraceSeconds: { 'memory.available': 30 } };
    const steps = look(soft, [
      [0, 199],
      [20_000, 201],
      [30_000, 199],
      [59_999, 199],
      [60_000, 199],
    ]);
    expect(steps.map(([, due]) => due)).to.deep.equal([0, 0, 0, 0, 1]);
  });

  it('goes on until what must be reclaimed at least is free', () => {
    const steps = look({ hard: { 'memory.available': '100Mi' }, minReclaim: { 'memory.available': '50Mi' } }, [
      [0, 120],
      [1, 99],
      [2, 149],
      [3, 150],
      [4, 120],
    ]);
    expect(steps.map(([, due]) => due)).to.deep.equal([0, 1, 1, 0, 0]);
  });
});

describe('rankPods', () => {
  const use = (pod: Pod, total: number) => ({ pod, total: total * MI, containers: new Map() });
  const order = (resource: string, ...uses: ReturnType<typeof use>[]) =>
    rankPods(uses, resource).map(({ pod }) => pod.metadata.name);

  it('takes those first that use more than they asked for, then by priority, then by how much', () => {
    const uses = [
      use(podNamed('modest', { memory: '900Mi' }), 800),
      use(podNamed('dear', {}, 100), 700),
      use(podNamed('little', {}), 10),
      use(podNamed('greedy', { memory: '100Mi' }), 500),
    ];
    expect(order('memory', ...uses)).to.deep.equal(['greedy', 'little', 'dear', 'modest']);
  });

  it('knows no requests of processes', () => {
    expect(
      order('pids', use(podNamed('dear', {}, 1), 9), use(podNamed('few'), 1), use(podNamed('many'), 5)),
    ).to.deep.equal(['many', 'few', 'dear']);
  });
});

describe('messages of evictions', () => {
  it('tell the threshold, and the containers that use more than they asked for', () => {
    const [threshold] = parseThresholds({ hard: { 'memory.available': '100Mi' } });
    const use = { pod: podNamed('web', { memory: '1Mi' }), total: 0, containers: new Map([['app', 3 * MI]]) };
    expect(evictionMessage(threshold!, { available: 50 * MI, capacity: 1000 * MI }, use)).to.equal(
      'The node was low on resource: memory. Threshold quantity: 100Mi, available: 50Mi. ' +
        'Container app was using 3Mi, request is 1Mi, has larger consumption of memory. ',
    );
  });

  const disk = (containers: number, volume = 0) => ({
    containers: new Map([['app', containers]]),
    emptyDirs: new Map([['tmp', volume]]),
  });
  const limited = podNamed('web', {}, 0, { 'ephemeral-storage': '1Mi' });
  const withVolume = somePod({ volumes: [{ name: 'tmp', emptyDir: { sizeLimit: '1Mi' } }] });
  const cases: [string, Pod, ReturnType<typeof disk>, string | undefined][] = [
    ['under its limits', limited, disk(MI), undefined],
    ['without limits', podNamed('web'), disk(9 * MI, 9 * MI), undefined],
    ['over its volume', withVolume, disk(0, 2 * MI), 'Usage of EmptyDir volume "tmp" exceeds the limit "1Mi". '],
    [
      'over the whole',
      limited,
      disk(MI / 2, MI),
      'Pod ephemeral local storage usage exceeds the total limit of containers 1Mi. ',
    ],
  ];
  for (const [title, pod, use, message] of cases) it(title, () => expect(overLimit({ pod, use })).to.equal(message));
});

describe('observe', () => {
  it('knows nothing of what cannot be read', () => {
    const usage = { memory: { workingSet: 0 }, memoryAvailable: 0, processes: 0, mostProcesses: 0 };
    expect([...observe(usage as unknown as NodeUsage, 0).keys()]).to.deep.equal([]);
  });
});

describe('EvictionManager', () => {
  it('evicts one pod at a time while memory is short, never a critical one, and tells the node', async () => {
    const clock = new VirtualClock();
    const pods = [podNamed('system', {}, 2e9), podNamed('small'), podNamed('large')];
    const used: Record<string, number> = { 'uid-system': 900, 'uid-small': 10, 'uid-large': 500 };
    const seen: string[] = [];
    let available = 50 * MI;
    const manager = new EvictionManager({
      ...{ clock, log: noLog, thresholds: parseThresholds({}), diskUse: undefined, hasDiskLimit: () => false },
      usage: async () =>
        ({
          memory: { workingSet: 1000 * MI },
          memoryAvailable: available,
          processes: 1,
          mostProcesses: 0,
        }) as NodeUsage,
      report: async () =>
        ({
          pods: pods.map(({ metadata: { uid } }) => ({
            pod: { uid },
            containers: [{ container: { name: 'app' }, usage: { memory: { workingSet: used[uid]! * MI } } }],
          })),
        }) as unknown as UsageReport,
      memory: () => 1000 * MI,
      pods: () => pods,
      tell: (reason) => seen.push(reason),
      evict: (pod, { reason, graceSeconds }) => {
        seen.push(`${reason} ${pod.metadata.name} ${graceSeconds}`);
        pods.splice(pods.indexOf(pod), 1);
      },
      changed: () => seen.push(manager.conditions.join()),
    });
    manager.start();
    await clock.advance(10_000);
    expect(seen).to.deep.equal(['MemoryPressure', 'EvictionThresholdMet', 'Evicted large 1']);
    available = 500 * MI;
    await clock.advance(10_000);
    expect(manager.conditions).to.deep.equal(['MemoryPressure']);
    await clock.advance(310_000);
    expect(manager.conditions).to.deep.equal([]);
    await manager.stop();
    expect(pods.map((pod) => pod.metadata.name)).to.deep.equal(['system', 'small']);
  });
});
