import { PassThrough, type Duplex, type Writable } from 'node:stream';
import { sleep, type Clock, type Timer } from '../../base/clock.ts';
import type { PodIdentity } from '../pod-spec.ts';
import { withDefaultTag } from '../images/image-name.ts';
import { fakeLog } from './fake-log.ts';
import { programOf, type Program } from './fake-program.ts';
import { fakeUsage, type ToldUsage, type UsedSoFar } from './fake-usage.ts';
import { RuntimeError, emptyState } from './runtime.ts';
import type {
  ContainerConfig,
  ContainerFiles,
  ContainerResources,
  ContainerState,
  ContainerUsage,
  Image,
  LogOptions,
  PodState,
  ProcessStreams,
  Runtime,
  RuntimeInfo,
  RuntimeListener,
  Sandbox,
  SandboxConfig,
} from './runtime.ts';

export interface FakeRuntimeOptions {
  readonly clock: Clock;
  /** Milliseconds that starting a sandbox or a container takes. Default 0. */
  readonly startDelay?: number;
  /** What a container does; default: what its command says (see `programOf`). */
  readonly program?: (config: ContainerConfig) => Program;
  /** Images that cannot be pulled. Default: those whose name says that they do not exist. */
  readonly missingImage?: (name: string) => boolean;
  /** Milliseconds that an image takes to be pulled; 0, the default: it is there. */
  readonly pullTime?: (name: string) => number;
  /** What a container uses. Default: half of what it asked for. */
  readonly told?: (config: ContainerConfig) => ToldUsage;
}

interface FakeContainer {
  readonly config: ContainerConfig;
  readonly program: Program;
  state: ContainerState;
  timer: Timer | undefined;
  used: UsedSoFar;
  readonly exited: PromiseWithResolvers<void>;
}

interface FakePod {
  readonly identity: PodIdentity;
  sandboxes: Sandbox[];
  containers: FakeContainer[];
}

/**
 * A runtime without processes: containers start, run and end by the clock. The state it keeps is as real as Docker's, so
 * that a kubelet cannot tell the difference, and thousands of pods cost next to nothing.
 */
export class FakeRuntime implements Runtime {
  readonly #options: FakeRuntimeOptions;
  #pods = new Map<string, FakePod>();
  #byContainer = new Map<string, FakeContainer>();
  #listener: RuntimeListener | undefined;
  /** Images that had to be pulled, by full name, with the name they were asked for by. */
  #pulled = new Set<string>();
  #next = 1;

  constructor(options: FakeRuntimeOptions) {
    this.#options = options;
  }

  async start(listener: RuntimeListener): Promise<void> {
    this.#listener = listener;
  }

  async stop(): Promise<void> {
    this.#listener = undefined;
  }

  async info(): Promise<RuntimeInfo> {
    return { version: 'fake://1.0.0' };
  }

