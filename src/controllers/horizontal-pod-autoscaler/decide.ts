import type { LabelSelector } from '../../apimachinery/label-selector.ts';
import { parseLabelSelector } from '../../apimachinery/label-selector.ts';
import type { Scale } from '../../api/autoscaling-v1/scale.ts';
import { pod as podKind, type Pod } from '../../api/core-v1/pod.ts';
import {
  horizontalPodAutoscaler,
  type HorizontalPodAutoscaler,
} from '../../api/autoscaling-v2/horizontal-pod-autoscaler.ts';
import { keyOf } from '../../apimachinery/object.ts';
import { parseQuantity } from '../../apimachinery/quantity.ts';
import { errorMessage } from '../../base/log.ts';
import type { ClusterReader, ReconcileContext } from '../../client/controller.ts';
import type { History } from './history.ts';
import type { MetricsApi } from './metrics-api.ts';
import { normalize, type Normalized, type Why } from './normalize.ts';
import { MetricError, propose, type Metric, type MetricStatus, type Proposal } from './propose.ts';
import type { Tolerance } from './replica-count.ts';
import type { ScaleTargets } from './scale-target.ts';

/** How much usage may differ from its target before anything is done, where the behavior does not say. */
const TOLERANCE = 0.1;

/** What autoscalers share, and remember from one time to the next. */
export interface Tools {
  readonly api: MetricsApi;
  readonly targets: ScaleTargets;
  readonly histories: Map<string, History>;
  /** The selectors of the targets that were seen last, by the autoscaler's key. */
  readonly selectors: Map<string, LabelSelector>;
}

/** What is to be done about one autoscaler. */
export interface Decision {
  /** How many replicas the target should have; undefined: leave it alone. */
  readonly replicas?: number;
  /** Why its size should change. */
  readonly because: string;
  /** Whether a count was arrived at, and by what; undefined: metrics were not asked. */
  readonly active?: Why & { readonly status: 'True' | 'False' };
  readonly normalized?: Normalized;
  readonly metrics: MetricStatus[];
  /** What kept it from deciding, for an event. */
  readonly failed?: string;
}

/** Finds how many replicas the target of an autoscaler should have. `history` is told of the recommendation. */
export async function decide(
  autoscaler: HorizontalPodAutoscaler,
  scale: Scale,
  history: History,
  tools: Tools,
  context: ReconcileContext,
): Promise<Decision> {
  const current = scale.spec?.replicas ?? 0;
  const { minReplicas = 1, maxReplicas } = autoscaler.spec;
  if (current === 0 && minReplicas !== 0) {
    const message = 'scaling is disabled since the replica count of the target is zero';
    return { because: '', metrics: [], active: { status: 'False', reason: 'ScalingDisabled', message } };
  }
  if (current > maxReplicas) {
    return { replicas: maxReplicas, because: 'Current number of replicas above Spec.MaxReplicas', metrics: [] };
  }
  if (current < minReplicas) {
    return { replicas: minReplicas, because: 'Current number of replicas below Spec.MinReplicas', metrics: [] };
  }
  const measured = await measure(autoscaler, scale, tools, context);
  if (!measured.best) return { because: '', ...measured };
  const wanted = Math.max(0, measured.best.replicas);
  const normalized = normalize(autoscaler, current, wanted, history, context.clock.now());
  const because =
    wanted > current ? `${measured.best.name} above target` : wanted < current ? 'All metrics below target' : '';
  const replicas = normalized.replicas === current ? {} : { replicas: normalized.replicas };
  return { because, normalized, metrics: measured.metrics, active: measured.active, ...replicas };
}

type Outcome = Pick<Decision, 'active' | 'metrics' | 'failed'> & { readonly best?: Proposal };

