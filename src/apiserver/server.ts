import { admissionPlugins } from '../admission/index.ts';
import type { AdmissionPlugin } from '../admission/plugin.ts';
import { applyFacts } from '../api/apply-facts.ts';
import { unsetZerosOf } from '../api/protobuf.ts';
import { TypeCompiler } from '../apimachinery/apply/type-compiler.ts';
import { gvkKey } from '../apimachinery/kind.ts';
import type { KindRegistry } from '../apimachinery/registry.ts';
import type { Definitions } from '../apimachinery/schema/schema.ts';
import { Decoder } from '../apimachinery/schema/validate.ts';
import type { Authenticator } from '../auth/authn/authenticator.ts';
import type { Authorizer } from '../auth/authz/authorizer.ts';
import type { UserInfo } from '../auth/user.ts';
import { sleep, type Clock } from '../base/clock.ts';
import type { HttpExchange } from '../base/http-exchange.ts';
import { errorMessage, type Log } from '../base/log.ts';
import type { MetricRegistry } from '../base/metrics.ts';
import type { Random } from '../base/random.ts';
import type { Storage } from '../storage/storage.ts';
import { createNamespaces, createPriorityClasses, createServiceCidr } from './bootstrap.ts';
import { apiServiceUpkeep } from './bootstrap-api-services.ts';
import { flowControlUpkeep } from './bootstrap-flow-control.ts';
import type { Handler } from './exchange/exchange.ts';
import { inProcessExchange } from './exchange/in-process.ts';
import { upgradeExchange } from './exchange/upgrade.ts';
import type { FilterServices } from './filters/filter.ts';
import { filterChain } from './filters/index.ts';
import { BookmarkTimers } from './handlers/bookmark-timers.ts';
import { OpenWatches } from './handlers/open-watches.ts';
import type { HandlerServices, IssueToken } from './handlers/services.ts';
import { flagsOf } from './flags.ts';
import type { HealthCheck } from './health.ts';
import { healthEndpoints } from './health-checks.ts';
import { HttpsListener, type ListenOptions } from './listener.ts';
import { ServerMetrics } from './metrics.ts';
import { KubeletUsage, type UsageSource } from './metrics-api/usage-source.ts';
import { MeasuredChain } from './metrics/measured-chain.ts';
import { OpenApi } from './openapi/openapi.ts';
import { admissionContext } from './registry/admission-context.ts';
import { FieldManagers } from './registry/field-managers.ts';
import type { ComponentCheck } from './registry/extensions/component-statuses.ts';
import { registryExtensions } from './registry/extensions/index.ts';
import type { RegistryExtension } from './registry/extensions/extension.ts';
import type { Registry } from './registry/registry.ts';
import { ServerPresence } from './presence/presence.ts';
import { routes, type Endpoints } from './routes.ts';
import { expressShell } from './shell.ts';
import { StartHooks } from './start-hooks.ts';
import { KubeletConnector, type KubeletClient } from './subresources/kubelet-connection.ts';
import { directDial, type Dial } from './subresources/proxy/backend.ts';
import type { TokenIssuer } from './token-issuer.ts';
import { Upkeep } from './upkeep.ts';
import { versionInfo, type VersionInfo } from './version.ts';
import type { Page } from './page.ts';
import { ZPages } from './zpages.ts';

/** How the server guards itself against too much. */
type RequestLimits = Pick<FilterServices, 'requestTimeout' | 'maxRequestsInFlight' | 'strictTransportSecurity'>;

