import { expect } from 'chai';
import { podRequests, podScoringRequests, resourcesOf } from '../../src/scheduler/resources.ts';
import { aPod } from './objects.ts';

const container = (cpu?: string, more: object = {}) => ({
  name: 'x',
  resources: cpu ? { requests: { cpu } } : {},
  ...more,
});
const always = { restartPolicy: 'Always' };

describe('pod requests', () => {
  const table: [string, object, number][] = [
    ['nothing asked', { containers: [container()] }, 0],
    ['the sum of the containers', { containers: [container('100m'), container('1'), container()] }, 1100],
    [
      'a larger init container',
      { containers: [container('100m')], initContainers: [container('2'), container('3')] },
      3000,
    ],
    ['a smaller init container', { containers: [container('2')], initContainers: [container('1')] }, 2000],
    ['a sidecar is added', { containers: [container('1')], initContainers: [container('500m', always)] }, 1500],
    [
      'an init container runs beside the sidecars before it only',
      {
        containers: [container('1')],
        initContainers: [container('500m', always), container('2'), container('1', always)],
      },
      2500,
    ],
    ['overhead is added', { containers: [container('1')], overhead: { cpu: '250m' } }, 1250],
    ['the pod as a whole wins', { containers: [container('1')], resources: { requests: { cpu: '3' } } }, 3000],
  ];
  for (const [name, spec, cpu] of table) {
    it(name, () => expect(podRequests(aPod('a', {}, spec)).cpu).to.equal(cpu));
  }

  it('keeps each resource in its unit', () => {
    const { cpu, memory, ephemeralStorage, other } = resourcesOf({
      cpu: '1500m',
      memory: '1Gi',
      'ephemeral-storage': '2M',
      pods: '110',
      'example.com/gpu': '3',
      'hugepages-2Mi': '4Mi',
    });
    expect([cpu, memory, ephemeralStorage]).to.deep.equal([1500, 2 ** 30, 2_000_000]);
    expect([...other]).to.deep.equal([
      ['example.com/gpu', 3],
      ['hugepages-2Mi', 4 * 2 ** 20],
    ]);
  });

  it('stands in for what is left open when nodes are compared', () => {
    const { cpu, memory } = podScoringRequests(aPod('a', { cpu: '2' }));
    expect([cpu, memory]).to.deep.equal([2000, 200 * 2 ** 20]);
  });

  it('counts what is stated as nothing as nothing', () => {
    const { cpu, memory } = podScoringRequests(aPod('a', { cpu: '0' }));
    expect([cpu, memory]).to.deep.equal([0, 200 * 2 ** 20]);
  });

  const running = (given: object, more: object = {}) => ({
    ...aPod('a', { cpu: '1' }),
    status: { containerStatuses: [{ name: 'c', ...given }] as any, ...more },
  });
  const resizes: [string, ReturnType<typeof running>, number][] = [
    ['what was allocated stays until it is given back', running({ allocatedResources: { cpu: '2' } }), 2000],
    ['what runs stays until it is given back', running({ resources: { requests: { cpu: '3' } } }), 3000],
    ['what is asked for is kept free', running({ allocatedResources: { cpu: '500m' } }), 1000],
    [
      'what the node cannot grant does not count',
      running(
        { allocatedResources: { cpu: '500m' } },
        { conditions: [{ type: 'PodResizePending', status: 'True', reason: 'Infeasible' }] },
      ),
      500,
    ],
  ];
  for (const [name, pod, cpu] of resizes) it(name, () => expect(podRequests(pod).cpu).to.equal(cpu));
});
