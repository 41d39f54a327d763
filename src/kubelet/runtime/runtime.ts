import type { Duplex, Readable, Writable } from 'node:stream';
import type { PodIdentity } from '../pod-spec.ts';

/** The container that holds a pod's namespaces. Times are milliseconds since the epoch. */
export interface Sandbox {
  readonly id: string;
  readonly attempt: number;
  readonly ready: boolean;
  readonly createdAt: number;
  readonly hostNetwork: boolean;
  /** What runs it and all containers in it, where that is not what the engine takes by itself. */
  readonly handler?: string | undefined;
  /** Path of the network namespace; undefined when it does not run. */
  readonly netns: string | undefined;
}

export interface SandboxConfig {
  readonly pod: PodIdentity;
  readonly attempt: number;
  readonly hostname: string;
  readonly hostNetwork: boolean;
  readonly hostPid: boolean;
  readonly hostIpc: boolean;
  readonly sysctls: Readonly<Record<string, string>>;
  /** As of containers. */
  readonly oomScoreAdj?: number | undefined;
  readonly cgroupParent?: string | undefined;
  /** One of `RuntimeInfo.handlers`; absent: what the engine takes by itself. */
  readonly handler?: string | undefined;
}

/** One run of a container as the runtime knows it. */
export interface ContainerState {
  readonly id: string;
  readonly name: string;
  /** How many runs of this container there were before, which is its restart count. */
  readonly attempt: number;
  readonly sandboxId: string;
  /** As the pod asked for it. */
  readonly image: string;
  /** As `imageID` of the pod's status shows it. */
  readonly imageId: string;
  readonly specHash: string;
  /** What it may use at present, where the runtime tells. */
  readonly resources?: ContainerResources | undefined;
  readonly state: 'created' | 'running' | 'exited';
  readonly createdAt: number;
  readonly startedAt?: number | undefined;
  readonly finishedAt?: number | undefined;
  readonly exitCode?: number | undefined;
  /** `Completed`, `Error`, `OOMKilled`, `StartError`. */
  readonly reason?: string | undefined;
  /** The termination message. */
  readonly message?: string | undefined;
}

/** Everything of one pod, newest first. */
export interface PodState extends PodIdentity {
  readonly sandboxes: readonly Sandbox[];
  readonly containers: readonly ContainerState[];
}

export interface Mount {
  readonly hostPath: string;
  readonly containerPath: string;
  readonly readOnly: boolean;
  readonly propagation?: 'private' | 'rslave' | 'rshared' | undefined;
}

/** A device of the host that a container has. */
export interface Device {
  readonly hostPath: string;
  readonly containerPath: string;
  readonly readOnly: boolean;
}

export interface ContainerSecurity {
  /** `uid` or `uid:gid`; absent: the image's. */
  readonly user?: string | undefined;
  readonly groups: readonly number[];
  readonly privileged: boolean;
  readonly readOnlyRootFilesystem: boolean;
  readonly addCapabilities: readonly string[];
  readonly dropCapabilities: readonly string[];
  /** What it asked for and this machine cannot give. */
  readonly refusedCapabilities?: readonly string[] | undefined;
  readonly noNewPrivileges: boolean;
  /** Nothing of /proc is hidden or read-only. */
  readonly unmaskedProc?: boolean | undefined;
  /** `unconfined`, a profile in JSON, or undefined for the engine's default. */
  readonly seccomp?: string | undefined;
  /** `unconfined`, a profile's name, or undefined for the engine's default. */
  readonly appArmor?: string | undefined;
  /** `user:...`, `role:...`, `type:...`, `level:...` */
  readonly seLinux?: readonly string[] | undefined;
}

/** Limits in the units of the kernel; 0 is none. */
export interface ContainerResources {
  readonly memoryBytes: number;
  readonly cpuShares: number;
  /** Microseconds per 100 milliseconds. */
  readonly cpuQuota: number;
  /** How soon the kernel ends it when memory is short; absent: as the engine itself. */
  readonly oomScoreAdj?: number | undefined;
}

