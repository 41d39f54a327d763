import { expect } from 'chai';
import { event } from '../../src/api/core-v1/event.ts';
import { KubeletNode, stateOf } from './kubelet-node.ts';
import { eventually } from './running-cluster.ts';

/** Runs until it is told to end, and then ends at once. */
const forever = `trap 'exit 0' TERM; while :; do sleep 60 & wait $!; done`;
const image = 'coxswain/hello:1';

describe('containers of a pod on the Docker Engine', function () {
  this.timeout(60_000);
  let node: KubeletNode;

  before(async () => {
    node = await KubeletNode.start();
  });

  after(async () => {
    await node?.stop();
  });

  const logs = async (...args: string[]) => (await node.kubectl(['logs', ...args])).stdout;

  it('kubectl debug adds a container that sees the processes of another', async () => {
    await node.run('web', `: the-process-to-see; ${forever}`);
    await node.until('web', (p) => stateOf(p) === 'running');
    const script = `tr '\\0' ' ' < /proc/1/cmdline; echo; ${forever}`;
    const flags = ['--image', image, '--target', 'c', '-c', 'debugger'];
    const added = await node.kubectl(['debug', 'web', ...flags, '--', 'sh', '-c', script]);
    expect(added.code, added.stderr).to.equal(0);
    const pod = await node.until('web', (p) => p.status?.ephemeralContainerStatuses?.[0]?.state?.running);
    expect(pod.status?.containerStatuses?.[0]).to.include({ restartCount: 0, ready: true });
    await eventually('its output', async () => (await logs('web', '-c', 'debugger')).includes('the-process-to-see'));
    const run = await node.kubectl(['exec', 'web', '-c', 'debugger', '--', 'echo', 'here']);
    expect(run.stdout).to.equal('here\n');
  });

  it('starts sidecars first, takes variables from files, and ends by signals of the pod', async () => {
    const volumeMounts = [{ name: 'data', mountPath: '/data' }];
    const spec = {
      os: { name: 'linux' },
      restartPolicy: 'Never',
      activeDeadlineSeconds: 4,
      volumes: [{ name: 'data', emptyDir: {} }],
      initContainers: [
        { name: 'write', image, command: ['sh', '-c', `echo "WHO='me and you'" > /data/env`], volumeMounts },
        {
          ...{ name: 'side', image, restartPolicy: 'Always', volumeMounts },
          command: ['sh', '-c', `sleep 0.3; touch /data/up; ${forever}`],
          startupProbe: { exec: { command: ['test', '-e', '/data/up'] }, periodSeconds: 1 },
        },
      ],
    };
    const script = `ls /data; echo "$WHO"; trap 'echo asked; exit 0' USR1; while :; do sleep 60 & wait $!; done`;
    await node.run('mixed', script, spec, {
      volumeMounts,
      lifecycle: { stopSignal: 'SIGUSR1' },
      env: [{ name: 'WHO', valueFrom: { fileKeyRef: { volumeName: 'data', path: 'env', key: 'WHO' } } }],
    });
    const pod = await node.until('mixed', (p) => p.status?.phase === 'Failed' && stateOf(p) === 'Completed');
    expect(pod.status?.reason).to.equal('DeadlineExceeded');
    expect(await logs('mixed', '-c', 'c')).to.equal('env\nup\nme and you\nasked\n');
    expect(pod.status?.initContainerStatuses?.[1]?.state?.terminated?.exitCode).to.equal(0);
  });

  it('leaves nothing behind of a probe that takes too long', async () => {
    const exec = { command: ['sh', '-c', 'sleep 4321; true'] };
    await node.run('slow', forever, {}, { readinessProbe: { exec, periodSeconds: 1, timeoutSeconds: 1 } });
    const unhealthy = await eventually('a probe that timed out', async () => {
      const { items } = await node.client.list(event, { namespace: 'default' });
      return items.find((e) => e.reason === 'Unhealthy' && e.involvedObject.name === 'slow');
    });
    expect(unhealthy.message).to.contain('timed out');
    await eventually('no process of it', async () => {
      const { stdout } = await node.kubectl(['exec', 'slow', '--', 'ps']);
      return stdout.includes('sleep 60') && !/sleep 4321/.test(stdout);
    });
    await node.kubectl(['delete', 'pod', 'slow', '--now']);
  });

  it('restarts by the rules of a container, and falls back to its log for its last words', async () => {
    const rule = { action: 'Restart', exitCodes: { operator: 'In', values: [42] } };
    const script = `test -e /data/again && { echo bye; exit 7; }; touch /data/again; exit 42`;
    await node.run(
      'ruled',
      script,
      { restartPolicy: 'Never', volumes: [{ name: 'data', emptyDir: {} }] },
      {
        volumeMounts: [{ name: 'data', mountPath: '/data' }],
        terminationMessagePolicy: 'FallbackToLogsOnError',
        restartPolicy: 'Never',
        restartPolicyRules: [rule],
      },
    );
    const pod = await node.until('ruled', (p) => p.status?.phase === 'Failed');
    const [status] = pod.status!.containerStatuses!;
    expect(status).to.include({ restartCount: 1 });
    expect(status!.state!.terminated).to.include({ exitCode: 7, message: 'bye\n' });
    expect(status!.lastState!.terminated).to.include({ exitCode: 42 });
  });
});
