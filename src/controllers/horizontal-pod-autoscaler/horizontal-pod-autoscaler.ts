import {
  horizontalPodAutoscaler as kind,
  type HorizontalPodAutoscaler,
} from '../../api/autoscaling-v2/horizontal-pod-autoscaler.ts';
import { pod } from '../../api/core-v1/pod.ts';
import { isApiError } from '../../apimachinery/api-error.ts';
import { formatTime } from '../../apimachinery/time.ts';
import { errorMessage } from '../../base/log.ts';
import { controller, type Controller, type ReconcileContext } from '../../client/controller.ts';
import { updateCondition } from '../conditions.ts';
import { semanticEqual } from '../semantic-equal.ts';
import { decide, type Decision, type Tools } from './decide.ts';
import { History } from './history.ts';
import { MetricsApi } from './metrics-api.ts';
import type { Why } from './normalize.ts';
import { ScaleTargets, type Scaled } from './scale-target.ts';

type Spec = HorizontalPodAutoscaler['spec'];
type Status = NonNullable<HorizontalPodAutoscaler['status']>;

/** Milliseconds from one look at an autoscaler's metrics to the next. */
const PERIOD = 15_000;

/** When an autoscaler is looked at again, and as what it was looked at last. */
interface Appointment {
  readonly at: number;
  readonly spec: Spec;
}

interface Work extends Tools {
  readonly appointments: Map<string, Appointment>;
}

/** Gives the targets of HorizontalPodAutoscalers as many replicas as their metrics call for. */
export const horizontalPodAutoscalerController: Controller = {
  name: 'horizontal-pod-autoscaler-controller',
  start(dependencies) {
    const { client, clock } = dependencies;
    const tools = { api: new MetricsApi(client), targets: new ScaleTargets(client, clock) };
    const work: Work = { ...tools, histories: new Map(), selectors: new Map(), appointments: new Map() };
    return controller<HorizontalPodAutoscaler>({
      name: 'horizontal-pod-autoscaler-controller',
      eventSource: 'horizontal-pod-autoscaler',
      for: kind,
      reads: [pod],
      workers: 5,
      reconcile: (key, context) => reconcile(key, context, work),
    }).start(dependencies);
  },
};

/** Looks at each autoscaler at its time, and before it when what it should do was changed. */
async function reconcile(key: string, context: ReconcileContext, work: Work): Promise<void | { after: number }> {
  const { reader, clock, log } = context;
  const autoscaler = reader.get(kind, key);
  if (!autoscaler) return forget(key, work);
  const due = work.appointments.get(key);
  if (due && due.at > clock.now() && semanticEqual(due.spec, autoscaler.spec)) return { after: due.at - clock.now() };
  work.appointments.set(key, { at: clock.now() + PERIOD, spec: autoscaler.spec });
  try {
    await autoscale(key, autoscaler, context, work);
  } catch (error) {
    log.debug('autoscaling failed', { key, error: errorMessage(error) });
  }
  return { after: PERIOD };
}

function forget(key: string, { histories, selectors, appointments }: Work): void {
  for (const map of [histories, selectors, appointments]) map.delete(key);
}

async function autoscale(
  key: string,
  autoscaler: HorizontalPodAutoscaler,
  context: ReconcileContext,
  work: Work,
): Promise<void> {
  const report = new Report(autoscaler, context);
  let target: Scaled;
  try {
    target = await work.targets.scaleOf(autoscaler.metadata.namespace!, autoscaler.spec.scaleTargetRef);
  } catch (error) {
    const why = errorMessage(error);
    context.events.event(autoscaler, 'Warning', 'FailedGetScale', why);
    const message = `the HPA controller was unable to get the target's current scale: ${why}`;
    report.set('AbleToScale', 'False', { reason: 'FailedGetScale', message });
    return report.write({});
  }
  const message = "the HPA controller was able to get the target's current scale";
  report.set('AbleToScale', 'True', { reason: 'SucceededGetScale', message });
  const history = work.histories.get(key) ?? new History();
  work.histories.set(key, history);
  const currentReplicas = target.scale.spec?.replicas ?? 0;
  history.begin(currentReplicas, context.clock.now());
  const decision = await decide(autoscaler, target.scale, history, work, context);
  report.explain(decision);
  if (decision.failed !== undefined) {
    await report.write({ currentReplicas, currentMetrics: decision.metrics });
    return context.events.event(autoscaler, 'Warning', 'FailedComputeMetricsReplicas', decision.failed);
  }
  await carryOut(decision, target, history, report, work);
}

async function carryOut(
  { replicas, because, metrics: currentMetrics }: Decision,
  target: Scaled,
  history: History,
  report: Report,
  { targets }: Work,
): Promise<void> {
  const { autoscaler, context } = report;
  const { events, clock } = context;
  const currentReplicas = target.scale.spec?.replicas ?? 0;
  if (replicas === undefined)
    return report.write({ currentReplicas, desiredReplicas: currentReplicas, currentMetrics });
  try {
    await targets.setReplicas(target, replicas);
  } catch (error) {
    const why = errorMessage(error);
    events.event(autoscaler, 'Warning', 'FailedRescale', `New size: ${replicas}; reason: ${because}; error: ${why}`);
    const message = `the HPA controller was unable to update the target scale: ${why}`;
    report.set('AbleToScale', 'False', { reason: 'FailedUpdateScale', message });
    return report.write({ currentReplicas });
  }
  const message = `the HPA controller was able to update the target scale to ${replicas}`;
  report.set('AbleToScale', 'True', { reason: 'SucceededRescale', message });
  events.event(autoscaler, 'Normal', 'SuccessfulRescale', `New size: ${replicas}; reason: ${because}`);
  const { behavior } = autoscaler.spec;
  if (behavior) history.scaled(currentReplicas, replicas, clock.now(), behavior);
  const lastScaleTime = formatTime(clock.now());
  await report.write({ currentReplicas, desiredReplicas: replicas, currentMetrics, lastScaleTime });
}

/** The status of an autoscaler as it comes to be. */
class Report {
  readonly autoscaler: HorizontalPodAutoscaler;
  readonly context: ReconcileContext;
  #conditions: NonNullable<Status['conditions']>;

  constructor(autoscaler: HorizontalPodAutoscaler, context: ReconcileContext) {
    this.autoscaler = autoscaler;
    this.context = context;
    this.#conditions = autoscaler.status?.conditions ?? [];
  }

  set(type: string, status: 'True' | 'False', { reason, message }: Why): void {
    const lastTransitionTime = formatTime(this.context.clock.now());
    this.#conditions = updateCondition(this.#conditions, { type, status, reason, message, lastTransitionTime });
  }

  explain({ active, normalized }: Decision): void {
    if (active) this.set('ScalingActive', active.status, active);
    if (!normalized) return;
    this.set('AbleToScale', 'True', normalized.able);
    this.set('ScalingLimited', normalized.limited ? 'True' : 'False', normalized.limit);
  }

  /** Writes the status, with what is new, when it differs from what stands there. */
  async write(news: Partial<Status>): Promise<void> {
    const { client, events } = this.context;
    const { status: before = { desiredReplicas: 0 } } = this.autoscaler;
    const status: Status = { ...before, ...news, conditions: this.#conditions };
    if (semanticEqual(status, before)) return;
    try {
      await client.updateStatus(kind, { ...this.autoscaler, status });
    } catch (error) {
      if (isApiError(error, 'NotFound')) return;
      events.event(this.autoscaler, 'Warning', 'FailedUpdateStatus', errorMessage(error));
      throw error;
    }
  }
}
