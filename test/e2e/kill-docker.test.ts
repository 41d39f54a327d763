import { expect } from 'chai';
import { node as nodeKind } from '../../src/api/core-v1/node.ts';
import { pod as podKind, type Pod } from '../../src/api/core-v1/pod.ts';
import { connectDocker } from '../../src/kubelet/index.ts';
import { KubeletNode } from './kubelet-node.ts';
import { leftovers, type Leftovers } from './leftovers.ts';
import { OwnDocker } from './own-docker.ts';
import { eventually, execute } from './running-cluster.ts';

/** How often the engine is killed; more by hand, as `COX_KILLS=50 mocha test/e2e/kill-docker.test.ts`. */
const KILLS = Number(process.env.COX_KILLS ?? 1);
const name = (pod: string) => ({ namespace: 'default', name: pod });

/** The engine is one of the test's own: the machine's may serve others. */
describe('a node whose Docker Engine is killed again and again', function () {
  this.timeout(120_000 + KILLS * 60_000);
  const docker = new OwnDocker();
  let node: KubeletNode;
  let calm: Leftovers;
  const uids = new Set<string>();

  before(async () => {
    await docker.start();
    node = await KubeletNode.start({ socketPath: docker.socketPath });
    for (const pod of ['stays', 'crashes']) await run(pod);
    for (const pod of ['stays', 'crashes']) await node.until(pod, isRunning, 60);
    calm = await count();
  });
  after(async () => {
    await node?.stop(connectDocker(docker.socketPath));
    await docker.remove();
  });

  const run = async (pod: string) => {
    await node.run(pod, 'sleep 1000000', { volumes: [{ name: 'v', emptyDir: { medium: 'Memory' } }] });
    uids.add((await node.client.get(podKind, name(pod))).metadata.uid);
  };
  const count = () => {
    const { rootDir, bridge, clusterId } = node;
    return leftovers({ rootDir, bridge, clusterId, uids, docker: docker.args });
  };
  const ready = async () => {
    const { status } = await node.client.get(nodeKind, { name: node.nodeName });
    return status?.conditions?.find((c) => c.type === 'Ready')?.status;
  };

  for (let n = 1; n <= KILLS; n++) {
    it(`has lost, doubled and leaked nothing after time ${n}`, async () => {
      await run(`goes-${n}`);
      const going = await node.until(`goes-${n}`, isRunning, 60);
      const kept = idOf(await node.client.get(podKind, name('stays')));
      const crashed = await node.client.get(podKind, name('crashes'));
      await run(`starts-${n}`);
      const inspected = await execute('docker', [...docker.args, 'inspect', '-f', '{{.State.Pid}}', idOf(crashed)]);
      await docker.kill();
      await eventually('the node is NotReady', async () => (await ready()) === 'False');
      // While nobody looks: one container dies, one pod is deleted.
      process.kill(Number(inspected.stdout), 'SIGKILL');
      await node.client.delete(podKind, name(going.metadata.name));
      await docker.start();
      await eventually('the node is Ready', async () => (await ready()) === 'True', 60);
      await node.untilGone(`goes-${n}`, 60);
      await node.until(`starts-${n}`, isRunning, 60);
      await node.until('crashes', (pod) => isRunning(pod) && idOf(pod) !== idOf(crashed), 60);
      expect(idOf(await node.client.get(podKind, name('stays'))), 'who was left alone runs on').to.equal(kept);
      await node.client.delete(podKind, name(`starts-${n}`));
      await node.untilGone(`starts-${n}`, 60);
      let now = await count();
      const same = async () => JSON.stringify((now = await count())) === JSON.stringify(calm);
      await eventually('nothing is left', same, 45).catch(() => expect(now).to.deep.equal(calm));
    });
  }
});

function isRunning(pod: Pod): boolean {
  return pod.status?.containerStatuses?.[0]?.state?.running !== undefined;
}

function idOf(pod: Pod): string {
  return pod.status!.containerStatuses![0]!.containerID!.replace('docker://', '');
}
