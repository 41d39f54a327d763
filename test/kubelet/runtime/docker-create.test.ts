import { expect } from 'chai';
import { containerOptions } from '../../../src/kubelet/runtime/docker-create.ts';
import type { ContainerConfig, Device, Mount } from '../../../src/kubelet/runtime/runtime.ts';

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

describe('the devices of a container', () => {
  const given = (devices: Device[] | undefined, security: object = {}): { PathInContainer: string }[] | undefined => {
    const config = {
      ...{ pod: { uid: 'u', namespace: 'n', name: 'p' }, name: 'app', env: [], mounts: [], devices },
      resources: { memoryBytes: 0, cpuShares: 2, cpuQuota: 0 },
      security: { addCapabilities: [], dropCapabilities: [], groups: [], ...security },
    } as unknown as ContainerConfig;
    return containerOptions(config, { clusterId: 'c', nodeName: 'n' }).HostConfig!.Devices;
  };
  const device = { hostPath: '/dev/loop7', containerPath: '/dev/data', readOnly: false };
  const mapped = { PathOnHost: '/dev/loop7', PathInContainer: '/dev/data', CgroupPermissions: 'rwm' };
  const almost = { privileged: true, refusedCapabilities: ['SYS_RESOURCE'] };

  it('are those of its volumes', () => {
    expect(given(undefined)).to.equal(undefined);
    expect(given([device])).to.deep.equal([mapped]);
    expect(given([{ ...device, readOnly: true }])).to.deep.equal([{ ...mapped, CgroupPermissions: 'r' }]);
  });

  it('are those of its volumes and all others when it is as good as privileged', () => {
    expect(given([device], { privileged: true })).to.deep.equal([mapped]);
    expect(given([device], almost)!.map((d) => d.PathInContainer)).to.deep.equal(['/dev', '/dev/data']);
  });
});
