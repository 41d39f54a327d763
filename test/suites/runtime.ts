import { expect } from 'chai';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { ContainerConfig, Runtime, RuntimeListener, Sandbox } from '../../src/kubelet/runtime/runtime.ts';

/** How a runtime under test is made and taken away. */
export interface RuntimeUnderTest {
  readonly runtime: Runtime;
  /** An image that is there, and has `sh`. */
  readonly image: string;
  /** Lets time pass for simulated containers. */
  wait(ms: number): Promise<void>;
  /** Removes everything; the runtime has been stopped. */
  remove(): Promise<void>;
}

const forever = ['sh', '-c', `trap 'exit 0' TERM; while :; do sleep 60 & wait $!; done`];
const identity = { uid: '11111111-2222-3333-4444-555555555555', namespace: 'default', name: 'web' };

/** What every runtime does, whatever runs behind it. */
export function runtimeSuite(make: () => Promise<RuntimeUnderTest>): void {
  let given: RuntimeUnderTest;
  let runtime: Runtime;
  let changed: string[];

  const listener: RuntimeListener = { podChanged: (uid) => changed.push(uid), healthChanged: () => {} };

  beforeEach(async () => {
    changed = [];
    given = await make();
    runtime = given.runtime;
    await runtime.start(listener);
  });

  afterEach(async () => {
    await runtime.stop();
    await given.remove();
  });

  const sandboxOf = (attempt = 0): Promise<Sandbox> =>
    runtime.createSandbox({
      pod: identity,
      attempt,
      hostname: 'web',
      hostNetwork: false,
      hostPid: false,
      hostIpc: false,
      sysctls: {},
    });

  const configOf = (sandbox: Sandbox, command: readonly string[], attempt = 0): ContainerConfig => ({
    pod: identity,
    sandboxId: sandbox.id,
    name: 'app',
    attempt,
    image: given.image,
    specHash: 'hash',
    command,
    env: [],
    mounts: [],
    tty: false,
    stdin: false,
    stdinOnce: false,
    hostNetwork: false,
    hostPid: false,
    hostIpc: false,
    sharePid: false,
    resources: { memoryBytes: 0, cpuShares: 2, cpuQuota: 0 },
    security: {
      groups: [],
      privileged: false,
      readOnlyRootFilesystem: false,
      addCapabilities: [],
      dropCapabilities: [],
      noNewPrivileges: false,
    },
  });

  async function start(sandbox: Sandbox, command: readonly string[], attempt = 0): Promise<string> {
    const id = await runtime.createContainer(configOf(sandbox, command, attempt));
    await runtime.startContainer(id);
    return id;
  }

  const containers = () => runtime.pod(identity).containers;

  async function ended(id: string): Promise<void> {
    const exited = runtime.exited(id);
    await given.wait(3_000);
    await exited;
  }

  it('knows nothing of a pod that it never ran', () => {
    expect(runtime.pod(identity)).to.deep.equal({ ...identity, sandboxes: [], containers: [] });
    expect(runtime.pods()).to.deep.equal([]);
  });

  it('does not let anybody wait at a container that has ended', async () => {
    const id = await start(await sandboxOf(), ['sh', '-c', 'exit 0']);
    await ended(id);
    const refusal = await runtime.attach(id, { tty: false, stdout: new PassThrough() }).catch((e: Error) => e);
    expect(refusal).to.include({ reason: 'NotRunning' });
  });

  it('makes a sandbox that is ready, and removes it', async () => {
    const sandbox = await sandboxOf();
    expect(runtime.pod(identity).sandboxes).to.deep.equal([sandbox]);
    expect(sandbox).to.include({ ready: true, attempt: 0, hostNetwork: false });
    expect(sandbox.netns).to.be.a('string');
    await runtime.removeSandbox(sandbox.id);
    await runtime.removeSandbox(sandbox.id);
    expect(runtime.pods()).to.deep.equal([]);
  });

  it('has the effect of an operation in the state when that resolves', async () => {
    const sandbox = await sandboxOf();
    const id = await runtime.createContainer(configOf(sandbox, forever));
    expect(containers()).to.have.length(1);
    expect(containers()[0]).to.include({
      id,
      name: 'app',
      attempt: 0,
      sandboxId: sandbox.id,
      specHash: 'hash',
      state: 'created',
    });
    await runtime.startContainer(id);
    expect(containers()[0]).to.include({ state: 'running' });
    expect(containers()[0]!.startedAt).to.be.a('number');
    await runtime.removeContainer(id);
    expect(containers()).to.deep.equal([]);
    await runtime.removeContainer(id);
  });

  for (const [code, reason] of [
    [0, 'Completed'],
    [7, 'Error'],
  ] as const) {
    it(`tells that a container ended with ${code}`, async () => {
      const id = await start(await sandboxOf(), ['sh', '-c', `sleep 0.2; exit ${code}`]);
      changed = [];
      await ended(id);
      expect(containers()[0]).to.include({ state: 'exited', exitCode: code, reason });
      expect(containers()[0]!.finishedAt).to.be.at.least(containers()[0]!.startedAt!);
      expect(changed).to.include(identity.uid);
    });
  }

  it('ends a container by its stop signal, or for certain', async () => {
    const sandbox = await sandboxOf();
    const gentle = await start(sandbox, forever);
    await runtime.signal(gentle);
    await ended(gentle);
    expect(containers()[0]).to.include({ state: 'exited', exitCode: 0 });
    const hard = await start(sandbox, forever, 1);
    await runtime.signal(hard, 'SIGKILL');
    await ended(hard);
    expect(containers()[0]).to.include({ state: 'exited', exitCode: 137, attempt: 1 });
    await runtime.signal(hard);
    await runtime.exited('not-there');
  });

  it('lists the newest run first', async () => {
    const sandbox = await sandboxOf();
    for (const attempt of [0, 1, 2]) await runtime.createContainer(configOf(sandbox, forever, attempt));
    expect(containers().map((c) => c.attempt)).to.deep.equal([2, 1, 0]);
  });

  it('runs commands in a container and tells output and exit code', async () => {
    const id = await start(await sandboxOf(), forever);
    const stdout = new PassThrough();
    const output = text(stdout);
    const code = await runtime.exec(id, ['sh', '-c', 'echo hello; exit 3'], { stdout, tty: false });
    stdout.end();
    expect([await output, code]).to.deep.equal(['hello\n', 3]);
  });

  it('keeps output and errors of commands apart, and gives them what they read', async () => {
    const id = await start(await sandboxOf(), forever);
    const run = async (command: string[], input: string) => {
      const [stdout, stderr] = [new PassThrough(), new PassThrough()];
      const written = Promise.all([text(stdout), text(stderr)]);
      const code = await runtime.exec(id, command, { stdin: Readable.from([input]), stdout, stderr, tty: false });
      stdout.end();
      stderr.end();
      return [code, ...(await written)];
    };
    expect(await run(['sh', '-c', 'echo out; echo err >&2; exit 3'], '')).to.deep.equal([3, 'out\n', 'err\n']);
    expect(await run(['cat'], 'some\n')).to.deep.equal([0, 'some\n', '']);
  });

  it('keeps the log of a container that ended', async () => {
    const id = await start(await sandboxOf(), ['sh', '-c', 'echo one; echo two; exit 0']);
    await ended(id);
    const out = new PassThrough();
    const log = text(out);
    await runtime.logs(id, { follow: true, timestamps: false }, out);
    out.end();
    expect(await log).to.equal('one\ntwo\n');
  });

  it('finds images that are there, and no others', async () => {
    expect(await runtime.findImage(given.image)).to.include({ user: '' });
    expect(await runtime.findImage('coxswain/does-not-exist:1')).to.equal(undefined);
  });

  it('says what running containers use, and nothing of others', async () => {
    const sandbox = await sandboxOf();
    const id = await runtime.createContainer(configOf(sandbox, forever));
    expect((await runtime.usage([id])).size).to.equal(0);
    await runtime.startContainer(id);
    const usage = (await runtime.usage([id, 'f'.repeat(64)])).get(id)!;
    expect(usage.memory.workingSet).to.be.greaterThan(0);
    expect(usage.memory.usage).to.be.least(usage.memory.workingSet);
    expect(usage.cpu).to.be.least(0);
    expect(usage.processes).to.be.greaterThan(0);
    await runtime.signal(id, 'SIGKILL');
    await runtime.exited(id);
    expect((await runtime.usage([id])).size).to.equal(0);
  });
}
