import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { MetricRegistry } from '../base/metrics.ts';
import type { WorkQueueMetrics } from './work-queue-metrics.ts';
import type { Random } from '../base/random.ts';
import type { Kind } from '../apimachinery/kind.ts';
import type { KubeObject, ObjectName } from '../apimachinery/object.ts';
import type { Client } from './client.ts';
import { runController } from './controller-runner.ts';
import type { EventRecorder } from './events.ts';
import type { Informers } from './informer.ts';

/** The local copies of all kinds a controller declared. */
export interface ClusterReader {
  /** By key. Kinds that the controller did not declare are an error. */
  get<T extends KubeObject>(kind: Kind<T>, key: string | ObjectName): T | undefined;
  list<T extends KubeObject>(kind: Kind<T>, namespace?: string): T[];
  /** Objects of `kind` whose controlling owner has this uid. */
  ownedBy<T extends KubeObject>(kind: Kind<T>, uid: string): T[];
  byIndex<T extends KubeObject>(kind: Kind<T>, index: string, value: string): T[];
}

/** What a reconciler works with. */
export interface ReconcileContext {
  readonly reader: ClusterReader;
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly events: EventRecorder;
  /** Aborted when the controller stops. */
  readonly signal: AbortSignal;
}

/** What each controller is given. */
export interface ControllerDependencies {
  readonly client: Client;
  readonly informers: Informers;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Where a controller counts what only it knows. Absent: nowhere. */
  readonly metrics?: MetricRegistry | undefined;
  /** Where queues count. Absent: they do not. */
  readonly queues?: WorkQueueMetrics | undefined;
  /** The name under which the queue counts. Default: the controller's. */
  readonly queue?: string | undefined;
  /** The source of the controller's events. Default: its name. */
  readonly component?: string | undefined;
}

/** A further kind whose changes concern the controller's objects. */
export interface Watch<T extends KubeObject = any> {
  readonly kind: Kind<T>;
  /** The keys to reconcile when `object` changes. Called with the old and the new state of an update. */
  keys(object: T, reader: ClusterReader): readonly string[];
  /** Whether an update concerns anybody at all, where `keys` would name many objects for changes that do not. Default: yes. */
  concerns?(object: T, old: T): boolean;
  /** Narrows what is watched, and so what `reader` has of this kind. */
  readonly fieldSelector?: string;
  /** Indexes to keep over this kind. */
  readonly indexes?: Readonly<Record<string, (object: T) => readonly string[]>>;
}

export interface ControllerDefinition<T extends KubeObject> {
  /** Upstream's name, by which it is switched on and off. */
  readonly name: string;
  /** Who its events say reports, where upstream uses another name there. Default: the name. */
  readonly eventSource?: string;
  /** The kind whose keys are reconciled. */
  readonly for: Kind<T>;
  /** Kinds whose objects have one of ours as controlling owner: their changes reconcile the owner. */
  readonly owns?: readonly Kind<any>[];
  readonly watches?: readonly Watch[];
  /** Kinds that are only read. */
  readonly reads?: readonly Kind<any>[];
  /** The name under which the queue counts, for the second of two that make up a controller. Default: the controller's. */
  readonly queue?: string;
  /** How many keys are worked on at once. Default 1. One key is never worked on twice at once. */
  readonly workers?: number;
  /**
   * Milliseconds for which changes wait for others, so that many of them are one reconcile. Who creates or deletes an
   * object of ours or changes what it asks for (its generation) is served at once. Default 0.
   */
  readonly batch?: number;
  /** Milliseconds before a failed reconcile is tried again, which double up to `max`. Default: client-go's. */
  readonly retry?: { readonly initial: number; readonly max: number };
  /** Reconciles every object anew after so many milliseconds. Default: never. */
  readonly resyncEvery?: number;
  /**
   * Makes the world as the object with this key says (or cleans up when there is none). A returned `after` (milliseconds)
   * reconciles again then. A thrown error is logged and retried with back-off; Conflict and NotFound retry quietly.
   */
  reconcile(key: string, context: ReconcileContext): Promise<void | { after: number }>;
}

/** A controller that is ready to be given what it needs: `controllers/index.ts` lists them. */
export interface Controller {
  readonly name: string;
  /** The informers are the caller's to start; the first reconcile waits until this controller's are in sync. */
  start(dependencies: ControllerDependencies): RunningController;
}

export interface RunningController {
  /** Stops taking keys and resolves when the reconciles under way have ended. */
  stop(): Promise<void>;
}

/** Makes a controller of its definition: all wiring, queueing and retrying stands in `controller-runner.ts`. */
export function controller<T extends KubeObject>(definition: ControllerDefinition<T>): Controller {
  return { name: definition.name, start: (dependencies) => runController(definition, dependencies) };
}
