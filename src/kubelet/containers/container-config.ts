import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pod } from '../../api/core-v1/pod.ts';
import { imageRefOf } from '../images/image-ref.ts';
import { identityOf, specOf, type Container, type EphemeralContainer } from '../pod-spec.ts';
import type { ContainerConfig, Image, Mount, Sandbox } from '../runtime/runtime.ts';
import type { ConfigSource } from './config-source.ts';
import { containerEnv } from './env.ts';
import { expand } from './expand.ts';
import type { DownwardFacts } from './field-ref.ts';
import { hostNetworkHostsFile, hostnameOf, hostsFile } from './hosts-file.ts';
import { oomScoreAdj } from './oom-score.ts';
import { nodeResolverFile } from './node-resolver.ts';
import { resolvConf } from './resolv-conf.ts';
import { containerResources } from './resources.ts';
import { containerSecurity, localSeccompProfile } from './security.ts';
import { specHash } from './spec-hash.ts';
import { volumeDevices, volumeMounts, type MountInputs } from './volume-mounts.ts';

/** What turns a container of a pod into what the runtime starts. */
export interface ConfigInputs extends MountInputs {
  readonly sandbox: Sandbox;
  readonly attempt: number;
  readonly image: Image | undefined;
  readonly source: ConfigSource;
  readonly facts: DownwardFacts;
  readonly services: ReadonlyMap<string, string>;
  /** The pod's folder on the host; undefined when pods have no files (simulated nodes). */
  readonly podFolder: string | undefined;
  readonly clusterDns: readonly string[];
  readonly clusterDomain: string;
  readonly machine: MachineLimits;
  readonly cgroupParent?: string | undefined;
  /** The id of the running container of this name, for those that join its processes. */
  readonly runningId?: ((name: string) => string | undefined) | undefined;
}

/** What the machine can give. */
export interface MachineLimits {
  /** Bytes. */
  readonly memory: number;
  readonly lackingCapabilities: readonly string[];
  /** Where the profiles stand that pods name. */
  readonly seccompFolder: string;
}

/** @throws Error with a sentence that becomes the message of CreateContainerConfigError */
export async function containerConfig(pod: Pod, container: Container, inputs: ConfigInputs): Promise<ContainerConfig> {
  const spec = specOf(pod);
  const env = await containerEnv(pod, container, inputs);
  const { machine } = inputs;
  const security = containerSecurity(pod, container, inputs.image, machine.lackingCapabilities);
  const seccomp = (await localSeccompProfile(pod, container, machine.seccompFolder)) ?? security.seccomp;
  const mounts = await volumeMounts(pod, container, inputs, env);
  const terminationMessage = await terminationFile(container, inputs);
  return {
    pod: identityOf(pod),
    sandboxId: inputs.sandbox.id,
    handler: inputs.sandbox.handler,
    name: container.name,
    attempt: inputs.attempt,
    image: container.image ?? '',
    imageRef: inputs.image && imageRefOf(inputs.image, container.image ?? ''),
    specHash: specHash(container),
    command: container.command?.map((word) => expand(word, env)),
    args: container.args?.map((word) => expand(word, env)),
    env: [...env]
      .map(([name, value]) => `${name}=${value}`)
      .concat(env.has('HOSTNAME') || spec.hostNetwork ? [] : [`HOSTNAME=${hostnameOf(pod, inputs.clusterDomain)}`]),
    workingDir: container.workingDir || undefined,
    mounts: [...mounts, ...(await podFileMounts(pod, mounts, inputs)), ...messageMount(container, terminationMessage)],
    devices: volumeDevices(container, inputs.volumes),
    tty: container.tty ?? false,
    stdin: container.stdin ?? false,
    stdinOnce: container.stdinOnce ?? false,
    hostNetwork: spec.hostNetwork ?? false,
    hostPid: spec.hostPID ?? false,
    hostIpc: spec.hostIPC ?? false,
    sharePid: spec.shareProcessNamespace ?? false,
    resources: { ...containerResources(container), oomScoreAdj: oomScoreAdj(pod, container, machine) },
    cgroupParent: inputs.cgroupParent,
    security: { ...security, seccomp },
    processesOf: targetOf(container, inputs),
    stopSignal: container.lifecycle?.stopSignal,
    terminationMessage,
  };
}

/** The container whose processes an ephemeral one sees. @throws Error when it does not run */
function targetOf(container: EphemeralContainer, { runningId }: ConfigInputs): string | undefined {
  const { targetContainerName } = container;
  if (!targetContainerName) return undefined;
  const id = runningId?.(targetContainerName);
  if (!id) throw new Error(`unable to find target container "${targetContainerName}"`);
  return id;
}

/** /etc/hosts and /etc/resolv.conf of the pod, unless the container mounts its own there. */
async function podFileMounts(pod: Pod, mounts: readonly Mount[], inputs: ConfigInputs): Promise<Mount[]> {
  const { podFolder, facts, clusterDomain } = inputs;
  if (!podFolder) return [];
  await mkdir(podFolder, { recursive: true, mode: 0o755 });
  const read = (path: string) => readFile(path, 'utf8').catch(() => '');
  const hosts = specOf(pod).hostNetwork
    ? hostNetworkHostsFile(pod, await read('/etc/hosts'))
    : hostsFile(pod, facts.ips, clusterDomain);
  const resolv = resolvConf(pod, { ...inputs, nodeFile: await nodeResolverFile() });
  const files = { '/etc/hosts': hosts, '/etc/resolv.conf': resolv };
  const taken = new Set(mounts.map((m) => m.containerPath));
  const wanted = Object.entries(files).filter(([path]) => !taken.has(path));
  return Promise.all(
    wanted.map(async ([containerPath, text]) => {
      const hostPath = join(podFolder, containerPath === '/etc/hosts' ? 'etc-hosts' : 'resolv.conf');
      await writeWithMode(hostPath, text, 0o644);
      return { hostPath, containerPath, readOnly: false };
    }),
  );
}

async function terminationFile(
  container: Container,
  { podFolder, attempt }: ConfigInputs,
): Promise<ContainerConfig['terminationMessage']> {
  if (!podFolder) return undefined;
  const folder = join(podFolder, 'containers', container.name);
  await mkdir(folder, { recursive: true, mode: 0o755 });
  const hostPath = join(folder, `termination-message-${attempt}`);
  await writeWithMode(hostPath, '', 0o666); // whichever user the container runs as
  return { hostPath, fallBackToLogs: container.terminationMessagePolicy === 'FallbackToLogsOnError' };
}

/** Writes a file whose mode does not depend on the process's umask. */
async function writeWithMode(path: string, text: string, mode: number): Promise<void> {
  await writeFile(path, text, { mode });
  await chmod(path, mode);
}

function messageMount(container: Container, file: ContainerConfig['terminationMessage']): Mount[] {
  if (!file) return [];
  return [
    {
      hostPath: file.hostPath,
      containerPath: container.terminationMessagePath || '/dev/termination-log',
      readOnly: false,
    },
  ];
}