/** Asks all metrics: the one that calls for the most replicas counts. */
async function measure(
  autoscaler: HorizontalPodAutoscaler,
  scale: Scale,
  tools: Tools,
  context: ReconcileContext,
): Promise<Outcome> {
  const { reader, events, clock } = context;
  const namespace = autoscaler.metadata.namespace!;
  const pods = selectPods(autoscaler, scale, tools, reader);
  if ('reason' in pods) {
    events.event(autoscaler, 'Warning', pods.event, pods.told);
    return { metrics: [], failed: pods.told, active: { status: 'False', reason: pods.reason, message: pods.message } };
  }
  const situation = {
    api: tools.api,
    targets: tools.targets,
    namespace,
    selector: scale.status!.selector!,
    pods: pods.pods,
    specReplicas: scale.spec?.replicas ?? 0,
    statusReplicas: scale.status?.replicas ?? 0,
    tolerance: toleranceOf(autoscaler),
    now: clock.now(),
  };
  const results: (Proposal | MetricError)[] = [];
  for (const metric of autoscaler.spec.metrics ?? []) results.push(await attempt(metric, situation));
  for (const result of results) {
    if (result instanceof MetricError) events.event(autoscaler, 'Warning', result.reason, result.told);
  }
  return combine(results, situation.specReplicas);
}

async function attempt(metric: Metric, situation: Parameters<typeof propose>[1]): Promise<Proposal | MetricError> {
  try {
    return await propose(metric, situation);
  } catch (error) {
    if (error instanceof MetricError) return error;
    throw error;
  }
}

/** A metric that fails must not let the others take replicas away: the load that it would show is not known. */
export function combine(results: readonly (Proposal | MetricError)[], current: number): Outcome {
  const failures = results.filter((one): one is MetricError => one instanceof MetricError);
  const proposals = results.filter((one): one is Proposal => !(one instanceof MetricError));
  const metrics = results.map((one): MetricStatus => (one instanceof MetricError ? { type: '' } : one.status));
  const best = proposals.reduce<Proposal | undefined>((a, b) => (!a || b.replicas > a.replicas ? b : a), undefined);
  const [first] = failures;
  if (first && (!best || best.replicas < current)) {
    const message = `the HPA was unable to compute the replica count: ${first.told}`;
    const failed = `invalid metrics (${failures.length} invalid out of ${results.length}), first error is: ${first.message}`;
    return { metrics, failed, active: { status: 'False', reason: first.reason, message } };
  }
  const message = `the HPA was able to successfully calculate a replica count from ${best?.name}`;
  return { metrics, ...(best && { best }), active: { status: 'True', reason: 'ValidMetricFound', message } };
}

interface Unselectable {
  readonly event: string;
  readonly reason: string;
  readonly told: string;
  readonly message: string;
}

/** The pods of the target, or why they are not known or not this autoscaler's alone. */
function selectPods(
  autoscaler: HorizontalPodAutoscaler,
  scale: Scale,
  { selectors }: Tools,
  reader: ClusterReader,
): { pods: Pod[] } | Unselectable {
  const text = scale.status?.selector;
  if (!text) {
    const message = "the HPA target's scale is missing a selector";
    return { event: 'SelectorRequired', reason: 'InvalidSelector', told: 'selector is required', message };
  }
  let selector: LabelSelector;
  try {
    selector = parseLabelSelector(text);
  } catch (error) {
    const told = `couldn't convert selector into a corresponding internal selector object: ${errorMessage(error)}`;
    return { event: 'InvalidSelector', reason: 'InvalidSelector', told, message: told };
  }
  selectors.set(keyOf(autoscaler), selector);
  const { namespace } = autoscaler.metadata;
  const pods = reader.list(podKind, namespace).filter((pod) => selector.matches(pod.metadata.labels));
  const rivals = reader
    .list(horizontalPodAutoscaler, namespace)
    .map(keyOf)
    .filter((key) => claims(selectors, key, pods));
  if (rivals.length < 2) return { pods };
  const told = `pods by selector ${text} are controlled by multiple HPAs: [${rivals.sort().join(' ')}]`;
  return { event: 'AmbiguousSelector', reason: 'AmbiguousSelector', told, message: told };
}

function claims(selectors: Tools['selectors'], key: string, pods: readonly Pod[]): boolean {
  const selector = selectors.get(key);
  return selector !== undefined && pods.some((pod) => selector.matches(pod.metadata.labels));
}

function toleranceOf({ spec: { behavior } }: HorizontalPodAutoscaler): Tolerance {
  const of = (quantity: string | undefined) =>
    quantity === undefined ? TOLERANCE : Number(parseQuantity(quantity).nanos) / 1e9;
  return { up: of(behavior?.scaleUp?.tolerance), down: of(behavior?.scaleDown?.tolerance) };
}
