import type { DockerCreateOptions } from './docker.ts';
import { containerName, label, podLabels, sandboxName, type Owner } from './docker-labels.ts';
import type { ContainerConfig, SandboxConfig } from './runtime.ts';

/** The kernel's period of CPU quotas, in microseconds. */
const CPU_PERIOD = 100_000;

/** How a sandbox is made. It holds the pod's namespaces and does nothing but wait and reap. */
export function sandboxOptions(config: SandboxConfig, owner: Owner, image: string): DockerCreateOptions {
  const { pod, attempt, hostname, hostNetwork, hostPid, hostIpc, sysctls, oomScoreAdj, cgroupParent, handler } = config;
  return {
    name: sandboxName(config),
    Image: image,
    ...(!hostNetwork && { Hostname: hostname }),
    Labels: {
      ...podLabels(owner, pod, 'sandbox', attempt),
      [label.hostNetwork]: String(hostNetwork),
      ...(handler && { [label.handler]: handler }),
    },
    HostConfig: {
      NetworkMode: hostNetwork ? 'host' : 'none',
      IpcMode: hostIpc ? 'host' : 'shareable',
      ...(hostPid && { PidMode: 'host' }),
      ...(Object.keys(sysctls).length > 0 && { Sysctls: { ...sysctls } }),
      LogConfig: { Type: 'none', Config: {} },
      ...(oomScoreAdj !== undefined && { OomScoreAdj: oomScoreAdj }),
      ...(cgroupParent && { CgroupParent: cgroupParent }),
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      ReadonlyRootfs: true,
      ...runBy(handler),
    },
  };
}

/** How a container of a pod is made: in its sandbox's namespaces. */
export function containerOptions(config: ContainerConfig, owner: Owner): DockerCreateOptions {
  const { command, args, tty, stdin, stdinOnce, security } = config;
  return {
    name: containerName(config),
    Image: config.image,
    ...(command?.length && { Entrypoint: [...command] }),
    ...((args?.length || command?.length) && { Cmd: [...(args ?? [])] }),
    Env: [...config.env],
    ...(config.workingDir && { WorkingDir: config.workingDir }),
    ...(security.user && { User: security.user }),
    ...(config.stopSignal && { StopSignal: config.stopSignal }),
    Tty: tty,
    OpenStdin: stdin,
    StdinOnce: stdin && stdinOnce,
    AttachStdin: false,
    AttachStdout: false,
    AttachStderr: false,
    Labels: containerLabels(config, owner),
    HostConfig: {
      ...namespaces(config),
      ...limits(config),
      ...privileges(config),
      ...devices(config),
      ...(config.cgroupParent && { CgroupParent: config.cgroupParent }),
      Mounts: config.mounts.map((m) => ({
        Type: 'bind',
        Source: m.hostPath,
        Target: m.containerPath,
        ReadOnly: m.readOnly,
        // Left to itself the engine mounts privately, but for folders that hold its own: those it refuses so.
        ...(m.propagation && m.propagation !== 'private' && { BindOptions: { Propagation: m.propagation } }),
      })),
      LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '5' } },
      RestartPolicy: { Name: 'no' },
      ...runBy(config.handler),
    },
  };
}

function runBy(handler: string | undefined): object {
  return handler ? { Runtime: handler } : {};
}

function containerLabels(config: ContainerConfig, owner: Owner): Record<string, string> {
  const { pod, attempt, name, sandboxId, specHash, image, imageRef, terminationMessage } = config;
  return {
    ...podLabels(owner, pod, 'container', attempt),
    [label.container]: name,
    [label.sandbox]: sandboxId,
    [label.specHash]: specHash,
    [label.image]: image,
    ...(imageRef && { [label.imageRef]: imageRef }),
    ...(terminationMessage && {
      [label.messagePath]: terminationMessage.hostPath,
      [label.messageFromLog]: String(terminationMessage.fallBackToLogs),
    }),
  };
}