  pods(): PodState[] {
    return [...this.#pods.values()].map(stateOf);
  }

  pod(identity: PodIdentity): PodState {
    const pod = this.#pods.get(identity.uid);
    return pod ? stateOf(pod) : emptyState(identity);
  }

  async createSandbox(config: SandboxConfig): Promise<Sandbox> {
    await this.#takeTime();
    const pod = this.#podOf(config.pod);
    const id = this.#newId();
    const { attempt, hostNetwork } = config;
    const sandbox = {
      id,
      attempt,
      ready: true,
      createdAt: this.#options.clock.now(),
      hostNetwork,
      netns: `fake:${id}`,
    };
    pod.sandboxes = [sandbox, ...pod.sandboxes];
    return sandbox;
  }

  async removeSandbox(id: string): Promise<void> {
    for (const pod of this.#pods.values()) {
      if (!pod.sandboxes.some((s) => s.id === id)) continue;
      for (const c of pod.containers) if (c.state.sandboxId === id) this.#exit(c, 137);
      pod.sandboxes = pod.sandboxes.filter((s) => s.id !== id);
      this.#forgetIfEmpty(pod);
    }
  }

  async createContainer(config: ContainerConfig): Promise<string> {
    const pod = this.#podOf(config.pod);
    const id = this.#newId();
    const { name, attempt, sandboxId, image, specHash, resources } = config;
    const createdAt = this.#options.clock.now();
    const container: FakeContainer = {
      config,
      program: this.#options.program?.(config) ?? programOf([...(config.command ?? []), ...(config.args ?? [])]),
      state: {
        ...{ id, name, attempt, sandboxId, image, imageId: imageIdOf(image), specHash, resources },
        ...{ state: 'created', createdAt },
      },
      timer: undefined,
      used: { cpu: 0, at: createdAt },
      exited: Promise.withResolvers(),
    };
    pod.containers = [container, ...pod.containers];
    this.#byContainer.set(id, container);
    return id;
  }

  async startContainer(id: string): Promise<void> {
    await this.#takeTime(this.#byContainer.get(id)?.program.startsIn);
    const container = this.#byContainer.get(id);
    if (!container) throw new RuntimeError('RunContainerError', `there is no container ${id}`);
    container.state = { ...container.state, state: 'running', startedAt: this.#options.clock.now() };
    container.used = { cpu: 0, at: this.#options.clock.now() };
    const { runsFor, exitCode } = container.program;
    if (runsFor !== undefined)
      container.timer = this.#options.clock.after(runsFor, () => this.#exit(container, exitCode));
    this.#changed(container);
  }

  async signal(id: string, signal?: 'SIGKILL'): Promise<void> {
    const container = this.#byContainer.get(id);
    if (container?.state.state !== 'running') return;
    container.timer?.cancel();
    if (signal === 'SIGKILL') return this.#exit(container, 137);
    const { stopsIn } = container.program;
    if (stopsIn <= 0) return this.#exit(container, 0);
    container.timer = this.#options.clock.after(stopsIn, () => this.#exit(container, 0));
  }

  async updateResources(id: string, resources: ContainerResources): Promise<void> {
    const container = this.#byContainer.get(id);
    if (container?.state.state !== 'running') return;
    container.state = { ...container.state, resources };
    this.#changed(container);
  }

  async exited(id: string): Promise<void> {
    const container = this.#byContainer.get(id);
    if (container?.state.state === 'running') await container.exited.promise;
  }

  async removeContainer(id: string): Promise<void> {
    const container = this.#byContainer.get(id);
    if (!container) return;
    container.timer?.cancel();
    container.exited.resolve();
    this.#byContainer.delete(id);
    const pod = this.#pods.get(container.config.pod.uid);
    if (!pod) return;
    pod.containers = pod.containers.filter((c) => c !== container);
    this.#forgetIfEmpty(pod);
    this.#listener?.podChanged(pod.identity.uid);
  }

  /** Ends a running container from outside, as a crash would. */
  crash(id: string, exitCode = 137): void {
    const container = this.#byContainer.get(id);
    if (container?.state.state === 'running') this.#exit(container, exitCode);
  }

  /** Ends a sandbox from outside, with everything in it. */
  crashSandbox(id: string): void {
    for (const pod of this.#pods.values()) {
      if (!pod.sandboxes.some((s) => s.id === id)) continue;
      pod.sandboxes = pod.sandboxes.map((s) => (s.id === id ? { ...s, ready: false, netns: undefined } : s));
      for (const c of pod.containers) if (c.state.sandboxId === id) this.#exit(c, 137);
      this.#listener?.podChanged(pod.identity.uid);
    }
  }

  async filesOf(): Promise<ContainerFiles> {
    return {};
  }

  async findImage(name: string): Promise<Image | undefined> {
    const absent = this.#isMissing(name) || (this.#pullTime(name) > 0 && !this.#pulled.has(withDefaultTag(name)));
    return absent ? undefined : imageOf(name);
  }

  async imageLayers(): Promise<readonly string[]> {
    throw new RuntimeError('ErrImageVolume', 'simulated images have no files');
  }

  async images(): Promise<Image[]> {
    return [...this.#pulled].map(imageOf);
  }

  async removeImage(): Promise<void> {} // it has none of its own

  async pullImage(name: string): Promise<void> {
    if (this.#isMissing(name))
      throw new RuntimeError('ErrImagePull', `manifest for ${name} not found: manifest unknown`);
    const ms = this.#pullTime(name);
    if (ms === 0) return;
    await sleep(this.#options.clock, ms);
    this.#pulled.add(withDefaultTag(name));
  }

  async exec(id: string, command: readonly string[], streams: ProcessStreams): Promise<number> {
    this.#mustRun(id);
    if (/^(\/bin\/)?cat$/.test(command.join(' '))) return giveBack(streams);
    const { stdout, stderr, tty } = streams;
    const { exitCode, output, errors = '', runsFor = 0 } = programOf(command);
    stdout?.write(this.#knows(id, command) ?? output);
    (tty ? stdout : stderr)?.write(errors);
    if (runsFor > 0) await sleep(this.#options.clock, runsFor);
    return exitCode;
  }

  async attach(id: string): Promise<void> {
    this.#mustRun(id);
    await this.exited(id);
  }

  async logs(id: string, options: LogOptions, out: Writable, signal?: AbortSignal): Promise<void> {
    const { program, state } = this.#byContainer.get(id) ?? {};
    const { output = '', errors = '' } = program ?? {};
    out.write(fakeLog(output, errors, state?.startedAt ?? 0, options));
    if (options.follow && !signal?.aborted) await Promise.race([this.exited(id), ...(signal ? [once(signal)] : [])]);
  }

  async usage(ids: readonly string[]): Promise<Map<string, ContainerUsage>> {
    const now = this.#options.clock.now();
    const running = ids
      .map((id) => this.#byContainer.get(id))
      .filter((container) => container?.state.state === 'running')
      .map((container) => container!);
    return new Map(running.map((container) => [container.state.id, this.#usage(container, now)]));
  }

  #usage(container: FakeContainer, now: number): ContainerUsage {
    const { config, used } = container;
    const usage = fakeUsage(config, now, used, this.#options.told?.(config));
    container.used = { cpu: usage.cpu, at: now };
    return usage;
  }

  async dial(): Promise<Duplex> {
    return new PassThrough();
  }

  /** What commands say that ask for something only this container knows. */
  #knows(id: string, [file = '', ...args]: readonly string[]): string | undefined {
    const { config } = this.#byContainer.get(id)!;
    const name = file.split('/').at(-1);
    if (args.length > 0) return undefined;
    if (name === 'hostname') return `${config.pod.name}\n`;
    return name === 'env' || name === 'printenv' ? config.env.map((line) => `${line}\n`).join('') : undefined;
  }

  #mustRun(id: string): void {
    if (this.#byContainer.get(id)?.state.state !== 'running')
      throw new RuntimeError('NotRunning', `container ${id} is not running`);
  }

  #isMissing(name: string): boolean {
    return this.#options.missingImage?.(name) ?? /does-not-exist|non-?existent|:404$/.test(name);
  }

  #exit(container: FakeContainer, exitCode: number): void {
    if (container.state.state !== 'running') return;
    container.timer?.cancel();
    const finishedAt = this.#options.clock.now();
    container.state = {
      ...container.state,
      state: 'exited',
      exitCode,
      finishedAt,
      reason: exitCode === 0 ? 'Completed' : 'Error',
    };
    container.exited.resolve();
    this.#changed(container);
  }

  #changed(container: FakeContainer): void {
    this.#listener?.podChanged(container.config.pod.uid);
  }

  #podOf(identity: PodIdentity): FakePod {
    let pod = this.#pods.get(identity.uid);
    if (!pod) this.#pods.set(identity.uid, (pod = { identity, sandboxes: [], containers: [] }));
    return pod;
  }

  #forgetIfEmpty(pod: FakePod): void {
    if (pod.sandboxes.length === 0 && pod.containers.length === 0) this.#pods.delete(pod.identity.uid);
  }

  #newId(): string {
    return (this.#next++).toString(16).padStart(64, '0');
  }

  #pullTime(name: string): number {
    return this.#options.pullTime?.(name) ?? 0;
  }

  async #takeTime(more = 0): Promise<void> {
    const { startDelay = 0, clock } = this.#options;
    if (startDelay + more > 0) await sleep(clock, startDelay + more);
  }
}

/** What `cat` does. */
async function giveBack({ stdin, stdout }: ProcessStreams): Promise<number> {
  for await (const chunk of stdin ?? []) stdout?.write(chunk);
  return 0;
}

function stateOf(pod: FakePod): PodState {
  return { ...emptyState(pod.identity), sandboxes: pod.sandboxes, containers: pod.containers.map((c) => c.state) };
}

function imageOf(name: string): Image {
  return { id: imageIdOf(name), size: 0, names: [name], user: '' };
}

function imageIdOf(name: string): string {
  return `docker://${name}`;
}

/** Resolves when the signal comes. */
function once(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
