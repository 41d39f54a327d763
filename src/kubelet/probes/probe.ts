import type { V1Probe } from '@kubernetes/client-node';
import { errorMessage } from '../../base/log.ts';
import type { Plain } from '../../apimachinery/object.ts';
import type { PodNetwork } from '../network/network.ts';
import type { Container } from '../pod-spec.ts';
import type { ContainerState, Runtime } from '../runtime/runtime.ts';
import { httpProbe } from './http-redirects.ts';
import { runCommand } from './run-command.ts';
import { httpGetOf, portOf } from './targets.ts';

export type Probe = Plain<V1Probe>;

/** What a probe asks. */
export interface ProbeTarget {
  readonly container: Container;
  readonly run: ContainerState;
  readonly podIp: string;
}

/**
 * How a probe went: `warning` is a success that should be told of, and `unknown` is a probe that could not be made, which
 * counts neither way. `text` says why.
 */
export interface ProbeOutcome {
  readonly result: 'success' | 'warning' | 'failure' | 'unknown';
  readonly text: string;
}

const success: ProbeOutcome = { result: 'success', text: '' };

function failure(text: string): ProbeOutcome {
  return { result: 'failure', text };
}

/** A way to probe. What it throws means that the probe could not be made. */
interface ProbeType {
  readonly field: 'exec' | 'httpGet' | 'tcpSocket' | 'grpc';
  check(probe: Probe, target: ProbeTarget, deps: ProbeDependencies, signal: AbortSignal): Promise<ProbeOutcome>;
}

export interface ProbeDependencies {
  readonly runtime: Runtime;
  readonly network: PodNetwork;
}

const exec: ProbeType = {
  field: 'exec',
  async check(probe, { run }, { runtime }, signal) {
    const { code, output } = await runCommand(runtime, run.id, probe.exec!.command ?? [], signal);
    return code === 0 ? success : failure(output.trim() || `command exited with code ${code}`);
  },
};

const httpGet: ProbeType = {
  field: 'httpGet',
  async check(probe, { container, podIp }, { network }, signal) {
    const request = { ...httpGetOf(probe.httpGet!, container, podIp), signal };
    return httpProbe(network, request).catch((error) => failure(errorMessage(error)));
  },
};

const tcpSocket: ProbeType = {
  field: 'tcpSocket',
  async check(probe, { container, podIp }, { network }, signal) {
    const { port, host } = probe.tcpSocket!;
    const number = portOf(port, container);
    return network.connect(host || podIp, number, signal).then(
      () => success,
      (error) => failure(errorMessage(error)),
    );
  },
};

/** Asks the health service: https://github.com/grpc/grpc/blob/master/doc/health-checking.md */
const grpc: ProbeType = {
  field: 'grpc',
  async check(probe, { podIp }, { network }, signal) {
    const { port, service } = probe.grpc!;
    return network.grpcHealth({ host: podIp, port, service: service ?? '', signal }).then(
      (status) => (status === 'SERVING' ? success : failure(`service unhealthy (responded with "${status}")`)),
      (error) => failure(errorMessage(error)),
    );
  },
};

const probeTypes = [exec, httpGet, tcpSocket, grpc];

/** Probes once. Never throws; a probe that is aborted fails for the reason of its `signal`. */
export async function checkProbe(
  probe: Probe,
  target: ProbeTarget,
  deps: ProbeDependencies,
  signal: AbortSignal,
): Promise<ProbeOutcome> {
  const type = probeTypes.find(({ field }) => probe[field]);
  if (!type) return success;
  try {
    const outcome = await type.check(probe, target, deps, signal);
    return signal.aborted ? failure(errorMessage(signal.reason)) : outcome;
  } catch (error) {
    if (signal.aborted) return failure(errorMessage(signal.reason));
    return { result: 'unknown', text: errorMessage(error) };
  }
}