type HostConfig = NonNullable<DockerCreateOptions['HostConfig']>;

function namespaces(config: ContainerConfig): HostConfig {
  const { sandboxId, hostNetwork, hostPid, hostIpc, sharePid, processesOf } = config;
  const processes = processesOf ?? (sharePid ? sandboxId : undefined);
  return {
    NetworkMode: hostNetwork ? 'host' : `container:${sandboxId}`,
    IpcMode: hostIpc ? 'host' : `container:${sandboxId}`,
    ...(hostPid ? { PidMode: 'host' } : processes ? { PidMode: `container:${processes}` } : {}),
  };
}

function limits({ resources }: ContainerConfig): HostConfig {
  const { oomScoreAdj } = resources;
  return { ...resourceLimits(resources), ...(oomScoreAdj !== undefined && { OomScoreAdj: oomScoreAdj }) };
}

/** The limits that can be changed while a container runs, as the engine takes them. */
export function resourceLimits({ memoryBytes, cpuShares, cpuQuota }: ContainerConfig['resources']): HostConfig {
  return {
    CpuShares: cpuShares,
    ...(cpuQuota > 0 && { CpuPeriod: CPU_PERIOD, CpuQuota: cpuQuota }),
    // As much swap as memory means: none.
    ...(memoryBytes > 0 && { Memory: memoryBytes, MemorySwap: memoryBytes }),
  };
}

function privileges({ security }: ContainerConfig): HostConfig {
  if (security.privileged && security.refusedCapabilities?.length) return almostPrivileged(security);
  const options = securityOptions(security);
  return {
    Privileged: security.privileged,
    ReadonlyRootfs: security.readOnlyRootFilesystem,
    ...(security.addCapabilities.length && { CapAdd: [...security.addCapabilities] }),
    ...(security.dropCapabilities.length && { CapDrop: [...security.dropCapabilities] }),
    ...(security.groups.length && { GroupAdd: security.groups.map(String) }),
    ...(options.length && { SecurityOpt: options }),
    ...(security.unmaskedProc && { MaskedPaths: [], ReadonlyPaths: [] }),
  };
}

function devices({ devices: own = [], security }: ContainerConfig): HostConfig {
  const all = security.privileged && security.refusedCapabilities?.length ? [everyDevice] : [];
  const mapped = own.map(({ hostPath, containerPath, readOnly }) => ({
    PathOnHost: hostPath,
    PathInContainer: containerPath,
    CgroupPermissions: readOnly ? 'r' : 'rwm',
  }));
  return mapped.length + all.length > 0 ? { Devices: [...all, ...mapped] } : {};
}

const everyDevice = { PathOnHost: '/dev', PathInContainer: '/dev', CgroupPermissions: 'rwm' };

/**
 * What `Privileged` means to the engine, spelled out, but for the capabilities that the machine cannot give: the engine
 * asks for all or none, and the container would not start.
 */
function almostPrivileged(security: ContainerConfig['security']): HostConfig {
  return {
    ReadonlyRootfs: security.readOnlyRootFilesystem,
    CapAdd: [...security.addCapabilities],
    CapDrop: [...security.dropCapabilities],
    ...(security.groups.length && { GroupAdd: security.groups.map(String) }),
    SecurityOpt: ['seccomp=unconfined', 'apparmor=unconfined', 'label=disable'],
    MaskedPaths: [],
    ReadonlyPaths: [],
    DeviceCgroupRules: ['a *:* rwm'],
  };
}

function securityOptions(security: ContainerConfig['security']): string[] {
  return [
    ...(security.noNewPrivileges ? ['no-new-privileges'] : []),
    ...(security.seccomp && !security.privileged ? [`seccomp=${security.seccomp}`] : []),
    ...(security.appArmor ? [`apparmor=${security.appArmor}`] : []),
    ...(security.seLinux ?? []).map((label) => `label=${label}`),
  ];
}
