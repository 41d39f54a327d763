import type { PodIdentity } from '../pod-spec.ts';
import type { Sandbox } from '../runtime/runtime.ts';
import type { GrpcHealth, GrpcHealthRequest } from './grpc-health.ts';

/** A port of the node that leads to a port of the pod. */
export interface HostPort {
  readonly hostPort: number;
  readonly containerPort: number;
  /** Lower case. */
  readonly protocol: string;
  readonly hostIp?: string | undefined;
}

/** An HTTP GET that a probe or a lifecycle hook makes. */
export interface HttpGet {
  readonly scheme: 'http' | 'https';
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  /** The beginning of the body. */
  readonly body: string;
  /** Where a redirect leads. */
  readonly location?: string | undefined;
}

/** Connects pods. */
export interface PodNetwork {
  /** Prepares the node and gives back what sandboxes that are gone still hold. */
  start(sandboxIds: readonly string[]): Promise<void>;
  /**
   * Lets pods be attached, with addresses of these ranges, the primary first. Called again when they change.
   * @throws Error when the node cannot be connected so
   */
  open(podCidrs: readonly string[]): Promise<void>;
  stop(): Promise<void>;
  /** Connects a sandbox; its addresses, the primary first. Calling it again answers the same. */
  attach(pod: PodIdentity, sandbox: Sandbox, ports: readonly HostPort[]): Promise<readonly string[]>;
  /** Disconnects a sandbox, whether it still runs or not. A no-op when it was not connected. */
  detach(pod: PodIdentity, sandbox: Sandbox): Promise<void>;
  /** Gives back what sandboxes that are gone still hold, given those that are there. For now and then. */
  sweep(sandboxIds: readonly string[]): Promise<void>;
  /** The addresses of a connected sandbox. */
  ips(sandboxId: string): readonly string[];
  /** @throws Error when there is no answer */
  httpGet(request: HttpGet): Promise<HttpAnswer>;
  /** @throws Error when nothing listens */
  connect(host: string, port: number, signal: AbortSignal): Promise<void>;
  /** Asks the health service of a gRPC server. @throws Error when it does not answer */
  grpcHealth(request: GrpcHealthRequest): Promise<GrpcHealth>;
}
