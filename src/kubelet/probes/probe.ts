import type { V1Probe } from '@kubernetes/client-node';
import { errorMessage } from '../../base/log.ts';
import type { Plain } from '../../apimachinery/object.ts';
import type { PodNetwork } from '../network/network.ts';
import type { Container } from '../pod-spec.ts';
import type { ContainerState, Runtime } from '../runtime/runtime.ts';
import { runCommand } from './run-command.ts';
import { httpGetOf, portOf } from './targets.ts';

export type Probe = Plain<V1Probe>;

/** What a probe asks. */
export interface ProbeTarget {
  readonly container: Container;
  readonly run: ContainerState;
  readonly podIp: string;
}

/** A way to probe. `check` returns why it failed, or undefined; what it throws is a failure too. */
interface ProbeType {
  readonly field: 'exec' | 'httpGet' | 'tcpSocket' | 'grpc';
  check(probe: Probe, target: ProbeTarget, deps: ProbeDependencies, signal: AbortSignal): Promise<string | undefined>;
}

export interface ProbeDependencies {
  readonly runtime: Runtime;
  readonly network: PodNetwork;
}

const exec: ProbeType = {
  field: 'exec',
  async check(probe, { run }, { runtime }, signal) {
    const { code, output } = await runCommand(runtime, run.id, probe.exec!.command ?? [], signal);
    return code === 0 ? undefined : output.trim() || `command exited with code ${code}`;
  },
};

const httpGet: ProbeType = {
  field: 'httpGet',
  async check(probe, { container, podIp }, { network }, signal) {
    const { status } = await network.httpGet({ ...httpGetOf(probe.httpGet!, container, podIp), signal });
    return status >= 200 && status < 400 ? undefined : `HTTP probe failed with statuscode: ${status}`;
  },
};

const tcpSocket: ProbeType = {
  field: 'tcpSocket',
  async check(probe, { container, podIp }, { network }, signal) {
    const { port, host } = probe.tcpSocket!;
    await network.connect(host || podIp, portOf(port, container), signal);
    return undefined;
  },
};

/** A gRPC server is at least one that accepts connections; its health service is not asked yet. */
const grpc: ProbeType = {
  field: 'grpc',
  async check(probe, { podIp }, { network }, signal) {
    await network.connect(podIp, probe.grpc!.port, signal);
    return undefined;
  },
};

const probeTypes = [exec, httpGet, tcpSocket, grpc];

/** Probes once. @returns why the probe failed; undefined when it succeeded */
export async function checkProbe(
  probe: Probe,
  target: ProbeTarget,
  deps: ProbeDependencies,
  signal: AbortSignal,
): Promise<string | undefined> {
  const type = probeTypes.find(({ field }) => probe[field]);
  if (!type) return undefined;
  try {
    return await type.check(probe, target, deps, signal);
  } catch (error) {
    return signal.aborted ? errorMessage(signal.reason) : errorMessage(error);
  }
}
