import type { Duplex, Writable } from 'node:stream';
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { PodIdentity } from '../pod-spec.ts';
import { ensureBuiltInImages, pauseImage } from './built-in-images.ts';
import {
  connectDocker,
  dockerMessage,
  dockerSocket,
  hasStatus,
  type DockerCreateOptions,
  type DockerEngine,
} from './docker.ts';
import { containerOptions, resourceLimits, sandboxOptions } from './docker-create.ts';
import { DockerFollower } from './docker-follower.ts';
import type { Owner } from './docker-labels.ts';
import { attachTo, dialPod, execIn, logsOf } from './docker-process.ts';
import { ContainerCgroups } from './container-cgroups.ts';
import { DockerState } from './docker-state.ts';
import { followPull } from './docker-pull.ts';
import { RuntimeError } from './runtime.ts';
import type {
  ContainerConfig,
  ContainerFiles,
  ContainerResources,
  ContainerUsage,
  Image,
  ImageCredentials,
  LogOptions,
  PodState,
  ProcessStreams,
  PullProgress,
  Runtime,
  RuntimeInfo,
  RuntimeListener,
  Sandbox,
  SandboxConfig,
} from './runtime.ts';

export interface DockerRuntimeOptions {
  /** Tells the containers of this cluster from those of others on the same engine. */
  readonly clusterId: string;
  readonly nodeName: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Default: `/var/run/docker.sock`. */
  readonly socketPath?: string | undefined;
}

/** Pods on a Docker Engine: a sandbox container holds the namespaces, the pod's containers join it. */
export class DockerRuntime implements Runtime {
  readonly #docker: DockerEngine;
  readonly #owner: Owner;
  readonly #clock: Clock;
  readonly #state = new DockerState();
  readonly #follower: DockerFollower;
  readonly #cgroups: ContainerCgroups;

