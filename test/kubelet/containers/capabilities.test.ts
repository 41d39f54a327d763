import { expect } from 'chai';
import { lackingCapabilities, permittedCapabilities } from '../../../src/kubelet/containers/capabilities.ts';
import { oomScoreAdj } from '../../../src/kubelet/containers/oom-score.ts';
import { containerSecurity } from '../../../src/kubelet/containers/security.ts';
import { containerOptions } from '../../../src/kubelet/runtime/docker-create.ts';
import type { ContainerConfig } from '../../../src/kubelet/runtime/runtime.ts';
import { somePod } from '../pods.ts';

describe('lackingCapabilities', () => {
  const cases: [string, number, string[]][] = [
    ['CapBnd:\t000001ffffffffff', 40, []],
    ['CapBnd:\t000001fffeffffff', 40, ['SYS_RESOURCE']],
    ['CapBnd:\t0000003fffffffff', 37, []],
    ['CapBnd:\t0000003fffffffff', 38, ['PERFMON']],
    ['nothing of that', 40, []],
  ];
  for (const [status, last, expected] of cases) {
    it(`${status} of ${last}`, () => expect(lackingCapabilities(status, last)).to.deep.equal(expected));
  }
});

describe('permittedCapabilities', () => {
  const asked = (add: string[], drop: string[] = [], all = false) => ({ add, drop, all });

  it('leaves everything as it is where nothing lacks', () => {
    const found = permittedCapabilities(asked(['ALL'], ['CHOWN']), []);
    expect(found).to.deep.equal({ add: ['ALL'], drop: ['CHOWN'], refused: [] });
  });

  it('gives what it can, and tells the rest', () => {
    const found = permittedCapabilities(asked(['CAP_SYS_RESOURCE', 'NET_ADMIN']), ['SYS_RESOURCE', 'MKNOD']);
    expect(found).to.deep.equal({ add: ['NET_ADMIN'], drop: ['MKNOD'], refused: ['SYS_RESOURCE'] });
  });

  it('names one by one what all are', () => {
    for (const one of [asked(['ALL']), asked([], [], true)]) {
      const { add, drop, refused } = permittedCapabilities(one, ['SYS_RESOURCE']);
      expect(add).to.include('SYS_ADMIN').and.not.include('SYS_RESOURCE');
      expect([drop, refused]).to.deep.equal([['ALL'], ['SYS_RESOURCE']]);
    }
  });
});

describe('a privileged container', () => {
  const optionsWith = (lacking: string[]) => {
    const pod = somePod();
    const container = { ...pod.spec!.containers[0]!, securityContext: { privileged: true } };
    const config = {
      ...{ pod: { uid: 'u', namespace: 'n', name: 'p' }, name: 'app', env: [], mounts: [] },
      resources: { memoryBytes: 0, cpuShares: 2, cpuQuota: 0 },
      security: containerSecurity(pod, container, undefined, lacking),
    } as unknown as ContainerConfig;
    return containerOptions(config, { clusterId: 'c', nodeName: 'n' }).HostConfig!;
  };

  it("is the engine's where the machine can give everything", () => {
    expect(optionsWith([])).to.include({ Privileged: true });
  });

  it('is spelled out where it cannot', () => {
    const host = optionsWith(['SYS_RESOURCE']);
    expect(host.Privileged).to.equal(undefined);
    expect(host.CapDrop).to.deep.equal(['ALL']);
    expect(host.CapAdd).to.include('SYS_ADMIN').and.not.include('SYS_RESOURCE');
    expect(host.SecurityOpt).to.include('seccomp=unconfined');
    expect(host.MaskedPaths).to.deep.equal([]);
  });
});

describe('oomScoreAdj', () => {
  const giga = 2 ** 30;
  const machine = { memory: 4 * giga, lackingCapabilities: [] as string[] };
  const guaranteed = { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '1', memory: '1Gi' } };
  const cases: [string, object, object, number][] = [
    ['nothing asked', {}, {}, 1000],
    ['a quarter asked', { requests: { memory: '1Gi' } }, {}, 750],
    ['next to nothing asked', { requests: { memory: '1' } }, {}, 999],
    ['everything asked', { requests: { memory: '4Gi' } }, {}, 3],
    ['guaranteed', guaranteed, {}, -997],
    ['critical', {}, { priority: 2_000_001_000 }, -997],
  ];
  for (const [title, resources, spec, expected] of cases) {
    const pod = somePod({ containers: [{ name: 'app', resources }], ...spec });
    it(title, () => expect(oomScoreAdj(pod, pod.spec!.containers[0]!, machine)).to.equal(expected));
    it(`${title}, on a machine that cannot`, () => {
      const score = oomScoreAdj(pod, pod.spec!.containers[0]!, { ...machine, lackingCapabilities: ['SYS_RESOURCE'] });
      expect(score).to.equal(Math.max(0, expected));
    });
  }
});
