import { expect } from 'chai';
import { cgroupUsage } from '../../../src/kubelet/stats/cgroup.ts';
import { cgroupFolders } from '../../../src/kubelet/stats/cgroup-folders.ts';

describe('cgroupFolders', () => {
  const v1 = [
    '31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755',
    '33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct',
    '35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory',
    '36 31 0:33 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw',
  ].join('\n');
  const v2 = '30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate';
  const nested = '30 23 0:26 /machine /sys/fs/cgroup rw - cgroup2 cgroup2 rw';
  const table: [string, string, string, object | undefined][] = [
    [
      'a folder for each controller',
      '4:memory:/docker/abc\n2:cpu,cpuacct:/docker/abc\n0::/docker/abc\n',
      v1,
      {
        version: 1,
        cpuacct: '/sys/fs/cgroup/cpu,cpuacct/docker/abc',
        memory: '/sys/fs/cgroup/memory/docker/abc',
        pids: undefined,
      },
    ],
    ['one folder', '0::/docker/abc', v2, { version: 2, unified: '/sys/fs/cgroup/docker/abc' }],
    ['what a container sees', '0::/machine/docker/abc', nested, { version: 2, unified: '/sys/fs/cgroup/docker/abc' }],
    ['nothing is mounted', '0::/docker/abc', '', undefined],
  ];
  for (const [name, groups, mounts, expected] of table)
    it(name, () => expect(cgroupFolders(groups, mounts)).to.deep.equal(expected));
});

describe('cgroupUsage', () => {
  it('reads version 1', () => {
    const files = {
      ...{ version: 1 as const, cpu: '80304093\n', memoryUsage: '1000\n', memoryLimit: '9223372036854771712\n' },
      memoryStat:
        'rss 1\ninactive_file 2\ntotal_rss 400\ntotal_inactive_file 300\ntotal_pgfault 7\ntotal_pgmajfault 3\n',
      pids: '5\n',
    };
    expect(cgroupUsage(files, 9)).to.deep.equal({
      at: 9,
      cpu: 80304093,
      memory: { usage: 1000, workingSet: 700, rss: 400, limit: 0, pageFaults: 7, majorPageFaults: 3 },
      processes: 5,
    });
  });

  it('reads version 2', () => {
    const files = {
      ...{ version: 2 as const, cpu: 'usage_usec 5\nuser_usec 3\n', memoryUsage: '1000', memoryLimit: '2000\n' },
      memoryStat: 'anon 400\nfile 600\ninactive_file 1100\npgfault 7\npgmajfault 3\n',
      pids: '',
    };
    expect(cgroupUsage(files, 9)).to.deep.equal({
      at: 9,
      cpu: 5000,
      memory: { usage: 1000, workingSet: 0, rss: 400, limit: 2000, pageFaults: 7, majorPageFaults: 3 },
      processes: 0,
    });
    expect(cgroupUsage({ ...files, memoryLimit: 'max\n' }, 9).memory.limit).to.equal(0);
  });
});
