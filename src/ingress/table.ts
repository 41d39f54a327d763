/** How the backend of a route is spoken to. */
export type BackendProtocol = 'http' | 'https' | 'h2c' | 'h2';

/** Where requests can be sent. `host` is an address or, for services of type ExternalName, a DNS name. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** One port of one service. */
export interface Upstream {
  /** Ready ones, each once, in a fixed order. */
  readonly endpoints: readonly Endpoint[];
  /** Whether a client stays with one endpoint. */
  readonly sticky: boolean;
}

/** What annotations say about the requests of an Ingress. Times are in milliseconds, sizes in bytes. */
export interface RouteOptions {
  /** Where plain requests are sent instead of to the backend. */
  readonly redirectToHttps: boolean;
  /** Replaces the path; with `pattern`, `$1` to `$9` stand for what its groups matched. */
  readonly rewrite?: string;
  /** Of bodies of requests; 0: no limit. */
  readonly bodyLimit: number;
  readonly connectTimeout: number;
  /** How long both sides may be silent while an answer is due. */
  readonly readTimeout: number;
  /** CIDRs of clients that are served; absent: all. */
  readonly sources?: readonly string[];
  /** The name that the backend is asked for instead of that of the request. */
  readonly upstreamHost?: string;
}

/** Where requests for a path go. */
export interface Route {
  readonly path: string;
  /** `pattern`: the path is a regular expression that begins where the path does. */
  readonly match: 'exact' | 'prefix' | 'pattern';
  /** A key of the upstreams. */
  readonly upstream: string;
  readonly protocol: BackendProtocol;
  /** `namespace/name` of the Ingress, for metrics and logs. */
  readonly ingress: string;
  readonly options: RouteOptions;
}

/** What is served under one name. */
export interface HostRoutes {
  /** `a.example.com`, `*.example.com`, or empty for all names. */
  readonly host: string;
  readonly routes: readonly Route[];
  /** For requests that no route takes. */
  readonly fallback?: Route;
}

/** A certificate for TLS, in PEM. */
export interface Certificate {
  /** The names for which it is shown; `*.example.com` stands for one label. */
  readonly hosts: readonly string[];
  readonly cert: string;
  readonly key: string;
}

/** All that a data plane needs to serve. Plain data: it is sent to another thread. */
export interface RoutingTable {
  readonly hosts: readonly HostRoutes[];
  /** For requests that no host takes. */
  readonly fallback?: Route;
  readonly certificates: readonly Certificate[];
}
