import type { HorizontalPodAutoscaler } from '../../api/autoscaling-v2/horizontal-pod-autoscaler.ts';
import { SCALE_DOWN_WINDOW, type History, type Rules } from './history.ts';

/** Why a condition is as it is. */
export interface Why {
  readonly reason: string;
  readonly message: string;
}

/** The size that is allowed at the moment. */
export interface Normalized {
  readonly replicas: number;
  /** About `AbleToScale`. */
  readonly able: Why;
  /** About `ScalingLimited`, which is True when `limited`. */
  readonly limit: Why;
  readonly limited: boolean;
}

type Policy = NonNullable<Rules['policies']>[number];

/** Without a behavior the size may at most grow by this factor at once, but always to this number. */
const FACTOR = 2;
const AT_LEAST = 4;

const READY: Why = { reason: 'ReadyForNewScale', message: 'recommended size matches current size' };
const WITHIN: Why = { reason: 'DesiredWithinRange', message: 'the desired count is within the acceptable range' };
const LOWEST: Why = {
  reason: 'ScaleUpStabilized',
  message: 'recent recommendations were lower than current one, applying the lowest recent recommendation',
};
const HIGHEST: Why = {
  reason: 'ScaleDownStabilized',
  message: 'recent recommendations were higher than current one, applying the highest recent recommendation',
};
const TOO_FEW: Why = {
  reason: 'TooFewReplicas',
  message: 'the desired replica count is less than the minimum replica count',
};
const TOO_MANY: Why = {
  reason: 'TooManyReplicas',
  message: 'the desired replica count is more than the maximum replica count',
};
const TOO_FAST_UP: Why = {
  reason: 'ScaleUpLimit',
  message: 'the desired replica count is increasing faster than the maximum scale rate',
};
const TOO_FAST_DOWN: Why = {
  reason: 'ScaleDownLimit',
  message: 'the desired replica count is decreasing faster than the maximum scale rate',
};

/**
 * What becomes of a recommended size: held back until it is stable, then cut to what bounds and rates allow. The
 * recommendation is noted in `history`.
 */
export function normalize(
  { spec }: HorizontalPodAutoscaler,
  current: number,
  recommended: number,
  history: History,
  now: number,
): Normalized {
  const { minReplicas: min = 1, maxReplicas: max, behavior } = spec;
  const { scaleUp, scaleDown } = behavior ?? {};
  const stable = behavior
    ? stabilizeBoth(current, recommended, history, now, windowsOf(scaleUp, scaleDown))
    : stabilizeDown(recommended, history, now);
  const able = stable === recommended ? READY : behavior && recommended >= current ? LOWEST : HIGHEST;
  const [replicas, limit] = behavior
    ? withinRates(current, stable, { min, max }, rateLimits(current, history, now, scaleUp, scaleDown))
    : withinBounds(current, stable, { min, max });
  return { replicas, able, limit, limited: replicas !== stable };
}

/** The highest size of the window. */
function stabilizeDown(recommended: number, history: History, now: number): number {
  const recent = history.recommended(now, SCALE_DOWN_WINDOW);
  history.recommend(recommended, now, SCALE_DOWN_WINDOW);
  return Math.max(recommended, ...recent);
}

interface Windows {
  readonly up: number;
  readonly down: number;
}

function windowsOf(up: Rules | undefined, down: Rules | undefined): Windows {
  return { up: up?.stabilizationWindowSeconds ?? 0, down: down?.stabilizationWindowSeconds ?? SCALE_DOWN_WINDOW };
}

/** The current size, moved no further than to the nearest size that all recommendations of the windows agree on. */
function stabilizeBoth(
  current: number,
  recommended: number,
  history: History,
  now: number,
  { up, down }: Windows,
): number {
  const lowest = Math.min(recommended, ...history.recommended(now, up));
  const highest = Math.max(recommended, ...history.recommended(now, down));
  history.recommend(recommended, now, Math.max(up, down));
  return Math.min(Math.max(current, lowest), highest);
}

interface Bounds {
  readonly min: number;
  readonly max: number;
}

function withinBounds(current: number, wanted: number, { min, max }: Bounds): [number, Why] {
  const rate = Math.max(FACTOR * current, AT_LEAST);
  if (wanted < min) return [min, TOO_FEW];
  if (wanted > Math.min(max, rate)) return max > rate ? [rate, TOO_FAST_UP] : [max, TOO_MANY];
  return [wanted, WITHIN];
}

function withinRates(current: number, wanted: number, { min, max }: Bounds, rates: Bounds): [number, Why] {
  if (wanted > current) {
    const most = Math.max(rates.max, current);
    if (wanted > Math.min(max, most)) return max > most ? [most, TOO_FAST_UP] : [max, TOO_MANY];
  } else if (wanted < current) {
    const fewest = Math.min(rates.min, current);
    if (wanted < Math.max(min, fewest)) return min < fewest ? [fewest, TOO_FAST_DOWN] : [min, TOO_FEW];
  }
  return [wanted, WITHIN];
}

/** How far the size may go now, by the policies of both directions. */
function rateLimits(
  current: number,
  history: History,
  now: number,
  up: Rules | undefined,
  down: Rules | undefined,
): Bounds {
  const before = (seconds: number) => current - history.grown(now, seconds);
  const most = policyLimits(up, ({ type, value, periodSeconds }) =>
    type === 'Pods' ? before(periodSeconds) + value : Math.ceil(before(periodSeconds) * (1 + value / 100)),
  );
  const fewest = policyLimits(down, ({ type, value, periodSeconds }) =>
    type === 'Pods' ? before(periodSeconds) - value : Math.trunc(before(periodSeconds) * (1 - value / 100)),
  );
  return {
    max: most.length === 0 ? current : up?.selectPolicy === 'Min' ? Math.min(...most) : Math.max(...most),
    min: fewest.length === 0 ? current : down?.selectPolicy === 'Min' ? Math.max(...fewest) : Math.min(...fewest),
  };
}

/** What each policy allows; nothing when the direction is disabled. */
function policyLimits(rules: Rules | undefined, limit: (policy: Policy) => number): number[] {
  return rules?.selectPolicy === 'Disabled' ? [] : (rules?.policies ?? []).map(limit);
}
