import { expect } from 'chai';
import type { KubeletOptions } from '../../../src/kubelet/kubelet-options.ts';
import { configurationOf } from '../../../src/kubelet/server/configuration.ts';

const shown = (options: Partial<KubeletOptions>) =>
  JSON.parse(JSON.stringify(configurationOf(options as KubeletOptions))) as Record<string, unknown>;

describe('what /configz shows of a kubelet', () => {
  it('is what holds by default', () => {
    expect(shown({})).to.deep.include({
      kind: 'KubeletConfiguration',
      maxPods: 110,
      podPidsLimit: -1,
      evictionPressureTransitionPeriod: '5m0s',
      evictionMaxPodGracePeriod: 0,
      shutdownGracePeriodByPodPriority: [],
    });
    expect(shown({}).evictionHard).to.include({ 'memory.available': '100Mi' });
  });

  it('is what was set', () => {
    const eviction = {
      hard: { 'pid.available': '5%' },
      soft: { 'memory.available': '1Gi' },
      softGraceSeconds: { 'memory.available': 90 },
      minReclaim: { 'nodefs.available': '500Mi' },
      ...{ maxGraceSeconds: 20, transition: 30_000 },
    };
    expect(shown({ eviction, podPidsLimit: 50, shutdown: [{ priority: 0, seconds: 20 }] })).to.deep.include({
      podPidsLimit: 50,
      evictionHard: { 'pid.available': '5%' },
      evictionSoft: { 'memory.available': '1Gi' },
      evictionSoftGracePeriod: { 'memory.available': '1m30s' },
      evictionMinimumReclaim: { 'nodefs.available': '500Mi' },
      evictionMaxPodGracePeriod: 20,
      evictionPressureTransitionPeriod: '30s',
      shutdownGracePeriodByPodPriority: [{ priority: 0, shutdownGracePeriodSeconds: 20 }],
    });
  });
});
