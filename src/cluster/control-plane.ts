import { hostname } from 'node:os';
import type { AdmissionPlugin } from '../admission/plugin.ts';
import type { AnyObject, ObjectName } from '../apimachinery/object.ts';
import { KindRegistry } from '../apimachinery/registry.ts';
import { definitions } from '../api/definitions.ts';
import { kinds } from '../api/index.ts';
import { storageIndexes } from '../apiserver/registry/indexes.ts';
import { apiServerUser } from '../apiserver/server-user.ts';
import { ApiServer } from '../apiserver/server.ts';
import { defaultAuthenticator } from '../auth/authn/index.ts';
import { legacyServiceAccountTokenAuthenticator } from '../auth/authn/legacy-service-account-token.ts';
import { serviceAccountTokenAuthenticator } from '../auth/authn/service-account-token.ts';
import { staticTokenAuthenticator, type StaticToken } from '../auth/authn/static-token.ts';
import { defaultAuthorizer } from '../auth/authz/index.ts';
import { LegacyTokens } from '../auth/legacy-tokens.ts';
import { ServiceAccountTokenIssuer } from '../auth/tokens.ts';
import { authenticated, type UserInfo } from '../auth/user.ts';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { MetricRegistry } from '../base/metrics.ts';
import type { Random } from '../base/random.ts';
import type { Component } from '../base/component.ts';
import { Client } from '../client/client.ts';
import { leaderStatus } from '../client/leader-election.ts';
import { controllerNames, selectedControllers, type NodeRanges } from '../controllers/index.ts';
import type { SchedulerConfiguration } from '../scheduler/config/configuration.ts';
import { CacheMetrics } from '../storage/cache/cache-metrics.ts';
import { CachedStorage } from '../storage/cache/cached-storage.ts';
import { MeasuredStorage } from '../storage/measured-storage.ts';
import type { Storage } from '../storage/storage.ts';
import { DEFAULT_HISTORY } from '../storage/versioned-map.ts';
import { decisionsPage } from './decisions-page.ts';
import { elected, leaderParts, type Schedulers } from './leader-parts.ts';
import { LegacyTokenUse } from './legacy-token-use.ts';
import type { Pki } from './pki.ts';

export interface ControlPlaneOptions {
  /** Where objects are kept. The control plane closes it when it stops. */
  readonly storage: Storage;
  /** Whether this process alone writes to the store; see `CachedStorage`. Default false. */
  readonly soleWriter?: boolean;
  readonly pki: Pki;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly serviceCidr: string;
  /** The address under which pods reach the API server: what the `kubernetes` service leads to. */
  readonly advertiseAddress: string;
  /** Bearer tokens known from outside. */
  readonly tokens?: readonly StaticToken[];
  /** Where to listen; absent: only callers of this process are served. */
  readonly listen?: { readonly host: string; readonly port: number };
  /** Milliseconds that the API server goes on serving when it is to stop, see `ApiServerOptions`. */
  readonly shutdownDelay?: number;
  /** Default: all there are. */
  readonly admission?: readonly AdmissionPlugin[];
  /** Whether controllers run, or which, see `selectedControllers`. Default: all that are on by default. */
  readonly controllers?: boolean | readonly string[];
  /** Addresses for services of type LoadBalancer, see `ControllerManagerOptions`. */
  readonly loadBalancerPool?: readonly string[] | undefined;
  /** The pods' addresses, of which each node gets a part. Default: nodes bring their own. */
  readonly nodeRanges?: NodeRanges | undefined;
  /** Default true. */
  readonly scheduler?: boolean;
  /** How the scheduler works. Default: as upstream's does without a configuration. */
  readonly schedulerConfig?: SchedulerConfiguration | undefined;
}

/** API server, controllers and scheduler over one store. Each component calls the server under an identity of its own. */
export class ControlPlane {
  readonly apiServer: ApiServer;
  /** The port on which the API server listens; 0 when it does not. */
  readonly port: number;
  readonly #storage: CachedStorage;
  readonly #components: readonly Component[];

  private constructor(parts: {
    apiServer: ApiServer;
    port: number;
    storage: CachedStorage;
    components: readonly Component[];
  }) {
    this.apiServer = parts.apiServer;
    this.port = parts.port;
    this.#storage = parts.storage;
    this.#components = parts.components;
  }

