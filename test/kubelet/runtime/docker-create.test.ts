import { expect } from 'chai';
import { containerOptions } from '../../../src/kubelet/runtime/docker-create.ts';
import type { ContainerConfig, Mount } from '../../../src/kubelet/runtime/runtime.ts';

describe('the mounts of a container', () => {
  const mounted = (propagation: Mount['propagation']) => {
    const config = {
      ...{ pod: { uid: 'u', namespace: 'n', name: 'p' }, name: 'app', env: [] },
      mounts: [{ hostPath: '/', containerPath: '/host', readOnly: true, propagation }],
      resources: { memoryBytes: 0, cpuShares: 2, cpuQuota: 0 },
      security: { addCapabilities: [], dropCapabilities: [], groups: [] },
    } as unknown as ContainerConfig;
    return containerOptions(config, { clusterId: 'c', nodeName: 'n' }).HostConfig!.Mounts![0]!;
  };

  it('leave it to the engine how they are private: of folders that hold its own they must not be', () => {
    const expected = { Type: 'bind', Source: '/', Target: '/host', ReadOnly: true };
    expect(mounted(undefined)).to.deep.equal(expected);
    expect(mounted('private')).to.deep.equal(expected);
  });

  it('hand on what is mounted later, when they are asked to', () => {
    expect(mounted('rslave').BindOptions).to.deep.equal({ Propagation: 'rslave' });
    expect(mounted('rshared').BindOptions).to.deep.equal({ Propagation: 'rshared' });
  });
});
