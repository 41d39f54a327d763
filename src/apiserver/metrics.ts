import { collectDefaultMetrics, Registry as ProcessRegistry } from 'prom-client';
import type { KindRegistry } from '../apimachinery/registry.ts';
import type { Clock } from '../base/clock.ts';
import { MetricRegistry } from '../base/metrics.ts';
import type { Storage } from '../storage/storage.ts';
import { AccessMetrics } from './metrics/access-metrics.ts';
import { AdmissionMetrics } from './metrics/admission-metrics.ts';
import { HealthMetrics } from './metrics/health-metrics.ts';
import { RequestMetrics } from './metrics/request-metrics.ts';
import { WatchMetrics } from './metrics/watch-metrics.ts';
import { kindPrefix } from './registry/registry.ts';
import { versionInfo, type VersionInfo } from './version.ts';

/** Features of the API server that clients and tests ask for by name: the stage is empty when it is past beta. */
const features: readonly [name: string, stage: '' | 'ALPHA' | 'BETA', on: boolean][] = [
  ['APIServerIdentity', 'BETA', true],
  ['CBORServingAndStorage', 'ALPHA', false],
  ['ComponentFlagz', 'BETA', true],
  ['ComponentStatusz', 'BETA', true],
  ['InPlacePodVerticalScaling', '', true],
  ['WatchList', 'BETA', true],
];

export interface ServerMetricsOptions {
  readonly kinds: KindRegistry;
  readonly clock: Clock;
  readonly storage: Storage;
  readonly version?: VersionInfo;
  /** Where metrics are kept, when others in this process have some too. */
  readonly metrics?: MetricRegistry;
}

/** The server's metrics, with upstream's names. Each server has a registry of its own. */
export class ServerMetrics {
  readonly registry: MetricRegistry;
  readonly requests: RequestMetrics;
  readonly watches: WatchMetrics;
  readonly access: AccessMetrics;
  readonly admission: AdmissionMetrics;
  readonly health = new HealthMetrics();
  /** Connections that ended before TLS was agreed on. */
  readonly tlsErrors;
  readonly #options: ServerMetricsOptions;
  readonly #process = new ProcessRegistry();
  readonly #objects;
  readonly #storedObjects;
  readonly #size;
  #collecting = false;

  constructor(options: ServerMetricsOptions) {
    const registry = options.metrics ?? new MetricRegistry();
    this.registry = registry;
    this.#options = options;
    this.requests = new RequestMetrics(registry, options.kinds, options.clock);
    this.watches = new WatchMetrics(registry, options.kinds);
    this.access = new AccessMetrics(registry);
    this.admission = new AdmissionMetrics(registry, options.clock);
    const tls = ['apiserver_tls_handshake_errors_total', 'Connections that ended in the TLS handshake.'] as const;
    this.tlsErrors = registry.counter(...tls).labels();
    registry.counter('apiserver_audit_event_total', 'Audit events that were written.');
    this.#objects = registry.gauge('apiserver_resource_objects', 'Stored objects.', ['group', 'resource']);
    this.#storedObjects = registry.gauge('apiserver_storage_objects', 'Stored objects, by the older name.', [
      'resource',
    ]);
    const size = ['apiserver_storage_size_bytes', 'Bytes of the store on its disk.'] as const;
    this.#size = registry.gauge(...size, ['storage_cluster_id']);
    this.#tellVersion(options.version ?? versionInfo);
    const enabled = ['kubernetes_feature_enabled', 'Features by their names, and whether they are on.'] as const;
    const gate = registry.gauge(...enabled, ['name', 'stage']);
    for (const [name, stage, on] of features) gate.labels(name, stage).value = on ? 1 : 0;
  }

  /** The text that Prometheus scrapes. */
  async render(): Promise<string> {
    if (!this.#collecting) collectDefaultMetrics({ register: this.#process });
    this.#collecting = true;
    await Promise.all([this.#countObjects(), this.#measureStore()]);
    return this.registry.render() + (await this.#process.metrics());
  }

  /** Counted when somebody asks, not with every write. Kinds that are stored together are counted once, as stored. */
  async #countObjects(): Promise<void> {
    const { kinds, storage } = this.#options;
    const stored = new Map(
      kinds
        .all()
        .filter((kind) => !kind.ephemeral)
        .map((kind) => [kindPrefix(kind), kind.storedAs ?? kind]),
    );
    await Promise.all(
      [...stored].map(async ([prefix, { group, plural }]) => {
        const count = await storage.count(prefix);
        this.#objects.labels(group, plural).value = count;
        this.#storedObjects.labels(group ? `${plural}.${group}` : plural).value = count;
      }),
    );
  }

  /** A store that cannot tell at the moment leaves what it told before. */
  async #measureStore(): Promise<void> {
    const bytes = await this.#options.storage.size?.().catch(() => undefined);
    if (bytes !== undefined) this.#size.labels('etcd-0').value = bytes;
  }

  #tellVersion(version: VersionInfo): void {
    const names = ['major', 'minor', 'git_version', 'git_commit', 'git_tree_state', 'build_date', 'go_version'];
    const { major, minor, gitVersion, gitCommit, gitTreeState, buildDate, goVersion, compiler, platform } = version;
    const values = [major, minor, gitVersion, gitCommit, gitTreeState, buildDate, goVersion, compiler, platform];
    const info = ['kubernetes_build_info', 'The version of the server.'] as const;
    this.registry.gauge(...info, [...names, 'compiler', 'platform']).labels(...values).value = 1;
  }
}
