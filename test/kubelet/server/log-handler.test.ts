import { expect } from 'chai';
import type { ServerResponse } from 'node:http';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { Pod } from '../../../src/api/core-v1/pod.ts';
import { VirtualClock } from '../../../src/base/virtual-clock.ts';
import { FakeRuntime } from '../../../src/kubelet/runtime/fake.ts';
import type { ContainerConfig } from '../../../src/kubelet/runtime/runtime.ts';
import { sendLog } from '../../../src/kubelet/server/log-handler.ts';
import type { LogRequest } from '../../../src/kubelet/server/requests.ts';

const identity = { uid: 'u', namespace: 'default', name: 'web' };

describe('the log of a container', () => {
  let runtime: FakeRuntime;
  beforeEach(() => (runtime = new FakeRuntime({ clock: new VirtualClock() })));

  /** Runs the container `app` once; it says its words, and ends if it is to. */
  async function run(attempt: number, words: string, ends: boolean): Promise<void> {
    const [known] = runtime.pod(identity).sandboxes;
    const sandbox = known ?? (await runtime.createSandbox({ pod: identity, attempt: 0 } as never));
    const command = ['sh', '-c', `echo ${words} && serve`];
    const config = { pod: identity, sandboxId: sandbox.id, name: 'app', attempt, image: 'i', specHash: '', command };
    const id = await runtime.createContainer(config as unknown as ContainerConfig);
    await runtime.startContainer(id);
    if (ends) runtime.crash(id, 1);
  }

  const pod = (waiting?: string): Pod => {
    const state = waiting ? { waiting: { reason: waiting } } : { running: {} };
    const status = { containerStatuses: [{ name: 'app', state }] };
    return { metadata: identity, spec: { containers: [{ name: 'app' }] }, status } as unknown as Pod;
  };

  async function log(of: Pod, options: Partial<LogRequest> = {}, container = 'app'): Promise<string> {
    const response = Object.assign(new PassThrough(), { writeHead: () => {}, flushHeaders: () => {} });
    const read = text(response);
    const request = { follow: false, timestamps: false, previous: false, limit: undefined, ...options };
    try {
      await sendLog(runtime, of, container, request, response as unknown as ServerResponse);
    } catch (error) {
      return (error as Error).message;
    }
    return read;
  }

  it('is that of the newest run, or of the one before', async () => {
    await run(0, 'first', true);
    await run(1, 'second', false);
    expect(await log(pod())).to.equal('second\n');
    expect(await log(pod(), { previous: true })).to.equal('first\n');
  });

  it('is that of the last run while the next one is waited for', async () => {
    await run(0, 'first', true);
    expect(await log(pod('CrashLoopBackOff'))).to.equal('first\n');
    expect(await log(pod('CrashLoopBackOff'), { previous: true })).to.equal('first\n');
  });

  it('is cut at so many bytes', async () => {
    await run(0, 'first', false);
    expect(await log(pod(), { limit: 3 })).to.equal('fir');
    expect(await log(pod(), { limit: 3, follow: true })).to.equal('fir');
  });

  const missing: [string, () => Promise<string>, string][] = [
    ['which container', () => log(pod(), {}, 'x'), 'container x is not valid for pod web'],
    [
      'that there was none before',
      async () => (await run(0, 'a', false), log(pod(), { previous: true })),
      'previous terminated container "app" in pod "web" not found',
    ],
    ...[
      ['ContainerCreating', 'ContainerCreating'],
      ['ErrImagePull', "image can't be pulled"],
      ['ImagePullBackOff', 'trying and failing to pull image'],
      ['PodInitializing', 'PodInitializing'],
    ].map(([reason, why]): [string, () => Promise<string>, string] => [
      `that it waits: ${reason}`,
      () => log(pod(reason)),
      `container "app" in pod "web" is waiting to start: ${why}`,
    ]),
  ];
  for (const [name, act, message] of missing) it(`says ${name}`, async () => expect(await act()).to.equal(message));
});
