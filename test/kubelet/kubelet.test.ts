import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { event } from '../../src/api/core-v1/event.ts';
import { node as nodeKind } from '../../src/api/core-v1/node.ts';
import { pod as podKind, type Pod } from '../../src/api/core-v1/pod.ts';
import { authenticated } from '../../src/auth/user.ts';
import { realClock } from '../../src/base/clock.ts';
import { noLog } from '../../src/base/log.ts';
import { seededRandom } from '../../src/base/random.ts';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import type { Client } from '../../src/client/client.ts';
import { adminUser, ControlPlane } from '../../src/cluster/control-plane.ts';
import { Pki } from '../../src/cluster/pki.ts';
import { FakeNetwork, FakeRuntime, Kubelet, type KubeletOptions } from '../../src/kubelet/index.ts';
import { shutdownGraces } from '../../src/kubelet/node/shutdown.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';

const podCidr = '10.244.0.0/24';
const nodeName = 'n1';

describe('Kubelet on the fake runtime', () => {
  let clock: VirtualClock;
  let plane: ControlPlane;
  let client: Client;
  let runtime: FakeRuntime;
  let network: FakeNetwork;
  let kubelet: Kubelet;

  beforeEach(async () => {
    clock = new VirtualClock();
    const pki = await Pki.open({ clock: realClock });
    plane = await ControlPlane.start({
      ...{ storage: new MemoryStorage({ clock }), pki, clock, random: seededRandom(1), log: noLog },
      ...{ serviceCidr: '10.96.0.0/16', advertiseAddress: '127.0.0.1', controllers: false, scheduler: false },
    });
    client = plane.clientAs(adminUser);
    runtime = new FakeRuntime({ clock });
    network = new FakeNetwork(podCidr);
    await startKubelet();
  });

  afterEach(async () => {
    await kubelet.stop();
    await plane.stop();
  });

  async function startKubelet(more: Partial<KubeletOptions> = {}): Promise<void> {
    kubelet = new Kubelet({
      client: plane.clientAs(authenticated(`system:node:${nodeName}`, ['system:nodes'])),
      ...{ nodeName, nodeIp: '192.0.2.1', runtime, network, clock, random: seededRandom(2), log: noLog, podCidr },
      ...more,
    });
    await kubelet.start();
  }

  async function run(name: string, spec: object = {}, container: object = {}): Promise<void> {
    const containers = [{ name: 'c', image: 'app:1', ...container }];
    await client.create(podKind, {
      metadata: { namespace: 'default', name },
      spec: { nodeName, containers, ...spec },
    });
  }

  const get = (name: string) => client.find(podKind, { namespace: 'default', name });
  const statusOf = (pod: Pod | undefined) => pod?.status?.containerStatuses?.[0];

  /** Lets everything happen that needs no time, until the pod is as expected. */
  async function until(name: string, holds: (pod: Pod) => unknown): Promise<Pod> {
    for (let i = 0; i < 300; i++) {
      const pod = await get(name);
      if (pod && holds(pod)) return pod;
      await clock.advance(0);
    }
    throw new Error(`the pod ${name} is ${JSON.stringify((await get(name))?.status)}`);
  }

  /** Lets time pass until what depends on files has happened: reading them takes real time. */
  async function untilFiles(holds: () => boolean): Promise<void> {
    for (let i = 0; i < 500 && !holds(); i++) {
      await clock.advance(500);
      await sleep(2);
    }
    expect(holds()).to.equal(true);
  }

  const gone = async (name: string) => {
    for (let i = 0; i < 300 && (await get(name)); i++) await clock.advance(0);
    expect(await get(name)).to.equal(undefined);
  };

  const running = (pod: Pod) => pod.status?.phase === 'Running' && statusOf(pod)?.ready;

  it('registers a node that is ready', async () => {
    const found = await client.get(nodeKind, { name: nodeName });
    expect(found.spec?.podCIDR).to.equal(podCidr);
    expect(found.status?.conditions?.find((c) => c.type === 'Ready')?.status).to.equal('True');
  });

  it('runs a pod that is bound to its node, and no other', async () => {
    await run('mine');
    await run('foreign', { nodeName: 'n2' });
    const pod = await until('mine', running);
    expect(pod.status).to.include({ podIP: '10.244.0.2', hostIP: '192.0.2.1', qosClass: 'BestEffort' });
    expect((await get('foreign'))?.status?.phase).to.equal('Pending');
    const reasons = (await client.list(event)).items.map((e) => e.reason);
    expect(reasons).to.include.members(['Pulled', 'Created', 'Started']);
  });

  it('refuses a pod whose port of the host is taken, also when it was started anew meanwhile', async () => {
    const ports = { ports: [{ containerPort: 80, hostPort: 8080 }] };
    await run('first', {}, ports);
    await until('first', running);
    await kubelet.stop();
    await run('second', {}, ports);
    await startKubelet();
    const { status } = await until('second', (p) => p.status?.phase === 'Failed');
    expect(status).to.include({ reason: 'NodePorts' });
    expect(status!.message).to.match(/^Pod was rejected: Predicate NodePorts failed/);
    expect((await get('first'))!.status!.phase).to.equal('Running');
    await client.delete(podKind, { namespace: 'default', name: 'first' });
    await gone('first');
    await run('third', {}, ports);
    await until('third', running);
  });

  it('restarts with back-off, by the clock', async () => {
    await run('crash', {}, { command: ['sh', '-c', 'exit 7'] });
    const first = await until('crash', (p) => statusOf(p)?.state?.waiting?.reason === 'CrashLoopBackOff');
    expect(statusOf(first)).to.include({ restartCount: 1 });
    expect(statusOf(first)?.lastState?.terminated?.exitCode).to.equal(7);
    await clock.advance(9_000);
    expect(statusOf(await get('crash'))?.restartCount).to.equal(1);
    await clock.advance(2_000);
    await until('crash', (p) => statusOf(p)?.restartCount === 2);
    await clock.advance(21_000);
    await until('crash', (p) => statusOf(p)?.restartCount === 3);
  });

  it('starts a crashed container again at once', async () => {
    await run('web');
    const before = await until('web', running);
    runtime.crash(statusOf(before)!.containerID!.replace('docker://', ''));
    const after = await until('web', (p) => statusOf(p)?.restartCount === 1 && running(p));
    expect(statusOf(after)?.containerID).not.to.equal(statusOf(before)?.containerID);
  });

  it('replaces a sandbox that died', async () => {
    await run('web');
    await until('web', running);
    runtime.crashSandbox(runtime.pods()[0]!.sandboxes[0]!.id);
    await until('web', (p) => statusOf(p)?.restartCount === 1 && running(p));
    expect(runtime.pods()[0]!.sandboxes.map((s) => s.attempt)).to.deep.equal([1]);
  });

  it('finishes a job, keeps what it said, and frees its network', async () => {
    await run('job', { restartPolicy: 'Never' }, { command: ['sleep', '30'] });
    await until('job', running);
    await clock.advance(30_000);
    const pod = await until('job', (p) => p.status?.phase === 'Succeeded');
    expect(statusOf(pod)?.state?.terminated).to.include({ exitCode: 0, reason: 'Completed' });
    expect(pod.status?.podIP).to.equal('10.244.0.2');
    expect(runtime.pods()[0]!.sandboxes).to.deep.equal([]);
    expect(runtime.pods()[0]!.containers).to.have.length(1);
  });

  it('lets a container end in its grace period and then removes the pod', async () => {
    const slow = { runsFor: undefined, exitCode: 0, stopsIn: 5_000, output: '' };
    await kubelet.stop();
    runtime = new FakeRuntime({ clock, program: () => slow });
    await startKubelet();
    await run('slow', { terminationGracePeriodSeconds: 10 });
    await until('slow', running);
    await client.delete(podKind, { namespace: 'default', name: 'slow' });
    await clock.advance(4_000);
    expect((await get('slow'))?.metadata.deletionTimestamp).to.be.a('string');
    await clock.advance(1_500);
    await gone('slow');
    expect(runtime.pods()).to.deep.equal([]);
  });

  it('kills a container whose grace period is over, or is cut short', async () => {
    const deaf = { runsFor: undefined, exitCode: 0, stopsIn: 1e9, output: '' };
    await kubelet.stop();
    runtime = new FakeRuntime({ clock, program: () => deaf });
    await startKubelet();
    for (const name of ['late', 'hurried']) await run(name, { terminationGracePeriodSeconds: 60 });
    await until('late', running);
    await until('hurried', running);
    for (const name of ['late', 'hurried']) await client.delete(podKind, { namespace: 'default', name });
    await clock.advance(5_000);
    await client.delete(podKind, { namespace: 'default', name: 'hurried' }, { gracePeriodSeconds: 1 });
    await clock.advance(2_000);
    await gone('hurried');
    expect(await get('late')).not.to.equal(undefined);
    await clock.advance(55_000);
    await gone('late');
  });

  it('kills what was removed from the API by force', async () => {
    await run('web');
    await until('web', running);
    await client.delete(podKind, { namespace: 'default', name: 'web' }, { gracePeriodSeconds: 0 });
    await gone('web');
    for (let i = 0; i < 100 && runtime.pods().length > 0; i++) await clock.advance(50);
    expect(runtime.pods()).to.deep.equal([]);
  });

  it('adopts the pods of the kubelet before it, and ends those that nobody wants any more', async () => {
    await run('kept');
    await run('dropped');
    const before = await until('kept', running);
    await until('dropped', running);
    await kubelet.stop();
    await client.delete(podKind, { namespace: 'default', name: 'dropped' }, { gracePeriodSeconds: 0 });
    await startKubelet();
    for (let i = 0; i < 100 && runtime.pods().length > 1; i++) await clock.advance(50);
    expect(runtime.pods().map((p) => p.name)).to.deep.equal(['kept']);
    expect(statusOf(await get('kept'))?.containerID).to.equal(statusOf(before)?.containerID);
    expect(statusOf(await get('kept'))?.restartCount).to.equal(0);
  });

  it('says why an image cannot be had, and tries again later', async () => {
    let missing = true;
    await kubelet.stop();
    runtime = new FakeRuntime({ clock, missingImage: () => missing });
    await startKubelet();
    await run('pod');
    await until('pod', (p) => statusOf(p)?.state?.waiting?.reason === 'ErrImagePull');
    await clock.advance(3_000);
    const waiting = await until('pod', (p) => statusOf(p)?.state?.waiting?.reason === 'ImagePullBackOff');
    expect(statusOf(waiting)?.state?.waiting?.message).to.contain('Back-off pulling image "app:1": ErrImagePull: ');
    missing = false;
    await clock.advance(10_000);
    await until('pod', running);
  });

  it('ends a pod that is active for too long', async () => {
    await run('limited', { activeDeadlineSeconds: 20 });
    await until('limited', running);
    await clock.advance(21_000);
    const pod = await until('limited', (p) => p.status?.phase === 'Failed');
    expect(pod.status?.reason).to.equal('DeadlineExceeded');
    expect(runtime.pods()[0]!.sandboxes).to.deep.equal([]);
  });

  it('starts an ephemeral container in a running pod', async () => {
    await run('web');
    await until('web', running);
    const debug = { name: 'debug', image: 'tools:1', targetContainerName: 'c' };
    const patch = { spec: { ephemeralContainers: [debug] } };
    const at = { namespace: 'default', name: 'web' };
    await client.patch(podKind, at, 'strategic', patch, { subresource: 'ephemeralcontainers' });
    const pod = await until('web', (p) => p.status?.ephemeralContainerStatuses?.[0]?.state?.running);
    expect(statusOf(pod)).to.include({ restartCount: 0, ready: true });
    const started = (await client.list(event)).items.filter((e) => e.reason === 'Started');
    expect(started.map((e) => e.involvedObject.fieldPath)).to.include.members([
      'spec.containers{c}',
      'spec.ephemeralContainers{debug}',
    ]);
  });

  it('ends sidecars after the app, the last one first, and asks even those whose turn comes late', async () => {
    const deaf = { runsFor: undefined, exitCode: 0, stopsIn: 1e9, output: '' };
    const willing = { ...deaf, stopsIn: 500 };
    await kubelet.stop();
    runtime = new FakeRuntime({ clock, program: ({ name }) => (name === 'c' ? deaf : willing) });
    await startKubelet();
    const initContainers = ['a', 'b'].map((name) => ({ name, image: 'side:1', restartPolicy: 'Always' }));
    await run('web', { initContainers, terminationGracePeriodSeconds: 3 });
    await until('web', running);
    await client.delete(podKind, { namespace: 'default', name: 'web' });
    await clock.advance(2_900);
    const states = () => runtime.pods()[0]!.containers.map((c) => `${c.name} ${c.state} ${c.exitCode ?? ''}`.trim());
    expect(states()).to.have.members(['a running', 'b running', 'c running']);
    await clock.advance(300);
    expect(states()).to.have.members(['a running', 'b running', 'c exited 137']);
    await clock.advance(500);
    expect(states()).to.have.members(['a running', 'b exited 0', 'c exited 137']);
    await clock.advance(1_000);
    await gone('web');
  });

  it('ends a container whose postStart hook fails, and says so', async () => {
    await run('hooked', {}, { lifecycle: { postStart: { exec: { command: ['false'] } } } });
    const pod = await until('hooked', (p) => statusOf(p)?.state?.waiting?.reason === 'CrashLoopBackOff');
    expect(statusOf(pod)?.lastState?.terminated).to.include({ reason: 'Completed' });
    const events = (await client.list(event)).items;
    expect(events.find((e) => e.reason === 'FailedPostStartHook')).to.deep.include({
      message: 'PostStartHook failed',
      type: 'Warning',
    });
    expect(events.find((e) => e.reason === 'Killing')?.message).to.equal('FailedPostStartHook');
  });

  it('is not running for others before its postStart hook is over', async () => {
    await run('hooked', {}, { lifecycle: { postStart: { sleep: { seconds: 5 } } } });
    for (let i = 0; i < 50 && !runtime.pods()[0]?.containers[0]; i++) await clock.advance(0);
    await clock.advance(4_000);
    expect(runtime.pods()[0]!.containers[0]!.state).to.equal('running');
    expect((await get('hooked'))!.status!.phase).to.equal('Pending');
    await clock.advance(2_000);
    await until('hooked', running);
  });

  it('counts a preStop hook to the grace period', async () => {
    const deaf = { runsFor: undefined, exitCode: 0, stopsIn: 1e9, output: '' };
    await kubelet.stop();
    runtime = new FakeRuntime({ clock, program: () => deaf });
    await startKubelet();
    const lifecycle = { preStop: { sleep: { seconds: 4 } } };
    await run('web', { terminationGracePeriodSeconds: 10 }, { lifecycle });
    await until('web', running);
    await client.delete(podKind, { namespace: 'default', name: 'web' });
    await clock.advance(9_500);
    expect(runtime.pods()[0]!.containers[0]!.state).to.equal('running');
    await clock.advance(1_000);
    await gone('web');
  });

  it('restarts by the rules of a container', async () => {
    const restartPolicyRules = [{ action: 'Restart', exitCodes: { operator: 'In', values: [42] } }];
    const rules = { restartPolicy: 'Never', restartPolicyRules };
    await run('again', { restartPolicy: 'Never' }, { ...rules, command: ['sh', '-c', 'exit 42'] });
    await run('enough', { restartPolicy: 'Never' }, { ...rules, command: ['sh', '-c', 'exit 1'] });
    const pod = await until('again', (p) => statusOf(p)?.state?.waiting?.reason === 'CrashLoopBackOff');
    expect(pod.status?.phase).to.equal('Running');
    await until('enough', (p) => p.status?.phase === 'Failed');
  });

  it('runs pods of manifests, and shows each by a mirror that nobody can take away', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'coxswain-kubelet-'));
    const file = join(folder, 'web.json');
    const manifest = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web' } };
    const write = (image: string) =>
      writeFileSync(file, JSON.stringify({ ...manifest, spec: { containers: [{ name: 'c', image }] } }));
    write('app:1');
    await kubelet.stop();
    await startKubelet({ podManifestPath: folder });
    const first = await until('web-n1', running);
    const uid = first.metadata.annotations?.['kubernetes.io/config.mirror'];
    expect(first.metadata.ownerReferences?.[0]).to.include({ kind: 'Node', name: nodeName });
    expect(runtime.pods().map((p) => p.uid)).to.deep.equal([uid]);
    await client.delete(podKind, { namespace: 'default', name: 'web-n1' });
    const again = await until('web-n1', (p) => p.metadata.uid !== first.metadata.uid && running(p));
    expect(statusOf(again)?.containerID).to.equal(statusOf(first)?.containerID);
    // The next kubelet finds it again.
    await kubelet.stop();
    await startKubelet({ podManifestPath: folder });
    for (let i = 0; i < 20; i++) await clock.advance(0);
    expect(runtime.pods().map((p) => p.uid)).to.deep.equal([uid]);
    const kept = await client.get(podKind, { namespace: 'default', name: 'web-n1' });
    expect(kept.metadata.uid, 'and its mirror').to.equal(again.metadata.uid);
    // Another content is another pod.
    write('app:2');
    await untilFiles(() => runtime.pods().some((p) => p.uid !== uid));
    await until('web-n1', (p) => p.spec!.containers[0]!.image === 'app:2' && running(p));
    rmSync(folder, { recursive: true });
    await untilFiles(() => runtime.pods().length === 0);
    await gone('web-n1');
  });

  it('runs a hundred pods side by side', async () => {
    const names = Array.from({ length: 100 }, (_, i) => `p${i}`);
    await Promise.all(names.map((name) => run(name)));
    for (const name of names) await until(name, running);
    expect(new Set((await client.list(podKind)).items.map((p) => p.status?.podIP)).size).to.equal(100);
  });

  it('changes the resources of a running pod, when the node has them, and tells what it waits for', async () => {
    const resized = async (name: string, cpu: string) => {
      const containers = [{ name: 'c', resources: { requests: { cpu } } }];
      await client.patch(
        podKind,
        { namespace: 'default', name },
        'strategic',
        { spec: { containers } },
        { subresource: 'resize' },
      );
    };
    const inEffect = (cpu: string) => (pod: Pod) => statusOf(pod)?.resources?.requests?.['cpu'] === cpu;
    const waits = (reason: string) => (pod: Pod) =>
      pod.status?.conditions?.some((c) => c.type === 'PodResizePending' && c.reason === reason);
    await run('other', {}, { resources: { requests: { cpu: '4' } } });
    await run('web', {}, { resources: { requests: { cpu: '1' } } });
    await until('other', running);
    await until('web', (pod) => running(pod) && inEffect('1')(pod));
    await resized('web', '2');
    const grown = await until('web', inEffect('2'));
    expect(statusOf(grown)).to.deep.include({ restartCount: 0, allocatedResources: { cpu: '2' } });
    await resized('web', '5');
    expect(statusOf(await until('web', waits('Deferred')))?.allocatedResources).to.deep.equal({ cpu: '2' });
    await resized('web', '50');
    await until('web', waits('Infeasible'));
    await resized('web', '3');
    const done = await until('web', inEffect('3'));
    await until('web', (pod) => !pod.status?.conditions?.some((c) => c.type.startsWith('PodResize')));
    expect(statusOf(done)?.restartCount).to.equal(0);
  });

  it('frees the files of a pod that it evicts for writing too many', async () => {
    const rootDir = mkdtempSync(join(tmpdir(), 'kubelet-'));
    try {
      await kubelet.stop();
      await startKubelet({ rootDir });
      const volumes = [{ name: 'v', emptyDir: { sizeLimit: '1Mi' } }];
      await run('full', { volumes }, { volumeMounts: [{ name: 'v', mountPath: '/v' }] });
      const folder = join(rootDir, 'pods', (await get('full'))!.metadata.uid);
      const volume = join(folder, 'volumes', 'kubernetes.io~empty-dir', 'v');
      await untilFiles(() => existsSync(volume));
      writeFileSync(join(volume, 'much'), Buffer.alloc(2 ** 21));
      await untilFiles(() => !existsSync(folder));
      const { status } = await until('full', (pod) => pod.status?.phase === 'Failed');
      expect(status).to.include({ reason: 'Evicted' });
      expect(status?.message).to.contain('Usage of EmptyDir volume "v" exceeds the limit "1Mi"');
    } finally {
      await kubelet.stop();
      rmSync(rootDir, { recursive: true, force: true });
    }
  });

  it('refuses a pod that does not fit, and says why', async () => {
    await run('huge', {}, { resources: { requests: { cpu: '100' } } });
    const pod = await until('huge', ({ status }) => status?.phase === 'Failed');
    expect(pod.status).to.include({ reason: 'OutOfcpu' });
    expect(pod.status?.message).to.match(/^Pod was rejected: Node didn't have enough resource: cpu, requested: 100000/);
  });

  it('ends its pods before it stops when the node shuts down, the critical ones last', async () => {
    await kubelet.stop();
    await startKubelet({ shutdown: shutdownGraces(30, 10) });
    await run('web');
    await run('system', { priorityClassName: 'system-node-critical' });
    await until('web', running);
    await until('system', running);
    const kubeletState = { stopped: false };
    const stopping = kubelet.stop().then(() => (kubeletState.stopped = true));
    for (let i = 0; i < 200 && !kubeletState.stopped; i++) await clock.advance(50);
    await stopping;
    for (const name of ['web', 'system']) {
      const pod = await get(name);
      expect(pod?.status).to.include({ phase: 'Failed', reason: 'Terminated' });
      expect(pod?.status?.conditions?.find((c) => c.type === 'DisruptionTarget')?.reason).to.equal(
        'TerminationByKubelet',
      );
    }
    const found = await client.get(nodeKind, { name: nodeName });
    expect(found.status?.conditions?.find((c) => c.type === 'Ready')?.message).to.equal('node is shutting down');
  });
});
