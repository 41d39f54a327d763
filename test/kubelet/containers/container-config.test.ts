import { expect } from 'chai';
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { containerConfig, type ConfigInputs } from '../../../src/kubelet/containers/container-config.ts';
import { sandbox, somePod } from '../pods.ts';

describe('containerConfig', () => {
  let podFolder: string;
  let umask: number;
  beforeEach(async () => {
    podFolder = await mkdtemp(join(tmpdir(), 'cox-config-'));
    umask = process.umask(0o077);
  });
  afterEach(async () => {
    process.umask(umask);
    await rm(podFolder, { recursive: true });
  });

  const inputs = () =>
    ({
      ...{ sandbox, attempt: 0, image: undefined, services: new Map(), volumes: new Map(), podFolder },
      ...{ source: {}, clusterDns: [], clusterDomain: 'cluster.local' },
      machine: { memory: 2 ** 30, lackingCapabilities: [], seccompFolder: join(podFolder, 'seccomp') },
      facts: { hostIp: '192.0.2.1', ips: ['10.244.0.5'], allocatable: {} },
    }) as unknown as ConfigInputs;

  it('lets every user of the container write its last words and read the files of the pod', async () => {
    const pod = somePod();
    const container = { ...pod.spec!.containers[0]!, terminationMessagePath: '/dev/last-words' };
    const { mounts, terminationMessage } = await containerConfig(pod, container, inputs());
    const modeOf = async (path: string) => (await stat(path)).mode & 0o777;
    expect(await modeOf(terminationMessage!.hostPath)).to.equal(0o666);
    const hostPaths = new Map(mounts.map((mount) => [mount.containerPath, mount.hostPath]));
    expect(hostPaths.get('/dev/last-words')).to.equal(terminationMessage!.hostPath);
    expect(await modeOf(hostPaths.get('/etc/hosts')!)).to.equal(0o644);
    expect(await modeOf(hostPaths.get('/etc/resolv.conf')!)).to.equal(0o644);
  });

  it('reads the seccomp profile that a container names, and says so when there is none', async () => {
    const pod = somePod();
    const profiled = (localhostProfile: string) => ({
      ...pod.spec!.containers[0]!,
      securityContext: { seccompProfile: { type: 'Localhost', localhostProfile } },
    });
    await mkdir(join(podFolder, 'seccomp'));
    await writeFile(join(podFolder, 'seccomp', 'mine.json'), '{ "defaultAction": "SCMP_ACT_ALLOW" }');
    const { security } = await containerConfig(pod, profiled('mine.json'), inputs());
    expect(security.seccomp).to.equal('{"defaultAction":"SCMP_ACT_ALLOW"}');
    for (const [name, message] of [
      ['other.json', 'no such file or directory'],
      ['../../etc/passwd', 'must be a path below'],
    ] as const) {
      const error = await containerConfig(pod, profiled(name), inputs()).catch((e: Error) => e);
      expect((error as Error).message).to.contain(message);
    }
  });
});
