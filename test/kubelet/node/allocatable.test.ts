import { expect } from 'chai';
import { parseThresholds } from '../../../src/kubelet/eviction/thresholds.ts';
import { allocatableOf } from '../../../src/kubelet/node/allocatable.ts';

describe('allocatableOf', () => {
  const capacity = { cpu: '4', memory: '8Gi', 'ephemeral-storage': '100Gi', pods: '110', 'hugepages-2Mi': '1Gi' };
  const thresholds = parseThresholds({});

  it('keeps what is reserved, what is free before pods are evicted, and huge pages', () => {
    const reserved: Record<string, string>[] = [{ cpu: '500m', memory: '924Mi' }, { cpu: '100m' }];
    expect(allocatableOf(capacity, { reserved, thresholds })).to.deep.equal({
      cpu: '3400m',
      memory: '6Gi',
      'ephemeral-storage': '90Gi',
      pods: '110',
      'hugepages-2Mi': '1Gi',
    });
  });

  it('is all of it where nothing is kept, and never less than nothing', () => {
    const bare = { cpu: '4', memory: '8Gi' };
    expect(allocatableOf(bare, { reserved: [], thresholds: [] })).to.deep.equal(bare);
    expect(allocatableOf(bare, { reserved: [{ cpu: '5' }], thresholds: [] })['cpu']).to.equal('0');
  });
});
