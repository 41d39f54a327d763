import { expect } from 'chai';
import { readdirSync } from 'node:fs';
import type { Pod } from '../../src/api/core-v1/pod.ts';
import { event } from '../../src/api/core-v1/event.ts';
import { KubeletNode } from './kubelet-node.ts';
import { eventually, execute } from './running-cluster.ts';

const ended = (pod: Pod) => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';

/** What pods may use and do, as the kernel sees it. */
describe('kubelet on the Docker Engine: resources and isolation', function () {
  this.timeout(60_000);
  let node: KubeletNode;

  before(async () => {
    node = await KubeletNode.start();
  });

  after(async () => {
    await node?.stop();
  });

  const logOf = async (name: string) => (await node.kubectl(['logs', name])).stdout;

  it('runs a pod in a control group of its own, which goes with it', async () => {
    const limits = { cpu: '500m', memory: '64Mi' };
    const script = 'cat /proc/self/cgroup; cat /proc/self/oom_score_adj';
    await node.run('grouped', script, { restartPolicy: 'Never' }, { resources: { requests: { cpu: '250m' }, limits } });
    const pod = await node.until('grouped', ended);
    const text = await logOf('grouped');
    const groups = await execute('docker', ['info', '--format', '{{.CgroupDriver}} {{.CgroupVersion}}']);
    if (groups.stdout.trim() === 'cgroupfs 1') {
      expect(text).to.contain(`/kubepods/burstable/pod${pod.metadata.uid}/`);
      const left = () => readdirSync('/sys/fs/cgroup/memory/kubepods/burstable');
      await eventually('the group is gone', async () => !left().includes(`pod${pod.metadata.uid}`));
    }
    expect(Number(text.trim().split('\n').at(-1))).to.be.greaterThan(2);
  });

  it('gives a privileged container all that the machine can give', async () => {
    const script = 'grep CapEff /proc/self/status; mkdir -p /tmp/m && mount -t tmpfs none /tmp/m && echo mounted';
    await node.run('mighty', script, { restartPolicy: 'Never' }, { securityContext: { privileged: true } });
    const pod = await node.until('mighty', ended);
    expect(pod.status?.phase).to.equal('Succeeded');
    expect(await logOf('mighty')).to.contain('mounted');
  });

  it('refuses a pod that sets what it must not', async () => {
    await node.run('sysctl', 'true', { securityContext: { sysctls: [{ name: 'kernel.msgmax', value: '8192' }] } });
    const pod = await node.until('sysctl', ended);
    expect(pod.status).to.include({ phase: 'Failed', reason: 'SysctlForbidden' });
    const { items } = await node.client.list(event, { namespace: 'default' });
    expect(items.map((e) => e.reason)).to.include('SysctlForbidden');
  });
});