export interface ApiServerOptions extends RequestLimits {
  readonly storage: Storage;
  readonly kinds: KindRegistry;
  readonly definitions: Definitions;
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Default: those of `admission/index.ts`. */
  readonly admission?: readonly AdmissionPlugin[];
  readonly version?: VersionInfo;
  /** What `/metrics` shows besides the server's own. */
  readonly metrics?: MetricRegistry;
  /** Default `10.96.0.0/16`; for dual-stack one range of each IP family with a comma between them. */
  readonly serviceCidr?: string;
  /** Default 30000 to 32767. */
  readonly nodePortRange?: { readonly first: number; readonly last: number };
  /** Without it logs, exec, attach and port-forward answer that they are not available. */
  readonly kubeletClient?: KubeletClient;
  /** How pods and nodes are reached by `proxy`, kubelets excepted. Default: directly. */
  readonly dial?: Dial;
  /** Without it service accounts get no tokens. */
  readonly issueToken?: IssueToken;
  /** What others verify those tokens with; absent: it is not published. */
  readonly tokenIssuer?: TokenIssuer;
  /** Seconds that tokens of service accounts live at most: longer ones are shortened, with a warning. Default: no limit. */
  readonly longestToken?: number;
  /** Milliseconds that a server which is to stop goes on serving while `/readyz` fails. Default 0. */
  readonly shutdownDelay?: number;
  /** Milliseconds that requests which are being answered then get. Default 5000. */
  readonly drainTime?: number;
  /** Checked by `/readyz` besides the server's own. */
  readonly healthChecks?: readonly HealthCheck[];
  /** Further pages by the first part of their paths. */
  readonly pages?: Readonly<Record<string, Page>>;
  /** What `componentstatuses` shows besides the store. */
  readonly components?: readonly ComponentCheck[];
  /** Under which address pods reach the server; default: the one it listens on. */
  readonly advertiseAddress?: string;
  /** The machine's name, for the server's identity among several. */
  readonly hostname?: string;
}

/** The Kubernetes API over a store. It owns neither the store nor the clock. */
export class ApiServer {
  readonly metrics: ServerMetrics;
  readonly #options: ApiServerOptions;
  readonly #cidr: string;
  readonly #registry: Registry;
  readonly #watches = new OpenWatches();
  readonly #kubelets: KubeletConnector;
  readonly #handler: Handler;
  readonly #hooks: StartHooks;
  readonly #upkeep: { readonly flowControl: Upkeep; readonly apiServices: Upkeep };
  #started: Promise<void> | undefined;
  #presence: ServerPresence | undefined;
  #listener: HttpsListener | undefined;
  #address = '';
  #stopping = false;
  #prepared: Promise<void> | undefined;

