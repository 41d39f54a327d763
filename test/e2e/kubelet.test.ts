import { expect } from 'chai';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configMap } from '../../src/api/core-v1/config-map.ts';
import { event } from '../../src/api/core-v1/event.ts';
import { node as nodeKind } from '../../src/api/core-v1/node.ts';
import { pod as podKind, type Pod } from '../../src/api/core-v1/pod.ts';
import { KubeletNode, stateOf } from './kubelet-node.ts';
import { freePort } from '../../src/cluster/free-port.ts';
import { eventually, execute } from './running-cluster.ts';

/** Runs until it is told to end, and then ends at once. */
const forever = `trap 'exit 0' TERM; while :; do sleep 60 & wait $!; done`;

const ready = (pod: Pod) => pod.status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True');
const idOf = (pod: Pod) => pod.status?.containerStatuses?.[0]?.containerID?.replace('docker://', '') ?? '';
const docker = async (...args: string[]) => (await execute('docker', args)).stdout.trim();

describe('kubelet on the Docker Engine', function () {
  this.timeout(60_000);
  let node: KubeletNode;

  before(async () => {
    node = await KubeletNode.start();
  });

  after(async () => {
    await node?.stop();
  });

  const reasons = async (pod: string) =>
    (await node.client.list(event, { namespace: 'default' })).items
      .filter((e) => e.involvedObject.name === pod)
      .map((e) => e.reason);

  it('registers its node, ready, with capacity, addresses and a lease', async () => {
    const found = await node.client.get(nodeKind, { name: node.nodeName });
    expect(found.status?.conditions?.find((c) => c.type === 'Ready')?.status).to.equal('True');
    expect(Number(found.status?.capacity?.cpu)).to.be.greaterThan(0);
    expect(found.status?.nodeInfo?.containerRuntimeVersion).to.match(/^docker:\/\/\d/);
    expect(found.metadata.labels).to.include({ 'kubernetes.io/hostname': node.nodeName, 'kubernetes.io/os': 'linux' });
    const lease = await node.kubectl(['get', 'lease', '-n', 'kube-node-lease', node.nodeName, '-o', 'name']);
    expect(lease.stdout.trim()).to.equal(`lease.coordination.k8s.io/${node.nodeName}`);
  });

  it('starts a pod within 1.5 seconds, reachable at its address, and tells what it did by events', async () => {
    const started = performance.now();
    await node.run('web', '', {}, { command: undefined });
    const pod = await node.until('web', (p) => p.status?.phase === 'Running' && ready(p));
    expect(performance.now() - started).to.be.lessThan(1500);
    const body = await eventually('the server answers', async () => {
      return fetch(`http://${pod.status!.podIP}:8080/`, { signal: AbortSignal.timeout(1000) }).then(
        (r) => r.text(),
        () => undefined,
      );
    });
    expect(body).to.equal('Hello from web, release 1.\n');
    await eventually('the events', async () => (await reasons('web')).includes('Started'));
    expect(await reasons('web')).to.include.members(['Pulled', 'Created', 'Started']);
  });

  it('starts a container again that was killed from outside, and counts it', async () => {
    const before = await node.until('web', ready);
    await docker('kill', idOf(before));
    const killed = performance.now();
    const after = await node.until('web', (p) => p.status?.containerStatuses?.[0]?.restartCount === 1 && ready(p));
    expect(performance.now() - killed).to.be.lessThan(2000);
    expect(idOf(after)).not.to.equal(idOf(before));
    expect(after.status?.containerStatuses?.[0]?.lastState?.terminated?.exitCode).to.equal(137);
    const previous = await node.kubectl(['logs', 'web', '--previous']);
    expect(previous.code, previous.stderr).to.equal(0);
  });

  it('leaves containers alone when it stops, and adopts them when it starts', async () => {
    const before = await node.until('web', ready);
    await node.kubelet.stop();
    expect(await docker('inspect', '-f', '{{.State.Running}}', idOf(before))).to.equal('true');
    await node.startKubelet();
    await eventually(
      'the node is looked after',
      async () => (await node.kubectl(['exec', 'web', '--', 'true'])).code === 0,
    );
    const after = await node.client.get(podKind, { namespace: 'default', name: 'web' });
    expect(idOf(after)).to.equal(idOf(before));
    expect(after.status?.podIP).to.equal(before.status?.podIP);
    expect(after.status?.containerStatuses?.[0]?.restartCount).to.equal(1);
  });

  it('makes a new sandbox when the old one is killed', async () => {
    const filter = [
      '--filter',
      `label=io.coxswain.cluster=${node.clusterId}`,
      '--filter',
      'label=io.coxswain.pod.name=web',
    ];
    const sandbox = await docker('ps', '-q', ...filter, '--filter', 'label=io.coxswain.type=sandbox');
    await docker('kill', sandbox);
    await node.until('web', (p) => p.status?.containerStatuses?.[0]?.restartCount === 2 && ready(p));
    expect(await docker('ps', '-aq', ...filter, '--filter', 'label=io.coxswain.type=sandbox')).not.to.contain(sandbox);
    expect(await reasons('web')).to.include('SandboxChanged');
  });

  it('removes a deleted pod from Docker, from its network and from the API', async () => {
    const started = performance.now();
    const deleted = await node.kubectl(['delete', 'pod', 'web']);
    expect(deleted.code, deleted.stderr).to.equal(0);
    expect(performance.now() - started).to.be.lessThan(4000);
    await eventually('its containers are gone', async () => {
      return (await docker('ps', '-aq', '--filter', `label=io.coxswain.cluster=${node.clusterId}`)) === '';
    });
  });

  for (const [protocol, env] of [
    ['WebSocket', {}],
    ['SPDY', { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: 'false', KUBECTL_PORT_FORWARD_WEBSOCKETS: 'false' }],
  ] as const) {
    describe(`kubectl over ${protocol}`, () => {
      const name = `talk-${protocol.toLowerCase()}`;

      before(async () => {
        await node.run(name, `mkdir /www; echo inside > /www/index.html; httpd -p 127.0.0.1:9000 -h /www; ${forever}`);
        await node.until(name, ready);
      });

      after(async () => {
        await node.kubectl(['delete', 'pod', name, '--now']);
      });

      it('exec tells both outputs and the exit code', async () => {
        const done = await node.kubectl(['exec', name, '--', 'sh', '-c', 'echo out; echo err >&2; exit 3'], { env });
        expect(done.code).to.equal(3);
        expect(done.stdout).to.equal('out\n');
        expect(done.stderr).to.match(/^err\n/);
      });

      it('exec -i hands over its input and its end, unharmed', async () => {
        const text = randomBytes(1_500_000).toString('base64');
        const done = await node.kubectl(['exec', '-i', name, '--', 'cat'], { env, input: text });
        expect(done.code, done.stderr).to.equal(0);
        expect(done.stdout === text, `${done.stdout.length} of ${text.length} characters`).to.equal(true);
      });

      it('port-forward reaches a port that listens on the loopback of the pod only', async () => {
        const port = await freePort();
        const forward = execute('timeout', ['5', 'kubectl', 'port-forward', `pod/${name}`, `${port}:9000`], {
          env: { KUBECONFIG: node.kubeconfig, ...env },
        });
        const body = await eventually('an answer', async () => {
          return fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(2000) }).then(
            (r) => r.text(),
            () => undefined,
          );
        });
        expect(body).to.equal('inside\n');
        await forward;
      });
    });
  }

  it('sends logs: all, the last lines, with times, followed to the end', async () => {
    await node.run('logger', 'for i in 1 2 3 4 5; do echo line $i; done; sleep 1; echo end', {
      restartPolicy: 'Never',
    });
    await node.until('logger', (p) => stateOf(p) === 'running' || p.status?.phase === 'Succeeded');
    const followed = await node.kubectl(['logs', '-f', 'logger']);
    expect(followed.stdout).to.equal('line 1\nline 2\nline 3\nline 4\nline 5\nend\n');
    expect((await node.kubectl(['logs', 'logger', '--tail=2'])).stdout).to.equal('line 5\nend\n');
    expect((await node.kubectl(['logs', 'logger', '--timestamps', '--tail=1'])).stdout).to.match(
      /^\d{4}-\d\d-\d\dT[\d:.]+Z end\n$/,
    );
    expect((await node.kubectl(['logs', 'logger', '--limit-bytes=6'])).stdout).to.equal('line 1');
    await node.until('logger', (p) => p.status?.phase === 'Succeeded');
  });

  it('says why a container does not run', async () => {
    await node.run('crash', 'echo last words > /dev/termination-log; exit 9');
    await node.run('missing', forever, {}, { image: 'registry.invalid/nothing:1' });
    await node.run('never', forever, {}, { image: 'coxswain/absent:1', imagePullPolicy: 'Never' });
    await node.run('misconfigured', forever, {}, { envFrom: [{ configMapRef: { name: 'not-there' } }] });
    await node.run('no-command', forever, {}, { command: ['/not/there'] });
    const crash = await node.until('crash', (p) => stateOf(p) === 'CrashLoopBackOff');
    expect(crash.status?.containerStatuses?.[0]?.lastState?.terminated).to.include({
      exitCode: 9,
      reason: 'Error',
      message: 'last words\n',
    });
    await node.until('missing', (p) => stateOf(p) === 'ErrImagePull');
    await node.until('missing', (p) => stateOf(p) === 'ImagePullBackOff');
    expect(await reasons('missing')).to.include.members(['Pulling', 'Failed', 'BackOff']);
    await node.until('never', (p) => stateOf(p) === 'ErrImageNeverPull');
    const wrong = await node.until('misconfigured', (p) => stateOf(p) === 'CreateContainerConfigError');
    expect(wrong.status?.containerStatuses?.[0]?.state?.waiting?.message).to.equal('configmap "not-there" not found');
    await node.until('no-command', (p) => ['RunContainerError', 'CrashLoopBackOff'].includes(stateOf(p) ?? ''));
    await node.kubectl(['delete', 'pod', '--all', '--now']);
  });

  it('runs init containers in order, then the app, with volumes, environment, limits and probes', async () => {
    await node.client.create(configMap, {
      metadata: { namespace: 'default', name: 'settings' },
      data: { color: 'blue' },
    });
    const volumeMounts = [
      { name: 'data', mountPath: '/data' },
      { name: 'settings', mountPath: '/settings' },
      { name: 'memory', mountPath: '/memory' },
    ];
    const image = 'coxswain/hello:1';
    const spec = {
      initContainers: [
        { name: 'one', image, command: ['sh', '-c', 'echo one >> /data/order'], volumeMounts },
        { name: 'two', image, command: ['sh', '-c', 'echo two >> /data/order'], volumeMounts },
      ],
      volumes: [
        { name: 'data', emptyDir: {} },
        { name: 'memory', emptyDir: { medium: 'Memory' } },
        { name: 'settings', configMap: { name: 'settings' } },
      ],
    };
    await node.run('rich', `cat /data/order /settings/color; echo " $WHO $IP"; ${forever}`, spec, {
      volumeMounts,
      env: [
        { name: 'WHO', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
        { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
      ],
      resources: { limits: { memory: '64Mi', cpu: '250m' } },
      readinessProbe: { exec: { command: ['test', '-e', '/memory/ready'] }, periodSeconds: 1 },
    });
    const waiting = await node.until('rich', (p) => stateOf(p) === 'running');
    expect(ready(waiting)).to.equal(false);
    expect((await node.kubectl(['logs', 'rich', '-c', 'c'])).stdout).to.equal(
      `one\ntwo\nblue rich ${waiting.status!.podIP}\n`,
    );
    await node.kubectl(['exec', 'rich', '-c', 'c', '--', 'touch', '/memory/ready']);
    const pod = await node.until('rich', ready);
    expect(await docker('inspect', '-f', '{{.HostConfig.Memory}} {{.HostConfig.CpuQuota}}', idOf(pod))).to.equal(
      '67108864 25000',
    );
    await node.kubectl(['delete', 'pod', 'rich', '--now']);
  });

  it('maps host ports, probes over the network, and leaves no rule behind', async () => {
    const hostPort = await freePort();
    const probe = { periodSeconds: 1 };
    await node.run(
      'mapped',
      '',
      {},
      {
        command: undefined,
        ports: [{ name: 'http', containerPort: 8080, hostPort }],
        readinessProbe: { httpGet: { path: '/', port: 'http' }, ...probe },
        livenessProbe: { tcpSocket: { port: 8080 }, ...probe },
      },
    );
    await node.until('mapped', ready);
    const answer = await fetch(`http://127.0.0.1:${hostPort}/`, { signal: AbortSignal.timeout(3000) });
    expect(await answer.text()).to.contain('Hello from mapped');
    await node.kubectl(['delete', 'pod', 'mapped', '--now']);
    expect((await execute('iptables-save', ['-t', 'nat'])).stdout).not.to.contain(`--dport ${hostPort}`);
  });

  it('attaches to a container that kubectl run starts, and hands on its exit code', async () => {
    const args = ['run', 'typed', '--image=coxswain/hello:1', '--restart=Never', '-i', '--rm', '--quiet', '--', 'sh'];
    const done = await node.kubectl(args, { input: 'echo from inside; exit 4\n' });
    expect(done.stdout).to.equal('from inside\n');
    expect(done.code).to.equal(4);
  });

  it('kills a container that does not listen when its grace period is over', async () => {
    await node.run('stubborn', `trap '' TERM; while :; do sleep 1; done`, { terminationGracePeriodSeconds: 2 });
    await node.until('stubborn', ready);
    const started = performance.now();
    await node.kubectl(['delete', 'pod', 'stubborn', '--wait=false']);
    await node.untilGone('stubborn');
    expect(performance.now() - started).to.be.within(1800, 5000);
  });

  it('lets nobody in without credentials', async () => {
    const { status } = await node.client.get(nodeKind, { name: node.nodeName });
    const { Port } = status!.daemonEndpoints!.kubeletEndpoint!;
    const url = `https://127.0.0.1:${Port}/pods`;
    for (const header of ['X-None: 1', 'Authorization: Bearer nonsense']) {
      const answer = await execute('curl', ['-sk', '-m', '3', '-H', header, '-w', ' %{http_code}', url]);
      expect(answer.stdout).to.equal('Unauthorized 401');
    }
    const path = `/api/v1/nodes/${node.nodeName}/proxy/pods`;
    expect((await node.kubectl(['get', '--raw', path])).stdout).to.match(/^{"kind":"PodList"/);
  });

  it('lets kubectl debug look at the files of the node', async () => {
    const image = ['--image=coxswain/hello:1', '--image-pull-policy=IfNotPresent', '--profile=general'];
    const made = await node.kubectl(['debug', `node/${node.nodeName}`, ...image, '--', 'ls', '-d', '/host/proc/1']);
    const [, name = ''] = /pod (node-debugger-\S+)/.exec(made.stdout + made.stderr) ?? [];
    await node.until(name, (pod) => pod.status?.phase === 'Succeeded');
    expect((await node.kubectl(['logs', name])).stdout).to.equal('/host/proc/1\n');
    await node.kubectl(['delete', 'pod', name, '--grace-period=0', '--force', '--wait=false']);
  });

  it('measures what containers use, for kubectl top', async () => {
    const limits = { cpu: '200m', memory: '32Mi' };
    await node.run('burning', 'while :; do :; done', {}, { resources: { limits } });
    await node.until('burning', ready);
    const cpu = await eventually(
      'the pod is measured',
      async () => /^burning +(\d+)m +\d+Mi/m.exec((await node.kubectl(['top', 'pods'])).stdout)?.[1],
    );
    expect(Number(cpu)).to.be.within(10, 300);
    expect((await node.kubectl(['top', 'nodes'])).stdout).to.match(/^kubelet-test +\d+m +\d+% +\d+Mi/m);
    await node.kubectl(['delete', 'pod', 'burning', '--grace-period=0', '--force', '--wait=false']);
  });
});

describe('kubelet when Docker goes away', function () {
  this.timeout(60_000);
  let folder: string;
  let gate: Gate;
  let node: KubeletNode;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'coxswain-gate-'));
    gate = new Gate(join(folder, 'docker.sock'));
    await gate.open();
    node = await KubeletNode.start({ socketPath: gate.path });
  });

  after(async () => {
    await gate.open();
    await node?.stop();
    gate.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const readyCondition = async () =>
    (await node.client.get(nodeKind, { name: node.nodeName })).status?.conditions?.find((c) => c.type === 'Ready');

  it('the node says so, and recovers with what happened meanwhile', async () => {
    await node.run('survivor', forever);
    const before = await node.until('survivor', ready);
    gate.close();
    const down = await eventually('NotReady', async () => {
      const condition = await readyCondition();
      return condition?.status === 'False' && condition;
    });
    expect(down.message).to.match(/^The Docker Engine does not answer on /);
    await docker('kill', idOf(before));
    await gate.open();
    await eventually('Ready', async () => (await readyCondition())?.status === 'True');
    await node.until('survivor', (p) => p.status?.containerStatuses?.[0]?.restartCount === 1 && ready(p));
  });
});

/** A way to Docker's socket that can be shut. */
class Gate {
  readonly path: string;
  #server: Server | undefined;
  #sockets = new Set<Socket>();

  constructor(path: string) {
    this.path = path;
  }

  open(): Promise<void> {
    if (this.#server) return Promise.resolve();
    this.#server = createServer({ allowHalfOpen: true }, (client) => {
      const engine = connect({ path: '/var/run/docker.sock', allowHalfOpen: true });
      for (const socket of [client, engine]) {
        this.#sockets.add(socket);
        socket.on('error', () => {});
        socket.on('close', () => this.#sockets.delete(socket));
      }
      client.pipe(engine).pipe(client);
    });
    return new Promise((resolve) => this.#server!.listen(this.path, resolve));
  }

  close(): void {
    this.#server?.close();
    this.#server = undefined;
    for (const socket of this.#sockets) socket.destroy();
  }
}