  /** Starts everything; resolves when the API server answers and the components work. */
  static async start(options: ControlPlaneOptions): Promise<ControlPlane> {
    const { clock, log } = options;
    const selection = typeof options.controllers === 'object' ? options.controllers : ['*'];
    selectedControllers(selection, controllerNames());
    const metrics = new MetricRegistry();
    const storage = new CachedStorage(new MeasuredStorage(options.storage, metrics, clock), {
      clock,
      log: log.child({ component: 'storage' }),
      indexes: storageIndexes(kinds),
      soleWriter: options.soleWriter ?? false,
      metrics: new CacheMetrics(metrics, DEFAULT_HISTORY),
    });
    await storage.open();
    const running = new Set<string>();
    const schedulers: Schedulers = { current: undefined };
    const tokenUse = new LegacyTokenUse(clock, log.child({ component: 'apiserver' }));
    const apiServer = await createApiServer(storage, metrics, running, { schedulers, tokenUse }, options);
    await apiServer.start();
    await tokenUse.start(new Client(apiServer.exchange(apiServerUser), { inProcess: true }));
    const port = options.listen ? await listen(apiServer, options) : 0;
    const parts = leaderParts(apiServer, metrics, schedulers, options);
    const status = leaderStatus(metrics);
    const components = parts.map((part) => (options.soleWriter ? part.make() : elected(part, options, status)));
    const start = async (component: Component, i: number) => {
      await component.start();
      running.add(parts[i]!.name);
    };
    await Promise.all(components.map(start));
    return new ControlPlane({ apiServer, port, storage, components });
  }

  /** A client that calls the API server in this process, through all of its filters, as `user`. */
  clientAs(user: UserInfo, userAgent = 'coxswain'): Client {
    return new Client(this.apiServer.exchange(user), { userAgent, inProcess: true });
  }

  async stop(): Promise<void> {
    await this.apiServer.prepareStop();
    await Promise.all(this.#components.map((component) => component.stop()));
    await this.apiServer.close();
    await this.#storage.close();
  }
}

/** The administrator: what the kubeconfig of a new cluster holds. */
export const adminUser = authenticated('kubernetes-admin', ['system:masters']);

async function createApiServer(
  storage: CachedStorage,
  metrics: MetricRegistry,
  running: ReadonlySet<string>,
  { schedulers, tokenUse }: { schedulers: Schedulers; tokenUse: LegacyTokenUse },
  options: ControlPlaneOptions,
): Promise<ApiServer> {
  const { clock, random, log, pki } = options;
  const issuer = issuerOf(options);
  const find = lookupIn(storage);
  const tokens = [
    serviceAccountTokenAuthenticator(issuer, async (plural, name) => (await find(plural, name))?.metadata, clock),
    legacyServiceAccountTokenAuthenticator(new LegacyTokens(issuer), find, clock, (secret) => tokenUse.note(secret)),
    staticTokenAuthenticator(options.tokens ?? []),
  ];
  const kubelet = await pki.credentials('apiserver-kubelet-client');
  return new ApiServer({
    storage,
    metrics,
    kinds: new KindRegistry(kinds),
    definitions: definitions(),
    authenticator: defaultAuthenticator({ tokens }),
    authorizer: defaultAuthorizer,
    clock,
    random,
    log: log.child({ component: 'apiserver' }),
    components: componentChecks(running, options),
    pages: { scheduler: decisionsPage(() => schedulers.current) },
    serviceCidr: options.serviceCidr,
    advertiseAddress: options.advertiseAddress,
    ...(options.admission && { admission: options.admission }),
    ...(options.shutdownDelay !== undefined && { shutdownDelay: options.shutdownDelay }),
    hostname: hostname(),
    issueToken: (subject) => issuer.sign(subject),
    tokenIssuer: issuer,
    kubeletClient: { cert: kubelet.certificate, key: kubelet.privateKey, ca: pki.caCertificate },
  });
}

/** The controllers and the scheduler, where this process has them; one that waits to lead is well too. */
function componentChecks(running: ReadonlySet<string>, { controllers = true, scheduler = true }: ControlPlaneOptions) {
  const names = [...(controllers !== false ? ['controller-manager'] : []), ...(scheduler ? ['scheduler'] : [])];
  return names.map((name) => ({
    name,
    check: () => {
      if (!running.has(`kube-${name}`)) throw new Error('it has not started yet');
    },
  }));
}

function issuerOf({ pki, clock }: ControlPlaneOptions): ServiceAccountTokenIssuer {
  return new ServiceAccountTokenIssuer(pki.serviceAccountKeys, { clock });
}

/** How the authenticators of service account tokens find out whether what a token is bound to is still there. */
function lookupIn(storage: Storage) {
  return async (plural: string, { namespace, name }: ObjectName): Promise<AnyObject | undefined> => {
    const key = `/registry/core/${plural}/${namespace ? `${namespace}/` : ''}${name}`;
    return (await storage.get(key, { atLeast: 0 }))?.object;
  };
}

async function listen(apiServer: ApiServer, { listen, pki }: ControlPlaneOptions): Promise<number> {
  const { certificate, privateKey } = await pki.credentials('apiserver');
  const { port } = await apiServer.listen({
    ...listen!,
    cert: certificate,
    key: privateKey,
    clientCa: pki.caCertificate,
  });
  return port;
}