export interface ContainerConfig {
  readonly pod: PodIdentity;
  readonly sandboxId: string;
  /** As of the sandbox. */
  readonly handler?: string | undefined;
  readonly name: string;
  readonly attempt: number;
  /** As the pod asked for it. */
  readonly image: string;
  /** As statuses are to name it; absent: by its id. */
  readonly imageRef?: string | undefined;
  readonly specHash: string;
  /** Replaces the image's entry point. */
  readonly command?: readonly string[] | undefined;
  /** Replaces the image's command. */
  readonly args?: readonly string[] | undefined;
  /** `NAME=value`. */
  readonly env: readonly string[];
  readonly workingDir?: string | undefined;
  readonly mounts: readonly Mount[];
  readonly devices?: readonly Device[] | undefined;
  readonly tty: boolean;
  readonly stdin: boolean;
  readonly stdinOnce: boolean;
  readonly hostNetwork: boolean;
  readonly hostPid: boolean;
  readonly hostIpc: boolean;
  readonly sharePid: boolean;
  /** The container whose process namespace it joins instead. */
  readonly processesOf?: string | undefined;
  /** What asks it to end, e.g. `SIGUSR1`; absent: what the image says. */
  readonly stopSignal?: string | undefined;
  readonly resources: ContainerResources;
  /** The control group around its own. */
  readonly cgroupParent?: string | undefined;
  readonly security: ContainerSecurity;
  /** The host's file that is mounted as the termination message, and whether the log's end may stand in for it. */
  readonly terminationMessage?: { readonly hostPath: string; readonly fallBackToLogs: boolean } | undefined;
}

export interface Image {
  readonly id: string;
  /** Bytes. */
  readonly size: number;
  readonly names: readonly string[];
  /** The user the image asks for: a number, a name, or empty. */
  readonly user: string;
}

export interface ImageCredentials {
  readonly username: string;
  readonly password: string;
  readonly serveraddress: string;
}

/** Bytes of the layers that a pull has begun to fetch: how many are here, and how many there are. */
export interface PullProgress {
  readonly done: number;
  readonly total: number;
}

/** The host's paths of what a container writes; absent: not known. */
export interface ContainerFiles {
  /** The folder of its own layer. */
  readonly layer?: string | undefined;
  readonly log?: string | undefined;
}

/** The ends of an interactive process. What is absent is not connected. */
export interface ProcessStreams {
  readonly stdin?: Readable | undefined;
  readonly stdout?: Writable | undefined;
  readonly stderr?: Writable | undefined;
  readonly tty: boolean;
  /** Whether the process is killed when the caller gives up; else it goes on by itself. */
  readonly endsWithCaller?: boolean | undefined;
  /** Calls `listener` with columns and rows whenever the terminal's size changes. */
  onResize?(listener: (width: number, height: number) => void): void;
}

export interface LogOptions {
  readonly follow: boolean;
  readonly timestamps: boolean;
  readonly tailLines?: number | undefined;
  /** Milliseconds since the epoch. */
  readonly since?: number | undefined;
  /** The only one that is wanted. A terminal knows no other than `stdout`. */
  readonly stream?: 'stdout' | 'stderr' | undefined;
}

/** What a container has used and uses. Amounts are bytes. */
export interface ContainerUsage {
  /** When it was read, in milliseconds since the epoch. */
  readonly at: number;
  /** Processor time since the start, in nanoseconds. */
  readonly cpu: number;
  /** Nanoseconds of processor time per second, where the runtime knows it; else it follows from two readings. */
  readonly cpuRate?: number | undefined;
  readonly memory: MemoryUsage;
  readonly processes: number;
}

/** All but the counts of faults are bytes. */
export interface MemoryUsage {
  readonly usage: number;
  /** Without what the kernel would give up first: inactive pages of files. */
  readonly workingSet: number;
  readonly rss: number;
  /** 0 is none. */
  readonly limit: number;
  readonly pageFaults: number;
  readonly majorPageFaults: number;
}

export interface RuntimeInfo {
  /** `docker://20.10.24`, as the node's status shows it. */
  readonly version: string;
  /** Who makes control groups: the engine itself, `cgroupfs`, or `systemd`. Absent where there are none. */
  readonly cgroupDriver?: string | undefined;
  /** What a RuntimeClass may name as its handler. Absent: anything. */
  readonly handlers?: readonly string[] | undefined;
}

