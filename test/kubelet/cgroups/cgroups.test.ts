import { expect } from 'chai';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realClock } from '../../../src/base/clock.ts';
import { noLog } from '../../../src/base/log.ts';
import { podCgroupPath, podCgroupSettings } from '../../../src/kubelet/cgroups/pod-cgroup.ts';
import { cgroupRoots, PodCgroups } from '../../../src/kubelet/cgroups/pod-cgroups.ts';
import { allPodsSettings, cgroupWrites } from '../../../src/kubelet/cgroups/settings.ts';
import { somePod } from '../pods.ts';

const both = { cpu: '500m', memory: '1Gi' };
const limited = { limits: both, requests: both };
const podOf = (...resources: object[]) =>
  somePod({ containers: resources.map((one, i) => ({ name: `c${i}`, resources: one })) });

describe('podCgroupPath', () => {
  const cases: [object, string][] = [
    [limited, '/kubepods/poduid-1'],
    [{ requests: { cpu: '1' } }, '/kubepods/burstable/poduid-1'],
    [{}, '/kubepods/besteffort/poduid-1'],
  ];
  for (const [resources, path] of cases) it(path, () => expect(podCgroupPath(podOf(resources))).to.equal(path));
});

describe('podCgroupSettings', () => {
  const cases: [string, ReturnType<typeof somePod>, object][] = [
    ['nothing', podOf({}), { cpuShares: 2, memoryBytes: undefined, pids: 100 }],
    ['the sum', podOf(limited, limited), { cpuShares: 1024, cpuQuota: 100_000, memoryBytes: 2 * 2 ** 30, pids: 100 }],
    ['no limit when one has none', podOf(limited, {}), { cpuShares: 512, memoryBytes: undefined, pids: 100 }],
    [
      'what is said of the pod',
      somePod({ resources: { limits: { cpu: '2', memory: '3Gi' }, requests: { cpu: '1' } } }),
      { cpuShares: 1024, cpuQuota: 200_000, memoryBytes: 3 * 2 ** 30, pids: 100 },
    ],
  ];
  for (const [title, pod, expected] of cases) {
    it(title, () => {
      const settings = podCgroupSettings(pod, { pidsLimit: 100, pageSizes: ['2MB'] });
      expect(settings).to.deep.equal({ ...expected, hugePages: { '2MB': 0 } });
    });
  }

  it('counts huge pages by the size of the machine', () => {
    const pod = podOf({ limits: { 'hugepages-2Mi': '4Mi' } });
    const { hugePages } = podCgroupSettings(pod, { pageSizes: ['2MB', '1GB'] });
    expect(hugePages).to.deep.equal({ '2MB': 4 * 2 ** 20, '1GB': 0 });
  });
});

describe('cgroupWrites', () => {
  const settings = { cpuShares: 1024, cpuQuota: 50_000, memoryBytes: 1000, hugePages: { '2MB': 0 } };
  const lines = (version: 1 | 2) => cgroupWrites(settings, version).map((w) => `${w.controller} ${w.file}=${w.value}`);

  it('speaks v1', () => {
    expect(lines(1)).to.include.members([
      'cpu cpu.shares=1024',
      'cpu cpu.cfs_quota_us=50000',
      'memory memory.limit_in_bytes=1000',
      'pids pids.max=max',
      'hugetlb hugetlb.2MB.limit_in_bytes=0',
    ]);
  });

  it('speaks v2', () => {
    expect(lines(2)).to.deep.equal([
      'cpu cpu.weight=39',
      'cpu cpu.max=50000 100000',
      'memory memory.max=1000',
      'pids pids.max=max',
      'hugetlb hugetlb.2MB.max=0',
    ]);
  });

  it('takes a limit away', () => {
    expect(cgroupWrites({}, 2)).to.deep.include({ controller: 'cpu', file: 'cpu.max', value: 'max 100000' });
    expect(cgroupWrites({}, 1)).to.deep.include({ controller: 'memory', file: 'memory.limit_in_bytes', value: '-1' });
  });
});

