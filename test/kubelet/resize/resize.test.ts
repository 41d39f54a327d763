import { expect } from 'chai';
import type { Pod } from '../../../src/api/core-v1/pod.ts';
import {
  allocationOf,
  isAllocated,
  reportedAllocation,
  withAllocation,
} from '../../../src/kubelet/resize/allocation.ts';
import { decideResize } from '../../../src/kubelet/resize/decision.ts';
import { outdatedContainers } from '../../../src/kubelet/resize/difference.ts';
import { somePod, someRun, someState } from '../pods.ts';

const podOf = (resources: object, container: object = {}, status: object = {}): Pod =>
  somePod({ containers: [{ name: 'app', resources, ...container }] }, status);
const cpu = (amount: string) => ({ requests: { cpu: amount } });

describe('allocation', () => {
  it('stays as it was while the pod asks for more', () => {
    const allocation = allocationOf(podOf({ requests: { cpu: '1' }, limits: { cpu: '2', memory: '1Gi' } }));
    const grown = podOf({ requests: { cpu: '2', 'example.com/gpu': '1' }, limits: { cpu: '3', memory: '2Gi' } });
    expect(isAllocated(grown, allocation)).to.equal(false);
    expect(withAllocation(grown, allocation).spec!.containers[0]!.resources).to.deep.equal({
      requests: { cpu: '1', 'example.com/gpu': '1' },
      limits: { cpu: '2', memory: '1Gi' },
    });
  });

  it('does not mind how an amount is written', () => {
    expect(isAllocated(podOf(cpu('1')), allocationOf(podOf(cpu('1000m'))))).to.equal(true);
  });

  it('knows what the pod has as a whole', () => {
    const asking = (amount: string, status = {}) => somePod({ resources: cpu(amount) }, status);
    const allocation = allocationOf(asking('1'));
    expect(isAllocated(asking('1000m'), allocation)).to.equal(true);
    expect(isAllocated(asking('2'), allocation)).to.equal(false);
    expect(withAllocation(asking('2'), allocation).spec!.resources!.requests).to.deep.equal({ cpu: '1' });
    const told = asking('2', { resources: cpu('1'), allocatedResources: { cpu: '1' } });
    expect(reportedAllocation(told).pod).to.deep.equal(cpu('1'));
  });

  it('is known from the status to a kubelet that comes later', () => {
    const status = {
      containerStatuses: [{ name: 'app', allocatedResources: { cpu: '1' }, resources: { limits: { cpu: '2' } } }],
    };
    const allocation = reportedAllocation(podOf({ requests: { cpu: '5' }, limits: { cpu: '5' } }, {}, status));
    expect(allocation.containers.get('app')).to.deep.equal({ requests: { cpu: '1' }, limits: { cpu: '2' } });
    expect(reportedAllocation(podOf(cpu('5'))).containers.get('app')).to.deep.equal(cpu('5'));
  });
});

describe('decideResize', () => {
  const allocatable = { cpu: '4', memory: '4Gi', pods: '10' };
  const cases: [string, Pod, object][] = [
    ['fits', podOf(cpu('2')), { accepted: true }],
    [
      'does not fit beside the others',
      podOf(cpu('3')),
      {
        accepted: false,
        reason: 'Deferred',
        message: "Node didn't have enough resource: cpu, requested: 3000, used: 2000, capacity: 4000",
      },
    ],
    [
      'will never fit',
      podOf({ requests: { memory: '5Gi' } }),
      {
        accepted: false,
        reason: 'Infeasible',
        message: "Node didn't have enough capacity: memory, requested: 5368709120, capacity: 4294967296",
      },
    ],
  ];
  for (const [title, pod, expected] of cases)
    it(title, () => expect(decideResize(pod, [podOf(cpu('2'))], allocatable)).to.deep.equal(expected));
});

describe('outdatedContainers', () => {
  const has = { memoryBytes: 0, cpuShares: 1024, cpuQuota: 0 };
  const state = someState([someRun('app', { resources: has })]);
  const policy = (resourceName: string, restartPolicy: string) => ({ resizePolicy: [{ resourceName, restartPolicy }] });
  const cases: [string, Pod, [string, boolean][]][] = [
    ['has what it should', podOf(cpu('1')), []],
    ['should have more', podOf(cpu('2')), [['app', false]]],
    ['starts anew for it', podOf(cpu('2'), policy('cpu', 'RestartContainer')), [['app', true]]],
    ['starts anew for something else', podOf(cpu('2'), policy('memory', 'RestartContainer')), [['app', false]]],
    ['need not', podOf(cpu('2'), policy('cpu', 'NotRequired')), [['app', false]]],
  ];
  for (const [title, pod, expected] of cases) {
    it(title, () => {
      const found = outdatedContainers(pod, state).map(({ run, restart }) => [run.name, restart]);
      expect(found).to.deep.equal(expected);
    });
  }

  it('does not judge what the runtime does not tell', () => {
    expect(outdatedContainers(podOf(cpu('9')), someState([someRun('app')]))).to.deep.equal([]);
  });
});