  constructor(options: ApiServerOptions) {
    this.#options = options;
    this.#cidr = options.serviceCidr ?? '10.96.0.0/16';
    this.#kubelets = new KubeletConnector(options.kubeletClient);
    this.metrics = new ServerMetrics(options);
    const usage = new KubeletUsage(this.#kubelets, options.clock, () => this.#registry);
    this.#registry = createRegistry(options, this.#cidr, this.metrics, options.kubeletClient && usage);
    this.#upkeep = {
      flowControl: new Upkeep(flowControlUpkeep(this.#registry), options),
      apiServices: new Upkeep(apiServiceUpkeep(this.#registry), options),
    };
    this.#hooks = this.#startHooks();
    const services = this.#services();
    const chain = { ...options, metrics: this.metrics };
    this.#handler = filterChain(chain, routes(services, this.#endpoints()));
  }

  /** Prepares what requests need and creates the system namespaces. `listen` does it too; further calls do nothing. */
  start(): Promise<void> {
    this.#started ??= this.#hooks.run();
    return this.#started;
  }

  /** Serves HTTPS, and makes the Service `default/kubernetes` point here. */
  async listen(options: ListenOptions): Promise<{ port: number }> {
    await this.start();
    const { log, clock, advertiseAddress, hostname = 'localhost' } = this.#options;
    const listener = new HttpsListener(
      { ...options, onTlsError: () => this.metrics.tlsErrors.inc() },
      expressShell(this.#handler, log),
      (request, socket, head) => void this.#handler(upgradeExchange(request, socket, head)),
      clock,
    );
    const { port, address } = await listener.listen(options);
    this.#listener = listener;
    this.#address = `${advertiseAddress ?? address}:${port}`;
    const presence = { cidr: this.#cidr, hostname, ip: advertiseAddress ?? address, port };
    this.#presence = new ServerPresence(this.#registry, presence);
    await this.#presence.start();
    return { port };
  }

  /** A transport for a component in this process, which makes its requests as `user`. */
  exchange(user: UserInfo): HttpExchange {
    return inProcessExchange(this.#handler, user);
  }

  /** Whether requests are being answered at this moment, those that last (watches, logs) left out. */
  get busy(): boolean {
    return this.metrics.requests.underWay > 0;
  }

  /**
   * The first part of the end: `/readyz` fails and the server is no longer among those that pods find, so that new requests
   * go elsewhere. For the delay that was asked for everything else works on.
   */
  prepareStop(): Promise<void> {
    this.#prepared ??= this.#leave();
    return this.#prepared;
  }

  async #leave(): Promise<void> {
    const { clock, log, shutdownDelay = 0 } = this.#options;
    this.#stopping = true;
    log.info('the server is shutting down', { delay: shutdownDelay, watches: this.#watches.count });
    await this.#presence?.stop();
    for (const upkeep of Object.values(this.#upkeep)) await upkeep.stop();
    if (shutdownDelay > 0) await sleep(clock, shutdownDelay);
  }

  /** Ends watches politely, so that clients go on elsewhere, lets requests finish, closes everything. The store stays open. */
  async close(): Promise<void> {
    await this.prepareStop();
    this.#watches.endAll();
    await this.#listener?.close(this.#options.drainTime);
    this.#watches.endAll(); // those that came in between
    this.#kubelets.close();
    for (const extension of this.#registry.extensions.values()) await extension.stop?.();
  }

  /** What has to be done before requests can be answered. */
  #startHooks(): StartHooks {
    const registry = this.#registry;
    return new StartHooks([
      {
        name: 'start-service-ip-repair-controllers',
        run: async () => {
          for (const extension of registry.extensions.values()) await extension.start?.();
        },
      },
      { name: 'start-system-namespaces-controller', run: () => createNamespaces(registry) },
      { name: 'scheduling/bootstrap-system-priority-classes', run: () => createPriorityClasses(registry) },
      { name: 'priority-and-fairness-config-producer', run: () => this.#upkeep.flowControl.start() },
      { name: 'apiservice-registration-controller', run: () => this.#upkeep.apiServices.start() },
      { name: 'start-kubernetes-service-cidr-controller', run: () => createServiceCidr(registry, this.#cidr) },
    ]);
  }

  #services(): HandlerServices {
    const { definitions, authenticator, authorizer, issueToken, longestToken, dial = directDial } = this.#options;
    return {
      registry: this.#registry,
      decoder: new Decoder(definitions, unsetZerosOf),
      definitions,
      authenticator,
      authorizer,
      issueToken,
      longestToken,
      metrics: this.metrics,
      watches: this.#watches,
      bookmarks: new BookmarkTimers(this.#options.clock),
      kubelets: this.#kubelets,
      dial,
    };
  }

  #endpoints(): Endpoints {
    const { kinds, clock, log, storage, version, healthChecks = [] } = this.#options;
    return {
      openApi: new OpenApi(kinds),
      version: version ?? versionInfo,
      address: () => this.#address,
      tokenIssuer: this.#options.tokenIssuer,
      pages: this.#options.pages ?? {},
      zpages: new ZPages({ clock, version: version ?? versionInfo, flags: flagsOf(this.#options, this.#cidr) }),
      health: healthEndpoints({
        storage,
        clock,
        log,
        hooks: this.#hooks,
        metrics: this.metrics.health,
        more: healthChecks,
        stopping: () => this.#stopping,
      }),
    };
  }
}

function createRegistry(
  options: ApiServerOptions,
  cidr: string,
  metrics: ServerMetrics,
  usage: UsageSource | undefined,
): Registry {
  const { storage, kinds, definitions, clock, random, log } = options;
  const nodePorts = options.nodePortRange ?? { first: 30000, last: 32767 };
  const extensions = registryExtensions(
    { storage, clock, random, log, cidr, nodePorts, metrics: metrics.registry },
    options.components,
    usage,
  );
  const context = admissionContext(storage, options.authorizer, clock);
  return {
    storage,
    kinds,
    clock,
    random,
    log,
    admission: new MeasuredChain(metrics.admission, options.admission ?? admissionPlugins(), context),
    fieldManagers: new FieldManagers(new TypeCompiler(definitions, applyFacts), kinds, clock),
    extensions: new Map(extensions.map((e: RegistryExtension) => [gvkKey(e.kind), e])),
  };
}

/**
 * Keeps a fault in a callback that nobody waits for from ending the process: it is logged and everything goes on.
 * Returns the function that undoes it. For the program that runs the server, not for tests.
 */
export function guardProcess(log: Log): () => void {
  const onFault = (error: unknown) =>
    log.error('a fault that nobody handled', {
      error: errorMessage(error),
      stack: error instanceof Error ? error.stack : undefined,
    });
  process.on('uncaughtException', onFault);
  process.on('unhandledRejection', onFault);
  return () => {
    process.off('uncaughtException', onFault);
    process.off('unhandledRejection', onFault);
  };
}