describe('cgroupRoots', () => {
  const v1 = (name: string) => `30 25 0:26 / /sys/fs/cgroup/${name} rw - cgroup cgroup rw,${name}`;
  const v2 = (point: string) => `40 25 0:36 / ${point} rw - cgroup2 cgroup2 rw`;

  it('prefers the controllers of v1', () => {
    const roots = cgroupRoots([v1('cpu'), v1('memory'), v2('/sys/fs/cgroup/unified')].join('\n'))!;
    expect(roots.version).to.equal(1);
    expect(roots.folders.get('memory')).to.equal('/sys/fs/cgroup/memory');
  });

  it('finds v2', () => {
    const roots = cgroupRoots(v2('/sys/fs/cgroup'))!;
    expect(roots.version).to.equal(2);
    expect(roots.folders.get('pids')).to.equal('/sys/fs/cgroup');
  });

  it('finds nothing where nothing is mounted', () => expect(cgroupRoots('')).to.equal(undefined));
});

describe('PodCgroups', () => {
  let folder: string;
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'cox-cgroups-'))));
  afterEach(() => rm(folder, { recursive: true }));

  const rootsIn = (base: string) => ({
    version: 1 as const,
    folders: new Map(['cpu', 'memory', 'pids', 'blkio'].map((name) => [name, join(base, name)])),
  });

  it('makes a group for each pod and removes it, also in controllers that it does not limit', async () => {
    for (const [, root] of rootsIn(folder).folders) await mkdir(root);
    const cgroups = (await PodCgroups.open({ clock: realClock, log: noLog, roots: rootsIn(folder) }))!;
    const path = await cgroups.ensure(podOf(limited));
    const limit = join(folder, 'memory', path, 'memory.limit_in_bytes');
    expect(await readFile(limit, 'utf8')).to.equal(String(2 ** 30));
    // In a real hierarchy the files go with their folder.
    for (const controller of ['cpu', 'memory', 'pids']) {
      for (const file of await readdir(join(folder, controller, path))) await rm(join(folder, controller, path, file));
    }
    await mkdir(join(folder, 'blkio', path), { recursive: true });
    await cgroups.remove('uid-1');
    for (const controller of ['cpu', 'memory', 'pids', 'blkio']) {
      expect(await readdir(join(folder, controller, 'kubepods'))).not.to.include('poduid-1');
    }
  });

  it('lets the processes of a container end together, where the kernel can', async () => {
    const roots = { version: 2 as const, folders: new Map(['cpu', 'memory', 'pids'].map((name) => [name, folder])) };
    const cgroups = (await PodCgroups.open({ clock: realClock, log: noLog, roots }))!;
    const pod = podOf(limited);
    const file = join(folder, await cgroups.ensure(pod), 'id-1', 'memory.oom.group');
    await cgroups.endTogether(pod, 'id-1'); // it has ended already
    await mkdir(join(file, '..'));
    await writeFile(file, '0');
    await cgroups.endTogether(pod, 'id-1');
    expect(await readFile(file, 'utf8')).to.equal('1');
  });

  it('lets all pods have what the node can give, and the middle class what its pods have asked for', async () => {
    for (const [, root] of rootsIn(folder).folders) await mkdir(root);
    const allocatable = allPodsSettings({ cpu: '1500m', memory: '4Ki' });
    const cgroups = (await PodCgroups.open({ clock: realClock, log: noLog, roots: rootsIn(folder), allocatable }))!;
    const read = (path: string) => readFile(join(folder, path), 'utf8');
    const weight = () => read('cpu/kubepods/burstable/cpu.shares');
    expect(await read('cpu/kubepods/cpu.shares')).to.equal('1536');
    expect(await read('memory/kubepods/memory.limit_in_bytes')).to.equal('4096');
    const asking = (cpu: string, uid: string) =>
      somePod({ containers: [{ name: 'c', resources: { requests: { cpu } } }] }, {}, { uid });
    await cgroups.ensure(asking('1', 'a'));
    await cgroups.ensure(asking('500m', 'b'));
    await cgroups.ensure(podOf(limited));
    expect(await weight()).to.equal('1536');
    await cgroups.ensure(asking('2', 'a'));
    expect(await weight()).to.equal('2560');
    await cgroups.count([asking('250m', 'c'), podOf({})]);
    expect(await weight()).to.equal('256');
    await cgroups.count([]);
    expect(await weight()).to.equal('2');
  });

  it('is not there where no groups can be made', async () => {
    const roots = rootsIn('/proc/no-such-folder');
    expect(await PodCgroups.open({ clock: realClock, log: noLog, roots })).to.equal(undefined);
  });
});