/** What the runtime tells the kubelet. */
export interface RuntimeListener {
  /** Something of this pod changed. */
  podChanged(uid: string): void;
  /** The engine went away (a sentence that says so) or is back (undefined; everything has been listed anew). */
  healthChanged(problem: string | undefined): void;
}

/** A failure of the runtime that the pod's status names by `reason`. */
export class RuntimeError extends Error {
  readonly reason: string;

  constructor(reason: string, message: string) {
    super(message);
    this.name = 'RuntimeError';
    this.reason = reason;
  }
}

/**
 * Runs pods. The state of all pods is known without asking: it is listed at the start and kept current by the engine's
 * events. An operation's effect is in that state when its promise resolves.
 */
export interface Runtime {
  /** Resolves when the engine has answered and its pods are known. @throws a sentence when it does not answer */
  start(listener: RuntimeListener): Promise<void>;
  /** Leaves everything running. */
  stop(): Promise<void>;
  info(): Promise<RuntimeInfo>;

  /** All pods that this node ever started and that have not been removed. */
  pods(): PodState[];
  /** The state of one pod, empty when nothing is known of it. */
  pod(identity: PodIdentity): PodState;

  /** Makes and starts a sandbox; its network is not connected yet. */
  createSandbox(config: SandboxConfig): Promise<Sandbox>;
  /** Ends it and removes it. A no-op when there is none. */
  removeSandbox(id: string): Promise<void>;

  /** @returns its id */
  createContainer(config: ContainerConfig): Promise<string>;
  /** @throws RuntimeError when the process cannot be started */
  startContainer(id: string): Promise<void>;
  /** Changes the limits of a running container. @throws Error when the kernel refuses them */
  updateResources(id: string, resources: ContainerResources): Promise<void>;
  /** Sends a signal; undefined sends what the image declares to end it. A no-op when it does not run. */
  signal(id: string, signal?: 'SIGKILL'): Promise<void>;
  /** Resolves when the container does not run any more. */
  exited(id: string): Promise<void>;
  /** Removes it, running or not. A no-op when there is none. */
  removeContainer(id: string): Promise<void>;

  /** The image that `name` means, or undefined when it is not here. */
  findImage(name: string): Promise<Image | undefined>;
  /** The host's folders of an image's layers, the topmost first. @throws Error when the engine keeps no such folders */
  imageLayers(name: string): Promise<readonly string[]>;
  images(): Promise<Image[]>;
  /** Removes an image with all of its names. @throws Error when containers use it */
  removeImage(image: Image): Promise<void>;
  /** @param progress is told how far it is, often */
  pullImage(name: string, credentials?: ImageCredentials, progress?: (seen: PullProgress) => void): Promise<void>;

  /** Runs a command in a container to its end; the exit code. */
  exec(id: string, command: readonly string[], streams: ProcessStreams, signal?: AbortSignal): Promise<number>;
  /** Connects to the container's own process; resolves when either side ends. */
  attach(id: string, streams: ProcessStreams, signal?: AbortSignal): Promise<void>;
  /** Writes the log to `out` and resolves at its end (with `follow`: when the container ends). */
  logs(id: string, options: LogOptions, out: Writable, signal?: AbortSignal): Promise<void>;
  /** What running containers (or sandboxes) use, by id; what cannot be read is left out. */
  usage(ids: readonly string[]): Promise<Map<string, ContainerUsage>>;
  /** The host's files and folders that hold what a container has written: its own layer, and its log. */
  filesOf(id: string): Promise<ContainerFiles>;
  /** Connects to a TCP port as from inside the pod. */
  dial(sandbox: Sandbox, ips: readonly string[], port: number): Promise<Duplex>;
}

/** The newest run of a container. */
export function latest(state: PodState, name: string): ContainerState | undefined {
  return state.containers.find((c) => c.name === name);
}

/** The state of a pod that the runtime does not know. */
export function emptyState(identity: PodIdentity): PodState {
  return { uid: identity.uid, namespace: identity.namespace, name: identity.name, sandboxes: [], containers: [] };
}
