import type { RoutingTable, Upstream } from './table.ts';

/** Where and how a data plane listens. */
export interface PlaneSettings {
  /** Default: all addresses. */
  readonly address?: string | undefined;
  /** 0: any free one. */
  readonly httpPort: number;
  readonly httpsPort: number;
  /** Shown to clients that ask for a name without a certificate. PEM. */
  readonly defaultCertificate: { readonly cert: string; readonly key: string };
  /** Milliseconds that requests under way get to end when it stops. Default 10 s. */
  readonly drain?: number;
}

/** How a data plane fares with one of its ports. */
export interface PortState {
  readonly scheme: 'http' | 'https';
  /** The one it listens on, or is to listen on. */
  readonly port: number;
  /** Why it does not listen. It goes on trying. */
  readonly problem?: string;
}

/** Upstreams that are new or different; undefined for those that nobody needs any more. */
export type UpstreamChanges = readonly (readonly [key: string, upstream: Upstream | undefined])[];

/** What serves requests: in this thread or in another one. */
export interface DataPlane {
  /** Resolves when each port is listened on or has been told to have a problem. */
  start(): Promise<void>;
  /** Refuses new connections, lets requests under way end, and resolves when nothing runs any more. */
  stop(): Promise<void>;
  routes(table: RoutingTable): void;
  upstreams(changes: UpstreamChanges): void;
  /** The text that Prometheus reads. */
  metrics(): Promise<string>;
}

/** Makes a data plane that tells how its ports fare. */
export type MakePlane = (told: (state: PortState) => void) => DataPlane;
