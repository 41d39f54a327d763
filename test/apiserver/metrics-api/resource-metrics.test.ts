import { expect } from 'chai';
import type { Node } from '../../../src/api/core-v1/node.ts';
import type { Pod } from '../../../src/api/core-v1/pod.ts';
import { metricsOfNode, metricsOfPod } from '../../../src/apiserver/metrics-api/resource-metrics.ts';

const time = '2026-01-01T00:00:10Z';
const stats = (cpu: number, memory: number) => ({
  cpu: { time, usageNanoCores: cpu },
  memory: { workingSetBytes: memory },
});

describe('metrics.k8s.io', () => {
  const pod = { metadata: { name: 'web', namespace: 'default', uid: 'u', labels: { app: 'web' } } } as unknown as Pod;
  const podRef = { name: 'web', namespace: 'default', uid: 'u' };

  it('tells what containers use', () => {
    const containers = [
      { name: 'a', ...stats(250_000_000, 3 * 2 ** 20 + 5) },
      { name: 'b', ...stats(0, 1000) },
    ];
    expect(metricsOfPod(pod, { podRef, containers })).to.deep.equal({
      kind: 'PodMetrics',
      apiVersion: 'metrics.k8s.io/v1beta1',
      metadata: { name: 'web', namespace: 'default', creationTimestamp: time, labels: { app: 'web' } },
      timestamp: time,
      window: '15s',
      containers: [
        { name: 'a', usage: { cpu: '250m', memory: '3Mi' } },
        { name: 'b', usage: { cpu: '0', memory: '0' } },
      ],
    });
  });

  it('leaves out what is not known as a whole', () => {
    const half = { name: 'b', memory: { workingSetBytes: 1 } };
    expect(metricsOfPod(pod, undefined)).to.equal(undefined);
    expect(metricsOfPod(pod, { podRef, containers: [] })).to.equal(undefined);
    expect(metricsOfPod(pod, { podRef, containers: [{ name: 'a', ...stats(1, 1) }, half] })).to.equal(undefined);
    expect(metricsOfNode({ metadata: { name: 'n' } } as Node, undefined)).to.equal(undefined);
  });

  it('tells what a node uses', () => {
    const node = { metadata: { name: 'n' } } as Node;
    expect(metricsOfNode(node, { node: stats(7, 2048), pods: [] })).to.deep.include({
      usage: { cpu: '7n', memory: '2Ki' },
    });
  });
});