  constructor(options: DockerRuntimeOptions) {
    const { clusterId, nodeName, clock, log, socketPath = dockerSocket } = options;
    this.#docker = connectDocker(socketPath);
    this.#owner = { clusterId, nodeName };
    this.#clock = clock;
    this.#cgroups = new ContainerCgroups(clock, (id) => this.#pidOf(id));
    this.#follower = new DockerFollower({
      docker: this.#docker,
      owner: this.#owner,
      state: this.#state,
      clock,
      log,
      socketPath,
    });
  }

  async start(listener: RuntimeListener): Promise<void> {
    await this.#follower.start(listener);
    await ensureBuiltInImages(this.#docker);
  }

  stop(): Promise<void> {
    return this.#follower.stop();
  }

  async info(): Promise<RuntimeInfo> {
    const [{ Version }, info] = await Promise.all([this.#docker.version(), this.#docker.info()]);
    const { CgroupDriver: cgroupDriver, Runtimes = {} } = info as { CgroupDriver?: string; Runtimes?: object };
    return { version: `docker://${Version.replace(/\+.*/, '')}`, cgroupDriver, handlers: Object.keys(Runtimes).sort() };
  }

  pods(): PodState[] {
    return this.#state.pods();
  }

  pod(identity: PodIdentity): PodState {
    return this.#state.pod(identity);
  }

  async createSandbox(config: SandboxConfig): Promise<Sandbox> {
    const id = await this.#create(sandboxOptions(config, this.#owner, pauseImage));
    await this.#docker.getContainer(id).start();
    await this.#follower.refresh(id);
    const sandbox = this.pod(config.pod).sandboxes.find((s) => s.id === id);
    if (!sandbox?.ready) throw new RuntimeError('SandboxError', 'the sandbox ended as soon as it was started');
    return sandbox;
  }

  removeSandbox(id: string): Promise<void> {
    return this.removeContainer(id);
  }

  async createContainer(config: ContainerConfig): Promise<string> {
    let id: string;
    try {
      id = await this.#create(containerOptions(config, this.#owner));
    } catch (error) {
      throw new RuntimeError('CreateContainerError', `Error response from daemon: ${dockerMessage(error)}`);
    }
    await this.#follower.refresh(id);
    return id;
  }

  async startContainer(id: string): Promise<void> {
    try {
      await this.#docker.getContainer(id).start();
    } catch (error) {
      const name = this.#state.container(id)?.name ?? id;
      throw new RuntimeError(
        'RunContainerError',
        `failed to start container "${name}": Error response from daemon: ${dockerMessage(error)}`,
      );
    } finally {
      await this.#follower.refresh(id);
    }
  }

  async signal(id: string, signal?: 'SIGKILL'): Promise<void> {
    if (this.#state.container(id)?.state !== 'running') return;
    const container = this.#docker.getContainer(id);
    try {
      // The engine knows the image's own stop signal only when it stops a container itself, and then it waits.
      await container.kill({ signal: signal ?? (await this.#stopSignal(id)) });
    } catch (error) {
      if (!hasStatus(error, 404, 409)) throw error;
      await this.#follower.refresh(id);
    }
  }

  async updateResources(id: string, resources: ContainerResources): Promise<void> {
    try {
      await this.#docker.getContainer(id).update(resourceLimits(resources));
    } catch (error) {
      throw new Error(`Error response from daemon: ${dockerMessage(error)}`, { cause: error });
    } finally {
      await this.#follower.refresh(id);
    }
  }

  exited(id: string): Promise<void> {
    return this.#state.exited(id);
  }

  async removeContainer(id: string): Promise<void> {
    try {
      await this.#docker.getContainer(id).remove({ force: true, v: true });
    } catch (error) {
      // 409: it is being removed already.
      if (!hasStatus(error, 404, 409)) throw error;
    }
    this.#state.remove(id);
  }

  async filesOf(id: string): Promise<ContainerFiles> {
    try {
      const { GraphDriver, LogPath } = await this.#docker.getContainer(id).inspect();
      const { UpperDir } = (GraphDriver?.Data ?? {}) as { UpperDir?: string };
      return { layer: UpperDir || undefined, log: LogPath || undefined };
    } catch (error) {
      if (hasStatus(error, 404)) return {};
      throw error;
    }
  }

  async findImage(name: string): Promise<Image | undefined> {
    try {
      const info = await this.#docker.getImage(name).inspect();
      return {
        id: info.Id,
        size: info.Size,
        names: [...(info.RepoTags ?? []), ...(info.RepoDigests ?? [])],
        user: info.Config?.User ?? '',
      };
    } catch (error) {
      if (hasStatus(error, 404)) return undefined;
      throw error;
    }
  }

  async imageLayers(name: string): Promise<readonly string[]> {
    const { GraphDriver } = await this.#docker.getImage(name).inspect();
    const { UpperDir, LowerDir } = (GraphDriver?.Data ?? {}) as { UpperDir?: string; LowerDir?: string };
    if (UpperDir) return [UpperDir, ...(LowerDir ? LowerDir.split(':') : [])];
    throw new Error(
      `the storage driver ${GraphDriver?.Name ?? 'of the engine'} shows no layers of images: use overlay2`,
    );
  }

  async images(): Promise<Image[]> {
    const list = await this.#docker.listImages();
    return list
      .map(({ Id, Size, RepoTags, RepoDigests }) => ({
        id: Id,
        size: Size,
        user: '',
        names: [...(RepoDigests ?? []), ...(RepoTags ?? [])],
      }))
      .filter(({ names }) => names.some((name) => !name.startsWith('<none>')))
      .sort((a, b) => b.size - a.size || (a.names[0]! < b.names[0]! ? -1 : 1));
  }

  async removeImage({ id, names }: Image): Promise<void> {
    for (const name of names.filter((one) => !one.startsWith('<none>'))) await this.#untag(name);
    await this.#untag(id);
  }

  /** An image is gone with the last of its names, so that the rest are not found. */
  async #untag(name: string): Promise<void> {
    try {
      await this.#docker.getImage(name).remove();
    } catch (error) {
      if (!hasStatus(error, 404)) throw error;
    }
  }

  async pullImage(
    name: string,
    credentials?: ImageCredentials,
    progress?: (seen: PullProgress) => void,
  ): Promise<void> {
    try {
      const said = await this.#docker.pull(name, credentials ? { authconfig: credentials } : {});
      await followPull(said as unknown as AsyncIterable<Buffer>, progress);
    } catch (error) {
      if (error instanceof RuntimeError) throw error;
      throw new RuntimeError('ErrImagePull', `Error response from daemon: ${dockerMessage(error)}`);
    }
  }

  exec(id: string, command: readonly string[], streams: ProcessStreams, signal?: AbortSignal): Promise<number> {
    return execIn(this.#docker, this.#clock, id, command, streams, signal);
  }

  attach(id: string, streams: ProcessStreams, signal?: AbortSignal): Promise<void> {
    return attachTo(this.#docker, this.#clock, id, streams, signal);
  }

  logs(id: string, options: LogOptions, out: Writable, signal?: AbortSignal): Promise<void> {
    return logsOf(this.#docker, id, options, out, signal);
  }

  usage(ids: readonly string[]): Promise<Map<string, ContainerUsage>> {
    return this.#cgroups.usage(ids);
  }

  dial(sandbox: Sandbox, ips: readonly string[], port: number): Promise<Duplex> {
    return dialPod(this.#docker, sandbox, ips, port);
  }

  /** A container of the same name is what a kubelet left that ended in between: it goes. */
  async #create(options: DockerCreateOptions): Promise<string> {
    try {
      return (await this.#docker.createContainer(options)).id;
    } catch (error) {
      if (!hasStatus(error, 409)) throw error;
      await this.#docker.getContainer(options.name!).remove({ force: true, v: true });
      return (await this.#docker.createContainer(options)).id;
    }
  }

  /** The first process of a running container, in this machine's counting. */
  async #pidOf(id: string): Promise<number | undefined> {
    const { State } = await this.#docker.getContainer(id).inspect();
    return State.Running && State.Pid > 0 ? State.Pid : undefined;
  }

  async #stopSignal(id: string): Promise<string> {
    const { Config } = await this.#docker.getContainer(id).inspect();
    return (Config as { StopSignal?: string }).StopSignal || 'SIGTERM';
  }
}
