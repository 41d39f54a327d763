import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { ApiServer } from '../apiserver/server.ts';
import { CertificateSigner } from '../auth/certificate-signer.ts';
import { LegacyTokens } from '../auth/legacy-tokens.ts';
import { ServiceAccountTokenIssuer } from '../auth/tokens.ts';
import { authenticated, type UserInfo } from '../auth/user.ts';
import type { Component } from '../base/component.ts';
import type { Gauge, MetricRegistry } from '../base/metrics.ts';
import { Client } from '../client/client.ts';
import { LeaderElection } from '../client/leader-election.ts';
import { RestClientMetrics } from '../client/rest-client-metrics.ts';
import { ControllerManager } from '../controllers/index.ts';
import { Scheduler } from '../scheduler/scheduler.ts';
import type { ControlPlaneOptions } from './control-plane.ts';
import { version } from './version.ts';

/** Something that only one of several control planes may do at a time. */
export interface LeaderPart {
  readonly name: string;
  readonly client: Client;
  /** A new one for each time of leading. */
  make(): Component;
}

/** The scheduler of this process, while it has one. */
export interface Schedulers {
  current: Scheduler | undefined;
}

const controllerManagerUser = authenticated('system:kube-controller-manager');
const schedulerUser = authenticated('system:kube-scheduler');

/** The controllers and the scheduler, as far as the options want them, as callers of the API server under their own names. */
export function leaderParts(
  apiServer: ApiServer,
  metrics: MetricRegistry,
  schedulers: Schedulers,
  options: ControlPlaneOptions,
): LeaderPart[] {
  const clients = new RestClientMetrics(metrics);
  const as = (user: UserInfo, name: string) =>
    new Client(clients.counted(apiServer.exchange(user), 'in-process'), {
      userAgent: `${name}/${version()}`,
      inProcess: true,
    });
  const { controllers, scheduler } = options;
  return [
    ...(controllers === false ? [] : [controllerPart(as(controllerManagerUser, CONTROLLERS), metrics, options)]),
    ...(scheduler === false ? [] : [schedulerPart(as(schedulerUser, SCHEDULER), metrics, schedulers, options)]),
  ];
}

const CONTROLLERS = 'kube-controller-manager';
const SCHEDULER = 'kube-scheduler';

function controllerPart(client: Client, metrics: MetricRegistry, options: ControlPlaneOptions): LeaderPart {
  const { clock, random, pki, controllers, loadBalancerPool, nodeRanges } = options;
  const log = options.log.child({ component: 'controllers' });
  const legacy = new LegacyTokens(new ServiceAccountTokenIssuer(pki.serviceAccountKeys, { clock }));
  const authority = {
    rootCa: pki.caCertificate,
    signer: new CertificateSigner(pki.ca),
    signToken: legacy.sign.bind(legacy),
  };
  const selection = typeof controllers === 'object' ? controllers : undefined;
  const make = () =>
    new ControllerManager({
      client,
      clock,
      random,
      log,
      metrics,
      selection,
      loadBalancerPool,
      nodeRanges,
      ...authority,
    });
  return { name: CONTROLLERS, client, make };
}

function schedulerPart(
  client: Client,
  metrics: MetricRegistry,
  schedulers: Schedulers,
  options: ControlPlaneOptions,
): LeaderPart {
  const { clock, random, schedulerConfig: configuration } = options;
  const log = options.log.child({ component: 'scheduler' });
  const common = { client, clock, random, log, metrics, host: hostname() };
  const make = () => remembered(new Scheduler({ ...common, configuration }), schedulers);
  return { name: SCHEDULER, client, make };
}

/** The scheduler, which can be asked for its decisions until it is stopped. */
function remembered(scheduler: Scheduler, schedulers: Schedulers): Component {
  schedulers.current = scheduler;
  return {
    name: scheduler.name,
    start: () => scheduler.start(),
    async stop() {
      if (schedulers.current === scheduler) schedulers.current = undefined;
      await scheduler.stop();
    },
  };
}

/** Where others may write to the store there may be other control planes, and one of them leads. */
export function elected(part: LeaderPart, { clock, log }: ControlPlaneOptions, status: Gauge): Component {
  const { name, client } = part;
  const lead = async () => {
    const component = part.make();
    await component.start();
    return component;
  };
  const identity = `${hostname()}_${randomUUID()}`;
  return new LeaderElection({ client, clock, log: log.child({ component: name }), name, identity, lead, status });
}
