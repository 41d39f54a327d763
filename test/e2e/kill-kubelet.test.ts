import { expect } from 'chai';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../../src/cluster/free-port.ts';
import { leftovers, type Leftovers } from './leftovers.ts';
import { eventually, execute, RunningCluster } from './running-cluster.ts';

/** How often everything is killed; more by hand, as `COX_KILLS=50 mocha test/e2e/kill-kubelet.test.ts`. */
const KILLS = Number(process.env.COX_KILLS ?? 2);

const volumes = [
  { name: 'settings', configMap: { name: 'settings' } },
  { name: 'memory', emptyDir: { medium: 'Memory' } },
];
const container = {
  name: 'c',
  image: 'coxswain/hello:1',
  volumeMounts: [
    { name: 'settings', mountPath: '/settings' },
    { name: 'settings', mountPath: '/part', subPath: 'key' },
    { name: 'memory', mountPath: '/memory' },
  ],
};
const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    replicas: 3,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { terminationGracePeriodSeconds: 1, volumes, containers: [container] },
    },
  },
};
const staticPod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'static' },
  spec: { containers: [{ name: 'c', image: 'coxswain/hello:1' }] },
};

/** The whole of `cox up`, and containers, are killed at any moment while pods come and go. */
describe('a node whose kubelet is killed again and again', function () {
  this.timeout(120_000 + KILLS * 60_000);
  let cluster: RunningCluster;
  let calm: Leftovers;
  const uids = new Set<string>();
  let mirror: string;

  before(async () => {
    cluster = await RunningCluster.start('--kubelet-port', String(await freePort()));
    const manifests = join(cluster.dataDir, 'kubelet/manifests');
    mkdirSync(manifests, { recursive: true });
    writeFileSync(join(manifests, 'static.json'), JSON.stringify(staticPod));
    await cluster.ok('create configmap settings --from-literal=key=value');
    await cluster.ok('apply -f -', JSON.stringify(deployment));
    await cluster.ok('expose deployment web --port=80 --target-port=8080');
    await settled();
    // The proxy has to know all three endpoints before anything can be compared with its rules.
    const balanced = () => Object.keys(calm.rules).filter((rule) => rule.includes('--mode random')).length >= 2;
    await eventually('rules for all endpoints', async () => (calm = await count()) && balanced());
    mirror = await uidOf('static-');
  });
  after(async () => {
    await cluster?.destroy();
  });

  const count = () =>
    leftovers({
      rootDir: join(cluster.dataDir, 'kubelet'),
      bridge: 'cox0',
      uids,
      clusterId: readFileSync(join(cluster.dataDir, 'cluster-id'), 'utf8').trim(),
    });

  /** Resolves when three pods and the static one run, none of them on its way out. */
  const settled = () =>
    eventually(
      'all pods run',
      async () => {
        const { items } = await cluster.json('get pods');
        for (const { metadata } of items) {
          uids.add(metadata.annotations?.['kubernetes.io/config.mirror'] ?? metadata.uid);
        }
        const ready = (pod: any) => pod.status.conditions?.some((c: any) => c.type === 'Ready' && c.status === 'True');
        return items.length === 4 && items.every((pod: any) => ready(pod) && !pod.metadata.deletionTimestamp);
      },
      90,
    );

  /** Resolves when the machine holds what it held before, and no more. */
  const asBefore = async () => {
    let now = await count();
    const same = async () => JSON.stringify((now = await count())) === JSON.stringify(calm);
    await eventually('nothing is left', same, 45).catch(() => expect(now).to.deep.equal(calm));
  };

  const uidOf = async (prefix: string): Promise<string> => {
    const { items } = await cluster.json('get pods');
    return items.find((pod: any) => pod.metadata.name.startsWith(prefix))?.metadata.uid;
  };

  const ids = async (): Promise<string[]> => {
    const { items } = await cluster.json('get pods');
    return items.flatMap((pod: any) => pod.status.containerStatuses?.[0]?.containerID?.replace('docker://', '') ?? []);
  };

  for (let n = 1; n <= KILLS; n++) {
    it(`has lost, doubled and leaked nothing after time ${n}`, async () => {
      const [victim] = await ids();
      await execute('docker', ['kill', '--signal', 'KILL', victim!]);
      await cluster.ok('delete pod -l app=web --wait=false');
      // A moment of its own each time: while pods end, while sandboxes are made, while containers start.
      await delay((n * 370) % 1500);
      await cluster.stop('SIGKILL');
      await cluster.up();
      await settled();
      expect(await uidOf('static-'), 'the mirror is the same').to.equal(mirror);
      await asBefore();
      expect(await cluster.ok('get configmap settings -o jsonpath={.data.key}')).to.equal('value');
    });
  }

  it('has nothing of its pods when they are gone', async () => {
    await cluster.ok('delete deployment web');
    await cluster.ok('delete service web');
    await cluster.stop('SIGKILL');
    await cluster.up();
    await eventually(
      'only the static pod is left',
      async () => (await cluster.json('get pods')).items.length === 1,
      60,
    );
    const one = { sandboxes: 1, runningContainers: 1, folders: 1, mounts: 0, addresses: 1, veths: 1 };
    let now = await count();
    const few = async () => {
      now = await count();
      return Object.entries(one).every(([what, number]) => now[what as keyof typeof one] === number);
    };
    await eventually('only the static pod is left', few, 45).catch(() => expect(now).to.include(one));
  });
});
